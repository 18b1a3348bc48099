"""Outcomes that ``POST /v1/outcomes`` commits in a second, against bare commits of one row each on that SQLite."""

from __future__ import annotations

import json
import socket
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import uvicorn
from sqlalchemy import insert

from scoring.contract import content_key
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading, writing
from scoring.io.store.tables import leads
from serving.app import create_app
from serving.cli.serve import options
from serving.live import Live
from tests.bench.service import message, rate, served

LIMIT = 0.50
LEADS = 1_000
CONNECTIONS, REQUESTS, TURNS = 16, 2_400, 9
NUMBERS = count(1_700_000_000_000_000)


def url(folder: Path) -> str:
    """The store of the bench."""
    return f"sqlite:///{folder / 'leadloop.db'}"


def serve(folder: Path, listener: socket.socket) -> None:
    """Serve the store until the process is ended."""
    store = open_store(url(folder), "won")
    app = create_app(Live(store, "won"), store=store)
    uvicorn.Server(uvicorn.Config(app, **options())).run(sockets=[listener])


def outcome(number: int) -> bytes:
    """An outcome that was not told before."""
    told = {"lead_id": f"L-{number % LEADS}", "stage": "won", "amount": 1000.0, "currency": "EUR"}
    return message("/v1/outcomes", json.dumps({**told, "event_id": f"deal-{number}"}))


def told(port: int) -> float:
    """Outcomes a second over a few kept connections, each answered before the next is sent."""
    messages = [outcome(next(NUMBERS)) for _ in range(REQUESTS)]
    return rate(port, messages, connections=CONNECTIONS, expected=b'{"accepted":1,"unchanged":0}')


def bare(store: Store) -> float:
    """Commits a second of the same row, one after the other, by the driver alone."""
    marks = ", ".join("?" * 11)
    columns = "lead, occurred_at, key, n, recorded_at, event_id, stage, amount, currency, reason, rep"
    rows = [_row(next(NUMBERS)) for _ in range(REQUESTS)]
    with reading(store.engine) as connection:
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        began = time.perf_counter()
        for row in rows:
            driver.execute("BEGIN IMMEDIATE")
            driver.execute(f"INSERT INTO outcomes ({columns}) VALUES ({marks})", row)
            driver.execute("COMMIT")
        return REQUESTS / (time.perf_counter() - began)


def _row(number: int) -> tuple[Any, ...]:
    key = content_key("won", float(number))
    name = f"deal-{number}"
    return (1 + number % LEADS, number, key, 0, number, name, "won", 1000.0, "EUR", None, None)


def main() -> dict[str, float]:
    """Measure both in turns."""
    with TemporaryDirectory() as name, open_store(url(Path(name)), "won") as store:
        with writing(store.engine) as connection:
            rows = [{"lead_id": f"L-{at}", "created_at": 0, "properties": {}} for at in range(LEADS)]
            connection.execute(insert(leads), rows)
        with served(serve, Path(name)) as port:
            told(port)
            rates = np.array([[told(port), bare(store)] for _ in range(TURNS)])
    ours, plain = np.median(rates, axis=0).tolist()
    ratio = float(np.median(rates[:, 0] / rates[:, 1]))
    return {
        "/v1/outcomes, a second": ours,
        "bare commits, a second": plain,
        "ratio": ratio,
        "to reach": LIMIT,
    }
