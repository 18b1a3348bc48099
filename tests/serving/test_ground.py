"""The kept count of a test gives the proposals that the test itself gives."""

import json

import pytest

from scoring.handoff_counted import Counted
from scoring.io.sections import Capacity, Sections
from scoring.io.store.policies import Overtaken
from serving.ground import Ground, count, unreadable
from serving.proposing import Asked, Seen, proposed, publish
from tests.proposals import backtest, keep, stock
from tests.service import NOW

SETTINGS = Sections(capacity=Capacity(reps=5, leads_per_rep=20))


def kept(store, volume=None, named=()):
    return Counted.read(json.loads(json.dumps(count(store, "sql", volume, list(named)))))


def test_a_proposal_from_the_kept_count_is_that_of_the_test(store):
    stock(store)
    for asked in (
        Asked(), Asked(capacity=40, customers=3), Asked(threshold=0.25), Asked(lead_cost=9, deal=500),
    ):  # fmt: skip
        assert proposed(store, SETTINGS, asked, kept(store)) == proposed(store, SETTINGS, asked)
    asked = Asked(leads_per_month=30)
    assert proposed(store, SETTINGS, asked, kept(store, 30)) == proposed(store, SETTINGS, asked)


def test_which_test_a_proposal_rests_on(store):
    assert Ground.of(store, "sql") == Ground("sql", None, None, "no model")
    keep(store, "s0", "sql", None)
    assert Ground.of(store, "sql") == Ground("sql", "s0", None, "untested")
    keep(store, "s1", "sql", backtest().assign(as_of=None))
    assert Ground.of(store, "sql") == Ground("sql", "s1", None, "untimed")
    stock(store, "2")
    assert Ground.of(store, "sql") == Ground("sql", "s2", "w2", "timed")


def test_another_model_volume_or_threshold_is_another_count():
    keys = {
        Ground("sql", model, won, "timed").key(volume, named)
        for model in ("s1", "s2")
        for won in (None, "w1")
        for volume in (None, 30.0)
        for named in ([], [123_456])
    }

    assert len(keys) == 16


def test_a_policy_of_more_than_three_digits_is_counted_too(store):
    stock(store)
    policies = [
        publish(store, SETTINGS, Asked(threshold=threshold), "aya", "agreed", NOW)[0]
        for threshold in (0.25, 0.123456)
    ]

    assert [unreadable(one) for one in (None, *policies)] == [[], [], [123_456]]
    assert kept(store, named=[123_456]).holds(123_456)


def test_only_what_was_looked_at_is_published(store):
    stock(store)
    seen = Seen(0, "s1", proposed(store, SETTINGS, Asked()).threshold)
    for other in (seen._replace(threshold=0.9), seen._replace(model="s0")):
        with pytest.raises(Overtaken, match="Something else is proposed than when you looked"):
            publish(store, SETTINGS, Asked(), "aya", "agreed", NOW, seen=other)
    with pytest.raises(Overtaken, match="Another policy was published since you looked"):
        publish(store, SETTINGS, Asked(), "aya", "agreed", NOW, seen=seen._replace(over=4))
    assert store.policy() is None

    policy, _ = publish(store, SETTINGS, Asked(), "aya", "agreed", NOW, seen=seen)

    assert (policy.version, policy.threshold) == (1, seen.threshold)


def test_what_was_counted_of_a_model_that_is_live_no_more_is_not_published(store):
    stock(store)
    counted = kept(store)
    seen = Seen(0, "s1", proposed(store, SETTINGS, Asked(), counted).threshold)
    keep(store, "s2", "sql", backtest(0.2))

    with pytest.raises(Overtaken, match="another model is live"):
        publish(store, SETTINGS, Asked(), "aya", "agreed", NOW, counted=counted, seen=seen)
