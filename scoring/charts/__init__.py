"""Charts as Vega-Lite specifications: plain dictionaries, drawn by whoever shows them.

Each takes what the core computed, not tables of it, and says its words in English or Japanese.
"""

from scoring.charts.calls import call_times
from scoring.charts.groups import by_segment, selection, win_rate
from scoring.charts.handoff import threshold_curve
from scoring.charts.lead import Event, Past, history, waterfall
from scoring.charts.model import by_block, calibration, lift, shape
from scoring.charts.watch import drift, recorded

__all__ = [
    "Event",
    "Past",
    "by_block",
    "by_segment",
    "calibration",
    "call_times",
    "drift",
    "history",
    "lift",
    "recorded",
    "selection",
    "shape",
    "threshold_curve",
    "waterfall",
    "win_rate",
]
