"""Simulated companies whose truth is known, and what their CRM would have exported on any day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from scoring.contract_cells import Customs
from scoring.io.mapping_file import read_meaning
from scoring.io.store import Store, open_store
from scoring.ledger import Ledger
from serving.importing import import_files
from training.simulate.clock import OFFSET, seconds_of
from training.simulate.crm import Crm, build
from training.simulate.tables import contract_tables
from training.simulate.world import Chances

ZONE = "Asia/Tokyo"
END = date(2026, 10, 1)
TABLES = ("leads", "activities", "touches", "outcomes", "changes", "assignments")


def company(leads: int, months: int = 18, seed: int = 3, end: date = END) -> Crm:
    """All that happens to the leads of a simulated company until a day, and the truth behind it."""
    return build(leads, months, seed, end, 6)


def moment(day: date) -> float:
    """The first second of a day in the company's zone, as seconds since 1970 UTC."""
    return float(seconds_of(day) - OFFSET)


def known_by(crm: Crm, day: date) -> Crm:
    """The same CRM as it was on the morning of a day: what was recorded later is not in it."""
    until = seconds_of(day)
    arrived = crm.arrived
    count = int(np.searchsorted(arrived.created, until))
    return replace(
        crm,
        end=day,
        arrived=replace(
            arrived,
            **{name: getattr(arrived, name)[:count] for name in ("lead_id", "created", "elapsed", "source", "person")},
            people=arrived.people.take(np.arange(count)),
        ),
        truth=Chances(crm.truth.sql[:count], crm.truth.win[:count]),
        leads=crm.leads.iloc[:count],
        answers=crm.answers.iloc[:count],
        activities=_until(crm.activities, "recorded", until),
        outcomes=_until(crm.outcomes, "recorded", until),
        changes=_until(crm.changes, "occurred", until),
        touches=_until(crm.touches, "occurred", until),
    )  # fmt: skip


def _until(table: pd.DataFrame, column: str, until: int) -> pd.DataFrame:
    return table[table[column] < until].reset_index(drop=True)


def export(crm: Crm) -> dict[str, pd.DataFrame]:
    """The tables of the data contract as the CRM exports them, every cell as text."""
    tables = contract_tables(crm, 0)
    return {name: tables[name] for name in TABLES}


def import_into(store: Store, tables: Mapping[str, pd.DataFrame], folder: Path, day: date) -> Ledger:
    """Write the tables to files, import them on that day, and read what the store knows then."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.csv" for name in tables}
    for name, path in files.items():
        tables[name].to_csv(path, index=False, lineterminator="\n")
    now = datetime.fromtimestamp(moment(day), UTC)
    done = import_files(store, files, read_meaning("csv"), Customs(ZONE), now)
    assert done.written, [refused.rows[:3] for refused in done.refused]
    return store.ledger()


def ledger_of_tables(tables: Mapping[str, pd.DataFrame], folder: Path, day: date = END) -> Ledger:
    """What a fresh store knows after an import."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_store(f"sqlite:///{folder / 'leadloop.db'}", "won") as store:
        return import_into(store, tables, folder, day)
