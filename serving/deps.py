"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from serving.live import Live
from serving.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Deps:
    """What the routes work with, made once for each process.

    Parameters
    ----------
    live : Live
        The champions.
    metrics : Metrics
        Where answers are counted.
    clock : callable
        The time in UTC.
    """

    live: Live
    metrics: Metrics
    clock: Callable[[], datetime]
