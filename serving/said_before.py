"""What was said of leads before they were won: by the log, by held-out predictions, or by a look back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from scoring.feature_words import feature_said
from scoring.handoff_evidence import HeldOut
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.held_out import read_held_out
from scoring.io.store.month_facts import last_said
from scoring.io.store.records import Champion
from scoring.leads import ledger_features
from scoring.ledger import OneLead, ledger_of
from scoring.reasons import Lang, value_sentence
from scoring.report_missed import SaidBefore, Win
from scoring.scorecard import GRADES, Scorecard, settle_array
from serving.open_leads import reasons_of_leads

WHY_READ: Final = 8
Floats = npt.NDArray[np.float64]
Said = dict[str, SaidBefore]


def said_before(
    store: Store, wins: Sequence[Win], start: float, primary: str, decides: str | None
) -> list[SaidBefore]:
    """The last that was said of each win before a month or, of a lead that came later, the first.

    The score log is asked first.  Where it has nothing, the champion's held-out predictions are.  Where these have
    nothing either, the champion looks at the lead as it was known then, provided that it has not learned from that
    time.

    Parameters
    ----------
    store : Store
        Where all of it is.
    wins : sequence of Win
        The wins of the month.
    start : float
        When it began, in seconds since 1970 UTC.
    primary : str
        The target whose score and grade are told.
    decides : str or None
        The target whose likelihood is told: that of the policy in force; None: the primary.
    """
    if not wins:
        return []
    found = _Looking(store, primary, start).said(wins)
    if decides in (None, primary):
        return list(found.values())
    by = _Looking(store, str(decides), start).said(wins)
    return [
        replace(one, likelihood=by[name].likelihood if name in by else None) for name, one in found.items()
    ]


@dataclass(frozen=True, slots=True)
class _Looking:
    """What was said of leads for one target."""

    store: Store
    target: str
    start: float

    def said(self, wins: Sequence[Win]) -> Said:
        """The first source that knows a lead speaks."""
        found = self._logged(wins)
        champion = self.store.champion(self.target) if self.store.champions(self.target) else None
        if champion is None:
            return found
        card = Scorecard.from_json(champion.scorecard)
        sources: list[Callable[[Sequence[Win]], Said]] = [partial(self._looked_back, card, champion)]
        if card.has_likelihood:
            sources.insert(0, partial(self._held_out, card))
        for source in sources:
            found |= source([win for win in wins if win.lead_id not in found])
        return found

    def _logged(self, wins: Sequence[Win]) -> Said:
        won_at = {win.lead_id: win.won_at for win in wins}
        with reading(self.store.engine) as connection:
            said = last_said(connection, self.target, list(won_at), self.start)
            found = {one.lead_id: one for one in said}
            late = [name for name in won_at if name not in found]
            first = last_said(connection, self.target, late, max(won_at.values()), newest=False)
        return found | {one.lead_id: one for one in first if one.at < won_at[one.lead_id]}

    def _held_out(self, card: Scorecard, wins: Sequence[Win]) -> Said:
        with reading(self.store.engine) as connection:
            held = read_held_out(connection, card.meta.version)
        names = held.lead_id.to_pylist()
        rows = self._chosen(held, names, {win.lead_id: win.won_at for win in wins})
        scores = scores_of(card, held.likelihood[rows])
        reasons = self._reasons(card, [names[at] for at in rows], held.as_of[rows])
        return {
            names[at]: SaidBefore(
                names[at], "held_out", float(held.as_of[at]), score, card.grade_of(score),
                float(held.likelihood[at]), reasons.get(names[at], ()),
            )
            for at, score in zip(rows, scores.tolist(), strict=True)
        }  # fmt: skip

    def _chosen(self, held: HeldOut, names: list[str], won_at: dict[str, float]) -> list[int]:
        """The last prediction of each lead before the month, else the first before its win."""
        rows = [at for at, name in enumerate(names) if name in won_at and held.as_of[at] < won_at[name]]
        early = [at for at in rows if held.as_of[at] < self.start]
        late = [at for at in rows if held.as_of[at] >= self.start]
        # Of a lead the last one stays: an early one before a late one, the newest early, the oldest late.
        ordered = [
            *sorted(late, key=lambda at: -held.as_of[at]),
            *sorted(early, key=lambda at: held.as_of[at]),
        ]
        return list({names[at]: at for at in ordered}.values())

    def _looked_back(self, card: Scorecard, champion: Champion, wins: Sequence[Win]) -> Said:
        learned = champion.trained_until
        if learned is None:
            return {}
        known = [(win, self.store.lead(win.lead_id)) for win in wins]
        there = [(win, lead, max(self.start, lead.created)) for win, lead in known if lead is not None]
        some = [(lead, at) for win, lead, at in there if learned.timestamp() < at < win.won_at]
        return {one.lead_id: one for one in _looked(card, some)}

    def _reasons(self, card: Scorecard, names: Sequence[str], as_of: Floats) -> dict[str, Any]:
        """What the champion says of leads as they were known then."""
        known = [(self.store.lead(name), at) for name, at in zip(names, as_of.tolist(), strict=True)]
        looked = _looked(card, [(lead, at) for lead, at in known if lead is not None])
        return {one.lead_id: one.reasons for one in looked}


def _looked(card: Scorecard, leads: Sequence[tuple[OneLead, float]]) -> list[SaidBefore]:
    """What a scorecard says of leads as they were known at some times; those that it cannot read are left out."""
    if not leads:
        return []
    ledger = ledger_of([lead for lead, _ in leads])
    place, at = np.arange(len(leads)), np.array([moment for _, moment in leads])
    features, errors = ledger_features(card, ledger, place, at)
    scores = card.score_columns(features, errors, len(leads))
    reasons = reasons_of_leads(card, features, scores, WHY_READ)
    found = []
    for row in np.flatnonzero(scores.score >= 0).tolist():
        likelihood = float(scores.likelihood[row])
        found.append(
            SaidBefore(
                leads[row][0].lead_id, "rescored", leads[row][1], int(scores.score[row]),
                GRADES[int(scores.grade[row])], None if likelihood != likelihood else likelihood,
                [dict(why) for why in reasons[row]],
            )
        )  # fmt: skip
    return found


def scores_of(card: Scorecard, likelihood: Floats) -> npt.NDArray[np.intp]:
    """The scores that likelihoods have by a scorecard's frozen knots.

    Parameters
    ----------
    card : Scorecard
        One with likelihoods.
    likelihood : array of float, shape (n,)
        Such as held-out predictions.
    """
    inside = np.clip(likelihood, 1e-12, 1 - 1e-12)
    log_odds = settle_array(np.array([log(one / (1 - one)) for one in inside.tolist()], dtype=np.float64))
    return np.clip(np.searchsorted(np.array(card.ranks.score), log_odds, "right") - 1, 0, 100)


def grades_of(card: Scorecard, likelihood: Floats) -> npt.NDArray[np.intp]:
    """The same as grades, 0 (A) to 3 (D)."""
    a, b, c = card.meta.grades
    scores = scores_of(card, likelihood)
    return (scores < a).astype(np.intp) + (scores < b) + (scores < c)


def in_words(card: Scorecard, said: SaidBefore) -> SaidBefore:
    """The same with its reasons in words, under ``name`` and ``said`` in both languages.

    Parameters
    ----------
    card : Scorecard
        The live one; a reason that it does not know keeps its identifier.
    said : SaidBefore
        What was said of a lead.
    """
    return replace(said, reasons=[{**why, **_words(card, why)} for why in said.reasons])


def _words(card: Scorecard, why: Mapping[str, Any]) -> dict[str, dict[Lang, str]]:
    feature = next((one for one in card.features if one.name == why["feature"]), None)
    if feature is None:
        plain: dict[Lang, str] = {lang: str(why["feature"]) for lang in get_args(Lang)}
        return {"name": plain, "said": plain}
    return {
        "name": {lang: feature_said(feature, lang) for lang in get_args(Lang)},
        "said": {
            lang: value_sentence(card, feature.name, why["value"], why["contribution"], lang)
            for lang in get_args(Lang)
        },
    }
