"""What sales said of leads that were handed over: the share that was accepted from each threshold on."""

from __future__ import annotations

import json

import numpy as np

from scoring.handoff_evidence import Answers, Floats, Integers, Mask
from scoring.handoff_reach import DRAWS, draws


def acceptance_rates(
    answers: Answers | None, at: Integers, times: Integers | None = None
) -> tuple[Floats, Integers]:
    """The share of decided handoffs at or above each threshold that sales accepted, and how many were decided.

    Parameters
    ----------
    answers : Answers or None
        What sales said.
    at : array of int
        Thresholds in millionths, ascending.
    times : array of int, optional
        How often each answer counts.
    """
    if answers is None or not len(answers):
        return np.full(len(at), np.nan), np.zeros(len(at), dtype=np.int64)
    weight = answers.weight if times is None else answers.weight * times
    place = np.searchsorted(at, answers.units, side="right")
    decided = _above(place, np.ones(len(place)), len(at)).astype(np.int64)
    return _rates(place, weight, answers.accepted, len(at)), decided


def _above(place: Integers, values: Floats, size: int) -> Floats:
    """What answers at or above each threshold sum up to."""
    summed = np.bincount(place, values, size + 1)[::-1]
    return np.cumsum(summed, dtype=np.float64)[::-1][1:]


def _rates(place: Integers, weight: Floats, accepted: Mask, size: int) -> Floats:
    return over(_above(place, weight * accepted, size), _above(place, weight, size))


def drawn_rates(answers: Answers | None, at: Integers, state: str) -> Floats:
    """The same for each of 200 draws of answers, shape (200, n_thresholds).

    Parameters
    ----------
    answers : Answers or None
        What sales said.
    at : array of int
        Thresholds in millionths, ascending.
    state : str
        Where the random numbers go on, as JSON.
    """
    if answers is None or not len(answers):
        return np.full((DRAWS, len(at)), np.nan)
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(state)
    # The same for all draws: where each answer stands, and how many leads it stands for.
    place, weight = np.searchsorted(at, answers.units, side="right"), answers.weight
    drawn = [_rates(place, weight * times, answers.accepted, len(at)) for times in draws(len(answers), rng)]
    return np.array(drawn)


def over(one: Floats, other: Floats) -> Floats:
    """A ratio; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(other > 0, one / other, np.nan)
