"""The score log: written in bulk, read back as it was, erased with the lead; on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.scores import ScoreRow, erase_scores, scores_since, write_scores
from scoring.trend import Scored

DAY = 86_400.0


def row(lead_id: str = "L-1", day: float = 100.0, **other: object) -> ScoreRow:
    reasons = ({"feature": "source", "value": "紹介", "contribution": 0.25},)
    one = ScoreRow(
        lead_id=lead_id,
        target="won",
        version="v1",
        as_of=day * DAY + 0.123456,
        scored_at=day * DAY + 1.5,
        features="digest",
        log_odds=-1.25,
        likelihood=0.2227,
        score=61,
        grade="B",
        label="B2",
        reasons=reasons,
    )
    return replace(one, **other)


def test_scores_come_back_as_they_were_given_the_newest_first(store: Store) -> None:
    empty = row(
        day=102.0, log_odds=None, likelihood=None, score=None, grade=None, label=None, reasons=(),
        status="not_scored: visits must be a number",
    )  # fmt: skip
    assert store.log_scores([row(day=100.0), row(day=101.0, role="challenger", source="open"), empty]) == 3
    history = store.score_history("L-1", challengers=True)
    back = [replace(one, reasons=tuple(one.reasons)) for one in history]
    assert back == [empty, row(day=101.0, role="challenger", source="open"), row(day=100.0)]


def test_what_a_challenger_said_is_shown_to_nobody_who_does_not_ask_for_it(store: Store) -> None:
    store.log_scores([row(), row(role="challenger", version="v2")])
    assert [one.version for one in store.score_history("L-1")] == ["v1"]
    assert {one.version for one in store.score_history("L-1", challengers=True)} == {"v1", "v2"}


def test_a_history_is_of_one_lead_and_if_wanted_of_one_target(store: Store) -> None:
    store.log_scores([row(), row("L-2"), row(target="sql")])
    assert len(store.score_history("L-1")) == 2
    assert [one.target for one in store.score_history("L-1", "sql")] == ["sql"]
    assert store.score_history("L-3") == []


def test_of_two_scores_at_one_time_the_later_comes_first(store: Store) -> None:
    store.log_scores([row(score=1), row(score=2)])
    assert [one.score for one in store.score_history("L-1")] == [2, 1]


def test_thousands_are_written_at_once(store: Store) -> None:
    assert store.log_scores(row(f"L-{at}") for at in range(5_000)) == 5_000
    assert store.log_scores([]) == 0
    assert len(store.score_history("L-4999")) == 1


def test_a_trend_is_read_from_what_champions_said_lately(store: Store) -> None:
    silent = row(day=103.0, log_odds=None, status="not_scored: x")
    store.log_scores([row(day=90.0), row(day=102.0), row(day=101.0), row(role="challenger"), silent])
    with reading(store.engine) as connection:
        found = scores_since(connection, "L-1", 100 * DAY)
    assert found == {"won": [Scored(day * DAY + 0.123456, "v1", -1.25) for day in (101.0, 102.0)]}


def test_the_scores_of_a_lead_are_erased_and_of_no_other(store: Store) -> None:
    store.log_scores([row(), row(), row("L-2")])
    with writing(store.engine) as connection:
        assert erase_scores(connection, "L-1") == 2
    assert store.score_history("L-1") == []
    assert len(store.score_history("L-2")) == 1


def test_a_character_that_no_database_keeps_loses_no_row(store: Store) -> None:
    store.log_scores([row("L\0-1")])
    assert len(store.score_history("L\ufffd-1")) == 1


def test_a_reason_that_is_no_finite_number_is_refused(store: Store) -> None:
    reason = {"feature": "visits", "value": float("nan"), "contribution": 0.1}
    with writing(store.engine) as connection, pytest.raises(ValueError, match="not JSON compliant"):
        write_scores(connection, [row(reasons=[reason])])
