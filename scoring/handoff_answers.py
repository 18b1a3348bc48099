"""What sales said of leads that were handed over: the share that was accepted from each threshold on."""

from __future__ import annotations

import json

import numpy as np

from scoring.handoff_evidence import Answers, Floats, Integers
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

    def above(values: Floats) -> Floats:
        summed = np.bincount(place, values, len(at) + 1)[::-1]
        return np.cumsum(summed, dtype=np.float64)[::-1][1:]

    decided = above(np.ones(len(place))).astype(np.int64)
    return over(above(weight * answers.accepted), above(weight)), decided


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
    return np.array([acceptance_rates(answers, at, times)[0] for times in draws(len(answers), rng)])


def over(one: Floats, other: Floats) -> Floats:
    """A ratio; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(other > 0, one / other, np.nan)
