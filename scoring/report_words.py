"""The words of a report, in both languages: what its numbers are called, and how numbers are said."""

from __future__ import annotations

from typing import Final

from scoring.reasons import WORDS, Lang
from scoring.reasons import percent as in_words

Said = dict[Lang, str]

STAGES: Final[dict[str, Said]] = {
    "lead": {"en": "Leads", "ja": "リード"},
    "mql": {"en": "MQL", "ja": "MQL"},
    "sal": {"en": "SAL", "ja": "SAL"},
    "sql": {"en": "SQL", "ja": "SQL"},
    "opportunity": {"en": "Opportunities", "ja": "商談"},
    "won": {"en": "Won", "ja": "受注"},
    "lost": {"en": "Lost", "ja": "失注"},
    "disqualified": {"en": "Disqualified", "ja": "対象外"},
    "recycled": {"en": "Recycled", "ja": "差し戻し"},
}
RULES: Final[dict[str, Said]] = {
    "first": {"en": "first touch", "ja": "初回接点"},
    "last": {"en": "last touch", "ja": "最終接点"},
    "linear": {"en": "linear", "ja": "均等配分"},
    "position": {"en": "position (40/20/40)", "ja": "位置配分（40/20/40）"},
}
LINES: Final[dict[str, Said]] = {
    "leads": {"en": "Leads", "ja": "リード"},
    "qualified": {"en": "Qualified leads", "ja": "有望リード"},
    "won": {"en": "Won", "ja": "受注"},
    "revenue": {"en": "Revenue", "ja": "売上"},
}
# Rates that are no step from one stage to the next.
RATES: Final[dict[str, Said]] = {
    "acceptance": {"en": "The acceptance rate", "ja": "引き渡しの受け入れ率"},
    "first_touch": {"en": "The share of first touches in time", "ja": "最初の接触が期限内だった割合"},
    "touches": {
        "en": "The share of leads touched often enough in time",
        "ja": "期限内に必要な回数だけ接触した割合",
    },
}
DEPARTMENTS: Final[dict[str, Said]] = {
    "it": {"en": "IT", "ja": "情報システム"},
    "engineering": {"en": "Engineering", "ja": "技術・開発"},
    "marketing": {"en": "Marketing", "ja": "マーケティング"},
    "sales": {"en": "Sales", "ja": "営業"},
    "hr": {"en": "HR", "ja": "人事"},
    "finance": {"en": "Finance", "ja": "経理・財務"},
    "procurement": {"en": "Procurement", "ja": "購買"},
    "legal": {"en": "Legal", "ja": "法務"},
    "support": {"en": "Support", "ja": "サポート"},
    "planning": {"en": "Planning", "ja": "企画"},
    "operations": {"en": "Operations", "ja": "業務・製造"},
    "management": {"en": "Management", "ja": "経営"},
    "other": {"en": "Other", "ja": "その他"},
}
RANKS: Final[dict[str, Said]] = {
    "executive": {"en": "executive", "ja": "役員級"},
    "vp": {"en": "VP", "ja": "本部長級"},
    "head": {"en": "head", "ja": "部長級"},
    "manager": {"en": "manager", "ja": "課長級"},
    "lead": {"en": "lead", "ja": "係長級"},
    "staff": {"en": "staff", "ja": "一般"},
    "student": {"en": "student", "ja": "学生など"},
    "other": {"en": "other", "ja": "その他"},
}


def name_of(change: str, lang: Lang) -> str:
    """What a number that changed is called.

    Examples
    --------
    >>> name_of("sql", "en"), name_of("sql_to_opportunity", "ja")
    ('SQL', 'SQL→商談の転換率')
    """
    if change in RATES:
        return RATES[change][lang]
    if change in STAGES:
        return STAGES[change][lang]
    here, _, there = change.partition("_to_")
    names = STAGES[here][lang], STAGES[there][lang]
    return f"{names[0]}→{names[1]}の転換率" if lang == "ja" else f"The rate from {names[0]} to {names[1]}"


def percent(share: float | None, lang: Lang = "en") -> str:
    """A share as reasons say it; what is not known is a dash.

    Examples
    --------
    >>> percent(0.0345), percent(0.0002, "ja"), percent(None)
    ('3.5 %', '0.1 % 未満', '–')
    """
    return "–" if share is None else in_words(share, WORDS[lang])


def month_name(month: str, lang: Lang) -> str:
    """A month as it is said.

    Examples
    --------
    >>> month_name("2026-10", "en"), month_name("2026-10", "ja")
    ('October 2026', '2026年10月')
    """
    year, number = month.split("-")
    return f"{year}年{int(number)}月" if lang == "ja" else f"{_MONTHS[int(number) - 1]} {year}"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
