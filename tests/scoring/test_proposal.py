"""Hand-made tests of a model: a month, and so few leads that every number can be counted."""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from scoring.errors import DataError
from scoring.handoff_answers import acceptance_rates
from scoring.handoff_counted import rising_means, shown_grid
from scoring.handoff_evidence import MONTH, Answers, Evidence, HeldOut
from scoring.proposal import Capacity, Constraints, Proposal, propose

DAY = 86_400.0
Row = tuple[str, float, float, int]  # lead, day, likelihood, label


def held_out(rows: Sequence[Row], version: str = "v1", new: bool = True) -> HeldOut:
    """Rows of a backtest; the first of each lead is its creation."""
    ids = [row[0] for row in rows]
    return HeldOut(
        version=version,
        lead_id=pa.array(ids, pa.string()),
        as_of=np.array([row[1] * DAY for row in rows]),
        creation=np.array([new and ids.index(name) == at for at, name in enumerate(ids)]),
        likelihood=np.array([row[2] for row in rows], dtype=float),
        label=np.array([row[3] for row in rows]),
    )


# Ten leads in exactly one month, likelihoods .05 to .95, of which those from .55 on convert; P(won) is half of it.
MONTH_DAYS = MONTH / DAY
TEN: list[Row] = [(f"L-{n}", n * MONTH_DAYS / 9, round(0.05 + 0.1 * n, 2), int(n >= 5)) for n in range(10)]
TEN_WON = [(name, day, likelihood / 2, int(likelihood > 0.8)) for name, day, likelihood, _ in TEN]


def ten(won: bool = True) -> Evidence:
    return Evidence.of(held_out(TEN), held_out(TEN_WON, "w1") if won else None)


def asked(evidence: Evidence | None = None, answers: Answers | None = None, **constraints) -> Proposal:
    return propose(evidence or ten(), Constraints(**constraints), answers)


# Counting -----------------------------------------------------------------------------------------


def test_a_month_of_ten_leads_is_counted_by_hand():
    proposal = propose(ten(), Constraints(amount=1000.0), threshold=0.55)

    assert proposal.point.handoffs.value == pytest.approx(5)
    assert proposal.point.conversions.value == pytest.approx(5)
    assert proposal.point.precision.value == 1.0
    assert proposal.point.wins.value == pytest.approx((0.55 + 0.65 + 0.75 + 0.85 + 0.95) / 2)
    assert proposal.point.revenue.value == pytest.approx(1875.0)
    assert proposal.point.acceptance.value is None


def test_a_lead_is_handed_over_once_where_it_first_reaches_the_threshold():
    rows = [
        ("a", 0, 0.1, 0),
        ("a", 7, 0.4, 1),
        ("a", 14, 0.3, 0),
        ("a", 21, 0.6, 0),
        ("b", MONTH_DAYS, 0.2, 0),
    ]

    def point(threshold: float):
        return propose(Evidence.of(held_out(rows)), Constraints(), threshold=threshold).point

    assert [point(t).handoffs.value for t in (0.1, 0.2, 0.3, 0.6)] == pytest.approx([2, 2, 1, 1])
    assert [point(t).conversions.value for t in (0.1, 0.2, 0.3, 0.6)] == pytest.approx([0, 1, 1, 0])


def test_volume_is_counted_by_the_months_of_the_test():
    rows = [(name, day * 3, likelihood, label) for name, day, likelihood, label in TEN]

    point = propose(Evidence.of(held_out(rows)), Constraints(), threshold=0.55).point

    assert point.handoffs.value == pytest.approx(5 / 3)


def test_a_lead_that_was_there_before_the_test_was_handed_over_before_it():
    rows = [("old", 0, 0.8, 1), ("old", 7, 0.9, 1), ("new", 1, 0.8, 0), ("late", 1 + MONTH_DAYS, 0.1, 0)]
    shown = held_out(rows)
    creation = np.array([False, False, True, True])
    evidence = Evidence.of(
        HeldOut(shown.version, shown.lead_id, shown.as_of, creation, shown.likelihood, shown.label)
    )

    found = {t: propose(evidence, Constraints(), threshold=t).point.handoffs.value for t in (0.8, 0.9)}

    assert found == pytest.approx({0.8: 1, 0.9: 1})  # at .9 the old one gets there within the test


def test_months_in_which_no_lead_came_are_not_counted():
    rows = [*TEN, *((f"L-{n}", 4 * MONTH_DAYS, 0.01, 0) for n in range(10))]
    evidence = Evidence.of(held_out(rows))

    assert evidence.months == pytest.approx(1)
    assert propose(evidence, Constraints(), threshold=0.55).point.handoffs.value == pytest.approx(5)
    least, most = evidence.by_month(np.array([550_000]))
    assert (least.tolist(), most.tolist()) == ([4], [4])  # the last one came as the month was over


def test_where_no_row_is_a_creation_each_lead_counts():
    evidence = Evidence.of(held_out(TEN, new=False))

    assert propose(evidence, Constraints(), threshold=0.55).point.handoffs.value == pytest.approx(5)


def test_without_times_somebody_must_say_how_many_leads_a_month_brings():
    shown = held_out(TEN)
    flat = HeldOut("v1", shown.lead_id, np.full(10, np.nan), shown.creation, shown.likelihood, shown.label)

    with pytest.raises(DataError, match="how many leads come in a month"):
        Evidence.of(flat)
    proposal = propose(Evidence.of(flat, leads_per_month=1000), Constraints(), threshold=0.55)
    assert proposal.point.handoffs.value == pytest.approx(500)


def test_a_model_without_held_out_predictions_proposes_nothing():
    with pytest.raises(DataError, match="Model v1 has no held-out predictions"):
        Evidence.of(held_out([]))


def test_wins_take_what_the_model_of_won_said_at_the_nearest_time():
    won = [("a", 0, 0.1, 0), ("a", 10, 0.3, 0), ("b", 0, 0.9, 1)]
    rows = [("a", 7, 0.5, 1), ("a", 4, 0.4, 0), ("c", MONTH_DAYS + 4, 0.5, 0)]

    evidence = Evidence.of(held_out(rows), held_out(won, "w1"))

    assert evidence.won.tolist() == pytest.approx([0.1, 0.3, np.nan], nan_ok=True)


def test_wins_of_leads_that_the_model_of_won_does_not_know_are_those_of_the_others():
    known = Evidence.of(held_out(TEN), held_out(TEN_WON[:8], "w1"))

    point = propose(known, Constraints(), threshold=0.55).point

    assert point.wins.value == pytest.approx(5 * np.mean([0.55, 0.65, 0.75]) / 2)


def test_intervals_hold_the_value_and_shrink_with_more_leads():
    rng = np.random.default_rng(3)

    def width(leads: int) -> float:
        likelihood = rng.uniform(size=leads)
        label = (rng.uniform(size=leads) < likelihood).astype(int)
        rows = [(f"L-{n}", n * MONTH_DAYS / leads, float(likelihood[n]), int(label[n])) for n in range(leads)]
        handed = propose(Evidence.of(held_out(rows)), Constraints(), threshold=0.5).point.handoffs
        assert handed.low < handed.value < handed.high
        return (handed.high - handed.low) / handed.value

    small, large = width(200), width(5_000)

    # 90 % of a Poisson count n lie within 1.645 roots of it
    assert small == pytest.approx(2 * 1.645 / np.sqrt(100), rel=0.3)
    assert large == pytest.approx(2 * 1.645 / np.sqrt(2500), rel=0.3)


def test_the_same_seed_gives_the_same_intervals():
    assert asked(capacity=4.0).to_dict() == asked(capacity=4.0).to_dict()


# Capacity -----------------------------------------------------------------------------------------


def test_capacity_is_what_reps_take_or_what_their_hours_allow():
    assert Capacity.of([50] * 6, 120, 5, 12).per_month == 300
    assert Capacity.of([50] * 6, 20, 5, 12).per_month == 120


def test_capacity_gives_the_lowest_threshold_that_keeps_to_it():
    proposal = asked(capacity=4.0)

    assert (proposal.threshold, proposal.binding) == (0.551, "capacity")
    assert proposal.point.handoffs.value == pytest.approx(4)


def test_the_explored_leads_are_inside_the_capacity():
    proposal = asked(capacity=5.0, explore=0.2)

    assert proposal.point.handoffs.value == pytest.approx(4)
    assert proposal.explore.per_month == pytest.approx(1)
    assert proposal.explore.below == pytest.approx(6)
    assert proposal.explore.draw == pytest.approx(1 / 6)


def test_exploring_nothing_draws_nobody():
    assert asked(capacity=5.0, explore=0.0).explore.draw == 0.0


def test_a_capacity_for_everybody_does_not_bind():
    proposal = asked(capacity=50.0)

    assert (proposal.binding, proposal.point.handoffs.value) == (None, pytest.approx(10))
    assert "No constraint leaves a lead out" in " ".join(proposal.notes)


def test_leads_that_share_the_highest_likelihood_cannot_be_told_apart_by_a_threshold():
    rows = [(f"L-{n}", n * MONTH_DAYS / 9, 0.5, 1) for n in range(10)]

    proposal = asked(Evidence.of(held_out(rows)), capacity=4.0)

    assert "10 leads share the highest likelihood" in proposal.warnings[0]
    assert "--rule top_k" in proposal.warnings[0]


# Value --------------------------------------------------------------------------------------------


def test_a_lead_at_the_threshold_is_worth_what_working_it_costs():
    proposal = asked(amount=1000.0, margin=0.5, lead_cost=110.0)

    # P(won) = likelihood / 2, so a lead of .45 earns 112.5 and one of .35 only 87.5
    assert proposal.binding == "value"
    assert 0.35 < proposal.threshold <= 0.45
    assert proposal.point.worth == pytest.approx(112.5)


def test_where_no_lead_is_worth_its_cost_that_is_said_with_the_numbers():
    proposal = asked(amount=100.0, lead_cost=80.0, capacity=4.0)

    assert proposal.binding == "capacity"
    assert proposal.warnings == (
        "No lead is worth what working one costs (80): the likeliest are worth about 47.5. The cost is left out.",
    )


def test_without_a_model_of_won_the_cost_is_left_out_and_that_is_said():
    proposal = asked(ten(won=False), amount=100.0, lead_cost=80.0, capacity=4.0)

    assert proposal.point.wins.value is None
    assert any("The cost of a lead is left out" in note for note in proposal.notes)


def test_means_that_fall_are_pooled_as_isotonic_regression_does():
    isotonic = pytest.importorskip("sklearn.isotonic")
    rng = np.random.default_rng(5)
    values, weights = rng.normal(size=80) + np.linspace(0, 2, 80), rng.uniform(0.5, 4, size=80)

    expected = isotonic.isotonic_regression(values, sample_weight=weights)

    assert rising_means(values, weights) == pytest.approx(expected)


# Acceptance ---------------------------------------------------------------------------------------


def answered(*groups: tuple[float, int, int], drawn: float = 1.0) -> Answers:
    """Groups of a likelihood, how many were accepted, and how many rejected."""
    likelihood = [group[0] for group in groups for _ in range(group[1] + group[2])]
    accepted = [n < group[1] for group in groups for n in range(group[1] + group[2])]
    return Answers(np.array(likelihood), np.array(accepted), np.full(len(accepted), drawn))


def test_the_acceptance_floor_gives_the_lowest_threshold_that_keeps_to_it():
    history = answered((0.3, 5, 15), (0.7, 18, 2))  # from .3: 23 of 40; from .7: 18 of 20

    proposal = asked(answers=history, acceptance_floor=0.6)

    assert proposal.binding == "acceptance"
    assert 0.3 < proposal.threshold <= 0.301
    assert proposal.point.acceptance.value == pytest.approx(0.9)
    assert proposal.point.acceptances.value == pytest.approx(0.9 * 7)


def test_without_history_acceptance_is_unknown_and_never_binds():
    proposal = asked(acceptance_floor=0.99, capacity=4.0)

    assert proposal.binding == "capacity"
    assert proposal.notes == (
        "Acceptance is unknown: 0 handoffs are decided, 20 are needed. It does not bind.",
    )


def test_an_acceptance_that_no_threshold_has_is_said_with_the_best_one():
    proposal = asked(answers=answered((0.3, 5, 15), (0.7, 15, 5)), acceptance_floor=0.9, capacity=4.0)

    assert proposal.binding == "capacity"
    assert proposal.warnings == (
        "No threshold has the agreed acceptance of 90 %: the best is 75 %, from 0.301 on. The floor is left out.",
    )


def test_drawn_leads_speak_for_those_that_were_not():
    answers = Answers(np.array([0.9, 0.1]), np.array([True, False]), np.array([1.0, 0.05]))

    rates, decided = acceptance_rates(answers, np.array([0, 500_000]))

    assert rates == pytest.approx([1 / 21, 1.0])
    assert decided.tolist() == [2, 1]


# Goal and contradictions --------------------------------------------------------------------------


def test_without_lower_bounds_the_goal_decides():
    proposal = asked(goal_customers=1.5)

    # .95 + .85 + .75 + .65 = 3.2, halved 1.6; without the last 1.275
    assert (proposal.threshold, proposal.binding) == (0.65, "goal")
    assert proposal.point.wins.value == pytest.approx(1.6)


def test_a_goal_of_revenue_goes_by_the_deal():
    assert asked(goal_revenue=1500.0, amount=1000.0).threshold == 0.65


def test_capacity_and_goal_that_contradict_each_other_are_said_with_the_numbers():
    proposal = asked(capacity=2.0, goal_customers=1.5)

    assert proposal.binding == "capacity"
    assert proposal.warnings == (
        "Capacity allows 2 handoffs a month, which win about 0.9; the goal of 1.5 customers needs 4 handoffs, "
        "from 0.65 on.",
    )


def test_a_goal_out_of_reach_is_said_with_the_numbers():
    assert asked(goal_customers=9.0).warnings == (
        "The goal of 9 customers is out of reach: all 10 leads of a month win about 2.5.",
    )


def test_value_and_goal_that_contradict_each_other_are_said():
    said = asked(amount=1000.0, lead_cost=420.0, goal_revenue=1500.0).warnings

    assert said[0].startswith("Only the 2 leads a month from 0.")
    assert "the goal of 1,500, 1.5 deals of 1,000 each, needs 4 handoffs, from 0.65 on." in said[0]


def test_the_highest_of_the_lower_bounds_binds():
    proposal = asked(capacity=8.0, amount=1000.0, lead_cost=320.0)

    assert proposal.binding == "value"
    assert [bound.name for bound in proposal.bounds] == ["capacity", "value"]


# Rules --------------------------------------------------------------------------------------------


def test_top_k_hands_over_so_many_a_month_whatever_their_likelihood():
    rows = [
        (f"{m}-{n}", (m + n / 10) * MONTH_DAYS, (n + 1) / (20 if m else 10), 0)
        for m in range(2)
        for n in range(10)
    ]
    rows.append(("last", 2 * MONTH_DAYS, 0.01, 0))
    evidence = Evidence.of(held_out(rows))

    proposal = propose(evidence, Constraints(capacity=3.0), rule="top_k")

    assert (proposal.rule, proposal.per_month) == ("top_k", 3)
    assert proposal.point.handoffs.value == pytest.approx(3)
    assert proposal.threshold == pytest.approx((0.8 + 0.4) / 2)
    by_threshold = propose(evidence, Constraints(capacity=3.0))
    assert by_threshold.by_month == (0, 5)


def test_a_proposal_is_json():
    told = json.loads(json.dumps(asked(capacity=4.0, amount=1000.0).to_dict()))

    assert told["threshold"] == 0.551
    assert {"handoffs", "conversions", "acceptances", "wins", "revenue"} <= told["expected"].keys()


def test_about_a_hundred_thresholds_are_shown():
    rng = np.random.default_rng(1)
    rows = [(f"L-{n}", n / 100, float(p), 0) for n, p in enumerate(rng.beta(1, 9, size=5_000))]

    shown = shown_grid(Evidence.of(held_out(rows)))

    assert 80 <= len(shown) <= 101
    assert (np.diff(shown) > 0).all()
