"""Which model follows which: what waits, what was live before, and what it takes to change what is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from scoring.contest import contest
from scoring.errors import ModelError
from scoring.io.store import Champion, ModelInfo, Promotion
from scoring.io.store.engine import reading
from scoring.io.store.history import line_before
from scoring.io.store.shared_tests import read_shared
from scoring.scorecard import Scorecard
from serving.pages.desk import Desk
from serving.pages.evidence import Evidence
from serving.pages.making import Made, Tell
from serving.pages.words import mark
from serving.promoting import Changed, promote, roll_back
from serving.refusals import NotPromoted

FEW: Final = 5
LONGEST_REASON: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rival:
    """A trained version that may follow what is live.

    Parameters
    ----------
    info : ModelInfo
        The version.
    evidence : Evidence
        What its training found.
    decision : str or None
        Why it was not promoted when it was trained; None where that was not kept.
    contest : Made
        How both fare on the leads that both were tested on, as far as that was counted.
    """

    info: ModelInfo
    evidence: Evidence
    decision: str | None
    contest: Made

    @property
    def beside(self) -> Evidence | None:
        """Both on the same leads; None where they share too few, or nobody has counted yet."""
        told = (self.contest.content or {}).get("bootstrap")
        return None if told is None else Evidence({"bootstrap": told})


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that somebody asks for.

    Parameters
    ----------
    target : str
        Of what is live for which stage.
    current : str
        What was live when they looked; empty for nothing.
    by, reason : str
        Who, and why.
    """

    target: str
    current: str
    by: str
    reason: str


def succession(desk: Desk, target: str) -> dict[str, Any]:
    """What may follow, and what was before.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    target : str
        The stage.
    """
    lines, found = desk.store.champions(target), desk.store.models(target)
    current = lines[0].version if lines else ""
    return {
        "rival": _rival(desk, target, current),
        "before": _before(desk, lines),
        "lines": lines[:FEW],
        "lines_count": len(lines),
        "versions": found[:FEW],
        "versions_count": len(found),
        "states": states(desk, target),
        "others": [info.version for info in found if info.version != current],
        "by_number": {line.id: line for line in lines},
        "current": current,
    }


def _rival(desk: Desk, target: str, champion: str) -> Rival | None:
    model = desk.store.challenger(target)
    if model is None:
        return None
    version = model.version

    def count(_: Tell) -> dict[str, Any]:
        with reading(desk.store.engine) as connection:
            return contest(read_shared(connection, champion, version)) or {}

    made = desk.workshop.get("contest", f"{champion} {version}", count)
    return Rival(model, Evidence(_report_of(model.scorecard)), model.source.get("decision"), made)


@lru_cache(maxsize=8)
def _report_of(scorecard: str) -> Mapping[str, Any]:
    """What its training found, nothing where it cannot be read; kept, for reading takes as long as the whole page."""
    try:
        return Scorecard.from_json(scorecard).report
    except ModelError:
        return {}


def _before(desk: Desk, lines: Sequence[Promotion]) -> Champion | None:
    """What a rollback would put into service again."""
    if not lines:
        return None
    try:
        with reading(desk.store.engine) as connection:
            return line_before(connection, lines[0])
    except ModelError:
        return None


def states(desk: Desk, target: str) -> dict[str, str]:
    """Which version is live, and which follows it with every lead that is scored.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    target : str
        The stage.
    """
    live = desk.deps.live.now.models.get(target)
    if live is None:
        return {}
    states = {} if live.shadow is None else {live.shadow.card.meta.version: mark("shadows")}
    return {**states, live.champion.version: mark("live")}


def asked(form: FormData, target: str, by: str) -> Asked:
    """What a form asks for.

    Parameters
    ----------
    form : FormData
        Its reason, and what was live when it was opened.
    target : str
        The stage.
    by : str
        Who sent it.

    Raises
    ------
    HTTPException
        If it gives no reason, or too long a one.
    """
    reason = str(form.get("reason", "")).strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise HTTPException(422, mark("Say why, in at most 1,000 characters: the history keeps it."))
    return Asked(target, str(form.get("current", "")), by, reason)


def put_live(desk: Desk, version: str, wanted: Asked) -> Changed:
    """Put a version into service, if what is live is still what was seen.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    version : str
        Which one.
    wanted : Asked
        Who asks for it, and why.

    Raises
    ------
    NotPromoted
        If it is of another stage or cannot be read, or something else has gone live in the meantime.
    NoSuchVersion
        If it is not kept.
    """
    _unchanged(desk, wanted)
    if any(info.version == version and info.target != wanted.target for info in desk.store.models()):
        raise NotPromoted(mark("This version was trained for another stage. Open the page of that stage."))
    return promote(desk.deps, desk.store, version, wanted.by, wanted.reason)


def put_back(desk: Desk, wanted: Asked) -> Changed:
    """Put the model into service again that was live before, if what is live is still what was seen.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    wanted : Asked
        Who asks for it, and why.

    Raises
    ------
    NotPromoted
        If nothing was live before, or something else has gone live in the meantime.
    """
    _unchanged(desk, wanted)
    return roll_back(desk.deps, desk.store, wanted.target, wanted.by, wanted.reason)


def _unchanged(desk: Desk, wanted: Asked) -> None:
    """Refuse a change of what is live no more: whoever asks for it has not seen what is."""
    lines = desk.store.champions(wanted.target)
    if (lines[0].version if lines else "") != wanted.current:
        raise NotPromoted(
            mark("Another model has gone live since you opened the page. Open it again, and look first.")
        )
