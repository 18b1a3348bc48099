"""Is the score honest?  The share that was won in each band of the score, beside what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from scoring.ledger import Floats, Places
from scoring.report_rates import Rate, fisher, rounded
from scoring.scorecard import GRADES

Source = Literal["log", "held_out"]
Verdict = Literal["holds", "promised_too_much", "promised_too_little", "too_few", "no_likelihood"]
CERTAIN = 0.05


@dataclass(frozen=True, slots=True)
class FirstScores:
    """The scores that leads were given first, and what came of it.

    Parameters
    ----------
    source : {"log", "held_out"}
        Whether they stand in the score log, or are what the champion said of leads that it had not learned from.
    target : str
        The stage that was scored.
    horizon_days : int
        Days within which it must be reached to count.
    versions : tuple of str
        The models that gave them.
    grade : array of int, shape (n_scores,)
        0 (A) to 3 (D).
    likelihood : array of float, shape (n_scores,)
        What was promised; NaN where the model promised nothing.
    label : array of float, shape (n_scores,)
        Whether it was reached in time: 1, 0, or NaN where the horizon has not passed yet.
    """

    source: Source
    target: str
    horizon_days: int
    versions: tuple[str, ...]
    grade: npt.NDArray[np.intp]
    likelihood: Floats
    label: Floats


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """A grade: what was promised, and what came.

    Parameters
    ----------
    grade : str
        A to D.
    least : int
        From which score on it is given.
    won : Rate
        How many of its mature leads reached the target.
    promised : float or None
        The mean likelihood that they were given.
    verdict : str
        ``holds`` where the interval of the rate holds the promise, ``promised_too_much``, ``promised_too_little``,
        ``too_few`` (fewer than 20 leads), or ``no_likelihood``.
    """

    grade: str
    least: int
    won: Rate
    promised: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ScoreBands:
    """The bands of one source.

    Parameters
    ----------
    source, target, horizon_days, versions
        As in :class:`FirstScores`.
    mature, young : int
        Scores that are counted, and those whose horizon has not passed yet.
    rows : tuple of ScoreBand
        From A to D.
    in_order : bool or None
        Whether no grade is won less often than a worse one, chance aside (Fisher's exact test, 5 %, of
        neighbours); None where fewer than two hold 20 leads.
    """

    source: Source
    target: str
    horizon_days: int
    versions: tuple[str, ...]
    mature: int
    young: int
    rows: tuple[ScoreBand, ...]
    in_order: bool | None


def score_bands(scores: FirstScores, cuts: tuple[int, int, int]) -> ScoreBands:
    """Hold what was promised against what came, band by band.

    Parameters
    ----------
    scores : FirstScores
        The scores.
    cuts : (int, int, int)
        The scores from which A, B and C are given.
    """
    mature = ~np.isnan(scores.label)
    rows = tuple(
        _band(scores, np.flatnonzero(mature & (scores.grade == code)), code, least)
        for code, least in enumerate((*cuts, 0))
    )
    return ScoreBands(
        scores.source, scores.target, scores.horizon_days, scores.versions,
        int(mature.sum()), int((~mature).sum()), rows, _in_order(rows),
    )  # fmt: skip


def _band(scores: FirstScores, rows: Places, code: int, least: int) -> ScoreBand:
    won = Rate.counted(int(scores.label[rows].sum()), len(rows))
    told = scores.likelihood[rows]
    promised = rounded(float(told.mean())) if len(rows) and not np.isnan(told).any() else None
    return ScoreBand(GRADES[code], least, won, promised, _verdict(won, promised))


def _verdict(won: Rate, promised: float | None) -> Verdict:
    if won.small or won.low is None or won.high is None:
        return "too_few"
    if promised is None:
        return "no_likelihood"
    if promised > won.high:
        return "promised_too_much"
    return "promised_too_little" if promised < won.low else "holds"


def _in_order(rows: tuple[ScoreBand, ...]) -> bool | None:
    filled = [row.won for row in rows if not row.won.small]
    if len(filled) < 2:
        return None
    return not any(
        (better.rate or 0) < (worse.rate or 0)
        and fisher(better.count, better.of, worse.count, worse.of) < CERTAIN
        for better, worse in pairwise(filled)
    )
