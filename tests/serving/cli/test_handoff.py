"""``leadloop handoff``: proposing, publishing, showing and rolling back, on a store that can be counted."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from scoring.contract import to_micros
from scoring.errors import LeadLoopError
from scoring.io.store import open_store
from scoring.io.store.engine import writing
from scoring.io.store.tables import handoffs, leads
from scoring.policy import Policy
from serving.cli import main
from serving.cli.terminal import settings
from serving.refusals import NotProposed
from tests.proposals import backtest, keep, stock


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stocked store of its own; MLflow is not asked."""

    def missing(_: object) -> None:
        raise LeadLoopError("MLflow is not installed.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("scoring.io.registry.open_registry", missing)
    settings.cache_clear()
    with open_store(settings().database_url) as store:
        stock(store)
    yield tmp_path
    settings.cache_clear()


def done(*words: str) -> str:
    result = CliRunner().invoke(main.app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str) -> Exception:
    result = CliRunner().invoke(main.app, list(words))
    assert result.exit_code == 1, result.output
    assert result.exception is not None
    return result.exception


def in_force() -> Policy | None:
    with open_store(settings().database_url) as store:
        return store.policy()


def told(*words: str) -> dict:
    return json.loads(done("handoff", *words, "--json"))


def test_the_proposal_says_first_what_to_do_and_what_binds():
    lines = [line for line in done("handoff", "propose", "--capacity", "100").splitlines() if line.strip()]

    assert re.fullmatch(r"Hand over leads from a likelihood of 0\.68\d on\.", lines[0])
    assert lines[1] == "Capacity binds: sales can work on 100 leads a month."
    assert re.match(r" handoffs +9[45]\.\d +\d+\.\d to 1\d\d", lines[4])


def test_the_proposal_of_a_capacity_is_counted_by_hand():
    found = told("propose", "--capacity", "100", "--deal", "2000")

    # 300 leads a month evenly between 0 and 1: 95 of them lie above 1 - 95/300
    assert found["threshold"] == pytest.approx(1 - 95 / 300, abs=0.001)
    assert found["binding"] == "capacity"
    assert found["expected"]["handoffs"]["value"] == pytest.approx(95, abs=0.5)
    assert found["expected"]["wins"]["value"] == pytest.approx(95 * (1 - 95 / 600) / 10, abs=0.1)
    assert found["expected"]["revenue"]["value"] == pytest.approx(2000 * found["expected"]["wins"]["value"])
    assert found["explore"]["per_month"] == pytest.approx(5)
    assert found["explore"]["draw"] == pytest.approx(5 / 205, abs=0.001)
    assert len(found["neighbours"]) == 9


def test_the_settings_give_capacity_and_goal(home: Path):
    (home / "leadloop.toml").write_text(
        "[capacity]\nreps = 2\nleads_per_rep = 20\n[goal]\ncustomers = 12\n[value]\ndeal = 500.0\n",
        encoding="utf-8",
    )
    settings.cache_clear()

    output = done("handoff", "propose")

    assert "sales can work on 40 leads a month (2 reps take so many; their hours allow 240)" in output
    assert re.search(
        r"Warning Capacity allows 40 handoffs a month, 38 of them above the threshold, which win about 3\.\d; the goal "
        r"of 12 customers needs 16\d handoffs, from 0\.\d+ on\.",
        output,
    )


def test_named_reps_are_counted_each_with_what_they_take(home: Path):
    (home / "leadloop.toml").write_text(
        '[[reps]]\nname = "Sato"\nleads_per_month = 10\n[[reps]]\nname = "Ito"\n', encoding="utf-8"
    )
    settings.cache_clear()

    assert told("propose")["constraints"]["capacity"] == 110


def test_without_constraints_the_proposal_says_which_there_are():
    output = done("handoff", "propose")

    assert "No constraint leaves a lead out." in output
    assert "Set [capacity] reps, [goal], [handoff] lead_cost or acceptance_floor" in output


def test_top_k_proposes_a_number():
    output = done("handoff", "propose", "--rule", "top_k", "--capacity", "100", "--explore", "0")

    assert re.search(
        r"Hand over the likeliest 100 leads a month, which reaches down to about 0\.6\d+\.", output
    )
    assert told("propose", "--rule", "top_k", "--capacity", "100")["per_month"] == 95


def test_publishing_puts_the_proposed_threshold_in_force():
    output = done(
        "handoff", "publish", "--capacity", "100", "--author", "aya", "--reason", "agreed on Monday"
    )

    policy = in_force()
    assert "Policy 1 is in force: leads from a likelihood of 0.68" in output
    assert (policy.author, policy.reason, policy.model, policy.target) == (
        "aya",
        "agreed on Monday",
        "s1",
        "sql",
    )
    assert policy.expected["handoffs"]["value"] == pytest.approx(95, abs=0.5)
    assert policy.inputs["capacity"] == 100
    assert policy.draw == pytest.approx(5 / 205, abs=0.001)


def test_a_threshold_of_ones_own_is_published_with_what_it_promises():
    done("handoff", "publish", "--threshold", "0.5", "--capacity", "100", "--reason", "a trial")

    policy = in_force()
    assert policy.threshold == 0.5
    assert policy.expected["handoffs"]["value"] == pytest.approx(150, abs=0.5)


def test_publishing_needs_a_reason():
    result = CliRunner().invoke(main.app, ["handoff", "publish", "--capacity", "100"])

    assert result.exit_code == 2
    assert "must say why" in str(refused("handoff", "publish", "--capacity", "100", "--reason", "  "))
    assert in_force() is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "top_k", "--threshold", "0.5"), "A threshold is of the rule threshold"),
        (("--per-month", "50"), "So many per month are of the rule top_k"),
        (("--goal", "1000", "--customers", "3"), "name one of them"),
        (("--capacity", "inf"), "must be finite numbers"),
    ],
)
def test_what_contradicts_itself_is_refused(words: tuple[str, ...], said: str):
    assert said in str(refused("handoff", "publish", "--reason", "why", *words))


def test_without_a_policy_show_says_so():
    assert "No policy is in force: nothing is handed over." in done("handoff", "show")
    assert told("show") == {"in_force": None, "said": []}


def test_show_tells_of_the_policy_and_its_history():
    for capacity, why in ((100, "first"), (60, "fewer reps")):
        done("handoff", "publish", "--capacity", str(capacity), "--author", "aya", "--reason", why)

    output = done("handoff", "show", "--history")

    assert "Policy 2 hands over leads from a likelihood of 0.81" in output
    assert "by aya: fewer reps" in output
    assert re.search(r"promised +57\.0 \(4\d\.\d to \d\d\.\d\) handoffs a month", output)
    assert [line.split()[0] for line in output.splitlines() if "threshold " in line and " aya " in line] == [
        "2",
        "1",
    ]
    assert [one["version"] for one in told("show", "--history")["history"]] == [2, 1]


def test_show_tells_how_many_leads_were_really_handed_over():
    done("handoff", "publish", "--capacity", "100", "--reason", "why not")
    at = to_micros((datetime.now(UTC) - timedelta(days=10)).timestamp())
    with open_store(settings().database_url) as store, writing(store.engine) as connection:
        connection.execute(insert(leads), {"id": 1, "lead_id": "L-1", "created_at": 0, "properties": {}})
        given = {"lead": 1, "policy": 1, "likelihood": 0.8, "drawn": 1.0, "state": "pending", "handed_at": at}
        rows = [
            {**given, "action": "hand_over"},
            {**given, "action": "hand_over"},
            {**given, "action": "explore"},
        ]
        connection.execute(insert(handoffs), rows)

    assert "It handed over 2 leads in the last 10 days." in done("handoff", "show")


def test_a_rollback_puts_the_policy_before_in_force_again():
    for capacity in (100, 60):
        done("handoff", "publish", "--capacity", str(capacity), "--reason", "why not")

    output = done("handoff", "rollback", "--reason", "too few")

    assert "Policy 3 is in force, which is 1 again" in output
    assert in_force().returns_to == 1


def test_a_rollback_without_a_policy_is_refused():
    assert "No handoff policy is in force" in str(refused("handoff", "rollback", "--reason", "why not"))


def likelier(version: str = "s2") -> None:
    """A newer model of sql whose likelihoods are all higher by a fifth; not live yet."""
    with open_store(settings().database_url) as store:
        before = store.champion("sql")
        keep(store, version, "sql", backtest(0.2))
        store.promote(before.version, "tests", "back", before.promoted_at)


def test_another_model_that_shifts_the_handoffs_is_said_and_changes_no_policy():
    done("handoff", "publish", "--capacity", "100", "--reason", "agreed")
    published = in_force()
    likelier()

    output = done("promote", "s2")

    assert "Policy 1 was published with 95 handoffs a month; with model s2 its threshold of 0.68" in output
    assert re.search(r"gives about 155 \(1\d\d to 1\d\d\)\. It holds until you change it", output)
    assert "propose again with leadloop handoff propose" in output
    assert "propose again" in done("handoff", "show")
    assert in_force() == published
    assert "promised" in done("handoff", "show")
    assert "Policy 1" not in done("rollback", "--target", "sql")  # the model that it was proposed with


def test_a_model_that_was_not_tested_is_said_to_say_nothing_of_the_handoffs():
    done("handoff", "publish", "--capacity", "100", "--reason", "agreed")
    with open_store(settings().database_url) as store:
        keep(store, "s3", "sql", None)

    assert "Model s3 has no held-out predictions" in done("handoff", "show")
    assert isinstance(refused("handoff", "propose"), NotProposed)


def test_a_target_without_a_model_proposes_nothing(home: Path):
    (home / "leadloop.toml").write_text('[handoff]\ntarget = "opportunity"\n', encoding="utf-8")
    settings.cache_clear()

    assert "No model is live for opportunity. Train one" in str(refused("handoff", "propose"))


def test_scored_lists_carry_the_decision(home: Path):
    done("handoff", "publish", "--threshold", "0.3", "--explore", "0", "--reason", "a trial")
    (home / "in.csv").write_text(
        "lead_id,source,visits,created_at\na,Referral,30,2026-06-01\nb,Web,0,2026-06-01\n", encoding="utf-8"
    )

    done("score", "in.csv", "-o", "out.csv", "--target", "sql")
    done("score", "in.csv", "-o", "own.csv", "--model", "s1")

    def column(name: str) -> list[str]:
        with (home / name).open(encoding="utf-8") as file:
            return [row["decision"] for row in csv.DictReader(file)]

    assert column("out.csv") == ["hand_over", "nurture"]
    assert column("own.csv") == ["none", "none"]
