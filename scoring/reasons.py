"""Reasons in words, English and Japanese: what was seen of leads like this one, against all leads.

A reason speaks of a bin, not of one value, so that the same sentence stands in a file of a million leads and
in the answer for a single one.  :func:`sentence` says one reason, :class:`Phrases` holds every sentence a
scorecard can say and picks them for many leads at once.

Sentences begin with ``[+]`` or ``[-]``: plain characters that survive any encoding, and that no spreadsheet
takes for a formula.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.feature_words import Lang, feature_said, level_said
from scoring.features import Feature
from scoring.scorecard import Reason, Scorecard, Scores
from scoring.terms import Term

__all__ = [
    "WORDS",
    "Lang",
    "Phrases",
    "Words",
    "bin_names",
    "describe",
    "percent",
    "sentence",
    "value_sentence",
]

SEPARATOR = " | "
LEAST = 5e-7
_LONGEST_LEVEL = 60
_WHOLE_FORMS = frozenset({"hour"})
_SIGNS = {"up": "[+] ", "down": "[-] "}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, to be filled in."""

    lang: Lang
    missing: str
    level: str
    other: str
    given: str
    up_to: str
    between: str
    more: str
    below: str
    least: str
    within: str
    inside: str
    exactly: str
    whole: str
    evidence: str
    one_lead: str
    leads: str
    nothing: str
    points: str
    point: str
    under: str
    over: str
    allowing: str
    stage: str
    stages: Mapping[str, str]


WORDS: dict[str, Words] = {
    "en": Words(
        lang="en",
        missing="{feature} not given",
        level="{feature} = {level}",
        other="{feature} = another value",
        given="{feature} given",
        up_to="{feature} up to {high}",
        between="{feature} more than {low}, up to {high}",
        more="{feature} more than {low}",
        below="{feature} less than {high}",
        least="{feature} at least {low}",
        within="{feature} from {low} to less than {high}",
        inside="{feature} more than {low}, less than {high}",
        exactly="{feature} {high}",
        whole="{feature} {low} to {high}",
        evidence="{what}: {rate} {reach}, {base} overall, {leads}",
        one_lead="1 lead",
        leads="{count} leads",
        nothing="{what}: no such leads before",
        points="{what}: {points} points",
        point="{what}: {points} point",
        under="under {rate}",
        over="over {rate}",
        allowing="{said}, allowing for the other features",
        stage="reach {stage}",
        stages={
            "mql": "reach MQL",
            "sal": "reach SAL",
            "sql": "reach SQL",
            "opportunity": "reach opportunity",
        },
    ),
    "ja": Words(
        lang="ja",
        missing="{feature} 未入力",
        level="{feature} = {level}",
        other="{feature} = その他",
        given="{feature} 入力あり",
        up_to="{feature} {high} 以下",
        between="{feature} {low} 超 {high} 以下",
        more="{feature} {low} 超",
        below="{feature} {high} 未満",
        least="{feature} {low} 以上",
        within="{feature} {low} 以上 {high} 未満",
        inside="{feature} {low} 超 {high} 未満",
        exactly="{feature} {high}",
        whole="{feature} {low}〜{high}",
        evidence="{what}：{rate} が{reach}、全体は {base}、{leads}",
        one_lead="1件",
        leads="{count}件",
        nothing="{what}：過去に実績なし",
        points="{what}：{points}点",
        point="{what}：{points}点",
        under="{rate} 未満",
        over="{rate} 超",
        allowing="{said}（他の項目を考慮した上で）",
        stage="「{stage}」に到達",
        stages={
            "mql": "MQLに到達",
            "sal": "SALに到達",
            "sql": "SQLに到達",
            "opportunity": "商談化",
            "won": "受注",
        },
    ),
}


def sentence(card: Scorecard, reason: Reason, lang: Lang = "en") -> str:
    """Say why a lead is likely or not, as a salesperson would: what became of leads like it, against all.

    Parameters
    ----------
    card : Scorecard
        The scorecard that gave the reason.
    reason : Reason
        One feature's part in a lead's score.
    lang : {"en", "ja"}
        The language.

    Returns
    -------
    str
        For example ``[+] Lead Source = Referral: 31 % reach won, 9 % overall, 412 leads``.
    """
    term = next(term for term in card.terms if term.feature == reason.feature)
    return _SIGNS[reason.direction] + _said(card, term, reason, WORDS[lang], reason.contribution)


def value_sentence(
    card: Scorecard, feature: str, value: float | str | None, contribution: float, lang: Lang = "en"
) -> str:
    """Say the same of a reason that was kept: by its feature, its value and its part in the sum.

    Parameters
    ----------
    card : Scorecard
        The scorecard that gave it.
    feature, value, contribution : str, float or str or None, float
        The reason.
    lang : {"en", "ja"}
        The language.

    Returns
    -------
    str
        Empty where the scorecard has no such feature.
    """
    position = next((at for at, term in enumerate(card.terms) if term.feature == feature), None)
    if position is None:
        return ""
    place = card.terms[position].bin_one(value)
    return sentence(card, card.reason(position, place, value, contribution), lang)


def _said(card: Scorecard, term: Term, reason: Reason, words: Words, points: float | None) -> str:
    """What was seen of the bin, and whether that explains the direction; or the points that it gives."""
    what = describe(term, reason.bin, words, _feature_of(card, term))
    if reason.base_rate is None:
        form = "{what}" if points is None else words.point if abs(points) == 1 else words.points
        return form.format(what=what, points=_signed(points or 0.0))
    if reason.rate is None or not reason.support:
        return words.nothing.format(what=what)
    said = words.evidence.format(
        what=what,
        rate=percent(reason.rate, words),
        reach=words.stages.get(card.meta.target) or words.stage.format(stage=card.meta.target),
        base=percent(reason.base_rate, words),
        leads=words.one_lead if reason.support == 1 else words.leads.format(count=f"{reason.support:,}"),
    )
    return words.allowing.format(said=said) if reason.allowing else said


def describe(term: Term, place: int, words: Words, feature: Feature | None = None) -> str:
    """The bin of a feature in words.

    Parameters
    ----------
    term : Term
        The feature's term.
    place : int
        The bin.
    words : Words
        The language.
    feature : Feature, optional
        What the term is of: then it is called by words, its answers too, and a feature of whole numbers only has its
        ranges named by their first and last.
    """
    name = term.feature if feature is None else feature_said(feature, words.lang)
    if place == term.missing:
        return words.missing.format(feature=name)
    if term.kind == "category":
        if place == len(term.levels):
            return words.other.format(feature=name)
        level = term.levels[place]
        said = level if feature is None else level_said(feature, level, words.lang)
        return words.level.format(feature=name, level=_shortened(said))
    whole = feature is not None and feature.form in _WHOLE_FORMS
    return _range(term, place, words, name, whole=whole)


def bin_names(card: Scorecard, term: Term, lang: Lang = "en") -> list[str]:
    """What each bin of a feature is, without the feature's name, for a table or a chart that bears it already.

    Parameters
    ----------
    card : Scorecard
        The scorecard, which says what the term is of.
    term : Term
        One of its terms.
    lang : {"en", "ja"}
        The language.

    Returns
    -------
    list of str, one per bin
    """
    words, feature = WORDS[lang], _feature_of(card, term)
    name = term.feature if feature is None else feature_said(feature, lang)
    said = (describe(term, place, words, feature) for place in range(term.size))
    return [one.removeprefix(name).lstrip(" =") for one in said]


def _range(term: Term, place: int, words: Words, name: str, *, whole: bool) -> str:
    """A range of numbers: above the cut before it, up to its own."""
    if not term.cuts:
        return words.given.format(feature=name)
    low = term.cuts[place - 1] if place else None
    high = term.cuts[place] if place < len(term.cuts) else None
    if whole:
        low = None if low is None else float(math.floor(low)) + (high is not None)
        high = None if high is None else float(math.floor(high))
    from_low, to_high = _rounder(low), _rounder(high)
    if high is None:
        form, low = (words.more, low) if from_low is None else (words.least, from_low)
    elif low is None:
        form, high = (words.up_to, high) if to_high is None else (words.below, to_high)
    elif from_low is None and not whole:
        form, high = (words.between, high) if to_high is None else (words.inside, to_high)
    else:
        low = low if from_low is None else from_low
        form, high = (words.whole, high) if to_high is None else (words.within, to_high)
        form = words.exactly if low == high else form
    return form.format(feature=name, low=_number(low), high=_number(high))


def _rounder(cut: float | None) -> float | None:
    """The number that a cut stands just below, so that it belongs to the upper side; None where it is plain."""
    if cut is None:
        return None
    above = math.nextafter(cut, math.inf)
    return above if len(repr(above)) < len(repr(cut)) else None


def _feature_of(card: Scorecard, term: Term) -> Feature | None:
    """What a term is of, where the scorecard says."""
    return next((feature for feature in card.features if feature.name == term.feature), None)


def _shortened(level: str) -> str:
    """A level that is a whole text would bury the rest of the sentence."""
    return level if len(level) <= _LONGEST_LEVEL else level[: _LONGEST_LEVEL - 1] + "…"


def _number(value: float | None) -> str:
    """A cut point without exponent and without digits that say nothing.

    Examples
    --------
    >>> _number(1200.0), _number(0.25)
    ('1,200', '0.25')
    """
    if value is None:
        return ""
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    return f"{value:,.10f}".rstrip("0").rstrip(".") if value != int(value) else f"{int(value):,}"


def _signed(points: float) -> str:
    """Points with their sign.

    Examples
    --------
    >>> _signed(10.0), _signed(-2.5)
    ('+10', '-2.5')
    """
    return ("+" if points >= 0 else "-") + _number(abs(points))


def percent(rate: float, words: Words = WORDS["en"]) -> str:
    """A share as people say it: whole percents, one decimal below 10 %, never a rounded 0 or 100.

    Examples
    --------
    >>> percent(0.312), percent(0.09), percent(0.004), percent(0.0002), percent(0.999)
    ('31 %', '9 %', '0.4 %', 'under 0.1 %', 'over 99 %')
    """
    hundred = 100 * rate
    if 0 < hundred < 0.05:
        return words.under.format(rate="0.1 %")
    if 99.5 <= hundred < 100:
        return words.over.format(rate="99 %")
    text = f"{hundred:.1f}" if hundred < 9.95 else f"{hundred:.0f}"
    return f"{text.removesuffix('.0')} %"


class Phrases:
    """Every sentence that a scorecard can say, made once, so that a million leads get reasons in seconds.

    Parameters
    ----------
    card : Scorecard
        The scorecard.
    lang : {"en", "ja"}
        The language.
    """

    def __init__(self, card: Scorecard, lang: Lang = "en") -> None:
        sizes = [2 * term.size for term in card.terms]
        # Of a pair each lead has other points: the sentence says no number then.
        paired = {position for pair in card.pairs for position in (pair.first, pair.second)}
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        self._texts = [
            _SIGNS[reason.direction] + _said(card, term, reason, WORDS[lang], own[place])
            for position, term in enumerate(card.terms)
            for own in ([None] * term.size if position in paired else term.table,)
            for place in range(term.size)
            for reason in (card.reason(position, place, None, up - 0.5) for up in (0, 1))
        ]
        self._array = pa.array(self._texts, pa.string())

    def of(self, position: int, place: int, up: bool) -> str:
        """The sentence of one feature's bin.

        Parameters
        ----------
        position, place : int
            The feature's position in the scorecard, and the bin.
        up : bool
            Whether it raises the likelihood.
        """
        return self._texts[int(self._starts[position]) + 2 * place + up]

    def codes(self, scores: Scores, most: int = 3) -> npt.NDArray[np.int32]:
        """Which sentences give the strongest reasons of each lead, as numbers that :meth:`texts` understands.

        Parameters
        ----------
        scores : Scores
            What the scorecard said of the leads.
        most : int
            At most so many reasons.

        Returns
        -------
        array of int32, shape (most, n_leads)
            The strongest first; -1 where there is no further reason, or the lead is not scored.
        """
        parts, bins = scores.contributions.T, scores.bins.T
        codes = np.full((most, parts.shape[1]), -1, dtype=np.int32)
        strength = np.abs(parts)
        strength[:, scores.score < 0] = 0.0
        lead = np.arange(parts.shape[1])
        for rank in range(min(most, len(parts))):
            feature = strength.argmax(axis=0)
            code = self._starts[feature] + 2 * bins[feature, lead] + (parts[feature, lead] > 0)
            codes[rank] = np.where(strength[feature, lead] >= LEAST, code, -1)
            strength[feature, lead] = 0.0
        return codes

    def texts(self, codes: npt.NDArray[np.int32]) -> pa.Array:
        """The sentences of each lead, joined; null for a lead without any.

        Parameters
        ----------
        codes : array of int32, shape (most, n_leads)
            What :meth:`codes` gave.
        """
        if not len(codes):
            return pa.nulls(codes.shape[1], pa.string())
        said = [self._array.take(pa.array(row, mask=row < 0)) for row in codes]
        # Arrow leaves a row out altogether, rather than giving null for it, where all that is joined is null.
        said[0] = said[0].fill_null("")
        joined = pc.binary_join_element_wise(*said, SEPARATOR, null_handling="skip")
        return pc.if_else(pa.array(codes[0] >= 0), joined, pa.scalar(None, pa.string()))

    def top_reasons(self, scores: Scores, most: int = 3) -> pa.Array:
        """The strongest reasons of each lead in words, joined by a bar.

        Parameters
        ----------
        scores : Scores
            What the scorecard said of the leads.
        most : int
            At most so many reasons.

        Returns
        -------
        pyarrow string array, length n_leads
            Null where the lead is not scored or nothing moved it.
        """
        return self.texts(self.codes(scores, most))
