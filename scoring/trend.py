"""Whether a lead gets warmer or colder: its newest scores against its oldest, over the last thirty days.

Log-odds are compared, because they add up evidence evenly: a step of 0.2 moves 10 % to 12 %, 50 % to 55 % and
90 % to 92 %.  Smaller steps are the breath of a model whose ages and counts move every day.  Scores of two models
are never compared, so after a promotion the trend begins anew; and one score a day counts, the last one, so that
a page that asks for a score again and again weighs no more than one that asks once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

Trend = Literal["improving", "steady", "declining", "not enough information"]

WINDOW_DAYS: Final = 30
LEAST_SCORES: Final = 3
LEAST_DAYS: Final = 3
STEP: Final = 0.2
DAY: Final = 86_400
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Scored:
    """A score that a lead was given.

    Parameters
    ----------
    at : float
        The time as which it was scored, in seconds since 1970 UTC.
    version : str
        The model.
    log_odds : float
        What the model said.
    """

    at: float
    version: str
    log_odds: float


def trend(scores: Iterable[Scored], now: float) -> Trend:
    """Whether a lead is on its way up or down.

    The mean log-odds of the newest third of its days are compared with those of the oldest third.

    Parameters
    ----------
    scores : iterable of Scored
        Its scores for one target, in any order.
    now : float
        Seconds since 1970 UTC; the thirty days end here, and days are those of UTC.

    Returns
    -------
    str
        ``improving`` or ``declining`` where they differ by more than 0.2, else ``steady``; ``not enough
        information`` with fewer than three days of scores by the newest model, or less than three days between
        the first and the last.

    Examples
    --------
    >>> days = [Scored(day * 86_400.0, "v1", 0.1 * day) for day in range(9)]
    >>> trend(days, now=9 * 86_400.0)
    'improving'
    >>> trend(days[:2], now=9 * 86_400.0)
    'not enough information'
    """
    days = _by_day(one for one in scores if now - WINDOW_DAYS * DAY <= one.at <= now)
    if len(days) < LEAST_SCORES or days[-1].at - days[0].at < LEAST_DAYS * DAY:
        return "not enough information"
    third = len(days) // 3
    newest, oldest = (fmean(one.log_odds for one in part) for part in (days[-third:], days[:third]))
    step = round(newest - oldest, _DECIMALS)
    if abs(step) <= STEP:
        return "steady"
    return "improving" if step > 0 else "declining"


def _by_day(scores: Iterable[Scored]) -> list[Scored]:
    """The last score of each day, in order of time; of the newest model alone."""
    ordered = sorted(scores, key=lambda one: one.at)
    days = {one.at // DAY: one for one in ordered if one.version == ordered[-1].version}
    return list(days.values())
