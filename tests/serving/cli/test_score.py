import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from scoring.errors import DataError, LeadLoopError, ModelError, NoChampion, SettingsError
from scoring.io.store import Model, open_store
from scoring.scorecard import Scorecard
from serving.cli import explain, score
from serving.cli.moment import moment
from serving.cli.terminal import settings
from tests.cards import small_card

LEADS = "lead_id,source,visits,created_at\n007,Referral,3,2026-11-01\n008,Web,1,\n009,Web,many,\n010,Web\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a list and a scorecard, and a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "scorecard.json").write_text(small_card().to_json())
    yield tmp_path
    settings.cache_clear()


def run(*words: str) -> Result:
    app = typer.Typer()
    score.register(app)
    explain.register(app)
    return CliRunner().invoke(app, list(words))


def done(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(error: type[LeadLoopError], message: str, *words: str) -> str:
    result = run(*words)
    assert isinstance(result.exception, error), result.output
    assert re.search(message, str(result.exception))
    return result.output


def keep(card: Scorecard, *, live: bool = True, source: Path | None = None) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with open_store(settings().database_url) as store:
        store.save_model(
            Model(
                version=card.meta.version,
                target=card.meta.target,
                horizon_days=card.meta.horizon_days,
                digest=card.digest,
                trained_until=None,
                created_at=now,
                scorecard=card.to_json(),
                source={} if source is None else {"path": str(source)},
            )
        )
        if live:
            store.promote(card.meta.version, "test", "test", now)


def test_the_summary_accounts_for_every_row() -> None:
    words = (
        "score",
        "leads.csv",
        "-o",
        "out.csv",
        "--model",
        "scorecard.json",
        "--max-rejected=50%",
        "--as-of=2026-11-24",
    )
    output = done(*words)
    assert "4 rows in = 3 in out.csv + 1 rejected" in output
    assert "1 × Column 'visits' must be a number." in output
    assert "listed in out.rejected.csv" in output
    assert re.search(r"scored +2 +\(A 0 · B 1 · C 1 · D 0\)", output)
    assert re.search(r"model +v1: sql within 30 days", output)


def test_too_many_unreadable_rows_fail_the_run_and_out_is_there(home: Path) -> None:
    words = ("score", "leads.csv", "-o", "out.csv", "--model", "scorecard.json")
    refused(DataError, "2 of 4 rows of leads.csv are unreadable, more than 1 %", *words)
    assert (home / "out.csv").read_text().count("\n") == 4


def test_nothing_live_says_what_to_do() -> None:
    refused(NoChampion, "No model is live yet. Train one", "score", "leads.csv", "-o", "out.csv")


def test_the_champion_is_the_default() -> None:
    keep(small_card("live"))
    output = done("score", "leads.csv", "-o", "out.csv", "--max-rejected", "1")
    assert "live: sql within 30 days" in output


def test_a_version_of_the_store_can_be_named() -> None:
    keep(small_card("live"))
    keep(small_card("older", base=-2.0), live=False)
    output = done("score", "leads.csv", "-o", "out.csv", "--max-rejected", "1", "--model", "older")
    assert "older: sql within 30 days" in output


def test_a_champion_of_won_gives_expected_values(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLOOP_VALUE_DEAL", "1000.0")
    keep(small_card("first", "sql"))
    keep(small_card("second", "won", base=-2.0))
    done("score", "leads.csv", "-o", "out.csv", "--max-rejected", "1", "--as-of", "2026-11-24")
    first = (home / "out.csv").read_text().splitlines()[1].split(",")
    # Log-odds of -2 + 1.3 + 0.05 - 0.2 = -0.85 are a likelihood of 0.299433.
    assert first[10] == "299.43"


def test_a_model_of_another_target_is_refused() -> None:
    words = ("score", "leads.csv", "-o", "out.csv", "--model", "scorecard.json", "--target", "won")
    refused(ModelError, "is of target sql, got --target won", *words)


def test_a_model_file_that_is_not_there_is_named() -> None:
    words = ("score", "leads.csv", "-o", "out.csv", "--model", "no.json")
    refused(SettingsError, "--model no.json cannot be read", *words)


@pytest.mark.parametrize("share", ["many", "120%", "-1", "1%%"])
def test_a_share_that_is_none_is_refused(share: str) -> None:
    words = ("score", "leads.csv", "-o", "out.csv", "--model", "scorecard.json", f"--max-rejected={share}")
    refused(SettingsError, "--max-rejected must be a share such as 1% or 0.01", *words)


def test_a_time_without_offset_is_read_in_the_zone_of_the_settings() -> None:
    assert moment("2026-11-23T09:00", "Asia/Tokyo") == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    with pytest.raises(SettingsError, match="--as-of must be an ISO 8601 time"):
        moment("tomorrow", "UTC")


def test_missing_columns_are_said_loudly(home: Path) -> None:
    (home / "few.csv").write_text("lead_id,source\n1,Web\n")
    output = done("score", "few.csv", "-o", "out.csv", "--model", "scorecard.json")
    assert "Note few.csv lacks 2 of 3 columns that model v1 reads: 'visits', 'created_at'" in output


def test_asked_to_end_it_leaves_nothing_half_written(home: Path) -> None:
    code = (
        "import os, signal\n"
        "from serving.cli.terminal import stopped_cleanly\n"
        "with stopped_cleanly():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    finally:\n"
        "        print('cleared')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert ended.returncode == 128 + signal.SIGTERM
    assert ended.stdout == "cleared\n"


def test_an_explanation_adds_up() -> None:
    words = ("explain", "007", "--in", "leads.csv", "--model", "scorecard.json", "--as-of", "2026-11-24")
    answer = json.loads(done(*words, "--json"))
    total = answer["base"]
    for part in answer["contributions"].values():
        total += part
    assert total == answer["log_odds"]
    output = done(*words)
    shown = [float(number) for number in re.findall(r"[+-]\d+\.\d{6}", output)]
    assert sum(shown[:-1]) == pytest.approx(shown[-1], abs=5e-6)
    assert "43.8% likely to reach sql within 30 days" in output
    assert "[+] source = Referral: 45 % reach SQL, 20 % overall, 40 leads" in output
    assert re.search(r"created_at_age_days +2026-11-01 +23 +-0.200000", output)


def test_an_explanation_comes_in_japanese_too() -> None:
    words = ("explain", "007", "--in", "leads.csv", "--model", "scorecard.json", "--lang", "ja", "--json")
    assert json.loads(done(*words))["reasons"][0].endswith("全体は 20 %、40件")


def test_the_list_the_model_learned_from_is_the_default(home: Path) -> None:
    keep(small_card(), source=home / "leads.csv")
    assert "Lead 008 (row 3 of leads.csv)" in done("explain", "008")


def test_a_list_that_is_gone_must_be_named(home: Path) -> None:
    keep(small_card(), source=home / "gone.csv")
    refused(SettingsError, "--in FILE must name the list .* is not there any more", "explain", "008")
    other = replaced(small_card(), {"of": "elsewhere"})
    (home / "other.json").write_text(other.to_json(), encoding="utf-8")
    refused(SettingsError, "the model does not say", "explain", "008", "--model", "other.json")


def test_an_unknown_lead_is_refused() -> None:
    words = ("explain", "7", "--in", "leads.csv", "--model", "scorecard.json")
    refused(DataError, "has no lead with that id in column 'lead_id'", *words)


def test_a_lead_that_cannot_be_read_says_why() -> None:
    words = ("explain", "009", "--in", "leads.csv", "--model", "scorecard.json")
    refused(DataError, "row 4 of leads.csv cannot be scored. Column 'visits' must be a number", *words)


def replaced(card: Scorecard, report: dict[str, object]) -> Scorecard:
    return Scorecard.from_json(json.dumps(json.loads(card.to_json()) | {"report": report}))
