"""What a run found, as plain data: kept with the scorecard, and all that reports and pages need."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from scoring.bands import calibration_table, lift_table, wilson_interval
from scoring.scorecard import Scorecard
from training.backtest import Backtest
from training.candidates import BASE_RATE, BOOSTING, POINTS, SCORECARD
from training.intake import Intake
from training.run import Trained

SMALL_ROWS, SMALL_CONVERSIONS = 1_000, 100
DIGITS = 6


def intake_facts(intake: Intake, target: str) -> dict[str, Any]:
    """What was read, and what the leakage audit says of it; JSON-ready.

    Parameters
    ----------
    intake : Intake
        What was read.
    target : str
        The stage the label stands for.
    """
    found: dict[str, Any] = {
        "target": target,
        "source": {"file": intake.origin.name, "digest": intake.origin.digest},
        "rows": {
            "read": intake.rows,
            "learned_from": len(intake.leads),
            "rejected": len(intake.rejected),
            "states": intake.labels.counts,
            "converted": int(intake.leads.label.sum()),
            "rate": float(np.average(intake.leads.label, weights=intake.leads.weight)),
        },
        "notes": intake.notes,
        "columns": [
            {
                "name": guess.column.name,
                "type": guess.column.type,
                "axis": guess.column.axis,
                "why": guess.reason,
                "left_out": intake.used[guess.column.name],
            }
            for guess in intake.guesses
        ],
        "audit": [finding.to_dict() for finding in intake.findings],
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def run_facts(intake: Intake, trained: Trained) -> dict[str, Any]:
    """What was learned, how it compares and whether it holds; JSON-ready.

    Parameters
    ----------
    intake : Intake
        What was read.
    trained : Trained
        What was learned.
    """
    backtest, leads = trained.backtest, intake.leads
    label, weight = leads.label[backtest.rows], leads.weight[backtest.rows]
    likelihood = backtest.likelihoods[SCORECARD]
    found: dict[str, Any] = {
        "plan": {
            "kind": trained.plan.kind,
            "why": trained.plan.why,
            "folds": [
                {
                    "learned_from": len(fold.train),
                    "tested_on": len(fold.test),
                    "converted": int(leads.label[fold.test].sum()),
                    "cut": fold.cut,
                    "recipe": recipe.words(),
                }
                for fold, recipe in zip(trained.plan.folds, backtest.chosen, strict=True)
            ],
        },
        "bootstrap": backtest.bootstrap.to_dict(),
        "calibration": [asdict(band) for band in calibration_table(label, likelihood, weight)],
        "uses": _uses(intake, backtest),
        "lift": [asdict(row) for row in lift_table(label, likelihood, weight)],
        "coverage": None if backtest.coverage is None else asdict(backtest.coverage),
        "recipe": {**trained.recipe.to_dict(), "words": trained.recipe.words()},
        "fell_back": trained.fell_back,
        "small": len(leads) < SMALL_ROWS or int(leads.label.sum()) < SMALL_CONVERSIONS,
        "sigmoid": asdict(trained.sigmoid),
        "choice": [
            {"recipe": recipe.words(), "log_loss": loss, "cells": cells}
            for recipe, loss, cells in trained.tried.table()
        ],
        "mirrors": _mirrors(trained),
        "drivers": drivers(trained.scorecard, intake),
        "seconds": trained.seconds,
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def _uses(intake: Intake, backtest: Backtest) -> list[dict[str, Any]]:
    """Promised against observed for new leads and for open ones, a lead counted once."""
    if intake.use is None or intake.leads.groups is None:
        return []
    rows, found = backtest.rows, []
    for use in ("creation", "open"):
        mine = intake.use[rows] == use
        some = rows[mine]
        if not len(some):
            continue
        weight = intake.leads.weight[some]
        leads = len(np.unique(intake.leads.groups[some]))
        rate = float(np.average(intake.leads.label[some], weights=weight))
        low, high = (float(end) for end in wilson_interval(rate * leads, leads))
        promised = float(np.average(backtest.likelihoods[SCORECARD][mine], weights=weight))
        found.append(
            {
                "use": use,
                "leads": leads,
                "promised": promised,
                "rate": rate,
                "rate_low": low,
                "rate_high": high,
            }
        )
    return found


def _mirrors(trained: Trained) -> dict[str, Any]:
    """Features that mirror the calendar, and what the folds said of leaving them out."""
    best: dict[bool, float] = {}
    for recipe, loss, _ in trained.tried.table():
        best.setdefault(bool(recipe.without), loss)
    return {
        "found": [asdict(mirror) for mirror in trained.mirrors],
        "left_out": list(trained.recipe.without),
        "log_loss_with": best.get(False),
        "log_loss_without": best.get(True),
    }


def drivers(card: Scorecard, intake: Intake) -> list[dict[str, Any]]:
    """Features by how much they move the score, the strongest first.

    Parameters
    ----------
    card : Scorecard
        The model.
    intake : Intake
        The leads it was learned from.
    """
    parts = card.score_columns(intake.leads.columns, rows=len(intake.leads)).contributions
    strength = np.abs(parts).mean(axis=0) if parts.size else np.zeros(len(card.terms))
    rows = []
    for position in np.argsort(-strength, kind="stable"):
        term = card.terms[position]
        rows.append({"feature": term.feature, "axis": term.axis, "strength": float(strength[position])})
    return rows


def metric(found: dict[str, Any], candidate: str, name: str) -> dict[str, float | None]:
    """One metric of one candidate with its interval."""
    estimate: dict[str, float | None] = found["bootstrap"]["estimates"][candidate][name]
    return estimate


def price_of_readability(found: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """What unrestricted boosting gains over the scorecard, per metric, with intervals."""
    price: dict[str, dict[str, float | None]] = found["bootstrap"]["differences"][BOOSTING]
    return price


def beats(found: dict[str, Any], candidate: str) -> bool:
    """Whether the scorecard's log loss is lower than a candidate's."""
    estimates = found["bootstrap"]["estimates"]
    if candidate not in estimates:
        return True
    ours, theirs = (estimates[name]["log_loss"]["value"] for name in (SCORECARD, candidate))
    return ours is not None and theirs is not None and ours < theirs


def worth_promoting(found: dict[str, Any]) -> bool:
    """Whether a first model may go live: it beats the base rate and the team's own points rule."""
    return not found["fell_back"] and beats(found, BASE_RATE) and beats(found, POINTS)


def points_are_better(found: dict[str, Any]) -> bool:
    """Whether the team's own points rule beats both what was learned and the base rate."""
    estimates = found["bootstrap"]["estimates"]
    if POINTS not in estimates:
        return False
    points, base = (estimates[name]["log_loss"]["value"] for name in (POINTS, BASE_RATE))
    return (found["fell_back"] or not beats(found, POINTS)) and points < base


def _rounded(value: Any) -> Any:
    """Numbers to six digits, NumPy's to Python's, not-a-number to null."""
    if isinstance(value, dict):
        return {str(key): _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, DIGITS) if np.isfinite(value) else None
    return value
