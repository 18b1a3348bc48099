"""The demo: an invented company that has worked with LeadLoop for weeks, as any company would have."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from socket import socket
from zoneinfo import ZoneInfo

import pytest

from scoring.errors import SettingsError
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.handoffs import Handoff, read_handoffs
from scoring.io.store.kept import read_kept
from scoring.io.store.queue import count_queue
from serving.cli.demo.command import _free
from serving.cli.demo.company import Company, choose_company, company_in
from serving.cli.demo.lived import LEFT_OPEN, Told
from training.simulate.clock import working_days

COMMAND = str(Path(sys.executable).with_name("leadloop"))
END, TOKYO = date(2026, 10, 1), ZoneInfo("Asia/Tokyo")
LEADS = "1000"


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADLOOP_", "DATABASE_", "MLFLOW_"))}
    return subprocess.run(
        [COMMAND, "demo", *words], capture_output=True, text=True, check=False, cwd=home.parent,
        env=kept | {"LEADLOOP_HOME": str(home), "COLUMNS": "200", "MLFLOW_DISABLE_TELEMETRY": "true"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The home of a small company in Japanese, and what was printed."""
    home = tmp_path_factory.mktemp("demo") / "models"
    done = run(home, "--leads", LEADS, "--end", str(END), "--lang", "ja", "--no-serve")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return home, done.stdout


@pytest.fixture(scope="module")
def home(told: tuple[Path, str]) -> Path:
    return told[0]


@pytest.fixture
def store(home: Path):
    with open_store(f"sqlite:///{home / 'leadloop.db'}", "won") as opened:
        yield opened


@pytest.fixture
def company(home: Path) -> Company:
    found = company_in(home / "demo")
    assert found is not None
    return found


def handed(store: Store) -> list[Handoff]:
    with reading(store.engine) as connection:
        return read_handoffs(connection, most=10_000)


def at(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, TOKYO)


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with reading(store.engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_what_decides_was_learned_from_what_was_known_when_the_company_began(store, company):
    began = company.at(company.since)
    for target in ("sql", "won"):
        model = store.champion(target)
        assert model.promoted_at == began
        assert model.trained_until <= began
    assert store.policy().published_at == began


def test_leads_are_handed_over_on_the_mornings_of_working_days_and_not_before_the_beginning(store, company):
    mornings = {at(one.handed_at) for one in handed(store)}

    assert {one.time() for one in mornings} == {time(9)}
    assert {one.date() for one in mornings} <= set(working_days(company.since, END))
    assert len(mornings) > 15


def test_sales_answers_all_but_the_last_days_and_those_wait_for_the_reader(store, company):
    open_since = working_days(company.since, END)[-LEFT_OPEN]
    states = Counter((at(one.handed_at).date() >= open_since, one.state) for one in handed(store))

    assert states[True, "pending"] > 0
    assert states[True, "accepted"] == states[True, "rejected"] == 0
    assert states[False, "accepted"] > 0
    assert states[False, "rejected"] > 0


def test_who_rejects_says_why_in_the_words_of_the_agreement(store):
    reasons = {one.reason for one in handed(store) if one.state == "rejected"}

    assert len(reasons) > 2
    assert reasons <= {"no budget", "no need", "bad timing", "not reachable", "no authority", "wrong data"}


def test_every_week_all_open_leads_were_scored_for_both_targets(store, company):
    found = rows(store, "SELECT DISTINCT target, as_of FROM scores WHERE source = 'open'")
    mornings = {at(micros) for target, micros in found if target == "won"}

    assert mornings == {at(micros) for target, micros in found if target == "sql"}
    weeks = {one.isocalendar()[:2] for one in mornings}
    assert weeks == {day.isocalendar()[:2] for day in working_days(company.since, END)}


def test_nothing_is_told_of_a_time_after_the_last_day(store):
    end = int(datetime.combine(END, time(18), TOKYO).timestamp() * 1e6)
    for table, column in (
        ("outcomes", "recorded_at"),
        ("assignments", "recorded_at"),
        ("touches", "recorded_at"),
        ("handoffs", "handed_at"),
        ("handoffs", "decided_at"),
        ("scores", "scored_at"),
    ):
        assert rows(store, f"SELECT COUNT(*) FROM {table} WHERE {column} > {end}") == [(0,)], (table, column)


def test_queue_watch_costs_and_the_reports_of_two_months_are_there(store):
    with reading(store.engine) as connection:
        assert count_queue(connection) > 0
        reports = {month: read_kept(connection, "report", month) for month in ("2026-09", "2026-10")}
    assert all(reports.values())
    assert {target for (target,) in rows(store, "SELECT DISTINCT target FROM watches")} == {"sql", "won"}
    assert rows(store, "SELECT COUNT(*) FROM campaigns WHERE cost > 0 AND month = '2026-09'")[0][0] > 0


def test_what_is_live_has_been_reviewed(home, store):
    for target in ("sql", "won"):
        review = home / "reviews" / f"{store.champion(target).version}.html"
        assert '<html lang="ja">' in review.read_text(encoding="utf-8")


def test_two_open_leads_have_names_that_must_be_shown_as_text(store):
    names = {name for (name,) in rows(store, "SELECT json_extract(properties, '$.name') FROM leads")}

    assert {"<script>alert(1)</script>", "株式会社﨑山　髙橋"} <= names


def test_what_the_days_read_is_what_the_store_says(store):
    quick, whole = Told(store).ledger(), store.ledger()

    assert list(quick.lead_id) == list(whole.lead_id)
    for name in ("changes", "activities", "touches", "outcomes", "assignments"):
        one, other = getattr(quick, name), getattr(whole, name)
        assert one.recorded.tolist() == other.recorded.tolist(), name
        assert one.lead.tolist() == other.lead.tolist(), name


def test_the_company_speaks_the_language_that_was_asked_for(home):
    assert 'default = "ja"' in (home / "demo" / "leadloop.toml").read_text(encoding="utf-8")
    assert "が受注" in (home / "scored" / "won.csv").read_text(encoding="utf-8-sig")


def test_it_says_at_the_end_where_to_look_and_that_writing_needs_no_key(told):
    end = told[1].split("The pages")[1]

    for path in ("/", "/leads/L-", "/loop", "/handoff", "/model", "/import"):
        assert f"http://127.0.0.1:8000{path}" in end
    assert "Nobody needs a key" in end
    assert "Traceback" not in told[1]
    curl = re.search(r"-d '(.*)'", end)
    assert curl is not None
    assert json.loads(curl[1])["properties"]


def test_a_whole_company_is_served_as_it_is(home):
    before = (home / "leadloop.db").read_bytes()
    done = run(home, "--no-serve")

    assert done.returncode == 0, done.stderr
    assert "is served as it is" in done.stdout
    assert (home / "leadloop.db").read_bytes() == before


def test_what_was_stopped_is_gone_on_with_and_nothing_is_done_twice(home, tmp_path):
    again = tmp_path / "models"
    shutil.copytree(home, again)
    mark = again / "demo" / "company.json"
    mark.write_text(mark.read_text().replace('"is_whole": true', '"is_whole": false'))
    count = "SELECT (SELECT COUNT(*) FROM handoffs), (SELECT COUNT(*) FROM models), (SELECT COUNT(*) FROM outcomes)"
    done = run(again, "--no-serve")

    assert done.returncode == 0, done.stdout + done.stderr
    with (
        open_store(f"sqlite:///{again / 'leadloop.db'}") as resumed,
        open_store(f"sqlite:///{home / 'leadloop.db'}") as first,
    ):
        assert rows(resumed, count) == rows(first, count)
    assert company_in(again / "demo").is_whole


@pytest.mark.parametrize("words", [("--leads", "2000"), ("--seed", "2"), ("--end", "2026-09-30")])
def test_another_company_does_not_get_among_the_first(home, words):
    done = run(home, *words, "--no-serve")

    assert done.returncode == 1
    assert "holds a company of 1,000 leads until 2026-10-01, made with seed 1" in done.stderr
    assert "LEADLOOP_HOME=" in done.stderr


@pytest.mark.parametrize(
    ("day", "rule"), [("2026-13-01", "must be a day"), ("2999-01-01", "not lie after today")]
)
def test_a_last_day_that_cannot_be_is_wrong_usage(tmp_path, day, rule):
    done = run(tmp_path / "models", "--end", day, "--no-serve")

    assert done.returncode == 2
    assert rule in done.stderr
    assert not (tmp_path / "models" / "demo").exists()


def test_invented_leads_do_not_get_among_ones_own(store_with_leads, tmp_path):
    with pytest.raises(SettingsError, match="invented ones must not get among them"):
        choose_company(store_with_leads, tmp_path / "models" / "demo", None, None, None, END)
    assert not (tmp_path / "models" / "demo").exists()


@pytest.fixture
def store_with_leads(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'own.db'}") as opened:
        with opened.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO leads (lead_id, created_at, properties) VALUES ('1', 0, '{}')"
            )
        yield opened


def test_a_port_that_is_asked_for_and_taken_is_refused_before_anything_is_made(tmp_path):
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path / "models", "--port", str(port))

    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be listened on" in done.stderr
    assert not (tmp_path / "models" / "demo" / "leads.csv").exists()


def test_where_the_usual_port_is_taken_another_is_found():
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        found = _free("127.0.0.1", None, usual)

    assert found not in (0, usual)
    assert _free("127.0.0.1", None, found) == found


@pytest.mark.parametrize(
    ("end", "since"), [(date(2026, 11, 25), date(2026, 8, 10)), (date(2026, 11, 29), date(2026, 8, 10))]
)
def test_a_company_begins_on_a_monday_fifteen_weeks_before(end, since, tmp_path):
    company = Company(tmp_path, 1_000, 1, end)

    assert company.since == since
    assert company.at(since) == datetime(2026, 8, 10, 0, tzinfo=UTC)
    assert since + timedelta(weeks=15) <= end
