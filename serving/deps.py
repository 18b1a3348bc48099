"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from serving.known import KnownLeads
from serving.live import Live
from serving.metrics import Metrics
from serving.writer import Writer


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
    refresh : callable
        Asks the store at once what is new: champions and keys.
    writer : Writer or None
        What writes to the store; None in a service that has none and only scores.
    known : KnownLeads or None
        What reads a lead from it.
    """

    live: Live
    metrics: Metrics
    clock: Callable[[], datetime]
    refresh: Callable[[], None]
    writer: Writer | None = None
    known: KnownLeads | None = None
