"""The closed loop replayed day by day in a simulated company: nothing is learned before it was known."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.event_forms import event_columns, is_event
from scoring.features import feature_columns
from scoring.io.store import open_store
from scoring.leads import typed_at
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.stages import at_or_beyond
from tests.worlds import END, ZONE, company, export, import_into, known_by, ledger_of_tables, moment
from training.from_store import take_in_ledger
from training.intake import Asked, Intake
from training.simulate.crm import Crm

WON = Asked(target="won", horizon_days=90, time_zone=ZONE)
SQL = Asked(target="sql", horizon_days=30, time_zone=ZONE)
FORTNIGHTS = [date(2025, 10, 6) + timedelta(days=14 * at) for at in range(26)]
IMPORTED = [date(2025, 10, 6), date(2026, 1, 5), date(2026, 4, 6), date(2026, 7, 6)]


@dataclass(frozen=True)
class Learned:
    """What a training takes in on a day, and the place of each of its leads in the whole ledger."""

    day: date
    asked: Asked
    intake: Intake
    lead: np.ndarray


@pytest.fixture(scope="module")
def crm() -> Crm:
    return company(1_500)


@pytest.fixture(scope="module")
def whole(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Everything that is ever known."""
    return ledger_of_tables(export(crm), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def replay(whole: Ledger) -> list[Learned]:
    """What would have been learned on each of many mornings."""
    place = {lead_id: at for at, lead_id in enumerate(whole.lead_id)}
    return [
        Learned(day, asked, intake, np.array([place[lead_id] for lead_id in intake.lead_ids]))
        for day in FORTNIGHTS
        for asked in (WON, SQL)
        for intake in [take_in_ledger(whole.known_at(moment(day)), asked)]
    ]


def first_reached(crm: Crm, asked: Asked, until: float) -> np.ndarray:
    """When each lead first reached the target, by the rows recorded until a time: read one by one."""
    shift = moment(crm.start) - pd.Timestamp(crm.start).timestamp()
    first = np.full(len(crm.arrived.created), np.inf)
    for row in crm.outcomes.itertuples():
        occurred, recorded = row.occurred + shift, row.recorded + shift
        early = row.occurred < crm.arrived.created[row.lead]
        if row.stage in at_or_beyond(asked.target) and recorded <= until and not early:
            first[row.lead] = min(first[row.lead], occurred)
    return first


def test_only_what_is_mature_is_learned_from(replay: list[Learned], whole: Ledger) -> None:
    for one in replay:
        outcomes = Outcomes.of_ledger(whole.known_at(moment(one.day)), at_or_beyond(one.asked.target))
        delay = outcomes.recording_delay
        assert 0.5 < delay < 15
        settled = one.intake.leads.time + (one.asked.horizon_days + delay) * DAY
        assert settled.max() <= moment(one.day)
        assert (one.intake.leads.time >= whole.created[one.lead] + 600).all()


def test_each_label_is_what_had_been_recorded_by_then(replay: list[Learned], crm: Crm) -> None:
    for one in replay:
        first = first_reached(crm, one.asked, moment(one.day))[one.lead]
        as_of = one.intake.leads.time
        assert (first > as_of).all()
        np.testing.assert_array_equal(one.intake.leads.label, first <= as_of + one.asked.horizon_days * DAY)


def test_what_is_recorded_later_turns_few_labels(replay: list[Learned], crm: Crm) -> None:
    """The usual delay is waited for, so at most one conversion in twenty is still to be recorded."""
    for asked in (WON, SQL):
        first = first_reached(crm, asked, np.inf)
        turned = reached = 0
        for one in (one for one in replay if one.asked is asked):
            final = first[one.lead] <= one.intake.leads.time + asked.horizon_days * DAY
            assert (final >= one.intake.leads.label).all()
            turned, reached = (
                turned + int((final != one.intake.leads.label).sum()),
                reached + int(final.sum()),
            )
        assert turned <= 0.05 * reached


def test_no_feature_knows_more_than_was_known_at_its_time(replay: list[Learned], whole: Ledger) -> None:
    for one in replay:
        leads = one.intake.leads
        typed, _ = typed_at(one.intake.columns, whole, one.lead, leads.time)
        of_events = [feature for feature in one.intake.features if is_event(feature)]
        of_properties = [feature for feature in one.intake.features if not is_event(feature)]
        later = feature_columns(of_properties, typed, leads.time)
        later |= event_columns(of_events, whole, one.lead, leads.time)
        for name, then in leads.columns.items():
            assert_same(then, later[name], name)


def test_counts_and_stages_are_those_of_the_rows_recorded_by_then(replay: list[Learned], crm: Crm) -> None:
    one = replay[-2]
    rows = np.random.default_rng(0).choice(len(one.intake.leads), 300, replace=False)
    shift = moment(crm.start) - pd.Timestamp(crm.start).timestamp()
    seen = {"page_views": [], "touched": [], "stage": []}
    for row in rows:
        lead, at = one.lead[row], one.intake.leads.time[row] - shift
        done = crm.activities[(crm.activities["lead"] == lead) & (crm.activities["recorded"] <= at)]
        recent = (done["kind"] == "page_view") & (done["occurred"] > at - 30 * DAY)
        seen["page_views"].append(int(recent.sum()))
        touched = crm.touches[(crm.touches["lead"] == lead) & (crm.touches["occurred"] <= at)]
        seen["touched"].append(int((~touched["automatic"] & (touched["occurred"] > at - 7 * DAY)).sum()))
        told = crm.outcomes[(crm.outcomes["lead"] == lead) & (crm.outcomes["recorded"] <= at)]
        told = told.sort_values(["occurred", "recorded"], kind="stable")
        seen["stage"].append(told["stage"].iloc[-1] if len(told) else "lead")
    columns = one.intake.leads.columns
    np.testing.assert_array_equal(columns["page_view_30d"][rows], seen["page_views"])
    np.testing.assert_array_equal(columns["touches_7d"][rows], seen["touched"])
    assert [columns["stage"].to_list()[row] for row in rows] == seen["stage"]


def test_a_cut_ledger_is_a_fresh_import_and_a_store_that_grew(
    crm: Crm, whole: Ledger, tmp_path: Path
) -> None:
    """The same is known of a day from history, from that day's export, and from one export after the other."""
    with open_store(f"sqlite:///{tmp_path / 'grown.db'}", "won") as store:
        for day in IMPORTED:
            tables = export(known_by(crm, day))
            cut = whole.known_at(moment(day) - 0.5)
            fresh = ledger_of_tables(tables, tmp_path / str(day), day)
            grown = import_into(store, tables, tmp_path / "grown", day)
            for ledger in (fresh, grown):
                assert_same_ledger(ledger, cut)
                for asked in (WON, SQL):
                    assert_same_intake(take_in_ledger(ledger, asked), take_in_ledger(cut, asked))


def test_a_store_that_grew_until_today_teaches_what_an_import_of_everything_does(
    crm: Crm, whole: Ledger, tmp_path: Path
) -> None:
    with open_store(f"sqlite:///{tmp_path / 'grown.db'}", "won") as store:
        for day in (*IMPORTED, END):
            grown = import_into(store, export(known_by(crm, day)), tmp_path, day)
    assert_same_intake(take_in_ledger(grown, WON), take_in_ledger(whole, WON))


def assert_same_ledger(one: Ledger, other: Ledger) -> None:
    assert one.lead_id.tolist() == other.lead_id.tolist()
    assert one.with_history == other.with_history
    for name, events in one.tables.items():
        np.testing.assert_array_equal(events.lead, other.tables[name].lead, name)
        np.testing.assert_array_equal(events.occurred, other.tables[name].occurred, name)
        np.testing.assert_array_equal(events.recorded, other.tables[name].recorded, name)
        for column, cells in events.columns.items():
            assert_same(cells, other.tables[name].columns[column], f"{name}.{column}")
    for name in one.properties:
        assert one.properties[name].to_pylist() == other.properties[name].to_pylist(), name


def assert_same_intake(one: Intake, other: Intake) -> None:
    assert one.lead_ids == other.lead_ids
    assert one.used == other.used
    assert list(one.leads.columns) == list(other.leads.columns)
    for name in ("label", "weight", "time"):
        np.testing.assert_array_equal(getattr(one.leads, name), getattr(other.leads, name), name)
    for name, values in one.leads.columns.items():
        assert_same(values, other.leads.columns[name], name)


def assert_same(one: np.ndarray | Categories, other: np.ndarray | Categories, name: str) -> None:
    if isinstance(one, Categories):
        assert one.to_list() == other.to_list(), name
    else:
        np.testing.assert_allclose(one, other, atol=1e-6, err_msg=name)
