"""A report told in one language: how its words, rates and amounts are written, and what a part of it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scoring.attribution import Rule
from scoring.charts.base import Spec, untitled
from scoring.reasons import Lang
from serving.pages.formats import NONE as DASH
from serving.pages.formats import Formats
from serving.pages.words import words

MOST: Final = 20
NUM: Final = "num"
Head = str | tuple[str, str]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, perhaps with a chart of it.

    Parameters
    ----------
    caption : str
        What it shows.
    heads : list of (str or (str, "num"))
        Its columns.
    rows : list of list of str
        Its cells; none where the chart stands alone, and a table of several charts follows.
    chart : dict or None
        A Vega-Lite specification.
    long : bool
        Whether a page folds it, because it has more rows than a reader wants at first.
    """

    caption: str
    heads: list[Head]
    rows: list[list[str]]
    chart: Spec | None = None
    long: bool = False

    @property
    def drawn(self) -> Spec | None:
        """The chart without its title, which the caption says."""
        return None if self.chart is None else untitled(self.chart)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report.

    Parameters
    ----------
    name, title : str
        Its key, and its heading.
    said : list of str
        What is said in sentences.
    sheets : list of Sheet
        Its tables.
    """

    name: str
    title: str
    said: list[str]
    sheets: list[Sheet]


class Teller:
    """Tells a report in one language.

    Parameters
    ----------
    content : mapping
        What :meth:`scoring.report.Report.to_dict` gave.
    formats : Formats
        How the language writes things.
    rule : {"first", "last", "linear", "position"}
        By which rule campaigns are charted, and ordered.
    most : int
        Rows of a table that may be long; how many more there are is said.
    """

    def __init__(
        self,
        content: Record,
        formats: Formats,
        rule: Rule = "linear",
        most: int = MOST,
    ) -> None:
        self.content, self.formats, self.rule, self.most = content, formats, rule, most
        self.lang: Lang = formats.lang

    def say(self, text: str, **values: Any) -> str:
        """Words in the language, with values in place of ``{names}``."""
        said = words(self.lang).gettext(text)
        return said.format(**values) if values else said

    @property
    def months(self) -> tuple[str, str]:
        """What the two months are called."""
        now, before = (self.formats.month(self.content[name]["month"]) for name in ("now", "before"))
        return now, before

    @property
    def space(self) -> str:
        """What stands between two sentences."""
        return "" if self.lang == "ja" else " "

    @property
    def comma(self) -> str:
        """What stands between two words of a list."""
        return "、" if self.lang == "ja" else ", "

    def numbers(self, *heads: str) -> Iterator[Head]:
        """Columns of numbers, under words that are said already."""
        return ((head, NUM) for head in heads)

    def more(self, of: int, shown: int) -> list[str]:
        """Whether rows are left out, and where they are."""
        if of <= shown:
            return []
        return [self.say("{more} more rows are in the JSON.", more=self.formats.number(of - shown))]

    def change(self, now: float, before: float) -> str:
        """By how much a number rose or fell."""
        return self.gain((now - before) / before) if before else DASH

    def gain(self, share: float | None) -> str:
        """A return, with its sign."""
        return DASH if share is None else f"{self.formats.signed(share * 100)}\N{NO-BREAK SPACE}%"

    def rate(self, rate: Record) -> str:
        """A rate; a star marks one of fewer than 20."""
        return self.formats.percent(rate["rate"]) + ("*" if rate["small"] and rate["of"] else "")

    def interval(self, rate: Record) -> str:
        """Its 90 % interval."""
        if rate["rate"] is None:
            return DASH
        return f"{self.formats.percent(rate['low'])} – {self.formats.percent(rate['high'])}"

    def money(self, by_currency: Mapping[str, float]) -> str:
        """Amounts of several currencies, which are never summed."""
        return " + ".join(self.formats.money(one, name) for name, one in by_currency.items()) or DASH
