"""Columns that mirror the calendar: they tell early leads from late ones, and may fool a model over time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.metrics import auc
from training.choice import Leads
from training.encoding import blank_terms, encode
from training.folds import Plan

#: Adversarial AUC from which a feature counts as a mirror: only the plainest, or all that are suspect.
DEGREES = (0.95, 0.75)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A feature and how well it alone tells a fold's training leads from its test leads.

    Parameters
    ----------
    feature : str
        The feature.
    auc : float
        Mean adversarial AUC over the folds: one half for a feature that knows nothing of the calendar.
    """

    feature: str
    auc: float


def find_mirrors(leads: Leads, plan: Plan, keep: Collection[str] = ()) -> list[Mirror]:
    """Features that mirror the calendar, the plainest first; none where folds are random.

    Parameters
    ----------
    leads : Leads
        All leads.
    plan : Plan
        The folds.
    keep : collection of str
        Features that the user wants kept.
    """
    if plan.kind == "random":
        return []
    encoded = encode(blank_terms(leads.columns, leads.axes), leads.columns, len(leads))
    mirrors = []
    for position, term in enumerate(encoded.terms):
        bins = encoded.bins[:, position]
        told = [_told(bins[fold.train], bins[fold.test], term.size) for fold in plan.folds]
        if term.feature not in keep and np.mean(told) >= min(DEGREES):
            mirrors.append(Mirror(term.feature, float(np.mean(told))))
    return sorted(mirrors, key=lambda mirror: -mirror.auc)


def mirror_sets(mirrors: Collection[Mirror]) -> list[tuple[str, ...]]:
    """The sets of mirrors that are tried without: the plainest, and all."""
    sets = [tuple(mirror.feature for mirror in mirrors if mirror.auc >= degree) for degree in DEGREES]
    return [names for names in dict.fromkeys(sets) if names]


def _told(early: npt.NDArray[np.int16], late: npt.NDArray[np.int16], size: int) -> float:
    """AUC of late against early, bins ordered by one half of the leads and judged on the other."""
    smoothed = [
        (np.bincount(rows[::2], minlength=size) + 1.0) / (len(rows[::2]) + size) for rows in (early, late)
    ]
    share_late = smoothed[1] / (smoothed[0] + smoothed[1])
    label = np.r_[np.zeros(len(early[1::2])), np.ones(len(late[1::2]))]
    weight = np.r_[np.full(len(early[1::2]), 1 / max(len(early), 1)), np.full(len(late[1::2]), 1 / len(late))]
    return auc(label, share_late[np.r_[early[1::2], late[1::2]]], weight) or 0.5
