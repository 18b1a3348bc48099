"""``leadloop train``: its options, and what it does."""

from serving.cli.train.command import register

__all__ = ["register"]
