import numpy as np
import pytest

from tests.markets import leads_of, made_leads, market
from training.choice import fit_recipes, predict
from training.encoding import encode
from training.recipe import Recipe, recency
from training.trunk import safe_log_odds

LEADS = made_leads(500, seed=2)
ARMS = [
    Recipe("base"),
    Recipe("trunk", strength=0.01),
    Recipe("trunk", strength=1.0),
    Recipe("trunk+tables", rounds=40),
    Recipe("tables", rounds=40),
    Recipe("tables", rounds=15),
]


@pytest.fixture(scope="module")
def learned():
    return fit_recipes(LEADS, ARMS, pairs=3, seed=0)


def test_the_newest_lead_counts_one_and_one_a_half_life_older_a_half():
    assert recency(np.array([0, 100, 200, 50]), 100).tolist() == pytest.approx([1, 0.5, 0.25, 0.5**0.5])


def test_without_a_half_life_all_leads_count_the_same():
    assert recency(np.array([0, 5_000]), None).tolist() == [1, 1]


@pytest.mark.parametrize("recipe", [*ARMS, Recipe("trunk", half_life=300, without=("rate", "month"))])
def test_a_recipe_comes_back_from_its_record(recipe):
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe("base"), "the base rate alone"),
        (Recipe("trunk"), "a trunk"),
        (Recipe("trunk", strength=0.01), "a trunk (strength 0.01)"),
        (
            Recipe("tables", rounds=300, half_life=3000),
            "tables (300 rounds), leads halved in weight every 3,000",
        ),
        (
            Recipe("trunk+tables", rounds=50, without=("rate",)),
            "a trunk and tables (50 rounds), without rate",
        ),
    ],
)
def test_a_recipe_can_be_said_in_words(recipe, words):
    assert recipe.words() == words


def test_every_recipe_gives_the_log_odds_that_it_alone_would_give(learned):
    together = predict(learned, ARMS, LEADS)

    for recipe, odds in zip(ARMS, together, strict=True):
        alone = fit_recipes(LEADS, [recipe], pairs=3, seed=0)
        np.testing.assert_allclose(predict(alone, [recipe], LEADS)[0], odds, rtol=0, atol=1e-9)


def test_the_base_rate_is_the_same_for_all(learned):
    odds = predict(learned, [Recipe("base")], LEADS)[0]

    np.testing.assert_allclose(odds, safe_log_odds(LEADS.label.mean()))
    assert learned.cells([Recipe("base")]) == [0]


def test_more_strength_and_more_rounds_give_more_to_read(learned):
    few, many, both, trunk = learned.cells(
        [
            Recipe("tables", rounds=15),
            Recipe("tables", rounds=40),
            Recipe("trunk+tables", rounds=40),
            Recipe("trunk", strength=1.0),
        ]
    )

    assert 0 < few < many
    assert both > trunk > 0


def test_at_most_so_many_pairs_are_learned(learned):
    assert len(learned.pairs) <= 3
    assert not fit_recipes(LEADS, [ARMS[4]], pairs=0, seed=0).tables(ARMS[4]).pairs


def test_features_left_out_are_never_looked_at():
    recipe = Recipe("trunk+tables", rounds=20, without=("visits",))
    fitted = fit_recipes(LEADS, [recipe], pairs=3, seed=0)
    blind = LEADS.without(["visits"])

    assert [term.feature for term in fitted.encoded.terms] == ["employees", "source", "country"]
    np.testing.assert_array_equal(predict(fitted, [recipe], LEADS), predict(fitted, [recipe], blind))


def test_old_leads_lose_weight_by_their_age():
    time = np.arange(500.0)
    label = np.r_[np.ones(250), np.zeros(250)].astype(int)
    leads = leads_of(market(500), label, time=time)

    rates = [
        fit_recipes(leads, [Recipe("base", half_life=life)], pairs=0, seed=0).base for life in (None, 100)
    ]
    weight = 0.5 ** ((499 - time) / 100)
    assert rates == pytest.approx([0.0, safe_log_odds(float(np.average(label, weights=weight)))])


def test_a_trunk_under_tables_is_judged_on_leads_it_did_not_see(learned):
    encoded = encode(learned.encoded.terms, LEADS.columns, len(LEADS))

    assert learned.under in learned.trunks
    assert learned.trunk(ARMS[3]) is learned.trunks[learned.under]
    assert learned.trunk(ARMS[4]) is None
    assert np.isfinite(learned.log_odds([ARMS[3]], encoded)).all()
