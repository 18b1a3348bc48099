"""What thresholds bring, as a page shows it: the policy in force beside the proposed one, and the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from babel.numbers import format_compact_currency

from scoring.charts import threshold_curve
from scoring.charts.base import Spec, untitled
from scoring.charts.handoff import SHARES, Measure
from scoring.charts.words import WORDS
from scoring.handoff_counted import Counted
from scoring.handoff_curve import Curve, Expected, Point
from scoring.handoff_evidence import Answers
from scoring.policy import UNITS, Policy
from scoring.proposal import Constraints, Proposal
from serving.pages.formats import NONE, Formats
from serving.pages.site import Reader

_LOCALES: Final = {"en": "en_US", "ja": "ja_JP"}
COMPARED: Final[tuple[Measure, ...]] = (
    "handoffs", "conversions", "precision", "acceptances", "acceptance", "wins", "revenue",
)  # fmt: skip
# Of a chart in pixels; on a phone it is still read.
WIDTH: Final = 480
ROWS: Final = 9
MOST_DRAWN: Final = 60
# Below the threshold that so many of all leads reach, a curve only goes on as it is.
ALL: Final = 0.98


class Side(NamedTuple):
    """A measure as it is expected with the policy in force, and with the proposed one."""

    measure: Measure
    name: str
    now: Expected | None
    then: Expected

    @property
    def change(self) -> float | None:
        """How much more the proposed one brings."""
        if self.now is None or self.now.value is None or self.then.value is None:
            return None
        return self.then.value - self.now.value


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve, what it shows in words, and its numbers.

    Parameters
    ----------
    measure : str
        What is shown of each threshold.
    said : str
        In words.
    chart : dict
        The specification.
    points : list of Point
        Some thresholds, the marked ones among them.
    """

    measure: Measure
    said: str
    chart: Spec
    points: list[Point]


def point_of(
    policy: Policy, target: str, counted: Counted, answers: Answers, found: Proposal
) -> Point | None:
    """What a policy's threshold brings with what is live now; None where that was not counted.

    Parameters
    ----------
    policy : Policy
        The policy.
    target : str
        The stage that was counted for.
    counted : Counted
        The test of what is live.
    answers : Answers
        What sales said.
    found : Proposal
        Says what a deal brings.
    """
    units = round(policy.threshold * UNITS)
    if policy.rule != "threshold" or policy.target != target or not counted.holds(units):
        return None
    curve = Curve(counted, answers, found.constraints.amount, found.constraints.margin)
    return curve.points(np.array([units]))[0]


def compared(found: Proposal, policy: Policy | None, now: Point | None, reader: Reader) -> list[Side]:
    """What changes: each measure that is known, with the policy in force and with the proposed one.

    Parameters
    ----------
    found : Proposal
        What is proposed.
    policy : Policy or None
        What is in force.
    now : Point or None
        What it brings with what is live; None: then it is said what it promised when it was published.
    reader : Reader
        Who reads.
    """
    names = WORDS[reader.lang].measures
    sides = [
        Side(measure, names[measure], _of(policy, now, measure), getattr(found.point, measure))
        for measure in COMPARED
    ]
    return [side for side in sides if side.then.value is not None]


def _of(policy: Policy | None, now: Point | None, measure: Measure) -> Expected | None:
    if now is not None:
        known: Expected = getattr(now, measure)
        return known
    promised: Any = None if policy is None else policy.expected.get(measure)
    return None if promised is None else Expected(**promised)


def curves(
    found: Proposal, counted: Counted, now: Point | None, reader: Reader, cut: float | None = None
) -> list[Drawn]:
    """The curves: first what is won, or where nobody knows that, what reaches the target.

    Parameters
    ----------
    found : Proposal
        What is proposed; of the rule *threshold*.
    counted : Counted
        The test that it is read from.
    cut : float or None
        The threshold to be marked in its place, which so many a month reach.
    now : Point or None
        The threshold in force.
    reader : Reader
        Who reads.
    """
    first: Measure = "conversions" if found.point.wins.value is None else "wins"
    measures: list[Measure] = [first, "handoffs", "precision"]
    if found.point.acceptance.value is not None:
        measures.append("acceptance")
    plain = _thinned(found, counted, now)
    marked = sorted([*plain, found.point], key=lambda point: point.threshold)
    at = found.threshold if cut is None else cut
    shown, words = some_points(found, plain, now), WORDS[reader.lang]
    drawn = []
    for measure in measures:
        # Where what is given is not marked, moving a slider draws nothing anew.
        if measure in SHARES:
            whole = replace(found, curve=tuple(plain), threshold=0.0, constraints=Constraints())
        else:
            whole = replace(found, curve=tuple(marked), threshold=at)
        published = None if now is None else now.threshold
        chart = threshold_curve(whole, measure, published=published, lang=reader.lang, width=WIDTH)
        said = words.a_month.format(measure=words.measures[measure])
        drawn.append(Drawn(measure, said, untitled(chart), shown))
    return drawn


def _thinned(found: Proposal, counted: Counted, now: Point | None) -> list[Point]:
    """The thresholds that a curve is drawn through, whatever is asked; without the long way to where all leads are."""
    usual = {int(units) for units in counted.shown}
    points = [point for point in found.curve if round(point.threshold * UNITS) in usual]
    most = points[0].handoffs.value or 0.0
    marked = [found.threshold, *([] if now is None else [now.threshold])]
    first = max(
        (
            k
            for k, point in enumerate(points)
            if (point.handoffs.value or 0.0) >= ALL * most and point.threshold <= min(marked)
        ),
        default=0,
    )
    kept = points[first:]
    step = -(-len(kept) // MOST_DRAWN)
    return [*kept[:-1:step], kept[-1]]


def some_points(found: Proposal, curve: Sequence[Point], now: Point | None, most: int = ROWS) -> list[Point]:
    """So many thresholds from the lowest to the highest, with the proposed one and the one in force.

    Parameters
    ----------
    found : Proposal
        What is proposed.
    curve : sequence of Point
        The thresholds that are drawn.
    now : Point or None
        The threshold in force.
    most : int
        Beside these two.
    """
    places = np.unique(np.linspace(0, len(curve) - 1, most).round().astype(int))
    marked = [found.point, *([] if now is None else [now])]
    some = {round(point.threshold * UNITS): point for point in (*(curve[k] for k in places), *marked)}
    return [some[units] for units in sorted(some)]


def brief(amount: float | None, formats: Formats) -> str:
    """An amount in three digits and in the large units of its language: what is expected is not known any better.

    Parameters
    ----------
    amount : float or None
        In the currency of the team.
    formats : Formats
        Of the reader.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> en, ja = (Formats(lang, ZoneInfo("Asia/Tokyo"), "JPY") for lang in ("en", "ja"))
    >>> brief(11_788_582.2, en), brief(-11_788_582.2, ja), brief(None, en)
    ('¥11.8M', '−￥1180万', '–')
    """
    if amount is None:
        return NONE
    known = float(f"{abs(amount):.3g}")
    said = format_compact_currency(known, formats.currency, locale=_LOCALES[formats.lang], fraction_digits=2)
    return f"−{said}" if amount < 0 else str(said)
