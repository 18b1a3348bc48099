"""``leadloop demo``: a simulated company that has worked with LeadLoop for some weeks, and its pages."""

from serving.cli.demo.command import register

__all__ = ["register"]
