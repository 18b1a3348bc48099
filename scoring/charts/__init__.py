"""Charts as Vega-Lite specifications: plain dictionaries, drawn by whoever shows them."""

from scoring.charts.model import calibration, lift, shape

__all__ = ["calibration", "lift", "shape"]
