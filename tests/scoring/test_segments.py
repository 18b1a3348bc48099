import json

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from scoring.bands import wilson_interval
from scoring.segments import segments

RNG = np.random.default_rng(3)
N = 600
LEAD = np.repeat(np.arange(N // 3), 3)
LIKELIHOOD = RNG.random(N).round(3)
LABEL = (RNG.random(N // 3) < 0.4).astype(int)[LEAD]
WEIGHT = RNG.integers(1, 5, N).astype(float)
GROUP = np.array(["east", "west", "north"])[LEAD % 3]


def found(**more):
    made = segments(LABEL, LIKELIHOOD, GROUP, weight=WEIGHT, lead=LEAD, threshold=0.6, **more)
    return {one.name: one for one in made}


@pytest.mark.parametrize("name", ["east", "west", "north"])
def test_each_group_is_what_counting_it_alone_gives(name):
    rows = name == GROUP
    y, p, w = LABEL[rows], LIKELIHOOD[rows], WEIGHT[rows]

    one = found()[name]

    assert (one.leads, one.rows, one.weight) == (len(set(LEAD[rows])), rows.sum(), w.sum())
    assert one.likelihood == pytest.approx(np.average(p, weights=w))
    assert one.rate.value == pytest.approx(np.average(y, weights=w))
    assert one.selected.value == pytest.approx(np.average(p >= 0.6, weights=w))
    assert one.found.value == pytest.approx(recall_score(y, p >= 0.6, sample_weight=w))
    assert one.converts.value == pytest.approx(precision_score(y, p >= 0.6, sample_weight=w))
    assert one.gap == pytest.approx(one.likelihood - one.rate.value)


def test_snapshots_of_a_lead_say_as_much_as_one_lead():
    once = segments([1, 0] * 50, [0.5] * 100, ["a"] * 100, least=1)[0]

    thrice = segments([1, 0] * 150, [0.5] * 300, ["a"] * 300, lead=[*range(100)] * 3, least=1)[0]
    apart = segments([1, 0] * 150, [0.5] * 300, ["a"] * 300, least=1)[0]

    assert (thrice.rate.low, thrice.rate.high) == pytest.approx((once.rate.low, once.rate.high))
    assert apart.rate.high < thrice.rate.high


def test_without_weights_the_interval_is_wilsons():
    one = segments([1] * 31 + [0] * 69, [0.3] * 100, ["a"] * 100)[0]

    low, high = wilson_interval(31, 100)
    assert (one.rate.low, one.rate.high) == pytest.approx((float(low), float(high)))
    assert (one.gap_low, one.gap_high) == pytest.approx((0.3 - float(high), 0.3 - float(low)))
    assert one.holds


def test_a_group_that_is_promised_too_little_is_said_to_be():
    promised = np.where(np.arange(400) % 2, 0.5, 0.1)
    groups = np.where(np.arange(400) % 2, "fair", "low")

    low, fair = sorted(segments([1, 1, 0, 0] * 100, promised, groups), key=lambda one: one.likelihood)

    assert low.gap_high < 0
    assert not low.holds
    assert fair.holds


def test_small_groups_are_counted_together_and_stand_last():
    made = segments([0, 1] * 50, [0.5] * 100, ["big"] * 60 + ["one"] * 20 + ["two"] * 20, others="rest")

    assert [(one.name, one.leads) for one in made] == [("big", 60), ("rest", 40)]


def test_small_means_few_leads_not_few_snapshots():
    made = segments([0] * 100, [0.5] * 100, ["a"] * 100, lead=[0, 1] * 50)

    assert [(one.name, one.leads, one.rows) for one in made] == [("others", 2, 100)]


def test_rates_of_nobody_are_unknown_and_the_record_is_json():
    one = segments([0, 0], [0.1, 0.2], ["a", "a"], threshold=0.5, least=1)[0]

    assert (one.found.value, one.found.low, one.found.high) == (None, 0.0, 1.0)
    assert one.converts.value is None
    assert one.selected.value == 0.0
    json.dumps(one.to_dict(), allow_nan=False)


def test_without_a_threshold_nobody_is_selected():
    assert segments([0, 1], [0.1, 0.2], ["a", "a"], least=1)[0].selected is None


def test_without_leads_there_are_no_groups():
    assert segments([], [], []) == []
