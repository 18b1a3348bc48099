"""Scores a second of leads that the store knows and a call only names, against the same leads sent whole.

The model is learned from the same store and reads events.  A lead that is sent whole has a name that the store
does not know, its properties and all that happened to it; both get the same likelihood.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import uvicorn

from scoring.errors import DataError
from scoring.io.store import Store, open_store
from scoring.leads import lead_features
from scoring.ledger import OneLead
from scoring.scorecard import Scorecard
from serving.app import create_app
from serving.cli.serve import options
from serving.live import Live
from tests.bench import worlds
from tests.bench.bench_store_train import leadloop
from tests.bench.service import answers, message, rate, served

LIMIT = 0.50
LEADS, REQUESTS, TURNS = 5_000, 1_200, 11
Body = Mapping[str, Any]


def serve(address: str, listener: socket.socket) -> None:
    """Serve the store until the process is ended."""
    store = open_store(address, "won")
    live = Live(store, "won")
    live.refresh()
    app = create_app(live, store=store)
    uvicorn.Server(uvicorn.Config(app, **options())).run(sockets=[listener])


def trained(home: Path, leads: int) -> str:
    """The address of a store with a model of its leads."""
    file = home / "leadloop.db"
    shutil.copy(worlds.store_of(leads), file)
    worlds.apart(
        leadloop, home, "train", "--target", "won", "--folds", "1", "--promote", "yes", "--no-review"
    )
    return worlds.url(file)


def known(store: Store, most: int) -> list[OneLead]:
    """Some leads, drawn, with what is known of them: those that the model can read."""
    champion = store.champion("won")
    if champion is None:
        raise RuntimeError("No model is live.")
    card = Scorecard.from_json(champion.scorecard)
    if not card.of_events:
        raise RuntimeError("The model reads no events.")
    names = np.random.default_rng(0).permutation(store.ledger().lead_id).tolist()
    return list(islice((lead for name in names if (lead := _readable(store, card, name))), most))


def _readable(store: Store, card: Scorecard, name: str) -> OneLead | None:
    lead, at = store.lead(name), worlds.NOW.timestamp()
    try:
        lead_features(card, {} if lead is None else lead.properties_at(at), at, lead)
    except DataError:
        return None
    return lead


def whole(lead: OneLead) -> dict[str, Any]:
    """All of it as a call sends it."""
    at = worlds.NOW.timestamp()
    return {
        "lead_id": f"new-{lead.lead_id}",
        "properties": {**lead.properties_at(at), "created_at": _iso(lead.created)},
        "activities": [_event(event, "kind", "value") for event in lead.activities],
        "touches": [_event(event, "connected", "automatic") for event in lead.touches],
        "outcomes": [_event(event, "stage") for event in lead.outcomes],
    }


def _event(event: tuple[Any, ...], *names: str) -> dict[str, Any]:
    occurred, recorded, *rest = event
    told = {"occurred_at": _iso(occurred), "recorded_at": _iso(recorded)}
    return told | dict(zip(names, rest, strict=True))


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def messages(bodies: list[Body], **more: str) -> list[bytes]:
    """Requests to score them."""
    return [message("/v1/score", json.dumps({**body, **more}, ensure_ascii=False)) for body in bodies]


def check(port: int, *sides: list[Body]) -> None:
    """Both sides get the same likelihoods.

    Raises
    ------
    AssertionError
        If they do not.
    """
    moment = worlds.NOW.isoformat()
    told = [asyncio.run(answers(port, messages(bodies, as_of=moment))) for bodies in sides]
    ours, theirs = ([json.loads(answer)["likelihood"] for answer in side] for side in told)
    np.testing.assert_array_equal(ours, theirs)


def main(leads: int = LEADS, requests: int = REQUESTS, turns: int = TURNS) -> dict[str, float]:
    """Measure both in turns, on one service."""
    with TemporaryDirectory(prefix="leadloop-bench-") as folder:
        address = trained(Path(folder), leads)
        with open_store(address, "won") as store:
            found = known(store, requests)
        named: list[Body] = [{"lead_id": lead.lead_id} for lead in found]
        sent: list[Body] = [whole(lead) for lead in found]
        with served(serve, address) as port:
            check(port, named, sent)
            sides = (messages(named), messages(sent))
            rates = np.array([[rate(port, side) for side in sides] for _ in range(turns)])
    ours, theirs = np.median(rates, axis=0).tolist()
    return {
        "events of a lead": float(np.mean([len(body["activities"]) for body in sent])),
        "/v1/score by name, a second": ours,
        "/v1/score of all sent, a second": theirs,
        "ratio": float(np.median(rates[:, 0] / rates[:, 1])),
        "to reach": LIMIT,
    }
