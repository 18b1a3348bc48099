"""``leadloop report``: on the terminal, as a file for the meeting, as JSON; kept for the service; refused."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scoring.errors import LeadLoopError, SettingsError
from scoring.io.store import open_store
from scoring.io.store.engine import reading
from scoring.io.store.kept import read_kept
from serving.cli import main
from serving.cli.terminal import settings
from serving.kept_reports import KEPT, NotBegun, UnfitMonth
from serving.reporting import NoLeads
from tests.kept import kept_keys
from tests.two_months import live_through

SETTINGS = """
[value]
currency = "JPY"
[goal]
revenue = 500000
[capacity]
reps = 2
leads_per_rep = 10
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with the two months."""
    (tmp_path / "leadloop.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()
    with open_store(settings().database_url) as store:
        live_through(store, tmp_path)
    yield tmp_path
    settings.cache_clear()


def run(*words: str) -> Result:
    return CliRunner().invoke(main.app, ["report", *words])


def said(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(kind: type[LeadLoopError], *words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, kind)
    return str(result.exception)


def kept() -> list[str]:
    with open_store(settings().database_url) as store, reading(store.engine) as connection:
        return kept_keys(connection, KEPT)


def test_the_terminal_shows_the_month_and_what_deserves_talk() -> None:
    text = said("2026-10")
    assert text.startswith("October 2026 against September 2026\n• None of ")
    assert "• The largest gap: 5 of 5 leads did not get all their touches in time (100 %)." in " ".join(
        text.split()
    )
    assert re.search(r"Leads +6 +4 +\+50", text)
    assert re.search(r"fair +¥100,000 +1 +¥100,000 +1\.5 +¥350,000 +\+250", text)


def test_the_same_in_japanese() -> None:
    text = re.sub(r"\s", "", said("2026-10", "--lang", "ja"))
    assert text.startswith("2026年10月（前月2026年9月との比較）")
    assert "最大の未達：5件中5件（100%）" in text
    assert "スコアは正直か" in text


def test_without_a_month_it_is_the_last_whole_one() -> None:
    last = datetime.now(UTC).replace(day=1)
    month = f"{last.year - (last.month == 1)}-{(last.month - 2) % 12 + 1:02}"
    assert json.loads(said("--json"))["month"] == month


def test_the_report_is_kept_for_the_service() -> None:
    printed = json.loads(said("2026-10", "--json"))
    with open_store(settings().database_url) as store, reading(store.engine) as connection:
        assert read_kept(connection, KEPT, "2026-10").content == printed


def test_a_report_as_it_was_known_earlier_is_not_kept() -> None:
    found = json.loads(said("2026-10", "--json", "--as-of", "2026-10-25"))
    assert found["funnel"]["revenue"] == [{"currency": "JPY", "amount": 100_000.0, "before": 50_000.0}]
    assert found["now"]["partial"]
    assert kept() == []


def test_a_month_that_runs_is_told_to_be_unfinished() -> None:
    text = said("2026-10", "--as-of", "2026-10-25")
    assert text.startswith("October 2026 until Oct 25, 00:00, against as many days of September 2026")
    assert "The month is not over" in text


@pytest.mark.parametrize(("lang", "title"), [("en", "How far leads got"), ("ja", "リードはどこまで進んだか")])
def test_the_file_for_the_meeting_holds_all_of_it_and_asks_for_nothing(
    place: Path, lang: str, title: str
) -> None:
    assert said("2026-10", "--lang", lang, "-o", "month.html") == "month.html: the report of 2026-10.\n"
    page = (place / "month.html").read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in page
    assert title in page
    for part in (
        "funnel",
        "daily",
        "campaigns",
        "bands",
        "answers",
        "sla",
        "personas",
        "reps",
        "missed",
        "notes",
    ):
        assert f'<section class="chapter" id="{part}"' in page
    assert page.count("<svg") >= 6
    assert page.count("<table") > page.count("<svg") - 4
    assert "<script" not in page
    assert not re.findall(r'(?:src|href|url\()\s*=?\s*"?(?:https?:)?//', page)
    assert len(page.encode()) < 1_000_000


def test_its_numbers_are_those_of_the_json(place: Path) -> None:
    said("2026-10", "-o", "month.html")
    said("2026-10", "-o", "month.json")
    found = json.loads((place / "month.json").read_text(encoding="utf-8"))
    text = re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", (place / "month.html").read_text(encoding="utf-8")))
    )
    for row in found["funnel"]["stages"]:
        assert re.search(rf" {row['count']} {row['before']} [+−]\d", text)
    for point in found["talk"]:
        assert point["said"]["en"] in text


def test_a_file_stays_as_it_is_where_its_name_is_refused(place: Path) -> None:
    assert "month.pdf must be HTML or JSON" in refused(SettingsError, "2026-10", "-o", "month.pdf")
    assert not (place / "month.pdf").exists()
    assert kept() == []


@pytest.mark.parametrize(
    ("words", "kind", "rule"),
    [
        (("2126-10",), NotBegun, "The month 2126-10 has not begun"),
        (("2026-10", "--as-of", "2026-09-30"), NotBegun, "the newest there is: 2026-09"),
        (("october",), UnfitMonth, "A month must be written like 2026-10"),
        (("2026-00",), UnfitMonth, "A month must be written like 2026-10"),
        (("2026-08",), NoLeads, "the first lead came in 2026-09"),
        (("2026-10", "--as-of", "yesterday"), SettingsError, "must be an ISO 8601 time"),
    ],
)
def test_what_is_no_month_with_leads_is_refused(words: tuple[str, ...], kind: type, rule: str) -> None:
    assert rule in refused(kind, *words)
    assert kept() == []


def test_an_empty_store_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "other"))
    settings.cache_clear()
    assert "leadloop import LEADS" in refused(NoLeads, "2026-10")
