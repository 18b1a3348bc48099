from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from scoring.bootstrap import Estimate
from scoring.clean import Column
from tests.cards import small_card
from tests.markets import DAY, leads_of, made_leads, market, outcomes
from training import gate
from training.choice import Leads
from training.folds import Plan, plan_folds
from training.gate import against_champion, first_model, newest_cohort
from training.recipe import Recipe
from training.run import Effort, Trained

COLUMNS = ("source", "visits", "created_at")
EFFORT = Effort(pairs=2)


def facts(ours: float, base: float, points: float | None = None, fell_back: bool = False) -> dict:
    losses = {"scorecard": ours, "base rate": base} | ({} if points is None else {"points rule": points})
    estimates = {name: {"log_loss": {"value": loss}} for name, loss in losses.items()}
    return {"fell_back": fell_back, "bootstrap": {"estimates": estimates}}


@pytest.mark.parametrize(
    ("found", "promote"),
    [
        (facts(0.40, 0.45), True),
        (facts(0.40, 0.45, points=0.42), True),
        (facts(0.40, 0.45, points=0.39), False),
        (facts(0.45, 0.45), False),
        (facts(0.46, 0.45), False),
        (facts(0.40, 0.45, fell_back=True), False),
    ],
)
def test_the_first_model_must_beat_the_base_rate_and_the_points_rule(found, promote):
    verdict = first_model(found)

    assert verdict.promote is promote
    assert ("the first model: it beats" if promote else "does not beat") in verdict.reason


def forward(rows: int = 900) -> tuple[Leads, Plan]:
    """Leads whose conversions hang on a bend in visits, which a line cannot follow."""
    frame = market(rows, seed=1)
    visits = frame["visits"].fillna(6).to_numpy()
    label = outcomes(np.where(np.abs(visits - 6) < 2, 1.5, -1.5), seed=1)
    leads = leads_of(frame, label, time=np.arange(rows) * DAY)
    return leads, plan_folds(leads.label, time=leads.time, folds=2)


LEADS, PLAN = forward()
LINE, BEND = Recipe("trunk", strength=1.0), Recipe("tables", rounds=100)


def judged(new: Recipe, old: Recipe, leads: Leads = LEADS, plan: Plan = PLAN, columns=COLUMNS, until=None):
    return judged_as_chosen(new, [new] * len(plan.folds), old, leads, plan, columns, until)


def judged_as_chosen(
    shipped: Recipe,
    chosen: list[Recipe],
    old: Recipe,
    leads: Leads = LEADS,
    plan: Plan = PLAN,
    columns=COLUMNS,
    until=None,
):
    live = small_card()
    if until is not None:
        moment = datetime.fromtimestamp(until * DAY, UTC).isoformat()
        live = replace(live, meta=replace(live.meta, trained_until=moment))
    backtest = SimpleNamespace(chosen=chosen)
    trained = Trained(small_card(), shipped, plan, None, backtest, [], None, False)
    return against_champion(leads, trained, live, old.to_dict(), columns, EFFORT)


def test_a_better_recipe_is_promoted_with_its_proof():
    verdict = judged(BEND, LINE)

    assert verdict.promote
    assert verdict.gain.low > 0
    assert "a better recipe on the newest leads: log loss gain +" in verdict.reason


def test_a_recipe_is_judged_as_it_was_chosen_without_the_newest_leads():
    verdict = judged_as_chosen(BEND, [BEND, LINE], LINE)

    assert verdict.gain.value == 0
    assert not verdict.promote


def test_labels_of_another_horizon_are_not_compared():
    longer = replace(small_card(), meta=replace(small_card().meta, horizon_days=365))
    trained = Trained(longer, BEND, PLAN, None, SimpleNamespace(chosen=[BEND, BEND]), [], None, False)
    verdict = against_champion(LEADS, trained, small_card(), LINE.to_dict(), COLUMNS, EFFORT)

    assert not verdict.promote
    assert "these have 365 days" in verdict.reason


def test_a_worse_recipe_is_not():
    verdict = judged(LINE, BEND)

    assert not verdict.promote
    assert verdict.gain.high < 0
    assert "no proof that its recipe is better" in verdict.reason


def test_the_same_recipe_on_newer_rows_is_a_refresh_and_promoted():
    verdict = judged(BEND, BEND, until=400)

    assert verdict.promote
    assert verdict.gain is not None
    assert "the champion's recipe on newer leads, judged on the newest: log loss gain" in verdict.reason


def test_a_refresh_without_newer_rows_has_nothing_to_compare():
    verdict = judged(BEND, BEND)

    assert verdict.promote
    assert "nothing to compare" in verdict.reason


def test_a_refresh_that_is_shown_to_be_worse_is_not_promoted():
    worse = Estimate(-0.02, -0.03, -0.01, 0.01)

    assert not gate._verdict(worse, refresh=True).promote
    assert gate._verdict(Estimate(-0.02, -0.03, 0.01, 0.01), refresh=True).promote
    assert not gate._verdict(Estimate(0.02, -0.01, 0.05, 0.02), refresh=False).promote


def test_a_file_that_lacks_columns_of_the_champion_promotes_nothing_and_says_what_to_do():
    verdict = judged(BEND, LINE, columns=("visits", "created_at"))

    assert not verdict.promote
    assert "the champion reads columns that this file lacks (source)" in verdict.reason
    assert "--promote yes" in verdict.reason


def test_too_few_new_conversions_promote_nothing_and_say_so():
    few = made_leads(200, base=-2.0)
    verdict = judged(BEND, LINE, few, plan_folds(few.label, random_folds=3))

    assert not verdict.promote
    assert f"the leads hold {few.label.sum()} conversions, and the gate needs 50" in verdict.reason


def test_the_newest_cohort_is_of_28_days_widened_until_50_converted():
    cohort = newest_cohort(LEADS)
    assert LEADS.label[cohort.test].sum() >= 50
    assert LEADS.time[cohort.test].min() > LEADS.time[cohort.train].max()
    dense = replace(LEADS, time=LEADS.time / 24)
    assert dense.time.max() - newest_cohort(dense).cut == pytest.approx(28 * DAY)


def test_the_newest_cohort_learns_only_from_what_was_known_when_it_began():
    known = LEADS.time + 30 * DAY
    cohort = newest_cohort(LEADS, known)
    assert (known[cohort.train] <= cohort.cut).all()


def test_without_enough_conversions_on_both_sides_there_is_no_cohort():
    few = replace(LEADS, label=np.where(np.cumsum(LEADS.label) <= 80, LEADS.label, 0))
    assert newest_cohort(few) is None


def test_a_champion_that_reads_no_column_lacks_none():
    card = replace(small_card(), columns=(Column("visits", "number", "engagement"),))
    trained = Trained(small_card(), BEND, PLAN, None, SimpleNamespace(chosen=[BEND, BEND]), [], None, False)

    assert against_champion(LEADS, trained, card, LINE.to_dict(), {"visits"}, EFFORT).promote
