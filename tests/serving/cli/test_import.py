import re
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from scoring.errors import DataError, LeadLoopError, SettingsError
from scoring.io.store import open_store
from scoring.io.store.engine import reading
from serving.cli import main
from serving.cli.terminal import settings

LEADS = "lead_id,created_at,source\n007,2026-11-01T09:00+09:00,Web\n8,2026-11-02T09:00+09:00,-\n"
OUTCOMES = "lead_id,occurred_at,stage,amount\n007,2026-11-20T09:00Z,Won,1200\n"
MQL = (
    "mql_id,first_contact_date,landing_page_id,origin\n"
    "a1,01-02-2018,p1,social\nb2,20-10-2017,p2,\nc3,26-02-2018,p1,email\n"
)
DEALS = (
    "mql_id,seller_id,sdr_id,sr_id,won_date,business_segment,declared_monthly_revenue\n"
    "a1,s1,d1,r1,26-02-2018 19:58,pet,0\nc3,s2,d1,r2,25-02-2018 10:00,audio,100\n"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with files, and a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()
    write("leads.csv", LEADS)
    write("outcomes.csv", OUTCOMES)
    yield tmp_path
    settings.cache_clear()


def write(name: str, content: str, encoding: str = "utf-8") -> None:
    Path(name).write_bytes(content.encode(encoding))


def call(*words: str) -> Result:
    return CliRunner().invoke(main.app, ["import", *words])


def done(*words: str) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(error: type[LeadLoopError], message: str, *words: str) -> str:
    result = call(*words)
    assert isinstance(result.exception, error), result.output
    assert re.search(message, str(result.exception))
    return result.output


def stored(query: str) -> list[tuple]:
    with open_store(settings().database_url) as store, reading(store.engine) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def counts(output: str, table: str) -> list[int]:
    """Rows, new, changed, unchanged and rejected of a table."""
    (line,) = re.findall(rf"^ {table} .*$", output, flags=re.MULTILINE)
    return [int(cell.replace(",", "")) for cell in line.split()[1:]]


def test_leads_and_outcomes_come_in_and_are_accounted_for() -> None:
    output = done("leads.csv", "--outcomes", "outcomes.csv")

    assert counts(output, "leads") == [2, 2, 0, 0, 0]
    assert counts(output, "outcomes") == [1, 1, 0, 0, 0]
    assert stored("SELECT lead_id, properties FROM leads ORDER BY id") == [
        ("007", '{"source": "Web"}'),
        ("8", "{}"),
    ]
    assert stored("SELECT stage, amount FROM outcomes") == [("won", 1200.0)]


def test_the_same_files_again_change_nothing_and_that_is_said() -> None:
    done("leads.csv", "--outcomes", "outcomes.csv")
    output = done("leads.csv", "--outcomes", "outcomes.csv")

    assert counts(output, "leads") == [2, 0, 0, 2, 0]
    assert "Nothing changed: the store has all of this already." in output


def test_a_dry_run_writes_nothing_at_all() -> None:
    write("outcomes.csv", OUTCOMES + "9,2026-11-20T09:00Z,won,\n")

    output = refused(
        DataError, "Nothing would be imported", "leads.csv", "--outcomes=outcomes.csv", "--dry-run"
    )

    assert counts(output, "outcomes") == [2, 1, 0, 0, 1]
    assert "Nothing was written: this was a dry run." in output
    assert stored("SELECT count(*) FROM leads") == [(0,)]
    assert not Path("outcomes.rejected.csv").exists()


def test_every_error_is_listed_and_nothing_is_imported() -> None:
    write("outcomes.csv", OUTCOMES + "9,2026-11-20T09:00Z,won,\n8,soon,wonn,-3\n8,2026-11-20T09:00Z\n")

    output = refused(
        DataError,
        "Nothing was imported: rows of outcomes.csv have errors",
        "leads.csv",
        "--outcomes=outcomes.csv",
    )

    assert "outcomes.csv: 3 rows rejected" in output
    assert "row 3: Column 'lead_id' must name a lead of leads.csv or the store." in output
    assert Path("outcomes.rejected.csv").read_text().splitlines() == [
        "row,reason",
        "3,\"Column 'lead_id' must name a lead of leads.csv or the store.\"",
        "4,\"Column 'occurred_at' must be a date.\"",
        "4,\"Column 'stage' must be a stage (lead, mql, sal, sql, opportunity, won, lost, disqualified, recycled), "
        'or be named under [stages] of --mapping."',
        "4,\"Column 'amount' must be 0 or more.\"",
        '5,"The row has 2 fields, the header has 4."',
    ]
    assert stored("SELECT count(*) FROM leads") == [(0,)]


def test_a_line_that_does_not_split_is_an_error_like_any_other() -> None:
    write("leads.csv", LEADS + "9,2026-11-03\n")

    refused(DataError, "Nothing was imported: rows of leads.csv", "leads.csv")
    assert stored("SELECT count(*) FROM leads") == [(0,)]

    assert counts(done("leads.csv", "--skip-rejected"), "leads") == [3, 2, 0, 0, 1]


def test_the_terminal_shows_the_first_errors_and_how_many_more() -> None:
    write("outcomes.csv", OUTCOMES + "9,2026-11-20T09:00Z,won,\n" * 30)

    output = refused(DataError, "Nothing was imported", "leads.csv", "--outcomes=outcomes.csv")

    assert output.count("must name a lead") == 20
    assert "… and 10 more" in output
    assert len(Path("outcomes.rejected.csv").read_text().splitlines()) == 31


def test_the_list_of_errors_goes_once_they_are_put_right() -> None:
    write("outcomes.csv", OUTCOMES + "9,2026-11-20T09:00Z,won,\n")
    done("leads.csv", "--outcomes=outcomes.csv", "--skip-rejected")
    assert Path("outcomes.rejected.csv").exists()

    write("outcomes.csv", OUTCOMES)
    done("leads.csv", "--outcomes=outcomes.csv")

    assert not Path("outcomes.rejected.csv").exists()


def test_a_message_never_shows_what_a_row_holds() -> None:
    write("leads.csv", "lead_id,created_at,email\nsecret-1,soon,a@secret.jp\nsecret-1,later,\n")

    result = call("leads.csv")

    assert "secret" not in result.output + str(result.exception) + Path("leads.rejected.csv").read_text()


def test_times_without_an_offset_are_read_in_the_zone_of_the_settings_and_that_is_said_once() -> None:
    write("leadloop.toml", '[time]\nzone = "Asia/Tokyo"\n')
    write("leads.csv", "lead_id,created_at\n1,2026-11-01 09:00\n2,2026-11-01\n")

    output = done("leads.csv")

    assert output.count("leads.csv: times without an offset ('created_at') are read in Asia/Tokyo") == 1
    assert stored("SELECT created_at FROM leads ORDER BY id")[0] == (1_793_491_200_000_000,)


def test_the_order_of_dates_can_be_stated() -> None:
    write("leads.csv", "lead_id,created_at\n1,03/04/2026\n")

    done("leads.csv", "--date-order", "mdy")

    assert stored("SELECT created_at FROM leads") == [(1_772_582_400_000_000,)]


def test_a_japanese_export_in_cp932_is_read() -> None:
    write("リード.csv", "レコードID,作成日,会社名,予算\n００１,2026年11月1日,㈱山田商店,未設定\n", "cp932")
    write("成果.csv", 'リードID,発生日,ステージ,金額,通貨\n001,2026/11/20,受注,"1,200円",jpy\n', "cp932")
    write("m.toml", '[stages]\n"受注" = "won"\n')

    done("リード.csv", "--outcomes", "成果.csv", "--mapping", "m.toml")

    assert stored("SELECT lead_id, properties FROM leads") == [("001", '{"company": "㈱山田商店"}')]
    assert stored("SELECT stage, currency FROM outcomes") == [("won", "JPY")]


def test_parquet_is_read_as_csv_is() -> None:
    table = pa.table({"lead_id": [7], "created_at": pa.array([0], pa.timestamp("s", "UTC")), "visits": [3.0]})
    pq.write_table(table, "leads.parquet")

    done("leads.parquet")

    assert stored("SELECT lead_id, created_at, properties FROM leads") == [("7", 0, '{"visits": "3"}')]


def test_every_table_of_the_contract_has_its_option() -> None:
    write("activities.csv", "lead_id,occurred_at,kind\n8,2026-11-03T09:00Z,form\n")
    write("touches.csv", "lead_id,occurred_at,rep,channel,automatic\n8,2026-11-03T09:00Z,aya,email,true\n")
    write("changes.csv", "lead_id,occurred_at,property,value\n007,2026-11-01T09:00+09:00,source,Web\n")
    write("assignments.csv", "lead_id,rep,assigned_at\n8,aya,2026-11-03T09:00Z\n")
    write("campaigns.csv", "campaign,month,cost\nspring,2026-11,100\n")
    tables = ("activities", "touches", "changes", "assignments", "campaigns")

    output = done("leads.csv", *(f"--{table}={table}.csv" for table in tables))

    assert [counts(output, table)[:2] for table in tables] == [[1, 1]] * 5
    assert stored("SELECT automatic FROM touches") == [(1,)]


def test_events_may_come_alone_once_their_leads_are_there() -> None:
    done("leads.csv")

    assert counts(done("--outcomes", "outcomes.csv"), "outcomes") == [1, 1, 0, 0, 0]


def test_no_file_is_wrong_usage() -> None:
    result = call()

    assert result.exit_code == 2
    assert "Name a file" in result.output


def test_what_the_contract_does_not_know_is_left_out_of_events_and_said() -> None:
    write("outcomes.csv", OUTCOMES.replace("amount", "deal size"))

    assert "outcomes.csv: not part of outcomes, left out: 'deal size'." in done(
        "leads.csv", "--outcomes=outcomes.csv"
    )


def test_olists_funnel_is_read_from_its_folder(home: Path) -> None:
    (home / "olist").mkdir()
    write("olist/olist_marketing_qualified_leads_dataset.csv", MQL)
    write("olist/olist_closed_deals_dataset.csv", DEALS)

    output = done("olist", "--format", "olist")

    assert counts(output, "leads") == [3, 3, 0, 0, 0]
    assert "1 outcome is before its lead's creation" in output
    assert "left out: 'seller_id', 'sdr_id', 'business_segment', 'declared_monthly_revenue'" in output
    assert stored("SELECT lead_id, created_at, properties FROM leads ORDER BY id")[:2] == [
        ("a1", 1_517_443_200_000_000, '{"landing_page_id": "p1", "source": "social"}'),
        ("b2", 1_508_457_600_000_000, '{"landing_page_id": "p2"}'),
    ]
    assert stored("SELECT stage, rep, amount FROM outcomes ORDER BY lead") == [
        ("won", "r1", None),
        ("won", "r2", None),
    ]


def test_olists_files_can_be_named(home: Path) -> None:
    write("mql.csv", MQL)
    write("deals.csv", DEALS)

    done("mql.csv", "--outcomes", "deals.csv", "--format", "olist")

    assert stored("SELECT count(*) FROM outcomes") == [(2,)]


def test_a_folder_without_olists_leads_is_refused(home: Path) -> None:
    refused(DataError, "holds no file .*marketing_qualified_leads", str(home), "--format", "olist")


def test_hubspots_export_brings_its_outcomes_along() -> None:
    write(
        "hubspot.csv",
        "Record ID,Create Date,Lifecycle Stage,Became a Marketing Qualified Lead Date,Became a Customer Date\n"
        "51,2026-11-01 10:22,Customer,2026-11-02 09:00,2026-11-20 17:40\n52,2026-11-03 10:00,Lead,,\n",
    )

    output = done("hubspot.csv", "--format", "hubspot")

    assert stored("SELECT stage FROM outcomes ORDER BY occurred_at") == [("mql",), ("won",)]
    assert stored("SELECT properties FROM leads ORDER BY id")[0] == ('{"Lifecycle Stage": "Customer"}',)
    assert "read as outcomes, not as properties: 'Became a Marketing Qualified Lead Date'" in output
    assert "Nothing changed" in done("hubspot.csv", "--format", "hubspot")


def test_salesforces_export_in_japanese_brings_its_conversions_along() -> None:
    write(
        "sf.csv",
        "リード ID,作成日,取引開始済み,取引の開始日,リードソース\n"
        "00Q1,2026/11/01,1,2026/11/20,Web\n00Q2,2026/11/03,0,,\n",
        "cp932",
    )

    done("sf.csv", "--format", "salesforce")

    assert stored("SELECT stage FROM outcomes") == [("sql",)]
    assert stored("SELECT properties FROM leads ORDER BY id") == [('{"source": "Web"}',), ("{}",)]


def test_a_mapping_names_columns_and_stages() -> None:
    write("leads.csv", "Nummer,Angelegt,Quelle\n1,2026-11-01T00:00Z,Web\n")
    write("deals.csv", "Nummer,Wann,Was\n1,2026-11-02T00:00Z,Closed Won\n")
    write(
        "m.toml",
        '[leads]\nNummer = "lead_id"\nAngelegt = "created_at"\nQuelle = "source"\n'
        '[outcomes]\nNummer = "lead_id"\nWann = "occurred_at"\nWas = "stage"\n[stages]\n"closed won" = "won"\n',
    )

    done("leads.csv", "--outcomes=deals.csv", "--mapping=m.toml")

    assert stored("SELECT properties FROM leads") == [('{"source": "Web"}',)]
    assert stored("SELECT stage FROM outcomes") == [("won",)]


def test_a_mapping_that_cannot_be_read_is_refused() -> None:
    write("m.toml", "[leads\n")

    refused(SettingsError, "m.toml must be TOML", "leads.csv", "--mapping=m.toml")
    refused(SettingsError, "none.toml cannot be read", "leads.csv", "--mapping=none.toml")


def test_changes_follow_the_names_of_the_list_beside_them() -> None:
    write("leads.csv", "Record ID,Create Date,Lead Owner\n1,2026-11-01T00:00Z,aya\n")
    write("changes.csv", "lead_id,occurred_at,property,value\n1,2026-11-01T00:00Z,Lead Owner,aya\n")

    done("leads.csv", "--changes=changes.csv")

    assert stored("SELECT property, value FROM changes") == [("owner", "aya")]


def test_an_error_ends_with_one_message_and_status_1() -> None:
    write("leads.csv", "lead_id,created_at\n1,soon\n")
    script = "import sys; sys.argv = ['leadloop', 'import', 'leads.csv']; from serving.cli.main import main; main()"

    ended = run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("Error Nothing was imported: rows of leads.csv have errors")
