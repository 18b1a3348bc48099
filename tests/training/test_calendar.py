from dataclasses import replace

import numpy as np
import pytest

from scoring.categories import Categories
from tests.markets import DAY, leads_of, made_leads, market, outcomes
from training import choice
from training.calendar import Mirror, find_mirrors, mirror_sets
from training.folds import plan_folds
from training.run import Effort, choose_recipe

TIME = np.arange(900) * DAY


def planted(rows: int = 900):
    """Leads over time with a rate that climbs as the months go by, a quarter, and an honest number."""
    leads = made_leads(rows, base=0.0, time=TIME[:rows])
    rng = np.random.default_rng(0)
    columns = {
        **leads.columns,
        "rate": np.linspace(0, 5, rows) + rng.normal(0, 0.1, rows),
        "quarter": Categories.of([f"Q{int(day // (91 * DAY))}" for day in leads.time]),
        "drifting": np.linspace(0, 2.5, rows) + rng.normal(0, 1, rows),
        "honest": rng.normal(size=rows),
    }
    return replace(leads, columns=columns)


def test_a_column_that_climbs_with_time_is_found_and_an_honest_one_is_not():
    leads = planted()
    plan = plan_folds(leads.label, time=leads.time)
    mirrors = find_mirrors(leads, plan)
    found = {mirror.feature: mirror.auc for mirror in mirrors}

    assert {"rate", "quarter"} <= set(found) <= {"rate", "quarter", "drifting"}
    assert found["rate"] > 0.95
    assert [m.auc for m in mirrors] == sorted(found.values(), reverse=True)


def test_a_column_that_is_to_be_kept_is_no_suspect():
    leads = planted()
    plan = plan_folds(leads.label, time=leads.time)

    assert "rate" not in {mirror.feature for mirror in find_mirrors(leads, plan, keep={"rate"})}


def test_random_folds_have_no_calendar():
    leads = planted()

    assert find_mirrors(leads, plan_folds(leads.label)) == []


def test_the_plainest_mirrors_and_all_of_them_are_tried_without():
    assert mirror_sets([Mirror("rate", 0.99), Mirror("index", 0.8)]) == [("rate",), ("rate", "index")]
    assert mirror_sets([Mirror("rate", 0.99)]) == [("rate",)]
    assert mirror_sets([Mirror("index", 0.8)]) == [("index",)]
    assert mirror_sets([]) == []


@pytest.mark.parametrize("turns", [True, False])
def test_a_mirror_is_left_out_where_it_hurts_and_nothing_else_with_it(monkeypatch, turns):
    monkeypatch.setattr(choice, "ROUNDS", (30,))
    rows = 1_500
    rng = np.random.default_rng(1)
    frame = market(rows)
    frame["rate"] = np.linspace(0, 4, rows) + rng.normal(0, 0.05, rows)
    # The market rises with the rate at first; then it turns while the rate climbs on.
    months = np.linspace(0, 4, rows)
    level = np.where(months < 2, 2 * (months - 1), 2 * (3 - months)) if turns else np.zeros(rows)
    visits = 0.5 * (frame["visits"].fillna(6).to_numpy() - 6)
    leads = leads_of(frame, outcomes(level + visits), time=np.arange(rows) * DAY)
    recipe = choose_recipe(leads, plan_folds(leads.label, time=leads.time, folds=3), Effort(pairs=2))

    assert set(recipe.without) <= {"rate"}
    if turns:
        assert recipe.without == ("rate",)
