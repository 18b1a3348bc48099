"""A simulated CRM with a known truth: for the demo, and to see whether likelihoods are right."""

from training.simulate.write import World, simulate

__all__ = ["World", "simulate"]
