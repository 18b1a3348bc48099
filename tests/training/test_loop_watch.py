"""What is live in a simulated company is watched: a market that moved asks for training, a steady one does not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from scoring.io.store import Model, open_store
from scoring.scorecard import Meta, Scorecard
from scoring.stages import at_or_beyond
from serving.open_leads import score_open
from serving.watcher import Watched, watch_store
from tests.worlds import ZONE, company, export, import_into, ledger_of_tables, moment
from training.from_store import take_in_ledger
from training.intake import Asked
from training.recipe import Recipe
from training.run import Effort, train_scorecard

Tables = dict[str, pd.DataFrame]
TRAINED, NOW = date(2026, 6, 1), date(2026, 7, 20)
LATE = NOW - timedelta(days=28)
# The names of fairs and the rate of the yen move with the calendar in every one of these worlds.
ASKED = Asked(target="sql", horizon_days=30, time_zone=ZONE, exclude=("usd_jpy", "campaign"))


def only(tables: Tables, lead_ids: pd.Series) -> Tables:
    """The tables with some of the leads."""
    return {name: table[table["lead_id"].isin(lead_ids)] for name, table in tables.items()}


@pytest.fixture(scope="module", params=[3, 4], ids="world {}".format)
def market(request: pytest.FixtureRequest) -> Tables:
    """More leads than any of the companies gets, without those of fairs, which come in bursts."""
    tables = export(company(7_500, seed=request.param, end=NOW))
    return only(tables, tables["leads"]["lead_id"][tables["leads"]["source"].str.strip() != "展示会"])


def drawn(market: Tables, share: float = 0.38) -> np.ndarray:
    return np.random.default_rng(0).random(len(market["leads"])) < share


@pytest.fixture(scope="module")
def steady(market: Tables) -> Tables:
    return only(market, market["leads"]["lead_id"][drawn(market)])


@pytest.fixture(scope="module")
def card(steady: Tables, tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    """What is learned before anything changes."""
    ledger = ledger_of_tables(steady, tmp_path_factory.mktemp("steady"), NOW).known_at(moment(TRAINED))
    intake = take_in_ledger(ledger, ASKED)
    until = datetime.fromtimestamp(float(intake.leads.time.max()), UTC).isoformat()
    with patch("training.run.grid", return_value=[Recipe("trunk", strength=0.01)]):
        return train_scorecard(
            intake.leads, Meta("v1", "sql", 30, until, 0, 0, 0.0), known=intake.known,
            columns=intake.columns, features=intake.features, effort=Effort(folds=2, pairs=2),
        ).scorecard  # fmt: skip


@pytest.fixture
def watch(card: Scorecard, tmp_path: Path) -> Callable[[Tables], Watched]:
    """Put the model into service, score the open leads every week since, and look after it today."""

    def watched(tables: Tables) -> Watched:
        live = datetime.fromtimestamp(moment(TRAINED), UTC)
        with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "sql") as store:
            import_into(store, tables, tmp_path, NOW)
            until = datetime.fromisoformat(str(card.meta.trained_until))
            store.save_model(
                Model(
                    version="v1", target="sql", horizon_days=30, digest=card.digest, trained_until=until,
                    created_at=live, scorecard=card.to_json(),
                )
            )  # fmt: skip
            store.promote("v1", "tests", "a test", live)
            for at in np.arange(moment(TRAINED), moment(NOW), 7 * 86_400):
                score_open(store, card, tmp_path / "scored.csv", as_of=float(at), now=float(at))
            (found,) = watch_store(store, ["sql", "won"], datetime.fromtimestamp(moment(NOW), UTC))
            return found

    return watched


def severities(found: Watched) -> dict[str, str]:
    return {f"{one.code} {one.subject}": one.severity for one in found.findings}


def test_a_steady_market_asks_for_nothing(steady: Tables, watch: Callable[[Tables], Watched]) -> None:
    assert (steady["leads"]["created_at"] >= LATE.isoformat()).sum() >= 100  # enough to be compared
    found = watch(steady)
    assert [one for one in found.findings if one.retrain] == []
    assert not found.retrain
    assert severities(found)["calibration all leads"] == "note"
    assert "severe" not in severities(found).values()


def test_leads_of_another_mix_ask_for_training(
    market: Tables, steady: Tables, watch: Callable[[Tables], Watched]
) -> None:
    """In the newest weeks only advertising and webinars bring leads."""
    leads = market["leads"]
    late = leads["created_at"] >= LATE.isoformat()
    bought = leads["source"].isin(["Google広告", "Webinar"])
    found = watch(only(market, leads["lead_id"][np.where(late, bought, drawn(market))]))
    assert found.retrain
    assert severities(found)["drift source"] == "warning"


def test_rates_that_fall_ask_for_training(steady: Tables, watch: Callable[[Tables], Watched]) -> None:
    """Since the model is live two of three leads that would have got there do not."""
    outcomes = steady["outcomes"]
    lead = outcomes["lead_id"].str.removeprefix("L-").astype(int)
    gone = outcomes["stage"].isin(at_or_beyond("sql")) & (lead % 3 > 0)
    gone &= outcomes["occurred_at"] >= TRAINED.isoformat()
    found = watch(steady | {"outcomes": outcomes[~gone]})
    worst = found.findings[0]
    assert found.retrain
    assert (worst.code, worst.subject, worst.severity) == ("calibration", "all leads", "severe")
    assert worst.evidence["observed"] < 0.6 * worst.evidence["promised"]


def test_a_source_that_is_no_longer_sent_is_a_fault_of_the_data(
    steady: Tables, watch: Callable[[Tables], Watched]
) -> None:
    leads = steady["leads"]
    blank = leads.assign(source=leads["source"].where(leads["created_at"] < LATE.isoformat(), ""))
    found = watch(steady | {"leads": blank})
    assert severities(found)["missing source"] == "severe"
    assert not found.retrain
