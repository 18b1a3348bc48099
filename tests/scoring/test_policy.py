import numpy as np
import pytest

from scoring.errors import DataError
from scoring.policy import (
    ACTIONS,
    Policy,
    decide,
    decide_all,
    drawn,
    probability_of,
    selection_weights,
)


def policy(threshold: float = 0.2, draw: float = 0.0, version: int = 3, **other) -> Policy:
    return Policy(
        version=version, target="sql", rule=other.pop("rule", "threshold"), threshold=threshold,
        inputs={"draw": draw}, **other,
    )  # fmt: skip


def test_a_likelihood_at_the_threshold_is_handed_over_and_one_below_is_not():
    assert decide(policy(0.2), 0.2, "L-1") == "hand_over"
    assert decide(policy(0.2), 0.199999, "L-1") == "nurture"


def test_a_decision_agrees_with_the_six_decimals_that_are_shown():
    assert decide(policy(0.2), 0.19999951, "L-1") == "hand_over"
    assert decide(policy(0.2), 0.19999949, "L-1") == "nurture"


def test_without_a_likelihood_nothing_is_handed_over_or_drawn():
    assert decide(policy(0.2, draw=1.0), None, "L-1") == "nurture"


def test_of_top_k_a_lead_beyond_the_month_waits():
    limited = policy(0.2, rule="top_k", per_month=10)

    assert decide(limited, 0.3, "L-1", left=1) == "hand_over"
    assert decide(limited, 0.3, "L-1", left=0) == "nurture"
    assert decide(policy(0.2), 0.3, "L-1", left=0) == "hand_over"


def test_a_draw_depends_on_lead_and_policy_alone_and_keeps_its_share():
    names = [f"lead-{n}" for n in range(20_000)]
    first = [drawn(name, 1, 0.05) for name in names]

    assert first == [drawn(name, 1, 0.05) for name in names]
    assert first != [drawn(name, 2, 0.05) for name in names]
    assert np.mean(first) == pytest.approx(0.05, abs=0.005)


def test_who_is_drawn_with_a_small_probability_is_drawn_with_a_larger_one_too():
    names = [f"lead-{n}" for n in range(2_000)]

    assert {n for n in names if drawn(n, 1, 0.02)} <= {n for n in names if drawn(n, 1, 0.2)}


def test_many_leads_are_decided_like_each_of_them():
    rule = policy(0.4, draw=0.3)
    likelihood = np.random.default_rng(4).uniform(size=500)
    names = [None if n % 50 == 0 else f"lead-{n}" for n in range(500)]

    found = [ACTIONS[place] for place in decide_all(rule, likelihood, names)]

    assert found == [decide(rule, value, name) for value, name in zip(likelihood, names, strict=True)]
    assert set(found) == set(ACTIONS)


def test_the_probability_of_a_handoff_is_one_by_the_rule_and_that_of_the_draw_else():
    rule = policy(0.4, draw=0.03)

    assert (probability_of("hand_over", rule), probability_of("explore", rule)) == (1.0, 0.03)


def test_weights_undo_the_selection_of_a_simulated_year():
    rng = np.random.default_rng(11)
    likelihood = rng.beta(1, 8, size=200_000)
    outcome = rng.uniform(size=len(likelihood)) < likelihood
    rule = policy(0.25, draw=0.05)
    action = decide_all(rule, likelihood, [f"lead-{n}" for n in range(len(likelihood))])
    worked = action < 2
    weights = selection_weights(np.where(action[worked] == 0, 1.0, rule.draw))

    plain = outcome[worked].mean()
    corrected = np.average(outcome[worked], weights=weights)

    assert corrected == pytest.approx(outcome.mean(), rel=0.05)
    assert plain > 1.5 * outcome.mean()
    assert weights.sum() == pytest.approx(len(likelihood), rel=0.03)


def test_a_probability_of_zero_cannot_be_weighted():
    with pytest.raises(DataError, match="must be above 0 and at most 1"):
        selection_weights([1.0, 0.0])
