from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from scoring.io.store import Store
from scoring.io.store.policies import NoPolicy, Overtaken
from tests.scoring.io.test_store import promote, rollback, stocked

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def publish(store: Store, threshold: float = 0.2, minutes: int = 0, **other):
    given = {
        "target": "sql", "rule": "threshold", "explore": 0.05, "model": "v1", "inputs": {"draw": 0.01},
        "expected": {"handoffs": {"value": 300.0}}, "author": "aya", "reason": "agreed in the meeting",
    }  # fmt: skip
    return store.publish_policy(threshold=threshold, at=NOON + timedelta(minutes=minutes), **given | other)


def test_without_a_policy_none_is_in_force(store):
    assert (store.policy(), store.policy_stamp(), store.policies()) == (None, None, [])


def test_a_policy_comes_back_as_it_was_published(store):
    published = publish(store)

    assert store.policy() == published
    assert (published.version, published.threshold, published.draw) == (1, 0.2, 0.01)
    assert published.expected == {"handoffs": {"value": 300.0}}
    assert published.published_at == NOON
    assert store.policy_stamp() == 1


def test_the_newest_policy_is_in_force_and_the_others_are_history(store):
    publish(store, 0.2)
    publish(store, 0.3, rule="top_k", per_month=200)

    assert store.policy().threshold == 0.3
    assert [(one.version, one.rule, one.per_month) for one in store.policies()] == [
        (2, "top_k", 200), (1, "threshold", None),
    ]  # fmt: skip


def test_a_rollback_publishes_the_policy_before_once_more(store):
    for threshold in (0.2, 0.3):
        publish(store, threshold)

    back = store.rollback_policy("ben", "too many", NOON + timedelta(hours=1))

    assert (back.version, back.threshold, back.returns_to, back.author) == (3, 0.2, 1, "ben")
    assert store.policy() == back


def test_rolling_back_twice_goes_two_back(store):
    for threshold in (0.2, 0.3, 0.4):
        publish(store, threshold)
    store.rollback_policy("ben", "too many", NOON)

    assert store.rollback_policy("ben", "still too many", NOON).threshold == 0.2
    with pytest.raises(NoPolicy, match="No policy was in force before version 1"):
        store.rollback_policy("ben", "and again", NOON)


def test_a_rollback_without_a_policy_is_refused(store):
    with pytest.raises(NoPolicy, match="No handoff policy is in force"):
        store.rollback_policy("ben", "why not", NOON)


def test_the_trail_tells_who_published_and_rolled_back_what_and_why(store):
    publish(store, 0.2)
    publish(store, 0.3)
    store.rollback_policy("ben", "too many", NOON + timedelta(hours=1))

    lines = store.trail("policy")

    assert [(line.who, line.what, line.reason) for line in lines] == [
        ("ben", "rollback", "too many"),
        ("aya", "publish", "agreed in the meeting"),
        ("aya", "publish", "agreed in the meeting"),
    ]
    assert lines[0].at == NOON + timedelta(hours=1)
    assert (lines[0].before["threshold"], lines[0].after["threshold"]) == (0.3, 0.2)
    assert (lines[-1].before, lines[-1].after["version"]) == (None, 1)


def test_the_trail_tells_of_promotions_and_rollbacks_of_models(store):
    stocked(store, "v1", "v2")
    promote(store, "v2")  # live already: nothing changes
    rollback(store)

    assert [(line.who, line.what, line.before, line.after) for line in store.trail("model:sql")] == [
        ("ben", "rollback", {"version": "v2"}, {"version": "v1"}),
        ("aya", "promote", {"version": "v1"}, {"version": "v2"}),
        ("aya", "promote", None, {"version": "v1"}),
    ]


def test_what_is_not_published_leaves_no_trail(store):
    with pytest.raises(StatementError, match="must carry its offset"):
        store.publish_policy(
            target="sql", rule="threshold", threshold=0.2, explore=0.0, model="v1", inputs={}, expected={},
            author="aya", reason="no offset", at=datetime(2026, 1, 1),  # noqa: DTZ001
        )  # fmt: skip

    assert (store.policies(), store.trail()) == ([], [])


def test_only_the_policy_that_was_looked_at_is_replaced(store):
    publish(store, 0.2, over=0)
    publish(store, 0.3, over=1)
    for late in (0, 1):
        with pytest.raises(Overtaken, match="Another policy was published since you looked"):
            publish(store, 0.4, over=late)
        with pytest.raises(Overtaken, match="Another policy was published since you looked"):
            store.rollback_policy("ben", "too many", NOON, over=late)

    assert [one.threshold for one in store.policies()] == [0.3, 0.2]
    assert len(store.trail("policy")) == 2
    assert store.rollback_policy("ben", "too many", NOON, over=2).threshold == 0.2


def test_what_a_rollback_brings_back_is_known_before(store):
    assert store.policy_before() is None
    publish(store, 0.2)
    assert store.policy_before() is None
    for threshold in (0.3, 0.4):
        publish(store, threshold)
    for threshold in (0.3, 0.2):
        before = store.policy_before()
        assert before.threshold == threshold
        assert store.rollback_policy("ben", "too many", NOON).returns_to == before.version

    assert store.policy_before() is None
