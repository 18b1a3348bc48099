"""What was counted once gives every proposal that counting again would, to the last digit."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.handoff_columns import ends
from scoring.handoff_counted import EVERY, Counted, Tops
from scoring.handoff_curve import Curve
from scoring.handoff_evidence import MONTH, Answers, Evidence, HeldOut
from scoring.policy import UNITS
from scoring.proposal import Constraints, NotCounted, numbers_beside, propose, propose_from, so_many

LEADS, MONTHS = 60, 2


def evidence(seed: int, won: bool = True) -> Evidence:
    """Leads that are seen up to three times, some of them not new, with a model of *won* that knows most."""
    rng = np.random.default_rng(seed)
    lead = np.sort(rng.integers(0, LEADS, 2 * LEADS))
    likelihood = rng.beta(1, 4, len(lead)).round(int(rng.integers(1, 7)))
    given = HeldOut(
        version="s1",
        lead_id=pa.array([f"L-{n}" for n in lead], pa.string()),
        as_of=rng.uniform(0, MONTHS * MONTH, len(lead)),
        creation=np.append(True, lead[1:] != lead[:-1]) & (rng.uniform(size=len(lead)) < 0.9),
        likelihood=likelihood,
        label=(rng.uniform(size=len(lead)) < likelihood).astype(np.int64),
    )
    known = lead < LEADS * 0.8
    other = HeldOut(
        "w1", given.lead_id.filter(pa.array(known)), given.as_of[known], given.creation[known],
        likelihood[known] / 3, given.label[known] * (lead[known] % 2),
    )  # fmt: skip
    return Evidence.of(given, other if won else None)


def answers(seed: int, many: int) -> Answers:
    rng = np.random.default_rng(seed)
    drawn = np.where(rng.uniform(size=many) < 0.2, 0.03, 1.0)
    return Answers(rng.uniform(size=many).round(6), rng.uniform(size=many) < 0.6, drawn)


def kept(counted: Counted) -> Counted:
    return Counted.read(json.loads(json.dumps(counted.to_dict(), allow_nan=False)))


def maybe(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.floats(low, high)


CONSTRAINTS = st.builds(
    Constraints, capacity=maybe(0, 80), goal_revenue=maybe(1, 9_000), goal_customers=maybe(1, 20),
    amount=maybe(1, 2_000), margin=st.floats(0.1, 1), lead_cost=maybe(0, 400), acceptance_floor=maybe(0, 1),
    explore=st.floats(0, 0.5),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 20),
    won=st.booleans(),
    decided=st.sampled_from([0, 10, 40]),
    constraints=CONSTRAINTS,
    threshold=st.none() | st.sampled_from((EVERY / UNITS).tolist()),
)
def test_a_proposal_from_what_was_counted_is_the_one_from_the_predictions(
    seed, won, decided, constraints, threshold
):
    tested, said = evidence(seed, won), answers(seed, decided)

    direct = propose(tested, constraints, said, threshold=threshold)
    # Further thresholds that were counted change nothing.
    read = propose_from(kept(Counted.of(tested, [123_456, 7_891])), constraints, said, threshold=threshold)

    assert read == direct
    assert read.to_dict() == direct.to_dict()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 20), constraints=CONSTRAINTS, per_month=st.none() | st.integers(1, 40))
def test_so_many_a_month_is_the_same_too(seed, constraints, per_month):
    tested, said = evidence(seed), answers(seed, 30)
    counted = kept(Counted.of(tested))

    direct = propose(tested, constraints, said, "top_k", per_month=per_month)
    many = numbers_beside(so_many(counted, constraints, said, per_month))
    tops = Tops.read(json.loads(json.dumps(Tops.of(tested, many).to_dict(), allow_nan=False)))

    assert propose_from(counted, constraints, said, "top_k", per_month=per_month, tops=tops) == direct


def test_a_named_threshold_of_more_digits_is_counted_beside():
    tested = evidence(3)

    direct = propose(tested, Constraints(), threshold=0.123456)

    assert propose_from(kept(Counted.of(tested, [123_456])), Constraints(), threshold=0.123456) == direct
    assert not Counted.of(tested).holds(123_456)


def test_so_many_that_were_not_counted_are_not_guessed():
    tested = evidence(1)

    with pytest.raises(NotCounted, match="What 12 leads a month would bring was not counted"):
        propose_from(
            Counted.of(tested),
            Constraints(),
            rule="top_k",
            per_month=12,
            tops=Tops.of(tested, numbers_beside(9)),
        )


@pytest.mark.parametrize("threshold", [0, 50_000, 123_000, 480_000, 990_000])
def test_what_a_threshold_brings_is_counted_lead_by_lead(threshold):
    tested = evidence(7)
    handed, reached, wins, known = 0, 0, 0.0, 0
    for lead in range(tested.leads):
        before = -1
        for row in np.flatnonzero(tested.lead == lead):
            if tested.counts[row] and before < threshold <= tested.units[row]:
                handed, reached = handed + 1, reached + int(tested.label[row])
                if np.isfinite(tested.won[row]):
                    wins, known = wins + tested.won[row], known + 1
            before = max(before, int(tested.units[row]))

    counted = Counted.of(tested)
    point = Curve(counted).points(np.array([threshold]))[0]

    assert point.handoffs.value == pytest.approx(handed / counted.months)
    assert point.conversions.value == pytest.approx(reached / counted.months)
    if known:
        assert point.wins.value == pytest.approx(handed / counted.months * wins / known)


def test_an_interval_rests_on_the_draws_that_are_known():
    drawn = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 4.0], [np.nan, np.nan]])

    low, high = ends(np.array([2.0, 4.0]), drawn)

    assert low.tolist() == pytest.approx([1.1, 4.0])
    assert high.tolist() == pytest.approx([2.9, 4.0])
