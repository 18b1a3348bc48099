"""Labels, by hand arithmetic and against a row-by-row reading of the same rules."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.coverage import DAY, bounds, coverage
from scoring.errors import DataError, SettingsError
from scoring.labels import flat_labels, snapshot_labels

CRM_SALES = Path(__file__).parents[3] / "shared" / "data" / "crm_sales" / "sales_pipeline.csv"


def days(*values):
    return np.array(values, dtype=float) * DAY


def flat(values, created, closed, horizon=30, **more):
    labels = flat_labels(
        values, positive="won", created=days(*created), closed=days(*closed), horizon=horizon, **more
    )
    return list(labels.state)


NAN = float("nan")


class TestValues:
    @pytest.mark.parametrize(
        "values",
        [
            ["yes", "no"],
            ["No", "YES"],
            [True, False],
            [1, 0],
            [1.0, 0.0],
            ["1", "0"],
            ["はい", "いいえ"],
            ["○", "×"],
        ],
    )
    def test_a_yes_no_column_needs_no_positive_value(self, values):
        labels = flat_labels(values)
        assert sorted(labels.y) == [0.0, 1.0]
        assert (
            labels.y[[str(value) in {"yes", "YES", "True", "1", "1.0", "はい", "○"} for value in values]] == 1
        )

    def test_other_values_must_be_named_and_the_error_lists_them_with_counts(self):
        with pytest.raises(DataError, match=r"'stage' means converted\? It holds 'Lost' \(2\), 'Won' \(1\)"):
            flat_labels(["Won", "Lost", "Lost"], column="stage")

    def test_a_column_of_many_values_is_not_quoted(self):
        with pytest.raises(DataError, match="30 different values") as caught:
            flat_labels([f"person{number}@example.com" for number in range(30)])
        assert "@" not in str(caught.value)

    def test_a_named_value_that_is_not_there_is_refused_with_the_values_that_are(self):
        with pytest.raises(DataError, match=r"positive value named .* not in it. It holds 'Lost'"):
            flat_labels(["Won", "Lost", "Lost"], positive="Converted")
        with pytest.raises(DataError, match="open value named"):
            flat_labels(["Won", "Lost", "Lost"], positive="Won", open_values=["Waiting"])

    def test_a_value_cannot_be_both_positive_and_open(self):
        with pytest.raises(SettingsError, match="both positive and open"):
            flat_labels(["Won", "Lost"], positive="Won", open_values=["won"])

    def test_case_width_and_space_do_not_split_a_value(self):
        assert flat_labels(["Won", " WON ", "ｗｏｎ", "lost"], positive="won").y.tolist() == [1, 1, 1, 0]

    @pytest.mark.parametrize(
        "word", ["Open", "In  Progress", "商談中", "対応中", "未対応", "検討中", "Engaging"]
    )
    def test_the_lexicon_knows_what_is_not_an_outcome_yet(self, word):
        assert flat_labels(["won", "lost", word], positive="won").counts["open"] == 1

    def test_the_lexicon_is_not_used_on_two_values(self):
        assert flat_labels(["won", "open"], positive="won").y.tolist() == [1, 0]

    def test_qualified_is_an_outcome_and_so_is_a_lexicon_word_named_positive(self):
        labels = flat_labels(["qualified", "contacted", "lost", "open"], positive="contacted")
        assert labels.y[:3].tolist() == [0, 1, 0]
        assert labels.open_values == ("open",)

    def test_named_open_values_replace_the_lexicon(self):
        labels = flat_labels(["won", "lost", "open", "parked"], positive="won", open_values=["parked"])
        np.testing.assert_array_equal(labels.y, [1, 0, 0, NAN])

    def test_a_missing_label_is_open_and_counted(self):
        labels = flat_labels(["yes", "no", None, NAN, "  "])
        assert labels.counts["open"] == 3
        assert any("3 leads, taken as open" in finding for finding in labels.findings)

    def test_one_names_yes_after_the_column_was_read_as_a_boolean(self):
        assert flat_labels(["yes", "no"], positive="1").y.tolist() == [1, 0]
        assert flat_labels([True, False], positive=True).y.tolist() == [1, 0]


class TestAmongResolved:
    def test_leaving_open_leads_out_is_said_to_be_too_high(self):
        labels = flat_labels(["won", "lost", "lost", "open"], positive="won")
        assert labels.base_rate == pytest.approx(1 / 3)
        assert "among resolved leads: too high for open ones (1 open lead left out)" in labels.findings[-1]

    def test_nothing_is_said_where_nothing_was_open(self):
        assert "too high" not in " ".join(flat_labels(["won", "lost"], positive="won").findings)

    def test_leads_open_by_age_alone_do_not_move_the_rate(self):
        newest_open = flat_labels(["yes", "no", None], created=days(0, 1, 2))
        assert "does not move the rate" in newest_open.findings[-1]
        before_coverage = flat_labels([None, "yes", "no", None], created=days(0, 1, 2, 3))
        assert "does not move the rate" in before_coverage.findings[-1]
        mixed = flat_labels(["yes", None, "no"], created=days(0, 1, 2))
        assert "too high for open ones" in mixed.findings[-1]


class TestTimes:
    def test_each_rule_by_hand(self):
        rows = [
            ("won", 10, 15, "outside_coverage"),  # created before the first win, which is its own
            ("won", 20, 40, "mature_positive"),
            ("won", 20, 60, "mature_negative"),  # won on day 40 of its life
            ("won", 30, 60, "mature_positive"),  # won on day 30 of its life
            ("lost", 20, 25, "mature_negative"),
            ("open", 25, NAN, "mature_negative"),
            ("open", 80, NAN, "censored"),
            ("lost", 80, 85, "censored"),
            ("won", 75, 80, "censored"),
            ("lost", 70, 100, "mature_negative"),  # the newest time: mature from day 70 back
            ("open", NAN, NAN, "open"),
            ("won", 50, 40, "error"),
        ]
        values, created, closed, expected = zip(*rows, strict=True)
        assert flat(values, created, closed) == list(expected)

    def test_the_horizon_is_a_closed_end(self):
        values, created = ["won"] * 4 + ["lost"] * 2, [0, 5, 5, 5, 5, 60]
        closed = [0, 35, 35.001, 10, 50, 61]
        assert flat(values, created, closed)[1:3] == ["mature_positive", "mature_negative"]

    def test_a_resolved_lead_that_is_not_mature_is_censored(self):
        states = flat(["won", "won", "lost"], [0, 5, 25], [0, 6, 30], horizon=20)
        assert states == ["mature_positive", "mature_positive", "censored"]

    def test_the_recording_delay_makes_leads_mature_later(self):
        early = flat(["won", "lost", "lost"], [0, 5, 20], [0, 50, 50], horizon=30)
        late = flat(["won", "lost", "lost"], [0, 5, 20], [0, 50, 50], horizon=30, recording_delay=0.5)
        assert early[2] == "mature_negative"
        assert late[2] == "censored"
        assert late[1] == "mature_negative"

    def test_an_open_lead_of_unknown_age_is_open_and_a_resolved_one_an_error(self):
        assert flat(["won", "open", "lost"], [0, NAN, NAN], [0, NAN, 9])[1:] == ["open", "error"]

    def test_errors_are_listed_with_their_rule(self):
        labels = flat_labels(
            ["won", "won", "won"], positive="won", created=days(0, 5, 5), closed=days(0, 4, NAN), horizon=1
        )
        assert labels.errors == {
            1: "was closed before it was created",
            2: "is positive but has no closing time",
        }
        assert any("closed before it was created (first: row 2)" in finding for finding in labels.findings)

    def test_a_closing_date_without_time_of_day_is_not_before_the_hour_of_creation(self):
        assert flat(["won", "lost"], [3.6, 4.5], [3, 4], recorded_until=90 * DAY)[1] == "mature_negative"

    def test_a_lead_created_before_the_first_win_is_unknown(self):
        labels = flat_labels(
            ["won", "lost", "won"], positive="won", created=days(0, 1, 12), closed=days(10, 5, 13), horizon=5
        )
        assert labels.state[:2].tolist() == ["outside_coverage", "outside_coverage"]
        assert any("before 1970-01-11: 2 leads" in finding for finding in labels.findings)

    def test_one_stray_win_does_not_move_the_coverage(self):
        created, closed = [0, 10, *range(400, 420)], [1, NAN, *range(401, 421)]
        states = flat(["won", "open", *["won"] * 20], created, closed, horizon=5)
        assert states[:2] == ["outside_coverage", "outside_coverage"]

    def test_one_stray_date_does_not_make_every_lead_mature(self):
        created, closed = [*range(50), 5], [*range(50), 9_000]
        labels = flat_labels(
            ["won"] * 51, positive="won", created=days(*created), closed=days(*closed), horizon=30
        )
        assert labels.counts["censored"] == 30
        assert labels.state[-1] == "error"

    def test_leads_after_recording_stopped_are_unknown(self):
        created = [*range(300)]
        closed = [day + 1 if day < 100 else NAN for day in created]
        labels = flat_labels(
            ["won" if day < 100 else "open" for day in created],
            positive="won", created=days(*created), closed=days(*closed), horizon=10,
        )  # fmt: skip
        assert labels.coverage.stopped
        assert labels.counts["mature_negative"] == 0
        assert any("No outcome is recorded after 1970-04-11" in finding for finding in labels.findings)

    def test_dates_are_said_in_the_zone_of_the_reader(self):
        midnight_in_tokyo = 10 - 9 / 24
        labels = flat_labels(
            ["lost", "won"], positive="won", created=days(1, midnight_in_tokyo),
            closed=days(5, midnight_in_tokyo), horizon=5, time_zone="Asia/Tokyo",
        )  # fmt: skip
        assert any("before 1970-01-11" in finding for finding in labels.findings)

    def test_without_any_outcome_nothing_is_learned(self):
        labels = flat_labels(
            ["no", "no"], positive="no", created=days(1, 2), closed=days(NAN, NAN), horizon=5
        )
        assert np.isnan(labels.y).all()

    @pytest.mark.skipif(not CRM_SALES.exists(), reason="the crm_sales data are not here")
    def test_opportunities_of_a_real_company_close_less_often_than_the_resolved_ones(self):
        table = pd.read_csv(CRM_SALES)
        created, closed = (
            pd.to_datetime(table[name], format="%m/%d/%Y").to_numpy("datetime64[s]").astype(float)
            for name in ("engage_date", "close_date")
        )
        created[table["engage_date"].isna()] = closed[table["close_date"].isna()] = np.nan
        labels = flat_labels(table["deal_stage"], positive="Won", created=created, closed=closed, horizon=90)
        assert labels.base_rate == pytest.approx(0.386, abs=0.001)
        assert flat_labels(table["deal_stage"], positive="Won").base_rate == pytest.approx(0.6315, abs=0.001)
        assert labels.counts["open"] == 500


DAYS = st.integers(0, 120)
FLAT_ROW = st.tuples(
    st.sampled_from(["won", "lost", "open"]), st.one_of(st.none(), DAYS), st.one_of(st.none(), DAYS)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FLAT_ROW, min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 5))
def test_flat_labels_equal_a_row_by_row_reading(rows, horizon, delay):
    rows = [*rows, ("won", 0, 120), ("lost", 1, 2), ("open", 1, None)]
    wins = [
        shut
        for kind, made, shut in rows
        if kind == "won" and shut is not None and (made is None or shut >= made)
    ]
    start = first_of(wins)
    end = 120

    def expected(kind, made, shut):
        if kind != "open" and made is None:
            return "error"
        if kind == "won" and shut is None:
            return "error"
        if kind != "open" and shut is not None and shut < made:
            return "error"
        if made is None:
            return "open"
        if made < start:
            return "outside_coverage"
        if made + horizon + delay > end:
            return "censored"
        return "mature_positive" if kind == "won" and shut - made <= horizon else "mature_negative"

    labels = flat_labels(
        [kind for kind, _, _ in rows],
        positive="won",
        created=days(*(NAN if made is None else made for _, made, _ in rows)),
        closed=days(*(NAN if shut is None else shut for _, _, shut in rows)),
        horizon=horizon,
        recorded_until=end * DAY,
        recording_delay=delay,
    )
    assert list(labels.state) == [expected(*row) for row in rows]
    assert sum(labels.counts.values()) == len(rows)


def first_of(wins):
    """The first win, unless it is a stray."""
    wins = sorted(wins)
    if len(wins) >= 3 and wins[1] - wins[0] > 30:
        return wins[1]
    return wins[0]


def events(*rows):
    table = pd.DataFrame(rows, columns=["lead_id", "occurred_at", "recorded_at", "stage"])
    table[["occurred_at", "recorded_at"]] = table[["occurred_at", "recorded_at"]].astype(float) * DAY
    return table


def looked(snapshots, leads, outcomes, **more):
    settings_ = {"target": "sql", "horizon": 30, "recorded_until": 400 * DAY, "recording_delay": 0.0} | more
    return snapshot_labels(
        pd.DataFrame(
            {"lead_id": [lead for lead, _ in snapshots], "as_of": days(*(at for _, at in snapshots))}
        ),
        pd.DataFrame({"lead_id": list(leads), "created_at": days(*leads.values())}),
        outcomes,
        **settings_,
    )


class TestSnapshots:
    def test_a_later_stage_shows_that_the_target_was_reached(self):
        labels = looked([("b", 20)], {"a": 1, "b": 10}, events(("a", 2, 2, "sql"), ("b", 40, 40, "won")))
        assert labels.y.tolist() == [1.0]

    def test_an_earlier_stage_or_a_late_one_does_not(self):
        outcomes = events(("a", 2, 2, "sql"), ("b", 20, 20, "mql"), ("b", 51, 51, "sql"))
        assert looked([("b", 20)], {"a": 1, "b": 10}, outcomes).y.tolist() == [0.0]

    def test_a_snapshot_younger_than_horizon_and_delay_is_censored_even_if_converted(self):
        outcomes = events(("a", 2, 2, "sql"), ("b", 21, 21, "sql"))
        at = [("b", 20)]
        assert looked(at, {"a": 1, "b": 10}, outcomes, recorded_until=50 * DAY).counts["mature_positive"] == 1
        assert looked(at, {"a": 1, "b": 10}, outcomes, recorded_until=49 * DAY).counts["censored"] == 1
        delayed = looked(at, {"a": 1, "b": 10}, outcomes, recorded_until=50 * DAY, recording_delay=1)
        assert delayed.counts["censored"] == 1

    def test_the_recording_delay_is_read_from_the_data(self):
        outcomes = events(*((f"{number}", 2, 4, "sql") for number in range(20)))
        leads = {f"{number}": 2 for number in range(20)}
        labels = looked(
            [("1", 1.5)], leads | {"1": 1}, outcomes, recorded_until=33 * DAY, recording_delay=None
        )
        assert "2.0 days of recording" in labels.findings[-1]

    @pytest.mark.parametrize("closing", ["lost", "disqualified"])
    def test_a_lost_lead_gives_no_label_until_it_is_reopened(self, closing):
        outcomes = events(("a", 2, 2, "sql"), ("b", 15, 16, closing), ("b", 25, 25, "recycled"))
        at = [("b", 14), ("b", 15.5), ("b", 16), ("b", 25)]
        states = looked(at, {"a": 1, "b": 10}, outcomes).state
        assert list(states) == ["mature_negative", "mature_negative", "closed", "mature_negative"]

    def test_a_lead_that_had_reached_the_target_or_grew_too_old_is_closed(self):
        outcomes = events(("a", 2, 2, "sql"), ("b", 20, 20, "sql"))
        at = [("b", 20), ("b", 30), ("c", 190), ("c", 191)]
        states = looked(at, {"a": 1, "b": 10, "c": 10}, outcomes).state
        assert list(states) == ["closed", "closed", "mature_negative", "closed"]

    def test_leads_before_the_coverage_give_no_label(self):
        labels = looked([("b", 30)], {"a": 12, "b": 10}, events(("a", 12, 12, "sql")))
        assert list(labels.state) == ["outside_coverage"]

    def test_outcomes_before_creation_and_of_nobody_are_listed_and_left_out(self):
        outcomes = events(("a", 2, 2, "sql"), ("b", 5, 5, "sql"), ("x", 5, 5, "sql"))
        labels = looked([("b", 10)], {"a": 1, "b": 10}, outcomes)
        assert list(labels.state) == ["mature_negative"]
        assert sum("outcome" in finding and "left out" in finding for finding in labels.findings) == 2

    def test_snapshots_of_nobody_or_before_creation_are_errors(self):
        labels = looked([("x", 10), ("b", 9)], {"a": 1, "b": 10}, events(("a", 2, 2, "sql")))
        assert list(labels.errors) == [0, 1]

    def test_unknown_words_are_refused(self):
        with pytest.raises(DataError, match=r"'stage' of outcomes must hold one of .* row 1"):
            looked([], {"a": 1}, events(("a", 2, 2, "Won!")))
        with pytest.raises(SettingsError, match="target must be one of"):
            looked([], {"a": 1}, events(), target="lost")

    def test_datetimes_and_seconds_are_read_alike(self):
        at = pd.DataFrame({"lead_id": ["b"], "as_of": ["1970-01-21T09:00:00+09:00"]})
        leads = pd.DataFrame(
            {"lead_id": ["a", "b"], "created_at": pd.to_datetime(days(1, 10), unit="s", utc=True)}
        )
        outcomes = events(("a", 2, 2, "sql"), ("b", 40, 40, "won"))
        labels = snapshot_labels(at, leads, outcomes, target="sql", horizon=30, recorded_until=90 * DAY)
        assert labels.y.tolist() == [1.0]


STAGE = st.sampled_from(["mql", "sal", "sql", "opportunity", "won", "lost", "disqualified", "recycled"])
EVENT = st.tuples(st.sampled_from("abc"), st.integers(0, 90), st.integers(0, 9), STAGE)
LOOK = st.tuples(st.sampled_from("abc"), st.integers(0, 100))


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENT, max_size=14), st.lists(LOOK, min_size=1, max_size=8), st.integers(1, 40))
def test_snapshot_labels_equal_a_reading_of_the_events_one_by_one(given_events, looks, horizon):
    made = {"a": 0, "b": 10, "c": 30, "first": 0}
    rows = [("first", 0, 0, "won")] + [(lead, at, at + late, stage) for lead, at, late, stage in given_events]
    until, max_open = 80, 50

    def expected(lead, at):
        if at < made[lead]:
            return "error"
        own = [row for row in rows if row[0] == lead and row[1] >= made[lead] and row[2] <= until]
        reached = [row[1] for row in own if row[3] in ("sql", "opportunity", "won")]
        seen = sorted((row for row in own if row[2] <= at), key=lambda row: row[1])
        lost = bool(seen) and seen[-1][3] in ("lost", "disqualified")
        if made[lead] < start:
            return "outside_coverage"
        if lost or any(day <= at for day in reached) or at - made[lead] > max_open:
            return "closed"
        if at + horizon + 3 > until:
            return "censored"
        return "mature_positive" if any(day <= at + horizon for day in reached) else "mature_negative"

    believed = [row for row in rows if row[1] >= made[row[0]] and row[2] <= until]
    firsts: dict[str, int] = {}
    for lead, day, _, stage in believed:
        if stage in ("sql", "opportunity", "won"):
            firsts[lead] = min(day, firsts.get(lead, day))
    start = first_of(firsts.values())
    labels = looked(
        looks,
        made,
        events(*rows),
        horizon=horizon,
        recorded_until=until * DAY,
        recording_delay=3,
        max_open=max_open,
    )
    assert list(labels.state) == [expected(*look) for look in looks]


class TestCoverage:
    def test_strays_at_either_edge_move_nothing(self):
        assert bounds(days(0, 100, 101, 102, 900)) == (100 * DAY, 102 * DAY)

    def test_a_few_strays_together_are_still_strays_among_many(self):
        assert bounds(days(0, 1, *range(500, 800)))[0] == 500 * DAY

    def test_thirty_days_are_not_a_stray_gap_and_two_times_cannot_accuse_each_other(self):
        assert bounds(days(0, 30, 31))[0] == 0
        assert bounds(days(0, 500)) == (0, 500 * DAY)
        assert bounds(days(NAN)) == (None, None)

    def test_sparse_outcomes_do_not_look_like_an_end_of_recording(self):
        monthly = days(*range(0, 600, 40))
        assert not coverage(monthly, monthly, days(*range(630))).stopped
