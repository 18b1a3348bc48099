"""The gate: whether a new model may replace the one that is live. It compares recipes on the newest leads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.bootstrap import Estimate, paired_bootstrap
from scoring.scorecard import Scorecard, logistic_array
from training.backtest import held_out
from training.candidates import POINTS
from training.choice import Leads
from training.facts import worth_promoting
from training.folds import LEAST_CONVERTED, Fold, Plan
from training.recipe import Recipe
from training.run import Effort, Trained

NEW, OLD = "challenger", "champion"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model may go live, and why.

    Parameters
    ----------
    promote : bool
        Whether it may.
    reason : str
        A sentence for whoever asks later.
    gain : Estimate or None
        Log loss of the champion's recipe less that of the challenger's, with a 90 % interval.
    """

    promote: bool
    reason: str
    gain: Estimate | None = None


def first_model(found: Mapping[str, Any]) -> Verdict:
    """Whether a model may go live where none is.

    Parameters
    ----------
    found : mapping
        What :mod:`training.facts` gave.
    """
    rivals = "the base rate" + (" and the points rule" if POINTS in found["bootstrap"]["estimates"] else "")
    if worth_promoting(dict(found)):
        return Verdict(True, f"the first model: it beats {rivals} on leads kept aside")
    return Verdict(False, f"it does not beat {rivals} on leads kept aside")


def against_champion(
    leads: Leads,
    trained: Trained,
    champion: Scorecard,
    recipe: Mapping[str, Any],
    columns: Collection[str],
    effort: Effort,
) -> Verdict:
    """Whether a model may replace the champion.

    Parameters
    ----------
    leads : Leads
        The leads that the new model learned from.
    trained : Trained
        The new model.
    champion : Scorecard
        What is live.
    recipe : mapping
        The champion's recipe as a record.
    columns : collection of str
        The columns of the new file.
    effort : Effort
        How the run works.
    """
    horizons = [card.meta.horizon_days for card in (champion, trained.scorecard)]
    if horizons[0] != horizons[1]:
        was, now = ("no horizon" if days is None else f"{days} days" for days in horizons)
        return Verdict(
            False,
            f"the champion's labels have {was} and these have {now}, so the two cannot be compared; "
            "--promote yes puts the new model into service all the same",
        )
    lacking = [column.name for column in champion.columns if column.name not in columns]
    if lacking:
        return Verdict(
            False,
            f"the champion reads columns that this file lacks ({', '.join(lacking)}), so the two cannot be compared; "
            "--promote yes puts the new model into service all the same",
        )
    old = Recipe.from_dict(recipe)
    newest = _newest(trained.plan)
    won = sum(int(leads.label[fold.test].sum()) for fold in newest.folds)
    if won < LEAST_CONVERTED:
        return Verdict(
            False,
            f"the newest leads hold {won} conversions, and the gate needs {LEAST_CONVERTED} to tell two apart",
        )
    refresh = old == trained.recipe
    new = [old] * len(newest.folds) if refresh else trained.backtest.chosen[-len(newest.folds) :]
    return _verdict(_gain(leads, newest, new, old, effort), refresh=refresh)


def _newest(plan: Plan) -> Plan:
    """The newest forward block, or all random folds."""
    folds: tuple[Fold, ...] = plan.folds[-1:] if plan.kind == "forward" else plan.folds
    return Plan(plan.kind, folds, plan.clusters, plan.why)


def _gain(leads: Leads, plan: Plan, new: Sequence[Recipe], old: Recipe, effort: Effort) -> Estimate:
    """What the new recipe, per fold as it was chosen without that fold, gains in log loss."""
    rows = plan.tested
    label, weight = leads.label[rows], leads.weight[rows]
    likelihoods = {}
    for name, recipes in ((OLD, [old] * len(plan.folds)), (NEW, new)):
        odds = np.concatenate(
            held_out(
                leads, plan, recipes, pairs=effort.pairs, seed=effort.seed, jobs=effort.jobs,
                cached=effort.memory(),
            )
        )  # fmt: skip
        likelihoods[name] = logistic_array(odds)
    drawn = paired_bootstrap(
        label, likelihoods, seed=effort.seed, weight=weight, groups=plan.clusters[rows], reference=NEW
    )
    return drawn.differences[OLD]["log_loss"]


def _verdict(gain: Estimate, *, refresh: bool) -> Verdict:
    low, high = gain.low or 0.0, gain.high or 0.0
    shown = f"log loss gain {gain.value or 0.0:+.4f} ({low:+.4f} to {high:+.4f})"
    if refresh:
        worse = high < 0
        return Verdict(not worse, f"the champion's recipe on newer leads; {shown}", gain)
    if low > 0:
        return Verdict(True, f"a better recipe on the newest leads: {shown}", gain)
    return Verdict(False, f"no proof that its recipe is better on the newest leads: {shown}", gain)
