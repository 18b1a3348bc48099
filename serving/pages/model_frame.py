"""What all pages of a model share: for which stage it is, and how they speak of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.exceptions import HTTPException

from scoring.charts.words import WORDS
from scoring.report_words import STAGES
from serving.live import LiveChampion
from serving.pages.desk import Desk
from serving.pages.model_sentences import retold
from serving.pages.points_table import POINTS_TO_DOUBLE, in_points
from serving.pages.review import review_of
from serving.pages.site import Reader


def _targets(desk: Desk) -> list[str]:
    """The stages that have a model or shall have one, the primary one first."""
    return list(dict.fromkeys((*desk.settings.targets, *desk.deps.live.now.models)))


def wanted(desk: Desk, target: str) -> str:
    """The stage that is asked for; by default the primary one, or the only one that has a model.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    target : str
        As the address has it; empty or unknown for the default.
    """
    if target in STAGES:
        return target
    live, primary = desk.deps.live.now.models, desk.deps.live.primary
    return next(iter(live)) if primary not in live and len(live) == 1 else primary


def serving(desk: Desk, target: str) -> LiveChampion:
    """The model that is live for a stage.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    target : str
        The stage.

    Raises
    ------
    HTTPException
        404 where none is.
    """
    live = desk.deps.live.now.models.get(target)
    if live is None:
        raise HTTPException(404)
    return live


def frame(desk: Desk, reader: Reader, target: str) -> dict[str, Any]:
    """What every page of a model says of where it is, and the words that they share.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    reader : Reader
        Who reads it.
    target : str
        The stage.
    """
    stages = [(one, STAGES[one][reader.lang]) for one in _targets(desk)]
    return {
        "target": target,
        "stage": STAGES[target][reader.lang],
        "stages": stages if len(stages) > 1 else [],
        "double": POINTS_TO_DOUBLE,
        "in_points": in_points,
        "all_stages": STAGES,
        "words": WORDS[reader.lang],
        "retold": partial(retold, reader),
        "reviewed": lambda version: review_of(desk.home, version) is not None,
        "uses": {
            "creation": (reader.say("new leads"), reader.say("New leads, at their creation")),
            "open": (reader.say("open leads"), reader.say("Open leads, at any time")),
            "all": (reader.say("leads"), reader.say("All leads that were kept aside")),
        },
        "axes": {
            "fit": reader.say("who the lead is"),
            "engagement": reader.say("what the lead does"),
            "process": reader.say("what sales has done"),
        },
    }
