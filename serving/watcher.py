"""Watching what is live: what `leadloop watch` and the scheduled work do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.watches import keep_watch, past_scores
from scoring.ledger import Ledger
from scoring.scorecard import Scorecard
from scoring.watching import WatchFinding, wants_retraining, watch_model


@dataclass(frozen=True, slots=True)
class Watched:
    """What was found of the champion of one target.

    Parameters
    ----------
    target, version : str
        Of which model.
    findings : list of WatchFinding
        The gravest first.
    retrain : bool
        Whether they ask for training again.
    """

    target: str
    version: str
    findings: list[WatchFinding]
    retrain: bool


def watch_store(
    store: Store, targets: list[str], now: datetime, ledger: Ledger | None = None
) -> list[Watched]:
    """Look after the champion of each target, and keep what was found.

    Parameters
    ----------
    store : Store
        Where all of it is.
    targets : list of str
        Those without a champion are passed over.
    now : datetime
        The time, with an offset.
    ledger : Ledger, optional
        What the store knows, if it has been read already.
    """
    found = []
    for target in targets:
        champion = store.champion(target) if store.champions(target) else None
        if champion is None:
            continue
        ledger = store.ledger() if ledger is None else ledger
        with reading(store.engine) as connection:
            past = past_scores(connection, target, ledger.lead_id)
        until = None if champion.trained_until is None else champion.trained_until.timestamp()
        card = Scorecard.from_json(champion.scorecard)
        findings = watch_model(card, ledger, past, now.timestamp(), until)
        retrain = wants_retraining(findings)
        records = [finding.to_dict() for finding in findings]
        with writing(store.engine) as connection:
            keep_watch(connection, target, champion.version, now, records, retrain)
        found.append(Watched(target, champion.version, findings, retrain))
    return found
