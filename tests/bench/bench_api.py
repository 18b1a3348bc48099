"""Requests a second of ``/v1/score``, against a bare FastAPI endpoint with the same body and a fixed answer."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import uvicorn
from fastapi import FastAPI

from scoring.clean import Column
from serving.answers import score_lead
from serving.app import create_app
from serving.cli.serve import options
from serving.live import Live
from serving.schemas import ScoreAnswer, ScoreRequest
from tests.bench.bench_batch import CITIES, card
from tests.bench.service import message, rate, served
from tests.cards import Shelf, champion

LIMIT = 0.60
NUMBERS, CATEGORIES = 15, 10
# Many short turns, so that what else the machine does meets both sides alike.
REQUESTS, TURNS = 1_200, 11
Side = Literal["ours", "bare"]


def columns() -> tuple[Column, ...]:
    """25 properties, each a feature."""
    return (
        *(Column(f"number_{at}", "number", "engagement") for at in range(NUMBERS)),
        *(Column(f"category_{at}", "category", "fit") for at in range(CATEGORIES)),
    )


def body() -> dict[str, Any]:
    """A lead with a value for each of them."""
    numbers = {f"number_{at}": 1.5 + at for at in range(NUMBERS)}
    categories = {f"category_{at}": CITIES[at] for at in range(CATEGORIES)}
    return {"lead_id": "L-1", "properties": numbers | categories}


def live() -> Live:
    """A champion of 25 features and 20 pairs."""
    made = card(columns())
    served = Live(Shelf(champion(made)), made.meta.target)
    served.refresh()
    return served


def bare() -> FastAPI:
    """The least that takes the same body and gives an answer of the same shape."""
    model, now = live().now.model(None, "won"), datetime.now(UTC)
    fields = score_lead(ScoreRequest(**body()), model, now)
    answer = ScoreAnswer(**fields, model=model.name, scored_at=now)
    app = FastAPI()

    @app.post("/v1/score")
    async def score(lead: ScoreRequest) -> ScoreAnswer:
        return answer

    return app


def serve(side: Side, listener: socket.socket) -> None:
    """Serve one side until the process is ended."""
    app = bare() if side == "bare" else create_app(live())
    uvicorn.Server(uvicorn.Config(app, **options())).run(sockets=[listener])


def main() -> dict[str, float]:
    """Measure both in turns."""
    messages = [message("/v1/score", json.dumps(body()))] * REQUESTS
    with ExitStack() as stack:
        ports: dict[Side, int] = {}
        for side in ("ours", "bare"):
            ports[side] = stack.enter_context(served(serve, side))
        for port in ports.values():
            rate(port, messages)
        rates = np.array([[rate(port, messages) for port in ports.values()] for _ in range(TURNS)])
    ours, plain = np.median(rates, axis=0).tolist()
    ratio = float(np.median(rates[:, 0] / rates[:, 1]))
    return {"/v1/score, a second": ours, "bare, a second": plain, "ratio": ratio, "to reach": LIMIT}
