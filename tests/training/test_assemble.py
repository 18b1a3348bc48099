import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.clean import Column
from scoring.features import Feature
from scoring.scorecard import Interval, Meta, Scorecard, settle_array
from tests.markets import made_leads
from training.assemble import Held, assemble
from training.calibration import Sigmoid
from training.choice import Leads, fit_recipes, predict
from training.recipe import Recipe

RNG = np.random.default_rng(0)
AXES = {"visits": "engagement", "source": "fit", "employees": "fit", "country": "process"}
LEADS = made_leads(600, seed=4, axes=AXES, weight=RNG.uniform(0.5, 2, 600))
ARMS = [Recipe("trunk", strength=1.0), Recipe("tables", rounds=60), Recipe("trunk+tables", rounds=60)]
SIGMOID = Sigmoid(0.3, 0.8)
META = Meta("v", "won", 90, None, rows=0, conversions=0, base_rate=0.0)
COLUMNS = tuple(Column(name, "category", AXES[name]) for name in LEADS.columns)
FEATURES = tuple(
    Feature(name, "number" if isinstance(values, np.ndarray) else "category", AXES[name], (name,), "value")
    for name, values in LEADS.columns.items()
)


def made(recipe: Recipe, leads: Leads = LEADS, meta: Meta = META) -> tuple[Scorecard, Held, np.ndarray]:
    learned = fit_recipes(leads, [recipe], pairs=4, seed=0)
    odds = SIGMOID(predict(learned, [recipe], leads)[0])
    rows = np.arange(100, 600)
    held = Held(rows, odds[rows].round(3), rows >= 250)
    card = assemble(
        learned, recipe, leads, SIGMOID, Interval((0.0,), (-1.0,), (1.0,)), held, meta, COLUMNS, FEATURES
    )
    return card, held, odds


@pytest.fixture(scope="module", params=ARMS, ids=lambda recipe: recipe.arm)
def assembled(request) -> tuple[Scorecard, Held, np.ndarray]:
    return made(request.param)


def test_the_scorecard_is_what_was_fitted_with_the_calibration_folded_in(assembled):
    card, _, odds = assembled

    np.testing.assert_allclose(card.score_columns(LEADS.columns).log_odds, odds, rtol=0, atol=1e-9)


def test_contributions_average_to_nothing_over_the_reference_leads(assembled):
    card, held, _ = assembled
    among = held.rows[held.reference]
    parts = card.score_columns(LEADS.columns).contributions[among]

    np.testing.assert_allclose(np.average(parts, axis=0, weights=LEADS.weight[among]), 0, atol=1e-9)


def test_every_reference_lead_has_its_score_by_brute_force(assembled):
    card, held, _ = assembled
    reference = settle_array(held.log_odds[held.reference])

    for own in reference:
        share = ((reference < own).sum() + (reference == own).sum() / 2) / len(reference)
        found = replace(card, base=float(own), terms=(), pairs=()).score_one({}).score
        assert found == math.floor(100 * share + 0.5 + 1e-9)


def test_axis_grades_part_the_reference_leads_at_their_scores(assembled):
    card, held, _ = assembled
    scores = card.score_columns(LEADS.columns)
    among = held.rows[held.reference]

    for axis, grade in (("fit", scores.fit), ("engagement", scores.engagement)):
        positions = [i for i, term in enumerate(card.terms) if term.axis == axis]
        sums = settle_array(scores.contributions[:, positions].sum(axis=1))[among]
        for row in range(0, len(among), 7):
            share = ((sums < sums[row]).sum() + (sums == sums[row]).sum() / 2) / len(sums)
            expected = sum(math.floor(100 * share + 0.5 + 1e-9) < least for least in META.grades)
            assert grade[among[row]] == expected


def test_a_term_tells_how_many_leads_it_was_seen_in_and_how_many_converted(assembled):
    card, _, _ = assembled
    (source,) = (term for term in card.terms if term.feature == "source")
    of_web = np.array([value == "Web" for value in LEADS.columns["source"].to_list()])

    assert source.support[source.bin_one("Web")] == of_web.sum()
    assert source.rates[source.bin_one("Web")] == pytest.approx(LEADS.label[of_web].mean())
    assert source.rates[source.bin_one("never seen")] is None
    assert all(sum(term.support) == len(LEADS) for term in card.terms)


def test_columns_and_features_are_those_that_are_read(assembled):
    card, _, _ = assembled

    assert [feature.name for feature in card.features] == [term.feature for term in card.terms]
    assert {column.name for column in card.columns} == {s for f in card.features for s in f.sources}
    assert Scorecard.from_json(card.to_json()) == card


LEAD = st.fixed_dictionaries(
    {
        "visits": st.one_of(st.none(), st.floats(-100, 100)),
        "employees": st.one_of(st.none(), st.floats(0, 1e7)),
        "source": st.sampled_from([None, "Web", "Referral", "Odd"]),
        "country": st.sampled_from([None, "JP", "US", "FR"]),
    }
)


@given(LEAD)
def test_axes_add_up_to_the_log_odds(assembled, lead):
    card, _, _ = assembled
    score = card.score_one(lead)
    axes = {
        axis: sum(score.contributions[t.feature] for t in card.terms if t.axis == axis)
        for axis in set(AXES.values())
    }

    assert score.base + sum(axes.values()) == pytest.approx(score.log_odds, abs=1e-12)


def test_a_feature_that_changes_nothing_is_not_asked_for():
    leads = replace(LEADS, columns={**LEADS.columns, "same": np.full(600, 3.0)}, axes={**AXES, "same": "fit"})
    learned = fit_recipes(leads, [ARMS[1]], pairs=4, seed=0)
    held = Held(np.arange(600), predict(learned, ARMS[1:2], leads)[0], np.ones(600, dtype=bool))
    card = assemble(learned, ARMS[1], leads, Sigmoid(), Interval((0.0,), (-1.0,), (1.0,)), held, META)

    assert "same" not in [term.feature for term in card.terms]


def test_the_base_rate_alone_is_a_scorecard_without_terms():
    learned = fit_recipes(LEADS, [Recipe("base")], pairs=0, seed=0)
    held = Held(np.arange(600), predict(learned, [Recipe("base")], LEADS)[0], np.ones(600, dtype=bool))
    card = assemble(learned, Recipe("base"), LEADS, Sigmoid(), Interval((0.0,), (-1.0,), (1.0,)), held, META)
    score = card.score_one({"visits": 3.0})

    assert card.terms == ()
    assert score.likelihood == pytest.approx(np.average(LEADS.label, weights=LEADS.weight))
    assert (score.score, score.grade, score.contributions) == (50, "B", {})
    assert Scorecard.from_json(card.to_json()) == card
