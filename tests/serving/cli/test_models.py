import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scoring.errors import LeadLoopError
from scoring.io.registry import RunRecord, open_registry
from scoring.io.store import Model, open_store
from serving.cli import main
from serving.cli.terminal import settings
from tests.cards import small_card


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store and a registry of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def no_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where MLflow is not installed."""

    def missing(_: object) -> None:
        raise LeadLoopError("MLflow is not installed.")

    monkeypatch.setattr("scoring.io.registry.open_registry", missing)


def keep(version: str, target: str = "won", day: int = 1, scorecard: str | None = None) -> None:
    card = small_card(version, target)
    with open_store(settings().database_url, settings().primary) as store:
        store.save_model(
            Model(
                version=version,
                target=target,
                horizon_days=30,
                digest=card.digest,
                trained_until=None,
                created_at=datetime(2026, 11, day, tzinfo=UTC),
                metrics={"log_loss": 0.4123, "auc": 0.8},
                recipe={},
                source={"rows": 1200},
                scorecard=scorecard or card.to_json(),
            )
        )


def done(*words: str) -> str:
    result = CliRunner().invoke(main.app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def live(target: str = "won") -> str | None:
    with open_store(settings().database_url, settings().primary) as store:
        champion = store.champion(target) if store.champions(target) else None
    return None if champion is None else champion.version


def test_without_a_model_the_list_says_how_to_make_one(no_mlflow):
    assert "No model yet. Train one: leadloop train" in done("models")


def test_models_are_listed_newest_first_with_the_one_that_is_live(no_mlflow):
    keep("v1", day=1)
    keep("v2", day=2)
    done("promote", "v1")
    lines = [line for line in done("models").splitlines() if re.match(r"\s*v\d", line)]

    assert [line.split()[0] for line in lines] == ["v2", "v1"]
    assert "live" not in lines[0]
    assert "live" in lines[1]
    assert "won in 30 days" in lines[0]
    assert "2026-11-02" in lines[0]
    assert "1,200" in lines[0]
    assert "0.4123" in lines[0]


def test_the_list_can_be_held_to_one_target(no_mlflow):
    keep("v1", "won")
    keep("s1", "sql")
    output = done("models", "--target", "sql")

    assert "s1" in output
    assert "v1" not in output


def test_promoting_and_rolling_back_change_what_is_live_and_keep_who_and_why(no_mlflow):
    keep("v1")
    keep("v2")
    assert "Model v1 is live for won." in done("promote", "v1")
    done("promote", "v2", "--reason", "more leads")
    assert live() == "v2"
    assert "Model v1 is live again for won." in done("rollback", "--target", "won", "--reason", "too eager")
    assert live() == "v1"
    with open_store(settings().database_url, settings().primary) as store:
        history = store.champions("won")
    assert [(champion.version, champion.reason) for champion in history][:2] == [
        ("v1", "too eager"),
        ("v2", "more leads"),
    ]
    assert all(champion.by for champion in history)


def test_a_model_without_a_review_is_promoted_with_a_word_on_how_to_make_one(no_mlflow, home):
    keep("v1")
    keep("v2")
    assert "Nobody has reviewed it yet: leadloop review v1" in done("promote", "v1")

    (home / "home" / "reviews").mkdir()
    (home / "home" / "reviews" / "v2.html").write_text("<p>reviewed")
    assert "reviewed" not in done("promote", "v2")


def test_without_mlflow_a_promotion_holds_and_says_that_no_alias_was_moved(no_mlflow):
    keep("v1")

    assert "MLflow's alias was not moved: MLflow is not installed." in done("promote", "v1")
    assert live() == "v1"


@pytest.mark.parametrize("words", [("promote", "v9"), ("rollback",)])
def test_what_is_not_there_cannot_be_promoted_or_rolled_back(no_mlflow, words):
    result = CliRunner().invoke(main.app, list(words))

    assert isinstance(result.exception, LeadLoopError)
    assert "\n" not in str(result.exception)


def test_what_no_server_could_take_up_is_not_promoted(no_mlflow):
    keep("20261101-aa")
    done("promote", "20261101-aa")
    keep("20261102-bb", day=2, scorecard='{"format": 1}')
    result = CliRunner().invoke(main.app, ["promote", "20261102-bb"])
    assert isinstance(result.exception, LeadLoopError)
    with open_store(settings().database_url, settings().primary) as store:
        assert store.champion("won").version == "20261101-aa"


def test_the_first_promotion_cannot_be_rolled_back(no_mlflow):
    keep("v1")
    done("promote", "v1")
    result = CliRunner().invoke(main.app, ["rollback", "--target", "won"])

    assert isinstance(result.exception, LeadLoopError)
    assert live() == "v1"


def log(version: str) -> None:
    card = small_card(version, "won")
    record = RunRecord(
        version=version,
        target="won",
        scorecard=card.to_json(),
        model_card="# card",
        params={},
        metrics={"log_loss": 0.4},
        fold_metrics={},
        artifacts={},
        tags={},
    )
    open_registry(settings()).log_run(record)


def test_mlflows_alias_follows_the_store_and_a_difference_is_told():
    keep("v1")
    keep("v2")
    log("v1")
    log("v2")
    done("promote", "v1")
    assert open_registry(settings()).aliases("won")["champion"] == "v1"
    assert "MLflow's alias" not in done("models")

    open_registry(settings()).mirror("won", "v2")
    told = " ".join(done("models").split())
    assert "MLflow's alias for won names v2, the store v1. The store decides; leadloop promote v1" in told
    done("promote", "v1")
    assert "MLflow's alias" not in done("models")
