import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.folds import LEAST_CONVERTED, plan_folds, split

DAY = 86_400.0


def timed(rows: int, rate: float, seed: int, days: float = 365.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return (rng.random(rows) < rate).astype(int), rng.integers(0, int(days), rows) * DAY


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(400, 3_000), rate=st.floats(0.05, 0.6), delay=st.integers(0, 120), folds=st.integers(1, 6),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_a_forward_fold_learns_only_from_what_was_known_before_its_test(rows, rate, delay, folds, seed):
    label, time = timed(rows, rate, seed)
    known = time + delay * DAY * np.random.default_rng(seed).random(rows)
    plan = plan_folds(label, time=time, known=known, folds=folds, seed=seed)
    if plan.kind == "random":
        assert "random folds, because too few conversions" in plan.why
        return

    assert 1 <= len(plan.folds) <= folds
    assert label[plan.folds[0].train].sum() >= LEAST_CONVERTED
    for fold in plan.folds:
        assert time[fold.train].max() < time[fold.test].min()
        assert known[fold.train].max() <= fold.cut <= time[fold.test].min()
        assert label[fold.test].sum() >= LEAST_CONVERTED
    assert len(np.unique(plan.tested)) == len(plan.tested)
    for early, late in zip(plan.folds, plan.folds[1:], strict=False):
        assert time[early.test].max() < time[late.test].min()
        assert set(early.train) <= set(late.train)


def test_the_last_block_reaches_to_the_newest_lead():
    label, time = timed(1_000, 0.4, seed=1)
    plan = plan_folds(label, time=time)

    assert plan.kind == "forward"
    assert time[plan.folds[-1].test].max() == time.max()
    assert "forward in time: 4 times" in plan.why


def test_fewer_conversions_give_fewer_blocks_and_at_last_random_folds_that_say_so():
    plans = [plan_folds(np.tile([1, 0], n), time=np.arange(2 * n) * DAY) for n in (260, 160, 110, 60)]

    assert [(plan.kind, len(plan.folds)) for plan in plans] == [
        ("forward", 4), ("forward", 2), ("forward", 1), ("random", 10),
    ]  # fmt: skip
    assert "too few conversions for a test forward in time (60; it takes 100)" in plans[-1].why
    assert "forward in time will be worse" in plans[-1].why


def test_without_a_time_folds_are_random_and_say_so():
    plan = plan_folds(np.tile([1, 0], 600))

    assert (plan.kind, len(plan.folds)) == ("random", 5)
    assert "because there is no time column" in plan.why
    assert sorted(plan.tested) == list(range(1_200))


def test_labels_that_are_known_late_leave_no_forward_fold():
    label = np.tile([1, 0], 300)
    time = np.arange(600) * DAY

    assert plan_folds(label, time=time, known=time + 900 * DAY).kind == "random"


@given(st.integers(20, 200), st.integers(0, 5))
def test_rows_of_one_lead_stay_together(leads, seed):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(leads), 3)
    label = np.repeat(rng.random(leads) < 0.4, 3).astype(int)
    label[:6] = [1, 1, 1, 0, 0, 0]

    plan = plan_folds(label, groups=groups, seed=seed)
    for fold in plan.folds:
        assert not set(groups[fold.train]) & set(groups[fold.test])
        assert len(fold.train) + len(fold.test) == len(label)
    assert plan.clusters.tolist() == groups.tolist()


def test_weeks_are_drawn_as_one_forward_in_time():
    label, time = timed(1_000, 0.4, seed=2)
    plan = plan_folds(label, time=time)

    first = time.min()
    assert plan.clusters.tolist() == [int((moment - first) // (7 * DAY)) for moment in time]


def test_earlier_folds_speak_forward_in_time_and_all_others_where_random():
    label, time = timed(1_000, 0.4, seed=2)
    forward, random = plan_folds(label, time=time), plan_folds(label)

    assert [forward.others(k) for k in range(3)] == [[], [0], [0, 1]]
    assert random.others(1) == [0, 2, 3, 4]


def test_the_folds_of_a_sample_are_the_same_folds():
    label, time = timed(1_000, 0.4, seed=3)
    plan = plan_folds(label, time=time)
    rows = np.sort(np.random.default_rng(0).choice(1_000, 500, replace=False))
    sample = plan.within(rows)

    for whole, part in zip(plan.folds, sample.folds, strict=True):
        assert set(rows[part.train]) == set(whole.train) & set(rows)
        assert set(rows[part.test]) == set(whole.test) & set(rows)
        assert part.cut == whole.cut
    assert sample.clusters.tolist() == plan.clusters[rows].tolist()


@pytest.mark.parametrize(("converted", "count"), [(3, 3), (40, 10)])
def test_no_random_fold_lacks_a_conversion(converted, count):
    label = np.r_[np.ones(converted), np.zeros(60)].astype(int)
    folds = split(label, None, 10, seed=0)

    assert len(folds) == count
    assert all(label[test].sum() >= 1 for _, test in folds)
