"""The monthly report of a store whose two months are counted by hand: whole, running, and as it was known earlier."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scoring.contract import to_micros
from scoring.contract_cells import Customs
from scoring.io.mapping_file import read_meaning
from scoring.io.sections import Calendar, Goal, Sections
from scoring.io.store import Store
from scoring.io.store.engine import writing
from scoring.io.store.handoffs import NewHandoff, write_handoffs
from scoring.io.store.scores import ScoreRow
from scoring.months import Month
from serving.importing import import_files
from serving.reporting import NoLeads, made_report
from tests.two_months import NOW, TEAM, live_through

OCTOBER = Month.read("2026-10", "UTC")


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    """A store with the two months."""
    live_through(store, tmp_path)
    return store


def told(
    store: Store, month: Month = OCTOBER, as_of: datetime = NOW, team: Sections = TEAM
) -> dict[str, Any]:
    return made_report(store, team, month, as_of).to_dict()


def publish(store: Store, threshold: float, target: str) -> None:
    store.publish_policy(
        target=target, rule="threshold", threshold=threshold, explore=0.0, model="v1", inputs={}, expected={},
        author="tests", reason="a test", at=datetime(2026, 9, 1, tzinfo=UTC),
    )  # fmt: skip


def hand(store: Store, lead_id: str, at: datetime, rep: str) -> None:
    publish(store, 0.1, "sql")
    row = NewHandoff(lead_id=lead_id, policy=1, action="hand_over", likelihood=0.5, drawn=1.0, rep=rep)
    with writing(store.engine) as connection:
        write_handoffs(connection, [row], to_micros(at.timestamp()))


def score(lead_id: str, at: datetime, grade: str, likelihood: float, target: str = "won") -> ScoreRow:
    reasons = ({"feature": "visits", "value": 1.0, "contribution": -0.5},)
    return ScoreRow(
        lead_id=lead_id, target=target, version="v1", as_of=at.timestamp(), scored_at=at.timestamp(), features="",
        log_odds=0.0, likelihood=likelihood, score=50, grade=grade, label=f"{grade}1", reasons=reasons,
    )  # fmt: skip


def test_stages_are_counted_when_they_were_reached_and_beside_the_month_before(filled: Store) -> None:
    stages = {row["stage"]: row for row in told(filled)["funnel"]["stages"]}
    assert {name: (row["count"], row["before"]) for name, row in stages.items()} == {
        "lead": (6, 4), "mql": (3, 2), "won": (2, 1),
    }  # fmt: skip
    # Of six leads of October three were qualified by Nov 24, of four of September two by Oct 25.
    assert [(rate["count"], rate["of"]) for rate in (stages["lead"]["onward"], stages["lead"]["onward_before"])] == [
        (3, 6), (2, 4),
    ]  # fmt: skip
    # From qualified to won: S-1 took 47 days, O-1 took 28.
    assert stages["won"]["days"] == 37.5
    assert told(filled)["funnel"]["not_recorded"] == ["sal", "sql", "opportunity"]


def test_revenue_is_that_of_the_months_wins(filled: Store) -> None:
    assert told(filled)["funnel"]["revenue"] == [{"currency": "JPY", "amount": 400_000.0, "before": 50_000.0}]


def test_days_add_up_to_the_month_and_the_line_ends_at_the_goal(filled: Store) -> None:
    lines = {line["name"]: line for line in told(filled)["daily"]["lines"]}
    assert lines["revenue"]["actual"][18:21] == [0.0, 100_000.0, 100_000.0]
    assert lines["revenue"]["actual"][-1] == lines["revenue"]["actual_now"] == 400_000.0
    assert lines["revenue"]["goal_by_day"][-1] == lines["revenue"]["goal"] == 500_000.0
    assert lines["leads"]["actual"][:8] == [1, 2, 2, 2, 3, 4, 5, 6]
    assert lines["leads"]["before"][:5] == [1, 2, 3, 4, 4]
    assert (lines["qualified"]["goal"], lines["qualified"]["actual_now"]) == (20.0, 3.0)


def test_campaigns_are_credited_in_four_ways_against_their_costs(filled: Store) -> None:
    rows = {row["campaign"]: row["now"] for row in told(filled)["campaigns"]["rows"]}
    # O-1 (300,000) came by the fair alone; S-1 (100,000) first by the mailing, last by the fair.
    brought = {
        one["rule"]: (one["wins"], one["revenue"].get("JPY", 0.0), one["roi"])
        for one in rows["fair"]["brought"]
    }
    assert rows["fair"]["cost"] == 100_000.0
    assert brought == {
        "first": (1.0, 300_000.0, 2.0),
        "last": (2.0, 400_000.0, 3.0),
        "linear": (1.5, 350_000.0, 2.5),
        "position": (1.5, 350_000.0, 2.5),
    }
    total = told(filled)["campaigns"]["total"]["now"]
    assert (total["cost"], total["brought"][0]["roi"]) == (150_000.0, pytest.approx(250 / 150, abs=1e-4))


def test_a_lead_has_one_source_however_it_was_typed(filled: Store) -> None:
    parts = {part["name"]: (part["leads"], part["won"]) for part in told(filled)["sources"]}
    assert parts == {"Web": (5, 0), "Fair": (1, 2)}


def test_personas_are_department_and_rank(filled: Store) -> None:
    parts = {part["name"]: (part["leads"], part["won"]) for part in told(filled)["personas"]}
    assert parts == {"": (5, 0), "it · manager": (1, 2)}


def test_reps_are_told_with_their_touches_and_their_word(filled: Store) -> None:
    reps = {one["part"]["name"]: one for one in told(filled)["reps"]}
    assert {name: (one["part"]["leads"], one["touches"], one["connected"]) for name, one in reps.items()} == {
        "Sato": (4, 2, 1), "Ito": (2, 1, 1),
    }  # fmt: skip
    kept = {
        name: (one["sla"]["first_touch"]["count"], one["sla"]["first_touch"]["of"])
        for name, one in reps.items()
    }
    # O-1 and O-2 were called within the hour; O-3 after four working days, O-4 to O-6 never.
    assert kept == {"Sato": (1, 4), "Ito": (1, 2)}


def test_both_sides_are_held_to_their_word(filled: Store) -> None:
    sla = told(filled)["sla"]
    assert sla["since"] == "creation"
    assert (sla["sales"]["first_touch"]["count"], sla["sales"]["first_touch"]["of"]) == (2, 6)
    assert (sla["marketing"]["owed"], sla["marketing"]["given"]) == (20, 3)


def test_handoffs_begin_the_clocks_and_are_what_marketing_gave(filled: Store) -> None:
    at = datetime(2026, 10, 12, 9, tzinfo=UTC)
    hand(filled, "O-2", at, "Sato")
    found = told(filled)
    assert found["sla"]["since"] == "handoff"
    assert (found["sla"]["sales"]["leads"], found["sla"]["marketing"]["given"]) == (1, 1)
    assert next(line for line in found["daily"]["lines"] if line["name"] == "qualified")["actual_now"] == 1.0
    assert [(one["source"], one["handed"], one["pending"]) for one in found["answers"]] == [
        ("handoffs", 1, 1)
    ]


def test_a_month_that_runs_is_compared_with_as_many_days(filled: Store) -> None:
    found = told(filled, as_of=datetime(2026, 10, 3, tzinfo=UTC))
    assert (found["now"]["partial"], found["before"]["until"]) == (True, "2026-09-03T00:00:00+00:00")
    lead = found["funnel"]["stages"][0]
    assert (lead["count"], lead["before"]) == (2, 2)
    assert found["notes"][0]["code"] == "partial"
    revenue = next(line for line in found["daily"]["lines"] if line["name"] == "revenue")
    assert revenue["actual"][2] is None


def test_only_what_was_known_is_told(filled: Store) -> None:
    found = told(filled, as_of=datetime(2026, 10, 25, tzinfo=UTC))
    assert found["funnel"]["revenue"] == [{"currency": "JPY", "amount": 100_000.0, "before": 50_000.0}]


def test_what_nobody_has_set_is_said(filled: Store) -> None:
    codes = {note["code"] for note in told(filled, team=Sections())["notes"]}
    assert {"no_goal", "no_capacity", "no_model", "log_young"} <= codes


def test_a_goal_in_customers_draws_a_line_of_wins(filled: Store) -> None:
    found = told(filled, team=TEAM.model_copy(update={"goal": Goal(customers=4)}))
    goals = {line["name"]: line["goal"] for line in found["daily"]["lines"]}
    assert (goals["won"], goals["revenue"]) == (4.0, None)


def test_an_office_that_is_closed_all_month_draws_no_line(filled: Store) -> None:
    sundays = tuple(f"2026-10-{day:02}" for day in (4, 11, 18, 25))
    found = told(filled, team=TEAM.model_copy(update={"calendar": Calendar(days=("sun",), days_off=sundays)}))
    assert found["sla"]["marketing"] is None
    assert all(line["goal_by_day"] is None for line in found["daily"]["lines"])


def test_before_the_first_lead_there_is_nothing_to_tell(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NoLeads, match="no lead was known by then"):
        told(store)
    live_through(store, tmp_path)
    with pytest.raises(NoLeads, match="the first lead came in 2026-09"):
        told(store, Month.read("2026-08", "UTC"))


def test_a_win_that_scored_low_before_the_month_was_missed(filled: Store) -> None:
    filled.log_scores([
        score("S-1", datetime(2026, 9, 10, tzinfo=UTC), "A", 0.5),
        score("S-1", datetime(2026, 9, 28, tzinfo=UTC), "D", 0.01),
        score("S-1", datetime(2026, 10, 10, tzinfo=UTC), "A", 0.5),
        score("O-1", datetime(2026, 10, 1, 10, tzinfo=UTC), "B", 0.2),
        score("O-1", datetime(2026, 10, 20, tzinfo=UTC), "D", 0.01),
    ])  # fmt: skip
    missed = told(filled)["missed"]
    assert (missed["wins"], missed["scored"], missed["from_log"], missed["count"]) == (2, 2, 2, 1)
    row = missed["rows"][0]
    assert (row["lead_id"], row["grade"], row["why"], row["scored_at"]) == (
        "S-1", "D", ["grade"], "2026-09-28T00:00:00+00:00",
    )  # fmt: skip
    assert [one["feature"] for one in row["reasons"]] == ["visits"]


def test_a_win_below_the_threshold_was_missed_unless_it_had_got_that_far_already(filled: Store) -> None:
    publish(filled, 0.3, "mql")
    filled.log_scores([
        score("S-1", datetime(2026, 9, 28, tzinfo=UTC), "A", 0.5),
        score("S-1", datetime(2026, 9, 2, tzinfo=UTC), "A", 0.1, "mql"),
        score("O-1", datetime(2026, 10, 1, 10, tzinfo=UTC), "A", 0.5),
        score("O-1", datetime(2026, 10, 1, 10, tzinfo=UTC), "A", 0.2, "mql"),
    ])  # fmt: skip
    # S-1 was an mql from Sep 3 on, so the threshold said nothing of it any more; O-1 was none yet.
    missed = told(filled)["missed"]
    assert [(row["lead_id"], row["why"], row["likelihood"]) for row in missed["rows"]] == [
        ("O-1", ["threshold"], 0.2)
    ]
    assert missed["threshold"] == 0.3


def test_first_scores_are_held_against_what_came(store: Store, tmp_path: Path) -> None:
    # A lead a day for 120 days; every third is won after five days, the others are lost.
    days = [datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(days=day) for day in range(120)]
    stages = ["lost" if day % 3 else "won" for day in range(120)]
    files = {"leads": tmp_path / "leads.csv", "outcomes": tmp_path / "outcomes.csv"}
    rows = [f"L-{day},{at:%FT%TZ}" for day, at in enumerate(days)]
    files["leads"].write_text("\n".join(["lead_id,created_at", *rows]))
    rows = [f"L-{day},{at + timedelta(days=5):%FT%TZ},{stages[day]}" for day, at in enumerate(days)]
    files["outcomes"].write_text("\n".join(["lead_id,occurred_at,stage", *rows]))
    assert import_files(store, files, read_meaning("csv"), Customs(), NOW).written
    # The first score counts: one in ten was graded A; a later score does not.
    first = [score(f"L-{day}", at, "A" if day % 10 == 0 else "B", 0.4) for day, at in enumerate(days)]
    later = [score(f"L-{day}", at + timedelta(days=1), "D", 0.1) for day, at in enumerate(days)]
    store.log_scores([*first, *later])
    team = TEAM.model_copy(update={"targets": {"won": 30}})
    bands = told(store, as_of=datetime(2026, 10, 2, tzinfo=UTC), team=team)["bands"]
    # Outcomes are recorded from June 6 on, the first one: leads of before that are not counted.
    until = datetime(2026, 10, 2, tzinfo=UTC)
    mature = [day for day, at in enumerate(days) if day >= 5 and at + timedelta(days=30) <= until]
    groups = [[day for day in mature if (day % 10 == 0) == (grade == "A")] for grade in "AB"]
    assert (bands[0]["mature"], bands[0]["young"]) == (len(mature), 120 - 5 - len(mature))
    assert [(row["grade"], row["won"]["count"], row["won"]["of"]) for row in bands[0]["rows"]] == [
        *((grade, sum(day % 3 == 0 for day in some), len(some)) for grade, some in zip("AB", groups, strict=True)),
        ("C", 0, 0), ("D", 0, 0),
    ]  # fmt: skip


def test_a_report_reads_only_what_it_tells(filled: Store) -> None:
    assert set(filled.ledger((), ("source", "nothing")).properties) == {"source"}
    assert set(filled.ledger(()).properties) == {"source", "campaign", "owner", "job_title"}
    assert filled.ledger((), ("source",)).properties["source"].equals(filled.ledger(()).properties["source"])
