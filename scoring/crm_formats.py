"""The exports of some CRMs: their headers, the order of their dates, their words for stages, their stage dates.

HubSpot writes a date for each lifecycle stage that a contact has become; each is an outcome.  Salesforce
writes one date, that of the conversion of a lead: sales has taken it for qualified, so it is ``sql``, or
``opportunity`` where the conversion opened one.  A current status without a date is no outcome, because
nobody knows when it was reached; it stays a property.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scoring.dates import DateOrder
from scoring.headers import header_key


@dataclass(frozen=True, slots=True)
class StageDate:
    """A column of leads that says when a stage was reached.

    Parameters
    ----------
    stage : str
        The stage.
    header : str
        The column of the date.
    only_where : tuple of str
        Columns that must say yes.
    filled, empty : str, optional
        A column that must hold something, and one that must hold nothing.
    """

    stage: str
    header: str
    only_where: tuple[str, ...] = ()
    filled: str | None = None
    empty: str | None = None

    @property
    def headers(self) -> set[str]:
        """All columns it looks at."""
        return {self.header, *self.only_where, *filter(None, (self.filled, self.empty))}


@dataclass(frozen=True, slots=True)
class Format:
    """How the exports of a CRM are written.

    Parameters
    ----------
    headers : mapping of str to (mapping of str to str)
        By table: header, made comparable, to the name it has in the contract, or to a property's.
    constants : mapping of str to (mapping of str to str)
        By table: what holds for every row of a file.
    stages : mapping of str to str
        Words for stages, folded.
    date_order : str, optional
        The order of dates whose year does not stand in front.
    """

    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder | None = None


def _words(**stages: str) -> dict[str, str]:
    return {word: stage for stage, words in stages.items() for word in words.split("|")}


_HUBSPOT_STAGES = _words(
    lead="subscriber|サブスクライバー|登録読者|購読者|リード",
    mql="marketing qualified lead|marketingqualifiedlead|mql(マーケティング活動で獲得した見込み客)",
    sql="sales qualified lead|salesqualifiedlead|sql(営業活動で獲得した見込み客)",
    opportunity="商談",
    won="customer|evangelist|closed won|closedwon|顧客|エバンジェリスト|受注|成約|契約成立",
    lost="closed lost|closedlost|失注|不成立",
    disqualified="unqualified|不適格|対象外",
)
_SALESFORCE_STAGES = _words(
    sql="closed - converted|converted|取引開始済み",
    won="closed won|受注|成立|商談成立",
    lost="closed lost|失注|不成立|商談不成立",
    disqualified="closed - not converted|unqualified|不適格|対象外",
)
FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format(),
    "olist": Format(
        headers={
            "leads": {"mql id": "lead_id", "first contact date": "created_at", "origin": "source"},
            "outcomes": {"mql id": "lead_id", "won date": "occurred_at", "sr id": "rep"},
        },
        constants={"outcomes": {"stage": "won"}},
        date_order="dmy",
    ),
    "hubspot": Format(
        headers={"leads": {"hs object id": "lead_id", "createdate": "created_at", "jobtitle": "job_title"}},
        stages=_HUBSPOT_STAGES,
    ),
    "salesforce": Format(
        headers={
            "leads": {
                **dict.fromkeys(("lead id", "id", "リード id", "リードid"), "lead_id"),
                **dict.fromkeys(("create date", "created date", "作成日", "リード作成日"), "created_at"),
                "company account": "company",
            }
        },
        stages=_SALESFORCE_STAGES,
    ),
}

# The Japanese labels have changed with the years, so what they share is asked for.
_HUBSPOT_DATES: Mapping[str, re.Pattern[str]] = {
    stage: re.compile(
        rf"became an? (?:{english}) date|hs lifecyclestage {internal} date"
        rf"|.*(?:{japanese}).*(?:になった|となった|化した|にした)(?:日|日付|日時)"
    )
    for stage, english, internal, japanese in (
        (
            "mql",
            "marketing qualified lead|mql",
            "marketingqualifiedlead",
            "mql|マーケティング.*(?:リード|見込み客)",
        ),
        (
            "sql",
            "sales qualified lead|sql",
            "salesqualifiedlead",
            "sql|(?:営業|セールス).*(?:リード|見込み客)",
        ),
        ("opportunity", "opportunity", "opportunity", "商談|案件"),
        ("won", "customer", "customer", "顧客|カスタマー"),
    )
}
_CONVERTED_DATE = ("converted date", "conversion date", "取引の開始日", "取引開始日", "取引開始済み日")
_CONVERTED = ("converted", "is converted", "取引開始済み", "取引の開始", "取引開始")
_CONVERTED_TO = (
    "converted opportunity id",
    "converted opportunity",
    "取引開始後の商談",
    "取引開始後の商談 id",
    "取引開始後の商談id",
    "取引開始済み商談 id",
)


def stage_dates(name: str, headers: Sequence[str]) -> tuple[StageDate, ...]:
    """The columns of a list of leads that say when a stage was reached.

    Parameters
    ----------
    name : str
        One of ``FORMATS``.
    headers : sequence of str
        The columns of the list.

    Examples
    --------
    >>> [(found.stage, found.header) for found in stage_dates("hubspot", ["Became a Customer Date", "City"])]
    [('won', 'Became a Customer Date')]
    """
    keys = {header_key(header): header for header in reversed(headers)}
    if name == "hubspot":
        found = ((stage, _matching(pattern, keys)) for stage, pattern in _HUBSPOT_DATES.items())
        return tuple(StageDate(stage, header) for stage, header in found if header)
    if name == "salesforce":
        return _conversion(keys)
    return ()


def _matching(pattern: re.Pattern[str], keys: Mapping[str, str]) -> str | None:
    return next((header for key, header in keys.items() if pattern.fullmatch(key)), None)


def _first(names: Sequence[str], keys: Mapping[str, str]) -> str | None:
    return next((keys[name] for name in names if name in keys), None)


def _conversion(keys: Mapping[str, str]) -> tuple[StageDate, ...]:
    """The conversion of a lead: to an opportunity where one was opened."""
    date, said, opened = (_first(names, keys) for names in (_CONVERTED_DATE, _CONVERTED, _CONVERTED_TO))
    if date is None:
        return ()
    only_where = () if said is None else (said,)
    if opened is None:
        return (StageDate("sql", date, only_where),)
    return (
        StageDate("opportunity", date, only_where, filled=opened),
        StageDate("sql", date, only_where, empty=opened),
    )
