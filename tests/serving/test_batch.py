import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import DataError
from scoring.leads import lead_features
from scoring.reasons import SEPARATOR, sentence
from scoring.scorecard import Scorecard
from serving.batch import BatchSummary, score_file
from serving.batch.run import ahead
from serving.worth import Worth
from tests.cards import small_card

AS_OF = 1_795_478_400.0
CARD = small_card()
HEADER = "lead_id,source,visits,created_at"
LIKELIHOODS = ["likelihood", "likelihood_low", "likelihood_high"]
JUDGED = ["score", "grade", "fit", "engagement", "label"]
OUT = [
    *("lead_id", *LIKELIHOODS, *JUDGED, "decision", "expected_value"),
    *("rank", "reasons", "status", "model_version"),
]


def written(
    folder: Path, *lines: str, header: str = HEADER, name: str = "in.csv", encoding: str = "utf-8"
) -> Path:
    path = folder / name
    path.write_bytes("".join(f"{line}\n" for line in (header, *lines)).encode(encoding))
    return path


def scored(source: Path, out: str = "out.csv", card: Scorecard = CARD, **options: object) -> BatchSummary:
    return score_file(card, source, source.parent / out, as_of=AS_OF, **options)  # type: ignore[arg-type]


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))
    return [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in pq.read_table(path).to_pylist()
    ]


def test_out_has_exactly_the_columns_of_the_contract_in_the_order_of_in(tmp_path: Path) -> None:
    source = written(tmp_path, "007,Web,1,2026-11-01", "006,Referral,12,2026-11-20")
    scored(source)
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == OUT
    assert [row["lead_id"] for row in rows] == ["007", "006"]
    assert rows[1] | {"reasons": ""} == {
        "lead_id": "006",
        "likelihood": "0.785835",
        "likelihood_low": "0.731059",
        "likelihood_high": "0.832018",
        "score": "99",
        "grade": "A",
        "fit": "A",
        "engagement": "1",
        "label": "A1",
        "decision": "none",
        "expected_value": "",
        "rank": "1",
        "reasons": "",
        "status": "scored",
        "model_version": "v1",
    }


cells = st.tuples(
    st.sampled_from(["Referral", "referral", "Web", "紹介", "N/A", ""]),
    st.sampled_from(["0", "2", "2.5", "１，２００", "many", "1e300", "-", ""]),
    st.sampled_from(["2026-11-01", "2026-11-24T01:00:00+09:00", "2026年11月2日", "soon", ""]),
)


@settings(max_examples=40)
@given(st.lists(cells, min_size=1, max_size=8), st.sampled_from([".csv", ".parquet"]), st.booleans())
def test_every_row_says_what_scoring_that_lead_alone_says(
    leads: list[tuple[str, str, str]], suffix: str, parquet_in: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{at:03d},{','.join(lead)}" for at, lead in enumerate(leads)]
        source = written(
            Path(folder), *(line.replace("１，２００", '"１，２００"') for line in lines), encoding="cp932"
        )
        if parquet_in:
            source = Path(folder) / "in.parquet"
            table = [[f"{at:03d}", *(cell or None for cell in lead)] for at, lead in enumerate(leads)]
            frame = pa.table({name: [row[at] for row in table] for at, name in enumerate(HEADER.split(","))})
            pq.write_table(
                frame.cast(pa.schema([(name, pa.string()) for name in frame.column_names])), source
            )
        summary = scored(source, f"out{suffix}", encoding=None if parquet_in else "cp932")
        rows = rows_of(Path(folder) / f"out{suffix}")
    assert summary.rows_in == summary.rows_out + summary.rejected == len(rows) == len(leads)
    for row, (source_cell, visits, created) in zip(rows, leads, strict=True):
        check(row, {"source": source_cell, "visits": visits, "created_at": created})


def check(row: dict[str, str], properties: dict[str, object]) -> None:
    why = None
    try:
        score = CARD.score_one(lead_features(CARD, properties, AS_OF), reasons=3)
    except DataError as error:
        why = str(error)
    if why is not None:
        assert row["status"] == f"not_scored: {why}"
        assert {row[name] for name in OUT if name not in ("lead_id", "status")} == {""}
        return
    for name in LIKELIHOODS:
        assert float(row[name]) == pytest.approx(getattr(score, name), abs=5.1e-7)
    assert row["status"] == "scored"
    for name in JUDGED:
        assert row[name] == str(getattr(score, name))
    assert row["reasons"] == SEPARATOR.join(sentence(CARD, reason) for reason in score.reasons)


def test_likelihoods_are_plain_decimals_in_csv_and_rounded_in_parquet(tmp_path: Path) -> None:
    card = small_card(base=-13.0)
    source = written(tmp_path, "1,Web,1,2026-11-01", "2,Referral,40,2026-11-20")
    scored(source, card=card)
    scored(source, "out.parquet", card=card)
    text = [row["likelihood"] for row in rows_of(tmp_path / "out.csv")]
    assert text == ["0.000001", "0.000136"]
    assert pq.read_table(tmp_path / "out.parquet")["likelihood"].to_pylist() == [float(cell) for cell in text]


def test_ranks_go_by_likelihood_and_ties_by_the_order_of_rows(tmp_path: Path) -> None:
    source = written(tmp_path, "a,Web,1,", "b,Referral,1,", "c,Web,x,", "d,Referral,1,", "e,Web,1,")
    scored(source, max_rejected=1.0)
    ranks = {row["lead_id"]: row["rank"] for row in rows_of(tmp_path / "out.csv")}
    assert ranks == {"b": "1", "d": "2", "a": "3", "e": "4", "c": ""}


def test_the_expected_value_is_likelihood_times_deal_times_margin(tmp_path: Path) -> None:
    won = small_card(target="won")
    source = written(tmp_path, "1,Referral,12,2026-11-20", "2,Web,1,")
    scored(source, card=won, worth=Worth(won, 1000.0, 0.5))
    rows = rows_of(tmp_path / "out.csv")
    assert rows[0]["expected_value"] == "392.92"
    assert [row["rank"] for row in rows] == ["1", "2"]


def test_a_leads_own_amount_goes_before_the_usual_deal_and_ranks_go_by_value(tmp_path: Path) -> None:
    won = small_card(target="won")
    lines = ["1,Referral,12,2026-11-20,", "2,Web,1,,1000000", "3,Web,1,,lots", "4,Web,1,,1e300"]
    source = written(tmp_path, *lines, header=HEADER + ",amount")
    summary = scored(source, card=won, worth=Worth(won, 100.0))
    rows = rows_of(tmp_path / "out.csv")
    assert [row["rank"] for row in rows] == ["2", "1", "3", "4"]
    assert [row["status"] for row in rows] == ["scored"] * 4
    assert "'amount' of 2 rows" in summary.notes[-1]


def test_leads_without_any_amount_rank_behind_those_with_one_by_likelihood(tmp_path: Path) -> None:
    won = small_card(target="won")
    lines = ["1,Web,1,,", "2,Referral,12,,", "3,Web,1,,5"]
    source = written(tmp_path, *lines, header=HEADER + ",amount")
    scored(source, card=won, worth=Worth(won, None))
    rows = rows_of(tmp_path / "out.csv")
    assert [(row["expected_value"] == "", row["rank"]) for row in rows] == [
        (True, "3"),
        (True, "2"),
        (False, "1"),
    ]


def test_another_model_of_won_deals_gives_value_and_ranks_but_not_the_likelihood(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Referral,12,2026-11-20", "2,Web,1,2026-11-20")
    scored(source, worth=Worth(small_card(target="won", base=-3.0), 1000.0))
    rows = rows_of(tmp_path / "out.csv")
    assert rows[0]["likelihood"] == "0.785835"
    assert float(rows[0]["expected_value"]) < 1000 * 0.785835
    assert [row["rank"] for row in rows] == ["1", "2"]


def test_no_row_is_lost(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Web,1,", "2,Web", "", "3,Web,many,", "4,Web,2,,,")
    summary = scored(source)
    assert (summary.scored, summary.not_scored, summary.rejected, summary.blank) == (1, 1, 2, 1)
    assert summary.rows_in == summary.rows_out + summary.rejected == 4
    assert summary.why == {"Column 'visits' must be a number.": 1}
    assert summary.rejected_path == tmp_path / "out.rejected.csv"
    assert [row["row"] for row in rows_of(tmp_path / "out.rejected.csv")] == ["3", "6"]
    assert summary.too_many_unreadable
    assert not scored(source, max_rejected=0.75).too_many_unreadable


def test_a_list_of_no_leads_gives_a_list_of_no_scores(tmp_path: Path) -> None:
    summary = scored(written(tmp_path))
    assert summary.rows_in == 0
    assert not summary.too_many_unreadable
    assert (tmp_path / "out.csv").read_text().startswith('"lead_id","likelihood"')


def test_more_leads_than_one_batch_keep_order_and_ranks(tmp_path: Path) -> None:
    rows = 150_000
    draw = np.random.default_rng(0)
    table = pa.table(
        {
            "lead_id": [f"{at:06d}" for at in range(rows)],
            "source": pa.array(draw.choice(["Referral", "Web", "Radio"], rows)),
            "visits": pa.array(draw.integers(0, 40, rows)),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    summary = scored(tmp_path / "in.parquet", "out.parquet")
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert summary.scored == rows
    assert out["lead_id"].tolist() == table["lead_id"].to_pylist()
    expected = out["likelihood"].rank(ascending=False, method="first").astype(int)
    assert (out["rank"] == expected).all()


def test_without_an_id_the_row_number_names_the_lead(tmp_path: Path) -> None:
    source = written(tmp_path, "Web,1", "Web", "Web,2", header="source,visits")
    summary = scored(source)
    assert [row["lead_id"] for row in rows_of(tmp_path / "out.csv")] == ["2", "4"]
    assert "in.csv has no column lead_id, so lead_id holds the row number." in summary.notes


def test_the_id_column_of_the_model_goes_first_then_lead_id_then_a_crms_header(tmp_path: Path) -> None:
    card = small_card(id_column="key")
    lists = {"key,lead_id,source": "k", "lead_id,Record ID,source": "l", "source,Record ID,x": "r"}
    for header, expected in lists.items():
        values = {"key": "k", "lead_id": "l", "Record ID": "r", "source": "Web", "x": "y"}
        source = written(tmp_path, ",".join(values[name] for name in header.split(",")), header=header)
        scored(source, card=card)
        assert [row["lead_id"] for row in rows_of(tmp_path / "out.csv")] == [expected]


def test_missing_columns_are_named_with_what_may_be_meant(tmp_path: Path) -> None:
    summary = scored(written(tmp_path, "1,Web,3", header="lead_id,source,Visit"))
    (note,) = summary.notes
    assert "lacks 2 of 3 columns" in note
    assert "'visits' (is it 'Visit'?), 'created_at'" in note


def test_a_list_with_no_column_of_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the columns that model v1 reads: 'source'"):
        scored(written(tmp_path, "1,2", header="lead_id,budget"))
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("out", ["in.csv", "../in/in.csv"])
def test_out_never_replaces_in(tmp_path: Path, out: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    source = written(folder, "1,Web,1,")
    before = source.read_bytes()
    with pytest.raises(DataError, match="must be another file than IN"):
        scored(source, out)
    assert source.read_bytes() == before


def test_the_list_of_rejected_rows_never_replaces_in(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Web,1,", name="leads.rejected.csv")
    with pytest.raises(DataError, match="would replace"):
        scored(source, "leads.csv")
    assert source.exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [("out.xlsx", "must be CSV or Parquet"), ("nowhere/out.csv", "cannot be written")],
)
def test_an_out_that_cannot_be_written_is_said_before_any_work(
    tmp_path: Path, out: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        scored(written(tmp_path, "1,Web,1,"), out)


def test_an_interrupted_run_leaves_what_was_there_before_and_nothing_else(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Web,1,")
    (tmp_path / "out.csv").write_text("before")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scored(source, progress=interrupt)
    assert (tmp_path / "out.csv").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_list_that_breaks_off_leaves_no_out(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Web,1,", '2,"Web,1,', "3,Web,1,", "4,Web,1,")
    with pytest.raises(DataError, match="quote"):
        scored(source)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_japanese_reasons_come_with_the_mark_that_excel_needs(tmp_path: Path) -> None:
    source = written(tmp_path, "1,Referral,1,")
    scored(source, lang="ja")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "が" in rows_of(tmp_path / "out.csv")[0]["reasons"]


def test_reasons_can_be_left_out(tmp_path: Path) -> None:
    scored(written(tmp_path, "1,Referral,1,"), reasons=0)
    assert rows_of(tmp_path / "out.csv")[0]["reasons"] == ""


def test_progress_is_told_for_both_passes(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    scored(written(tmp_path, "1,Web,1,", "2,Web,1,"), progress=lambda *step: told.append(step))
    assert told == [("score", 2, None), ("write", 2, 2)]


def test_work_ahead_keeps_the_order_and_fetches_only_a_few_items() -> None:
    fetched: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            fetched.append(item)
            yield item

    results = ahead(lambda item: item * 10, items(), threads=2)
    assert [next(results), next(results)] == [0, 10]
    assert len(fetched) <= 5
    results.close()


def test_work_ahead_passes_on_what_went_wrong() -> None:
    with pytest.raises(ZeroDivisionError, match="division"):
        list(ahead(lambda item: 1 // item, [1, 0, 1]))
