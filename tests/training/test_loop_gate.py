"""The gate on simulated companies: the better recipe goes live, the worse one does not, whoever is champion."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from scoring.dates import DAY
from scoring.scorecard import Meta
from tests.cards import small_card
from tests.worlds import ZONE, company, export, ledger_of_tables
from training.choice import Leads
from training.folds import Plan, plan_folds
from training.from_store import take_in_ledger
from training.gate import Verdict, against_champion
from training.intake import Asked, Intake
from training.recipe import Recipe
from training.run import Effort, Trained

Weak = Callable[[Intake], Recipe]
EFFORT = Effort(folds=2, pairs=2)
BASE, GOOD = Recipe("base"), Recipe("trunk", strength=0.01)


@pytest.fixture(scope="module", params=[3, 7], ids="world {}".format)
def intake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    ledger = ledger_of_tables(export(company(2_500, seed=request.param)), tmp_path_factory.mktemp("company"))
    return take_in_ledger(ledger, Asked(target="won", horizon_days=90, time_zone=ZONE, exclude=("usd_jpy",)))


def judged(intake: Intake, new: Recipe, old: Recipe, leads: Leads | None = None) -> Verdict:
    leads = leads or intake.leads
    plan: Plan = plan_folds(leads.label, time=leads.time, known=intake.known, groups=leads.groups, folds=2)
    assert plan.kind == "forward"
    meta = Meta("v2", "won", 90, None, len(leads), int(leads.label.sum()), float(leads.label.mean()))
    live = replace(small_card(), meta=meta, columns=())
    backtest = SimpleNamespace(chosen=[new] * len(plan.folds))
    trained = Trained(live, new, plan, None, backtest, [], None, False, known=intake.known)
    return against_champion(leads, trained, live, old.to_dict(), {c.name for c in intake.columns}, EFFORT)


def blind(intake: Intake) -> Recipe:
    """The same trunk, which is shown nothing but where the lead lives."""
    return replace(GOOD, without=tuple(name for name in intake.leads.columns if name != "prefecture"))


WEAK = pytest.mark.parametrize("weak", [lambda _: BASE, blind], ids=["the base rate", "the prefecture alone"])


@WEAK
def test_a_better_challenger_is_promoted_with_its_interval(intake: Intake, weak: Weak) -> None:
    verdict = judged(intake, GOOD, weak(intake))
    assert verdict.promote
    assert verdict.gain is not None
    assert 0 < verdict.gain.low <= verdict.gain.value <= verdict.gain.high
    shown = f"log loss gain +{verdict.gain.value:.4f} (+{verdict.gain.low:.4f} to +{verdict.gain.high:.4f})"
    assert verdict.reason == f"a better recipe on the newest leads: {shown}"


@WEAK
def test_a_worse_challenger_is_refused_with_its_interval(intake: Intake, weak: Weak) -> None:
    verdict = judged(intake, weak(intake), GOOD)
    assert not verdict.promote
    assert verdict.gain is not None
    assert verdict.gain.low <= verdict.gain.value < verdict.gain.high < 0
    assert verdict.reason.startswith(
        "no proof that its recipe is better on the newest leads: log loss gain -"
    )


def test_what_one_gains_the_other_loses(intake: Intake) -> None:
    there, back = judged(intake, GOOD, BASE).gain, judged(intake, BASE, GOOD).gain
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(-back.value)
    assert there.low == pytest.approx(-back.high)


def test_a_recipe_that_is_only_another_is_no_proof(intake: Intake) -> None:
    """Nearly the same trunk: a difference, but none that the newest leads can show to be a gain."""
    other = judged(intake, Recipe("trunk", strength=0.01, without=("created_weekday",)), GOOD)
    assert other.gain is not None
    assert other.gain.low <= 0
    assert not other.promote


def test_where_nothing_can_be_learned_no_challenger_is_promoted(intake: Intake) -> None:
    """Labels drawn by lot: the gate sees no gain in a model over the base rate."""
    lot = np.random.default_rng(1).permutation(intake.leads.label)
    assert not judged(intake, GOOD, BASE, replace(intake.leads, label=lot)).promote


def test_too_few_conversions_promote_nothing_and_say_so(intake: Intake) -> None:
    rows = np.flatnonzero(np.cumsum(intake.leads.label) <= 90)
    few = intake.leads.take(rows)
    known = few.time + 90 * DAY
    plan = plan_folds(few.label, time=few.time, known=known, groups=few.groups, folds=1, random_folds=3)
    meta = Meta("v2", "won", 90, None, len(few), int(few.label.sum()), 0.1)
    live = replace(small_card(), meta=meta, columns=())
    forward = replace(plan, kind="forward")
    backtest = SimpleNamespace(chosen=[GOOD] * len(plan.folds))
    trained = Trained(live, GOOD, forward, None, backtest, [], None, False, known=known)
    verdict = against_champion(few, trained, live, BASE.to_dict(), (), EFFORT)
    assert not verdict.promote
    assert "so the gate cannot tell two apart" in verdict.reason
    assert "90 in all" in verdict.reason
