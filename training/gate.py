"""The gate: whether a new model may replace the one that is live. It compares recipes on the newest leads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.bootstrap import Estimate, paired_bootstrap
from scoring.scorecard import Scorecard, logistic_array
from training.backtest import held_out
from training.candidates import POINTS
from training.choice import Leads
from training.facts import worth_promoting
from training.folds import DAY, LEAST_CONVERTED, Fold, Plan
from training.recipe import Recipe
from training.run import Effort, Trained

NEW, OLD = "challenger", "champion"
COHORT_DAYS = 28


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
    """Whether a model may go live where none is, or a points rule serves.

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
    if trained.plan.kind == "forward":
        assert leads.time is not None
        until = None if champion.meta.trained_until is None else _seconds(champion.meta.trained_until)
        return _on_newest_cohort(leads, trained, old, until, effort)
    return _on_random_folds(leads, trained, old, effort)


def _on_newest_cohort(
    leads: Leads, trained: Trained, old: Recipe, until: float | None, effort: Effort
) -> Verdict:
    """Both recipes, refitted on what was mature when the newest cohort began, judged on that cohort."""
    cohort = newest_cohort(leads, trained.known)
    if cohort is None:
        won = int(leads.label.sum())
        return Verdict(
            False,
            f"no newest cohort has {LEAST_CONVERTED} conversions with {LEAST_CONVERTED} known before it (there are "
            f"{won:,} in all), so the gate cannot tell two apart",
        )
    if old != trained.recipe:
        return _verdict(
            _gain(leads, trained.plan, cohort, cohort, trained.backtest.chosen[-1], old, effort),
            refresh=False,
        )
    assert leads.time is not None
    seen = cohort.train if until is None else cohort.train[leads.time[cohort.train] <= until]
    if len(seen) == len(cohort.train):
        return Verdict(True, "the champion's recipe on the newest leads, which leave nothing to compare")
    if leads.label[seen].sum() < LEAST_CONVERTED:
        return Verdict(True, "the champion's recipe, now with enough leads to be judged by")
    return _verdict(
        _gain(leads, trained.plan, cohort, replace(cohort, train=seen), old, old, effort), refresh=True
    )


def newest_cohort(leads: Leads, known: npt.NDArray[np.float64] | None = None) -> Fold | None:
    """The last 28 days of mature leads, widened until 50 converted, and what was mature when they began.

    Parameters
    ----------
    leads : Leads
        Labelled leads with their times.
    known : array of float, shape (n_leads,), optional
        When each label was known; by default when the lead was scored.

    Returns
    -------
    Fold or None
        None where either side would have fewer than 50 conversions.
    """
    assert leads.time is not None
    known = leads.time if known is None else known
    converted = np.sort(leads.time[leads.label == 1])
    if len(converted) < 2 * LEAST_CONVERTED:
        return None
    start = min(float(leads.time.max()) - COHORT_DAYS * DAY, float(converted[-LEAST_CONVERTED]))
    train = np.flatnonzero((leads.time < start) & (known <= start))
    test = np.flatnonzero(leads.time >= start)
    enough = all(LEAST_CONVERTED <= leads.label[rows].sum() < len(rows) for rows in (train, test))
    return Fold(train, test, start) if enough else None


def _on_random_folds(leads: Leads, trained: Trained, old: Recipe, effort: Effort) -> Verdict:
    """Both recipes on the random folds; the same recipe has nothing to be compared with."""
    won = int(leads.label.sum())
    if won < LEAST_CONVERTED:
        return Verdict(
            False, f"the leads hold {won} conversions, and the gate needs {LEAST_CONVERTED} to tell two apart"
        )
    if old == trained.recipe:
        return Verdict(
            True, "the champion's recipe on newer leads; without a time there is nothing to compare"
        )
    rows, plan = trained.plan.tested, trained.plan
    odds = {
        OLD: _held(leads, plan, [old] * len(plan.folds), effort),
        NEW: _held(leads, plan, trained.backtest.chosen, effort),
    }
    return _verdict(_compared(leads, plan, rows, odds, effort), refresh=False)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _gain(
    leads: Leads, plan: Plan, new_fold: Fold, old_fold: Fold, new: Recipe, old: Recipe, effort: Effort
) -> Estimate:
    """What a recipe fitted to one fold's training leads gains on its test leads over another."""
    odds = {
        name: _held(leads, Plan("forward", (fold,), plan.clusters, plan.why), [recipe], effort)
        for name, fold, recipe in ((OLD, old_fold, old), (NEW, new_fold, new))
    }
    return _compared(leads, plan, new_fold.test, odds, effort)


def _held(leads: Leads, plan: Plan, recipes: Sequence[Recipe], effort: Effort) -> npt.NDArray[np.float64]:
    held = held_out(
        leads, plan, recipes, pairs=effort.pairs, seed=effort.seed, jobs=effort.jobs, cached=effort.memory()
    )
    return np.concatenate(held)


def _compared(
    leads: Leads,
    plan: Plan,
    rows: npt.NDArray[np.intp],
    odds: Mapping[str, npt.NDArray[np.float64]],
    effort: Effort,
) -> Estimate:
    groups = leads.groups[rows] if leads.groups is not None else plan.clusters[rows]
    drawn = paired_bootstrap(
        leads.label[rows],
        {name: logistic_array(values) for name, values in odds.items()},
        seed=effort.seed,
        weight=leads.weight[rows],
        groups=groups,
        reference=NEW,
    )
    return drawn.differences[OLD]["log_loss"]


def _verdict(gain: Estimate, *, refresh: bool) -> Verdict:
    low, high = gain.low or 0.0, gain.high or 0.0
    shown = f"log loss gain {gain.value or 0.0:+.4f} ({low:+.4f} to {high:+.4f})"
    if refresh:
        worse = high < 0
        return Verdict(
            not worse, f"the champion's recipe on newer leads, judged on the newest: {shown}", gain
        )
    if low > 0:
        return Verdict(True, f"a better recipe on the newest leads: {shown}", gain)
    return Verdict(False, f"no proof that its recipe is better on the newest leads: {shown}", gain)
