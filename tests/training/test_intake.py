from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.errors import DataError
from scoring.io.files import write_rejected
from tests.markets import market, outcomes, truth
from training.intake import Intake, TooManyRejected, Wanted, digest_of, take_in

DAYS = pd.date_range("2026-01-01", periods=400, freq="12h")


def table(rows: int = 400) -> pd.DataFrame:
    frame = market(rows, seed=1)
    frame.insert(0, "lead_id", [f"L{row:04}" for row in range(rows)])
    return frame.assign(Converted=outcomes(truth(market(rows, seed=1)), seed=1))


@pytest.fixture
def taken(tmp_path: Path):
    """Writes a frame as CSV and takes it in."""

    def take(frame: pd.DataFrame, **wanted) -> Intake:
        path = tmp_path / "leads.csv"
        frame.to_csv(path, index=False)
        return take_in(path, Wanted(**{"label": "Converted"} | wanted))

    return take


def accounted(intake: Intake) -> bool:
    """Whether rows read are rows learned from, rejected or in a state that does not count."""
    states = sum(count for state, count in intake.labels.counts.items() if not state.startswith("mature"))
    return intake.rows == len(intake.leads) + len(intake.rejected) + states


def test_a_plain_file_is_read_whole(taken):
    frame = table()
    intake = taken(frame)

    assert (intake.rows, len(intake.leads), intake.rejected) == (400, 400, [])
    assert intake.leads.label.tolist() == frame["Converted"].tolist()
    assert (intake.id_column, intake.lead_ids[:2]) == ("lead_id", ["L0000", "L0001"])
    assert set(intake.leads.columns) == {"visits", "employees", "source", "country"}
    assert (intake.used["lead_id"], intake.leads.time, intake.known, intake.points) == (
        "identifier",
        None,
        None,
        None,
    )
    assert accounted(intake)


def test_a_value_that_cannot_be_read_rejects_its_row_by_number_and_without_its_content(taken):
    frame = table().astype({"visits": object})
    frame.loc[[4, 9], "visits"] = "plenty"
    intake = taken(frame, types={"visits": "number"})

    # Row 1 is the header.
    assert [row.row for row in intake.rejected] == [6, 11]
    assert {row.reason for row in intake.rejected} == {"Column 'visits' must be a number."}
    assert "L0004" not in intake.lead_ids
    assert len(intake.leads) == 398
    assert accounted(intake)


def test_a_line_that_does_not_split_is_rejected_beside_the_unreadable_ones(tmp_path):
    path = tmp_path / "leads.csv"
    lines = table().to_csv(index=False).splitlines()
    lines[3] += ",surplus"
    path.write_text("\n".join(lines))
    intake = take_in(path, Wanted("Converted"))

    assert [row.row for row in intake.rejected] == [4]
    assert (intake.rows, len(intake.leads)) == (400, 399)
    assert accounted(intake)


def test_too_many_rejected_rows_leave_no_model_but_a_list_of_them(taken, tmp_path):
    frame = table().astype({"visits": object})
    frame.loc[:9, "visits"] = "plenty"

    with pytest.raises(
        TooManyRejected, match=r"10 of 400 rows of leads.csv cannot be used, more than 1.0%"
    ) as caught:
        taken(frame, types={"visits": "number"})
    assert "plenty" not in str(caught.value)
    assert len(caught.value.rejected) == 10
    written = write_rejected(tmp_path / "leads.csv", caught.value.rejected)
    assert written.name == "leads.rejected.csv"
    assert len(written.read_text().splitlines()) == 11


def test_more_rejected_rows_can_be_allowed(taken):
    frame = table().astype({"visits": object})
    frame.loc[:9, "visits"] = "plenty"

    assert len(taken(frame, types={"visits": "number"}, max_rejected=0.05).leads) == 390


def test_an_unreadable_value_in_a_column_that_is_not_read_rejects_nothing(taken):
    frame = table().astype({"visits": object})
    frame.loc[:9, "visits"] = "plenty"
    intake = taken(frame, types={"visits": "number"}, exclude=("visits",))

    assert (len(intake.leads), intake.rejected) == (400, [])
    assert "visits" not in intake.leads.columns


def test_open_values_are_left_out_and_counted(taken):
    frame = table()
    label = frame["Converted"].map({1: "Won", 0: "Lost"}).where(frame.index >= 60, "In talks")
    intake = taken(frame.assign(Converted=label), positive=["Won"], open_values=["In talks"])

    assert (intake.labels.counts["open"], len(intake.leads)) == (60, 340)
    assert any("among resolved leads: too high for open ones" in note for note in intake.notes)
    assert accounted(intake)


def timed(label: str = "Converted") -> pd.DataFrame:
    """Leads over 200 days; converted ones close after 20 days, the others after 40, the last never yet."""
    frame = table()
    won = frame["Converted"] == 1
    closed = DAYS + pd.to_timedelta(np.where(won, 20, 40), unit="D")
    open_ = closed > DAYS[-1]
    return frame.assign(
        created=DAYS,
        closed=pd.Series(closed).where(~open_),
        **{label: np.where(open_, "open", np.where(won, "won", "lost"))},
    )


def test_with_closing_times_and_a_horizon_young_leads_are_left_out_though_resolved(taken):
    intake = taken(
        timed(),
        positive=["won"],
        open_values=["open"],
        time_column="created",
        closed_column="closed",
        horizon_days=30,
    )

    counts = intake.labels.counts
    assert counts["censored"] >= 55
    assert accounted(intake)
    assert (intake.used["closed"], intake.used["created"]) == ("closed column", "")
    assert not {name for name in intake.leads.columns if name.startswith("closed")}
    end = intake.labels.coverage.end
    assert (intake.leads.time + 30 * 86_400 <= end).all()
    np.testing.assert_array_equal(intake.known, intake.leads.time + 30 * 86_400)


def test_conversions_after_the_horizon_are_none(taken):
    with pytest.raises(DataError, match=r"0 converted and \d+ other leads that count.* check .*--horizon"):
        taken(
            timed(),
            positive=["won"],
            open_values=["open"],
            time_column="created",
            closed_column="closed",
            horizon_days=10,
        )


@dataclass(frozen=True)
class Line:
    property: str
    op: str
    value: object
    points: float
    also: None = None


def test_a_points_rule_is_applied_to_the_leads_that_are_learned_from(taken):
    frame = table()
    intake = taken(frame, points=[Line("visits", "at_least", 6, 10), Line("country", "is", "JP", 5)])

    expected = 10.0 * (frame["visits"] >= 6) + 5.0 * (frame["country"] == "JP")
    assert intake.points.points.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("flag", "wanted"),
    [
        ("--label", {"label": "Convertd"}),
        ("--time-column", {"time_column": "visit"}),
        ("--closed-column", {"closed_column": "visit"}),
        ("--id-column", {"id_column": "leadid"}),
        ("--exclude", {"exclude": ("contry",)}),
        ("--keep", {"keep": ("contry",)}),
    ],
)
def test_a_name_that_is_no_column_is_refused_with_the_nearest(taken, flag, wanted):
    with pytest.raises(
        DataError, match=f"{flag} names '.*', but leads.csv has no such column. Did you mean '"
    ):
        taken(table(), **wanted)


def test_a_name_like_no_other_is_refused_with_all_that_there_are(taken):
    with pytest.raises(DataError, match="It has: lead_id, visits, employees, source, country, Converted"):
        taken(table(), label="zzzzzz")


@pytest.mark.parametrize(
    "wanted", [{"time_column": "Converted"}, {"closed_column": "Converted"}, {"id_column": "Converted"}]
)
def test_the_label_cannot_stand_for_something_else(taken, wanted):
    with pytest.raises(DataError, match="names 'Converted', but that is the label"):
        taken(table(), **wanted)


def test_a_time_column_without_times_is_refused(taken):
    with pytest.raises(DataError, match="Column 'source' must hold times"):
        taken(table(), time_column="source", max_rejected=1.0)


def test_a_label_that_is_always_the_same_is_refused(taken):
    with pytest.raises(DataError, match="Converted"):
        taken(table().assign(Converted=0))
    with pytest.raises(DataError, match="Column 'Converted' has 3 converted and 397 other leads that count"):
        taken(table().assign(Converted=[1] * 3 + [0] * 397))


def test_a_column_that_knows_the_outcome_is_left_out_unless_it_is_kept(taken):
    frame = table()
    frame["lost_reason"] = np.where(frame["Converted"] == 0, "price", None)
    intake, kept = taken(frame), taken(frame, keep=("lost_reason",))

    assert intake.used["lost_reason"]
    assert not {name for name in intake.leads.columns if name.startswith("lost_reason")}
    severe = [f for f in intake.findings if f.severity == "severe"]
    assert {f.column for f in severe} == {"lost_reason"}
    assert kept.used["lost_reason"] == ""
    assert {name for name in kept.leads.columns if name.startswith("lost_reason")}


def test_the_users_exclusion_wins_and_is_recorded(taken):
    intake = taken(table(), exclude=("country",))

    assert "country" not in intake.leads.columns
    assert intake.used["country"]
    assert [column.name for column in intake.columns] == ["visits", "employees", "source"]


def test_ids_keep_their_leading_zeros_and_rows_without_one_have_their_number(taken):
    frame = table().assign(lead_id=[f"{row:05}" for row in range(400)])
    assert taken(frame, id_column="lead_id").lead_ids[:2] == ["00000", "00001"]
    assert taken(table().drop(columns="lead_id")).lead_ids[:2] == ["2", "3"]


def test_rows_of_the_same_lead_are_grouped(taken):
    frame = table().assign(lead_id=[f"L{row // 2:04}" for row in range(400)])
    groups = taken(frame, id_column="lead_id").leads.groups

    assert (groups[0], len(set(groups))) == (groups[1], 200)
    assert taken(table()).leads.groups is None


def test_types_and_axes_can_be_overruled(taken):
    intake = taken(table(), types={"visits": "category"}, axes={"country": "engagement"})

    assert not isinstance(intake.leads.columns["visits"], np.ndarray)
    assert intake.leads.axes["country"] == "engagement"


def test_words_for_missing_are_missing(taken):
    frame = table()
    intake = taken(frame.assign(source=frame["source"].fillna("keine Angabe")), missing=("keine Angabe",))

    assert intake.leads.columns["source"].to_list().count(None) == frame["source"].isna().sum()


def test_the_digest_is_that_of_the_bytes(tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path, text in zip(paths, ("x", "x", "y"), strict=True):
        path.write_text(text)

    assert digest_of(paths[0]) == digest_of(paths[1]) != digest_of(paths[2])
