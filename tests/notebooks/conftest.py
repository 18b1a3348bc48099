"""A small company in the middle of its work with LeadLoop, for the notebooks to look at."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from threadpoolctl import threadpool_limits

from scoring.contract import to_micros
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Store, open_store
from scoring.io.store.engine import writing
from scoring.io.store.handoffs import unanswered
from serving.cli.demo.lived import cards_of, rescore
from serving.cli.train.run import run_store
from serving.deciding import accept, reject
from serving.handing import hand_over
from serving.proposing import Asked as Wanted
from serving.proposing import publish
from tests.worlds import END, TABLES, ZONE, company, import_into
from training import choice
from training.intake import Asked
from training.run import Effort
from training.simulate.tables import contract_tables

BEGAN = date(2026, 6, 1)
SETTINGS = """
[targets]
won = "30d"
[time]
zone = "Asia/Tokyo"
[value]
deal = 800000
currency = "JPY"
[goal]
revenue = 3000000
[capacity]
reps = 6
leads_per_rep = 10
[handoff]
target = "won"
"""


@dataclass(frozen=True)
class Lived:
    """The company's home, its settings, and the versions of its models."""

    home: Path
    settings: Settings
    live: str
    rival: str


@pytest.fixture(scope="package")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "leadloop.toml").write_text(SETTINGS, encoding="utf-8")
    settings = load_settings({"LEADLOOP_HOME": str(folder / "models")}, folder)
    patch = pytest.MonkeyPatch()
    # A short grid on one thread: on small data, threads only wait for each other.
    for name, value in (("ROUNDS", (30,)), ("HALF_LIVES", ()), ("GRID_ROWS", 1000)):
        patch.setattr(choice, name, value)
    with threadpool_limits(limits=1), open_store(settings.database_url, settings.primary) as store:
        tables = contract_tables(company(1200), 0)
        import_into(store, {name: tables[name] for name in (*TABLES, "campaigns")}, folder / "crm", END)
        live = _learn(settings, BEGAN, "yes")
        _work(store, settings)
        rival = _learn(settings, END, "no")
    patch.undo()
    return Lived(settings.home, settings, live, rival)


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(ZONE))


def _learn(settings: Settings, day: date, promote: str) -> str:
    asked = Asked(target="won", horizon_days=30, time_zone=ZONE)
    effort = Effort(folds=2, pairs=2)
    return run_store(asked, effort, settings, as_of=_at(day), now=_at(day), promote=promote, only=())


def _work(store: Store, settings: Settings) -> None:
    """Three scorings, each followed by handoffs, of which sales takes all but every third."""
    publish(store, settings, Wanted(), "tests", "agreed", _at(BEGAN))
    for weeks in (1, 7, 14):
        now = _at(BEGAN + timedelta(weeks=weeks))
        rescore(store, settings, cards_of(store, settings), now)
        hand_over(store, settings, now)
        later = to_micros((now + timedelta(hours=30)).timestamp())
        with writing(store.engine) as connection:
            for place, one in enumerate(unanswered(connection)):
                if place % 3:
                    accept(connection, one.id, "sales", later)
                else:
                    reject(connection, one.id, "sales", later, settings, reason="no need")
