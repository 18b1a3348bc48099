"""When outcomes were really recorded: the span of time inside which a missing outcome means *no*.

Times are seconds since 1970 in UTC, NaN where unknown.  A company starts to record outcomes one day and an
export ends another; leads outside of that span are unknown, not lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DAY = 86_400.0
STRAY_GAP = 30 * DAY
STRAY_SHARE = 0.01
FEWEST_TO_JUDGE_SILENCE = 10
# Outcomes at random leave seven mean gaps (ten median ones) empty once in a thousand times.
SILENT_GAPS = 10.0

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The span in which outcomes of one target can be trusted.

    Parameters
    ----------
    start : float or None
        When the first outcome happened, strays aside; None if none is known.
    end : float or None
        Until when the data tell what happened; None if they hold no time at all.
    stopped : bool
        Outcomes end well before the data do, so ``end`` is the last outcome.
    """

    start: float | None
    end: float | None
    stopped: bool = False


def coverage(reached: Times, resolved: Times, known: Times, recorded_until: float | None = None) -> Coverage:
    """Say from when and until when sales recorded outcomes, so that early leads are not taken for lost ones.

    Parameters
    ----------
    reached : array of float
        When the target (or a later stage) was reached, errors taken out.
    resolved : array of float
        When leads were resolved either way; shows whether recording went on to the end.
    known : array of float
        Every time that shows the data were still being written.
    recorded_until : float, optional
        The end of observation, where the caller knows it.

    Returns
    -------
    Coverage
        The trusted span.

    Examples
    --------
    >>> days = np.array([0, 100, 110, 120]) * DAY
    >>> span = coverage(days, days, days)
    >>> span.start / DAY, span.end / DAY
    (100.0, 120.0)
    """
    first = bounds(reached)[0]
    if recorded_until is not None:
        return Coverage(first, recorded_until)
    end = bounds(known)[1]
    if end is None or not _silent(resolved, end):
        return Coverage(first, end)
    return Coverage(first, bounds(resolved)[1], stopped=True)


def bounds(times: Times) -> tuple[float | None, float | None]:
    """First and last time, strays left out, so that one mistyped year moves neither.

    A stray lies more than 30 days from the next time.  At most 1 % of the times (at least one) can be
    strays at either edge, and below three times nobody can tell which of them is wrong.

    Parameters
    ----------
    times : array of float
        Seconds since 1970, in any order, NaN where unknown.

    Returns
    -------
    tuple of (float or None)
        Both None if no time is known.

    Examples
    --------
    >>> bounds(np.array([0.0, 400 * DAY, 401 * DAY])) == (400 * DAY, 401 * DAY)
    True
    """
    ordered = np.sort(times[np.isfinite(times)])
    if len(ordered) < 3:
        return (float(ordered[0]), float(ordered[-1])) if len(ordered) else (None, None)
    limit = min(max(1, int(STRAY_SHARE * len(ordered))), len(ordered) // 2)
    return _edge(ordered, limit), -_edge(-ordered[::-1], limit)


def _edge(ordered: Times, limit: int) -> float:
    """Find the first of ascending times that no wide gap separates from the rest."""
    wide = np.flatnonzero(np.diff(ordered[: limit + 1]) > STRAY_GAP)
    return float(ordered[wide[-1] + 1 if len(wide) else 0])


def _silent(resolved: Times, end: float) -> bool:
    """Whether outcomes ended before the data did: silence both long and unlike the gaps before it."""
    last = bounds(resolved)[1]
    times = np.sort(resolved[np.isfinite(resolved)])
    if last is None or len(times) < FEWEST_TO_JUDGE_SILENCE:
        return False
    return end - last > max(STRAY_GAP, SILENT_GAPS * float(np.median(np.diff(times))))
