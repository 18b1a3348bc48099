"""The champion on its page: how good it is, what it is made of, and whether the world has moved since it learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any, Final

from scoring.charts import by_block, calibration, drift, lift, shape
from scoring.charts.base import Spec, untitled
from scoring.observed import Ways
from scoring.readiness import readiness
from scoring.reasons import Lang
from scoring.scorecard import Scorecard
from serving.live import LiveChampion
from serving.pages.desk import Desk
from serving.pages.evidence import GLANCE, ORDER, PROMISES, Evidence
from serving.pages.making import Made, Tell
from serving.pages.model_sentences import code_said, evidence_said
from serving.pages.points_table import matrix_of, name_of, names_of_bins, of_nothing, parts_of
from serving.pages.promise import worst_of
from serving.pages.site import Reader
from serving.proposing import shift_of

SHAPES: Final = 4
STRONGEST: Final = 10
SHORT: Final = 12
DRAWN: Final = 20
# Of a chart in pixels, on a wide screen and on a phone.
WIDTHS: Final = (560, 350)
READY_FOR: Final = timedelta(hours=12)
Charts = tuple[Spec, Spec]


def champion_shown(desk: Desk, reader: Reader, live: LiveChampion) -> dict[str, Any]:
    """What is told of the model that is live.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    reader : Reader
        Who reads it.
    live : LiveChampion
        The model.
    """
    card, evidence = live.card, Evidence(live.card.report)
    parts = parts_of(card, reader.lang)
    return {
        "evidence": evidence,
        "worst": worst_of(evidence.promises),
        "compared": evidence.compared(GLANCE, reader.lang),
        "glance": GLANCE,
        "metrics": PROMISES + ORDER,
        "calibration_charts": both(calibration, evidence.bands, lang=reader.lang) if evidence.bands else None,
        "strongest": parts[:STRONGEST],
        "shapes": [part for part in parts if len(part.bins) <= SHORT][:SHAPES],
        "count": len(parts),
        "least": min((part.lowest for part in parts), default=0.0),
        "most": max((part.highest for part in parts), default=0.0),
        "pairs": [matrix_of(card, at, reader.lang) for at in range(len(card.pairs))],
        "of_nothing": of_nothing(card),
        "code_said": partial(code_said, reader),
        "evidence_said": partial(evidence_said, reader),
        "shift": _shift(desk, live),
        "readiness": _readiness(desk) if card.meta.kind == "points" else None,
        **_watched(desk, reader, card),
    }


def tests_shown(reader: Reader, card: Scorecard) -> dict[str, Any]:
    """How a model was tested: every metric of everything that it was compared with, and block by block.

    Parameters
    ----------
    reader : Reader
        Who reads it.
    card : Scorecard
        The model.
    """
    evidence, lang = Evidence(card.report), reader.lang
    return {
        "evidence": evidence,
        "promises": evidence.compared(PROMISES, lang),
        "order": evidence.compared(ORDER, lang),
        "metrics": (PROMISES, ORDER),
        "blocks_charts": both(by_block, evidence.bootstrap, lang=lang) if evidence.forward else None,
        "lift_charts": both(lift, evidence.lift, lang=lang) if evidence.lift else None,
    }


def unready(desk: Desk) -> dict[str, Any]:
    """What is told where nothing is live.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    return {
        "readiness": _readiness(desk),
        "shift": None,
    }


def shape_of(card: Scorecard, position: int, reader: Reader) -> Spec:
    """What each value of a feature adds, as a chart for a wide screen: on a phone its table has the same bars.

    Parameters
    ----------
    card : Scorecard
        Whose.
    position : int
        The place of the feature.
    reader : Reader
        Who reads it.
    """
    term, lang = card.terms[position], reader.lang
    return untitled(shape(term, names_of_bins(card, term, lang), lang=lang, width=WIDTHS[0]))


def both(chart: Callable[..., Spec], *of: Any, lang: Lang) -> Charts:
    """A chart for a wide screen and for a phone, without a title: the page has one."""
    wide, narrow = (untitled(chart(*of, lang=lang, width=width)) for width in WIDTHS)
    return wide, narrow


def _watched(desk: Desk, reader: Reader, card: Scorecard) -> dict[str, Any]:
    """What the last watch found, whether promises were kept since it is live, and how far each feature has moved."""
    watch = desk.store.watches().get(card.meta.target)
    found = [] if watch is None else watch["findings"]
    moved = sorted(
        (one for one in found if one["code"] in ("drift", "missing")), key=lambda one: -one["evidence"]["psi"]
    )
    names = {one["subject"]: name_of(card, one["subject"], reader.lang) for one in moved}
    psi = {names[one["subject"]]: float(one["evidence"]["psi"]) for one in moved[:DRAWN]}
    return {
        "watch": watch,
        "kept": None if watch is None or watch["version"] != card.meta.version else _kept(found),
        "findings": [one for one in found if one not in moved],
        "moved": moved,
        "names": names,
        "drift_charts": both(drift, psi, lang=reader.lang) if psi else None,
    }


def _kept(findings: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What came of all the likelihoods that were given and are old enough by now."""
    return next(
        (one for one in findings if (one["code"], one["subject"]) == ("calibration", "all leads")), None
    )


def _shift(desk: Desk, live: LiveChampion) -> Made | None:
    """What the model does to the handoffs of a policy that was proposed with another one."""
    policy = desk.store.policy()
    if policy is None or policy.target != live.champion.target or policy.model == live.champion.version:
        return None

    def count(_: Tell) -> dict[str, Any]:
        shift = shift_of(desk.store, live.champion.target)
        if shift is None:
            return {}
        value, low, high = shift.now
        return {
            "policy": shift.policy.key, "threshold": shift.policy.threshold, "promised": shift.promised,
            "value": value, "low": low, "high": high, "moved": shift.moved,
        }  # fmt: skip

    return desk.workshop.get("shift", f"{policy.key} {live.champion.version}", count)


def _readiness(desk: Desk) -> Made:
    """What can be learned from what is known, as far as that has been looked at."""
    settings = desk.settings

    def look(_: Tell) -> dict[str, Any]:
        ledger = desk.store.ledger()
        if not len(ledger):
            return {"leads": 0, "targets": [], "advised": None}
        ways = Ways(time_zone=settings.time.zone, missing=settings.reading.missing)
        found = readiness(ledger, settings.targets, ways)
        return {
            "leads": found.leads, "targets": [asdict(one) for one in found.targets], "advised": found.advised
        }  # fmt: skip

    return desk.workshop.get("readiness", "", look, fresh=READY_FOR)
