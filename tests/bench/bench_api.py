"""Requests a second of ``/v1/score``, against a bare FastAPI endpoint with the same body."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI

from scoring.io.store import Champion
from serving.app import create_app
from serving.live import Live
from serving.schemas import Lead
from tests.bench.bench_batch import card

LIMIT = 0.60
CONNECTIONS, REQUESTS, TURNS = 8, 4_000, 3


class Shelf:
    """A store that holds one champion."""

    def __init__(self) -> None:
        made = card()
        self.champion_ = Champion(
            id=1, target=made.meta.target, horizon_days=made.meta.horizon_days, version=made.meta.version,
            digest=made.digest, trained_until=None, promoted_at=datetime(2026, 1, 1, tzinfo=UTC), by="bench",
            reason="bench", scorecard=made.to_json(),
        )  # fmt: skip

    def champion_stamp(self, target: str | None = None) -> int | None:
        """The same for ever."""
        return 1 if target == self.champion_.target else None

    def champion(self, target: str | None = None) -> Champion | None:
        """The one there is."""
        return self.champion_ if target == self.champion_.target else None


def ours() -> FastAPI:
    """The service."""
    shelf = Shelf()
    live = Live(shelf, shelf.champion_.target)
    live.refresh()
    return create_app(live)


def bare() -> FastAPI:
    """The least that takes the same body and gives an answer of the same shape."""
    from starlette.testclient import TestClient

    answer: dict[str, Any] = TestClient(ours()).post("/v1/score", json=body()).json()
    app = FastAPI()

    @app.post("/v1/score")
    async def score(lead: Lead) -> dict[str, Any]:
        return {**answer, "lead_id": lead.lead_id}

    return app


def body() -> dict[str, Any]:
    """A lead with a value in each of the columns."""
    values: dict[str, object] = {}
    for column in card().columns:
        given = {
            "number": 12.5,
            "boolean": "yes",
            "date": "2026-10-01T09:00:00+09:00",
            "email": "a@example.com",
        }
        values[column.name] = given.get(column.type, "Google")
    return {"lead_id": "L-1", "properties": values}


def serve(side: str, listener: socket.socket) -> None:
    """Serve one side until the process is ended."""
    app = {"ours": ours, "bare": bare}[side]()
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])


async def load(port: int, requests: int) -> float:
    """Requests a second over a few kept connections."""
    content = json.dumps(body()).encode()
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    message = head.encode() + content

    async def one(count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(count):
            writer.write(message)
            headers = await reader.readuntil(b"\r\n\r\n")
            if not headers.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(headers.decode())
            length = int(headers.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(requests // CONNECTIONS) for _ in range(CONNECTIONS)))
    return requests / (time.perf_counter() - began)


def main() -> dict[str, float]:
    """Measure both in turns."""
    context = multiprocessing.get_context("spawn")
    ports, servers = {}, []
    for side in ("ours", "bare"):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        ports[side] = listener.getsockname()[1]
        server = context.Process(target=serve, args=(side, listener), daemon=True)
        server.start()
        servers.append(server)
    try:
        for port in ports.values():
            asyncio.run(load(port, 400))
        rates: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(TURNS):
            for side, port in ports.items():
                rates[side].append(asyncio.run(load(port, REQUESTS)))
    finally:
        for server in servers:
            server.terminate()
    score, plain = (float(np.median(rates[side])) for side in ("ours", "bare"))
    return {"/v1/score, a second": score, "bare, a second": plain, "ratio": score / plain, "to reach": LIMIT}
