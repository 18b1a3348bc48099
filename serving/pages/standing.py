"""What each live model says of a lead now: the answer of ``/v1/score``, and the sum that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

from scoring.charts import waterfall
from scoring.errors import DataError
from scoring.feature_words import feature_said, level_said
from scoring.features import Feature
from scoring.ledger import OneLead
from scoring.reasons import sentence
from scoring.scorecard import Score, Scorecard, logistic
from serving.answers import answer_lead, unreadable
from serving.explaining import Part, parts_of
from serving.live import LiveChampion, Now
from serving.pages.site import Reader
from serving.problems import Fault
from serving.schemas import Lead

WIDE_LETTERS = 40
SO_FAR = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of a lead that it can read.

    Parameters
    ----------
    fields : dict
        The fields of the answer of ``/v1/score``.
    score : Score
        The sum, unrounded.
    parts : list of Part
        What it is made of, the strongest first.
    """

    fields: dict[str, Any]
    score: Score
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the model of one target says of a lead.

    Parameters
    ----------
    target : str
        The stage.
    live : LiveChampion
        The model.
    said : Said or None
        None where it cannot read the lead.
    faults : list of Fault
        Why it cannot.
    """

    target: str
    live: LiveChampion
    said: Said | None
    faults: list[Fault]


def targets(now: Now, primary: str) -> list[str]:
    """The targets that have a model, the primary one first."""
    return sorted(now.models, key=lambda target: (target != primary, target))


def standings(lead_id: str, now: Now, primary: str, at: datetime, known: OneLead | None) -> list[Standing]:
    """What every live model says of a lead, that of the primary target first.

    Parameters
    ----------
    lead_id : str
        The lead.
    now : Now
        What is live.
    primary : str
        The target that goes first.
    at : datetime
        The time of the question.
    known : OneLead or None
        What the store knows of it.
    """
    return [standing(lead_id, now.models[target], at, known) for target in targets(now, primary)]


def standing(
    lead_id: str,
    live: LiveChampion,
    at: datetime,
    known: OneLead | None,
    given: Mapping[str, str | None] | None = None,
) -> Standing:
    """What one model says of a lead, as it is or as it would be.

    Parameters
    ----------
    lead_id, live, at, known
        As in :func:`standings`.
    given : mapping of str to (str or None), optional
        Properties that are taken to be otherwise than they are.
    """
    lead = Lead.model_construct(lead_id=lead_id, properties=dict(given or {}))
    try:
        answered = answer_lead(lead, live, at, known)
    except DataError:
        return Standing(live.name.target, live, None, unreadable(lead, live, at, known))
    moment = answered.fields["as_of"].timestamp()
    properties = {**({} if known is None else known.properties_at(moment)), **lead.properties}
    parts = parts_of(live.card, properties, answered.features, answered.score)
    return Standing(live.name.target, live, Said(answered.fields, answered.score, parts), [])


def reasons(card: Scorecard, score: Score, reader: Reader) -> list[str]:
    """Why the likelihood is what it is, in the reader's words."""
    return [sentence(card, reason, reader.lang) for reason in score.reasons]


class Sum:
    """A sum in the words of a reader: as a chart with its numbers, and with every part of it.

    Parameters
    ----------
    card : Scorecard
        What scored.
    said : Said
        What it said.
    reader : Reader
        Who reads.
    """

    def __init__(self, card: Scorecard, said: Said, reader: Reader) -> None:
        self._card, self._said, self._reader = card, said, reader
        self._features = {feature.name: feature for feature in card.features}

    def chart(self, width: int, letters: int = WIDE_LETTERS) -> dict[str, Any]:
        """From the average lead to this one, the strongest steps first; steps have names of so many letters."""
        # Ages move with every second: what nobody could see is left out, so that a drawing serves for a while.
        score = self._said.score
        near = {name: round(part, 4) for name, part in score.contributions.items()}
        names = _distinct({part.feature: shortened(self._named(part), letters) for part in self._said.parts})
        likelihood = score.likelihood is not None
        return waterfall(
            round(score.base, 4),
            near,
            names=names,
            likelihood=likelihood,
            lang=self._reader.lang,
            width=width,
        )

    def steps(self, chart: dict[str, Any]) -> list[tuple[str, ...]]:
        """The numbers of the chart: name, what it adds, the sum so far, and the likelihood so far if there is any.

        What is shown adds up: each step is the difference of two sums as they are shown.
        """
        rows: list[tuple[str, ...]] = []
        likelihood, before = self._said.score.likelihood is not None, 0.0
        digits = ".3f" if likelihood else ".6g"
        for row in chart["data"]["values"]:
            after = round(row["end"], SO_FAR)
            adds = "" if row["part"] is None else _minus(f"{after - before:+{digits}}")
            share = (self._reader.formats.percent(logistic(row["end"])),) if likelihood else ()
            rows.append((row["name"], adds, _minus(f"{after:{digits}}"), *share))
            before = after
        return rows

    def moved(self, before: float, after: float) -> tuple[str, str, str]:
        """What a part is, what it would be, and the difference of the two as they are shown."""
        if self._said.score.likelihood is None:
            return _minus(f"{before:+g}"), _minus(f"{after:+g}"), _minus(f"{after - before:+g}")
        low, high = round(before, SO_FAR), round(after, SO_FAR)
        return _minus(f"{low:+.3f}"), _minus(f"{high:+.3f}"), _minus(f"{high - low:+.3f}")

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Every part: the feature, what the store holds, what that was read as, and what it adds."""
        base = (self._reader.say("base"), "", "", _minus(f"{self._said.score.base:+.6f}"))
        whole = (self._reader.say("log-odds"), "", "", _minus(f"{self._said.score.log_odds:+.6f}"))
        if self._said.score.likelihood is None:
            whole = (self._reader.say("points"), "", "", _minus(f"{self._said.score.log_odds:+g}"))
        return [base, *(self._row(part) for part in self._said.parts), whole]

    def _row(self, part: Part) -> tuple[str, str, str, str]:
        cells = ", ".join("–" if cell is None else str(cell) for cell in part.cells.values())
        return self.name(part.feature), cells, self._value(part), _minus(f"{part.contribution:+.6f}")

    def name(self, feature: str) -> str:
        """What people call a feature."""
        found = self._features.get(feature)
        return feature if found is None else feature_said(found, self._reader.lang)

    def _named(self, part: Part) -> str:
        return f"{self.name(part.feature)}: {self._value(part)}"

    def _value(self, part: Part) -> str:
        if part.value is None:
            return self._reader.say("not given")
        if isinstance(part.value, str):
            return _level(self._features.get(part.feature), part.value, self._reader)
        return _minus(self._reader.formats.number(part.value, 2))


def shortened(text: str, letters: int) -> str:
    """A text that is no wider than so many letters; those of Japanese are as wide as two.

    Examples
    --------
    >>> shortened("industry: 情報通信業", 16), shortened("source: Web", 16)
    ('industry: 情報…', 'source: Web')
    """
    wide = [2 if east_asian_width(letter) in "WF" else 1 for letter in text]
    if sum(wide) <= letters:
        return text
    room, kept = letters - 1, 0
    while wide[kept] <= room:
        room -= wide[kept]
        kept += 1
    return f"{text[:kept]}…"


def _distinct(names: dict[str, str]) -> dict[str, str]:
    """The same names, made to differ where two are alike: a chart takes equal names for one step."""
    seen: set[str] = set()
    found = {}
    for feature, name in names.items():
        while name in seen:
            name += "\u2009"  # a thin space, which nobody sees
        seen.add(name)
        found[feature] = name
    return found


def _level(feature: Feature | None, level: str, reader: Reader) -> str:
    return level if feature is None else level_said(feature, level, reader.lang)


def _minus(text: str) -> str:
    """A minus that is as wide as a plus."""
    return text.replace("-", "−")
