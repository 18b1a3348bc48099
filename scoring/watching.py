"""What has become of a live model: its inputs, its promises, and whether data still come.

Everything is judged on what is mature: a score whose horizon has not passed yet says nothing of calibration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.bands import binomial_tails
from scoring.coverage import DAY, bounds
from scoring.drift import MOVED, STABLE, psi
from scoring.label_state import percent
from scoring.labels import label_snapshots
from scoring.leads import ledger_features
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.points import LEAST_CALIBRATED
from scoring.scorecard import GRADES, Scorecard
from scoring.snapshots import draw_snapshots
from scoring.stages import at_or_beyond
from scoring.terms import missing_column

NEW_DAYS = 28.0
FEWEST = 100
MISSING_MORE = 0.2
OFF_BY = 0.25
BY_CHANCE = 0.05
SURE = 0.01
OLD_DAYS = 180.0
SILENT_DAYS = 14.0
SILENT_GAPS = 10.0
NEW_CONVERSIONS = 100
Severity = Literal["severe", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("severe", "warning", "note")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WatchFinding:
    """Something that the reader should know.

    Parameters
    ----------
    code, subject : str
        What kind of thing, and what it is about.
    severity : {"severe", "warning", "note"}
    evidence : dict of str to number
        What it rests on.
    advice : str
        What to do.
    retrain : bool
        Whether it is a reason to train again.
    """

    code: str
    subject: str
    severity: Severity
    evidence: dict[str, float]
    advice: str
    retrain: bool = False

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready record."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How far the values of a feature have moved.

    Parameters
    ----------
    feature : str
        Which.
    psi : float
        The population stability index: see :func:`scoring.drift.psi`.
    missing_before, missing_now : float
        The shares of leads in which it is missing.
    """

    feature: str
    psi: float
    missing_before: float
    missing_now: float


@dataclass(frozen=True, slots=True)
class PastScores:
    """Scores that were given, one a lead and day.

    Parameters
    ----------
    lead : array of int, shape (n_scores,)
        Position of the lead in the ledger.
    as_of, likelihood : array of float, shape (n_scores,)
        When, and what was said.
    grade : array of int, shape (n_scores,)
        0 (A) to 3 (D).
    """

    lead: npt.NDArray[np.intp]
    as_of: Floats
    likelihood: Floats
    grade: npt.NDArray[np.intp]


def watch_model(
    card: Scorecard, ledger: Ledger, past: PastScores, now: float, trained_until: float | None
) -> list[WatchFinding]:
    """What there is to say of a live model, the gravest first.

    Parameters
    ----------
    card : Scorecard
        The model.
    ledger : Ledger
        All that is known.
    past : PastScores
        What it has said.
    now : float
        Seconds since 1970 UTC.
    trained_until : float or None
        The time of the newest lead that it learned from.
    """
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(card.meta.target))
    found = [
        *_fresh(ledger, now),
        *_drift(card, ledger, outcomes, now, trained_until),
        *_promises(card, outcomes, past),
        *(_age(card, outcomes, now, trained_until) if card.meta.kind == "learned" else _first(outcomes)),
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _fresh(ledger: Ledger, now: float) -> list[WatchFinding]:
    """Whether data still come, at the pace at which they came."""
    tables = {"leads": ledger.created, **{name: events.known for name, events in ledger.tables.items()}}
    found = []
    for name, times in tables.items():
        newest = bounds(times)[1]
        if newest is None or len(times) < 10:
            continue
        gap = float(np.median(np.diff(np.sort(times)))) / DAY
        silent = (now - newest) / DAY
        if silent > max(SILENT_DAYS, SILENT_GAPS * gap):
            found.append(
                WatchFinding(
                    "stale", name, "warning", {"days_silent": silent, "usual_gap_days": gap},
                    "Nothing new for long: see that the import still runs.",
                )
            )  # fmt: skip
    return found


def feature_drift(
    card: Scorecard, ledger: Ledger, outcomes: Outcomes, now: float, trained_until: float | None
) -> list[FeatureDrift]:
    """How far each feature has moved: leads of the newest weeks against those that the model learned from.

    Parameters
    ----------
    card : Scorecard
        The model.
    ledger : Ledger
        All that is known.
    outcomes : Outcomes
        Of its target.
    now : float
        Seconds since 1970 UTC.
    trained_until : float or None
        The time of the newest lead that it learned from.

    Returns
    -------
    list of FeatureDrift
        In the order of the scorecard; empty where there are too few leads on either side.
    """
    end = bounds(ledger.created)[1]
    if end is None:
        return []
    snapshots = draw_snapshots(ledger, outcomes, min(now, end))
    start = min(now, end) - NEW_DAYS * DAY
    old = np.flatnonzero(
        snapshots.new & (snapshots.as_of < min(start, np.inf if trained_until is None else trained_until))
    )
    new = np.flatnonzero(snapshots.new & (snapshots.as_of >= start))
    if min(len(old), len(new)) < FEWEST:
        return []
    some = snapshots.take(np.append(old, new))
    features, _ = ledger_features(card, ledger, some.lead, some.as_of)
    late = np.append(np.zeros(len(old), dtype=bool), np.ones(len(new), dtype=bool))
    found = []
    for term in card.terms:
        values = features.get(term.feature)
        bins = term.bin_array(missing_column(term, len(some)) if values is None else values)
        before, after = (
            np.bincount(bins[rows], some.weight[rows], term.size).astype(float) for rows in (~late, late)
        )
        missing = [float(counts[term.missing] / counts.sum()) for counts in (before, after)]
        found.append(FeatureDrift(term.feature, psi(before, after), *missing))
    return found


def _drift(
    card: Scorecard, ledger: Ledger, outcomes: Outcomes, now: float, trained_until: float | None
) -> list[WatchFinding]:
    """Features that have moved so far that somebody should know."""
    found = []
    for one in feature_drift(card, ledger, outcomes, now, trained_until):
        evidence = {"psi": one.psi, "missing_before": one.missing_before, "missing_now": one.missing_now}
        if one.missing_now - one.missing_before > MISSING_MORE:
            advice = (
                "Missing far more often than when the model learned: see whether the source still sends it."
            )
            found.append(WatchFinding("missing", one.feature, "severe", evidence, advice, retrain=False))
        elif one.psi > MOVED:
            advice = "Its values are spread differently now. Train again, so that the model knows them."
            found.append(WatchFinding("drift", one.feature, "warning", evidence, advice, retrain=True))
        elif one.psi > STABLE:
            found.append(WatchFinding("drift", one.feature, "note", evidence, "Watch it."))
    return found


def _promises(card: Scorecard, outcomes: Outcomes, past: PastScores) -> list[WatchFinding]:
    """Past likelihoods against what came of them, on mature scores alone."""
    if not len(past.lead) or not card.has_likelihood:
        return []
    days = float(card.meta.horizon_days or 0)
    y = label_snapshots(past.lead, past.as_of, outcomes, card.meta.target, days).y
    mature = ~np.isnan(y)
    if mature.sum() < FEWEST:
        return [
            WatchFinding(
                "immature", "past scores", "note", {"mature": float(mature.sum()), "of": float(len(y))},
                f"Too few past scores are mature to say whether likelihoods hold ({FEWEST} are needed).",
            )
        ]  # fmt: skip
    label, likelihood, grade, lead = y[mature], past.likelihood[mature], past.grade[mature], past.lead[mature]
    found = [_calibration("all leads", label, likelihood, _as_good_as(lead), grave=True)]
    rates: dict[str, tuple[float, int]] = {}
    for code, letter in enumerate(GRADES):
        rows = grade == code
        if rows.sum() >= FEWEST:
            leads = _as_good_as(lead[rows])
            found.append(_calibration(f"grade {letter}", label[rows], likelihood[rows], leads, grave=False))
            rates[letter] = float(label[rows].mean()), leads
    return [*(one for one in found if one is not None), *_order_of_grades(rates)]


def _as_good_as(lead: npt.NDArray[np.intp]) -> int:
    """How many leads, each scored once, would say as much: ten scores of a lead have one outcome (Kish 1965)."""
    scores = np.unique(lead, return_counts=True)[1]
    return max(1, int(scores.sum() ** 2 / (scores**2).sum()))


def _calibration(
    what: str, label: Floats, likelihood: Floats, leads: int, *, grave: bool
) -> WatchFinding | None:
    promised, observed = float(likelihood.mean()), float(label.mean())
    low, high = binomial_tails(round(observed * leads), leads, promised)
    chance = min(1.0, 2 * min(low, high))
    evidence = {"promised": promised, "observed": observed, "scores": float(len(label)), "chance": chance}
    off = abs(observed - promised) > OFF_BY * promised
    if chance < SURE and off and grave:
        advice = f"Promised {percent(promised)}, came {percent(observed)}. Train again."
        return WatchFinding("calibration", what, "severe", evidence, advice, retrain=True)
    if chance < BY_CHANCE and off:
        advice = f"Promised {percent(promised)}, came {percent(observed)}."
        return WatchFinding("calibration", what, "warning", evidence, advice)
    if grave:
        return WatchFinding("calibration", what, "note", evidence, "The likelihoods hold.")
    return None


def _order_of_grades(rates: dict[str, tuple[float, int]]) -> list[WatchFinding]:
    """Win rates must fall from A to D, but for chance, or the score is not honest."""
    if len(rates) < 2:
        return []
    evidence = {f"rate_{letter}": rate for letter, (rate, _) in rates.items()}
    if not any(_clearly_less(better, worse) for better, worse in pairwise(rates.values())):
        return [
            WatchFinding(
                "bands", "grades", "note", evidence, "No grade converts less often than a worse one."
            )
        ]
    advice = "A better grade converts less often than a worse one. Train again."
    return [WatchFinding("bands", "grades", "warning", evidence, advice, retrain=True)]


def _clearly_less(better: tuple[float, int], worse: tuple[float, int]) -> bool:
    """Whether one rate is below another by more than two standard errors."""
    spread = math.sqrt(sum(rate * (1 - rate) / leads for rate, leads in (better, worse)))
    return worse[0] - better[0] > 2 * spread


def _age(card: Scorecard, outcomes: Outcomes, now: float, trained_until: float | None) -> list[WatchFinding]:
    """Whether there is much that the model has not seen."""
    if trained_until is None:
        return []
    # The newest lead that could be learned from was as old as the horizon already.
    days = (now - trained_until) / DAY - float(card.meta.horizon_days or 0)
    since = int((np.isfinite(outcomes.first) & (outcomes.first > trained_until)).sum())
    evidence = {"days": days, "conversions_since": float(since)}
    if since >= NEW_CONVERSIONS or (days > OLD_DAYS and since):
        advice = "Much has come since the model learned. Train again."
        return [WatchFinding("age", "the model", "warning", evidence, advice, retrain=True)]
    return [WatchFinding("age", "the model", "note", evidence, "Nothing to do.")]


def _first(outcomes: Outcomes) -> list[WatchFinding]:
    """Whether there is enough by now to learn a first model in place of a points rule."""
    reached = int(np.isfinite(outcomes.first).sum())
    evidence = {"conversions": float(reached), "needed": float(LEAST_CALIBRATED)}
    if reached < LEAST_CALIBRATED:
        advice = "Points serve until there are enough conversions to learn from."
        return [WatchFinding("cold_start", "the points rule", "note", evidence, advice)]
    advice = "There may be enough to learn from. Train a first model."
    return [WatchFinding("cold_start", "the points rule", "warning", evidence, advice, retrain=True)]


def wants_retraining(found: Sequence[WatchFinding]) -> bool:
    """Whether the findings ask for training again."""
    return any(finding.retrain for finding in found)
