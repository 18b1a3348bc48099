from dataclasses import replace

import numpy as np
import pytest

from scoring.metrics import log_loss
from scoring.scorecard import Meta, Scorecard
from tests.markets import DAY, leads_of, made_leads, market, outcomes
from training import choice
from training.choice import fold_odds
from training.folds import plan_folds
from training.recipe import Recipe
from training.run import Effort, Trained, Watch, fit_scorecard, train_scorecard

META = Meta("v1", "won", 90, None, rows=0, conversions=0, base_rate=0.0)
FRESH = 20_000


@pytest.fixture(autouse=True)
def short_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "ROUNDS", (40, 120))


def trained_on(leads) -> Trained:
    return train_scorecard(leads, META, effort=Effort(folds=2, pairs=3))


def losses(trained: Trained, base: float, strength: float, rate: float) -> tuple[float, float]:
    """Log loss on fresh leads of the same market: of what is shipped, and of the base rate it learned."""
    fresh = made_leads(FRESH, seed=99, base=base, strength=strength)
    ours = trained.scorecard.score_columns(fresh.columns, rows=FRESH).likelihood
    return log_loss(fresh.label, ours), log_loss(fresh.label, np.full(FRESH, rate))


@pytest.mark.parametrize(("seed", "strength"), [(0, 0.0), (1, 0.0), (2, 0.6), (3, 0.6)])
def test_on_little_data_what_is_shipped_is_no_worse_than_the_base_rate(seed, strength):
    leads = made_leads(300, seed=seed, base=-1.9, strength=strength)
    assert 25 < leads.label.sum() < 60
    trained = trained_on(leads)
    ours, base = losses(trained, -1.9, strength, leads.label.mean())

    assert ours <= base + 0.002
    if strength == 0:
        assert trained.fell_back
        assert trained.recipe == Recipe("base")
        assert trained.scorecard.terms == ()
        assert ours == pytest.approx(base)
    if trained.fell_back:
        assert trained.recipe.words() == "the base rate alone"


@pytest.fixture(scope="module")
def strong() -> Trained:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "ROUNDS", (40, 120))
        return trained_on(made_leads(1_200, seed=5, time=np.arange(1_200) * DAY))


def test_a_strong_signal_is_found_forward_in_time(strong):
    rate = strong.scorecard.meta.base_rate
    ours, base = losses(strong, -1.0, 1.0, rate)

    assert not strong.fell_back
    assert strong.plan.kind == "forward"
    assert ours < base - 0.05


def test_the_scorecard_knows_what_it_was_learned_from(strong):
    leads = made_leads(1_200, seed=5)
    meta = strong.scorecard.meta

    assert (meta.rows, meta.conversions, meta.target) == (1_200, leads.label.sum(), "won")
    assert meta.base_rate == pytest.approx(leads.label.mean())
    assert Scorecard.from_json(strong.scorecard.to_json()).digest == strong.scorecard.digest


def test_scores_are_ranked_among_the_newest_block_forward_in_time(strong):
    leads = made_leads(1_200, seed=5)
    newest = strong.plan.folds[-1].test
    scores = strong.scorecard.score_columns(leads.columns, rows=1_200)
    parts = scores.contributions[newest]

    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-9)
    assert abs(scores.score[newest].mean() - 50) < 10


def test_the_same_leads_and_seed_give_the_same_scorecard():
    leads = made_leads(400, seed=8, base=0.0, time=np.arange(400) * DAY)
    one, two = (trained_on(leads) for _ in range(2))

    assert one.scorecard.to_json() == two.scorecard.to_json()
    assert one.recipe == two.recipe


def test_a_base_rate_puts_every_lead_in_the_middle():
    leads = made_leads(300)
    plan = plan_folds(leads.label, random_folds=2)
    held = [np.zeros(len(fold.test)) for fold in plan.folds]
    card, _, _ = fit_scorecard(leads, plan, Recipe("base"), held, META, Effort())
    scores = card.score_columns(leads.columns, rows=300)

    assert set(scores.score) == {50}
    np.testing.assert_allclose(scores.likelihood, leads.label.mean(), atol=1e-6)
    assert (scores.likelihood_low < scores.likelihood).all()
    assert (scores.likelihood_high > scores.likelihood).all()


def test_a_column_to_be_kept_stays_though_it_mirrors_the_calendar():
    rows = 600
    frame = market(rows)
    frame["rate"] = np.linspace(0, 4, rows)
    visits = 0.5 * (frame["visits"].fillna(6).to_numpy() - 6)
    leads = leads_of(frame, outcomes(visits), time=np.arange(rows) * DAY)
    trained = train_scorecard(leads, META, keep={"rate"}, effort=Effort(folds=1, pairs=1))

    assert trained.mirrors == []
    assert trained.recipe.without == ()


def test_each_step_is_told_and_timed():
    told: list[tuple[str, str]] = []
    watch = Watch(lambda step, part: told.append((step, part)))
    watch.step("one")
    watch.part("1 of 2")
    watch.step("two")
    watch.stop()

    assert told == [("one", ""), ("one", "1 of 2"), ("two", "")]
    assert list(watch.seconds) == ["one", "two"]


def test_what_was_fitted_once_is_remembered(tmp_path):
    remembering = Effort(cache=tmp_path).memory()
    leads = made_leads(200)
    (fold, _) = plan_folds(leads.label, random_folds=2).folds
    first, again = (remembering(leads, fold, [Recipe("trunk", strength=1.0)], 0, 0) for _ in range(2))
    plain = fold_odds(leads, fold, [Recipe("trunk", strength=1.0)], 0, 0)

    np.testing.assert_array_equal(first[0], plain[0])
    np.testing.assert_array_equal(again[0], plain[0])
    assert Effort().memory() is fold_odds
    assert list(tmp_path.rglob("output.pkl"))
    changed = remembering(replace(leads, label=1 - leads.label), fold, [Recipe("trunk", strength=1.0)], 0, 0)
    assert np.abs(changed[0] - first[0]).max() > 0.1
