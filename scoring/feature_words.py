"""What features and their answers are called: a column by its own name, what is made of it in words.

The name of a feature is an identifier: it stands in artifacts, answers and SQL.  People read these words instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from scoring.features import Feature

Lang = Literal["en", "ja"]

# By form; `column` is what it is made of, `other` a second one, `of` a kind of event, `days` how far it looks back.
_NAMES: Final[Mapping[Lang, Mapping[str, str]]] = {
    "en": {
        "job_rank": "rank in {column}",
        "job_department": "department in {column}",
        "domain_kind": "kind of {column}",
        "age_days": "days since {column}",
        "days_between": "days from {column} to {other}",
        "hour": "hour of {column}",
        "weekday": "weekday of {column}",
        "activity_count": "{of} in {days}",
        "activity_recency": "days since the last activity",
        "activity_kinds": "kinds of activity",
        "activity_decayed": "recent activity",
        "touch_count": "touches in {days}",
        "touch_recency": "days since the last touch",
        "touch_connected": "touches that reached somebody",
        "stage": "stage",
        "stage_days": "days in the stage",
        "steps_forward": "steps forward",
        "steps_back": "steps back",
        "age": "days since creation",
        "age_band": "age of the lead",
        "created_hour": "hour of creation",
        "created_weekday": "weekday of creation",
    },
    "ja": {
        "job_rank": "{column}の職位",
        "job_department": "{column}の部門",
        "domain_kind": "{column}の種類",
        "age_days": "{column}からの日数",
        "days_between": "{column}から{other}までの日数",
        "hour": "{column}の時刻",
        "weekday": "{column}の曜日",
        "activity_count": "{days}の{of}",
        "activity_recency": "最後の行動からの日数",
        "activity_kinds": "行動の種類の数",
        "activity_decayed": "最近の活発さ",
        "touch_count": "{days}の接触",
        "touch_recency": "最後の接触からの日数",
        "touch_connected": "つながった接触",
        "stage": "段階",
        "stage_days": "今の段階での日数",
        "steps_forward": "段階の前進",
        "steps_back": "段階の後退",
        "age": "作成からの日数",
        "age_band": "リードの経過期間",
        "created_hour": "作成の時刻",
        "created_weekday": "作成の曜日",
    },
}
_ALL: Final[Mapping[Lang, str]] = {"en": "activities", "ja": "行動"}
_DAY: Final[Mapping[Lang, str]] = {"en": "the last day", "ja": "直近1日"}
_DAYS: Final[Mapping[Lang, str]] = {"en": "the last {days:g} days", "ja": "直近{days:g}日"}

# By form: answers that we gave ourselves.  English ones are words already.
_RANKS: Final = {
    "executive": "経営層", "vp": "本部長級", "head": "部長級", "manager": "課長級", "lead": "係長・主任級",
    "staff": "担当者", "student": "学生など", "other": "その他",
}  # fmt: skip
_DEPARTMENTS: Final = {
    "it": "情報システム", "engineering": "開発・技術", "marketing": "マーケティング", "sales": "営業", "hr": "人事",
    "finance": "経理・財務", "procurement": "購買", "legal": "法務", "support": "サポート", "planning": "企画",
    "operations": "業務・総務", "management": "経営", "other": "その他",
}  # fmt: skip
_DOMAINS: Final = {
    "company": "会社", "free": "フリーメール", "academic": "大学など", "disposable": "使い捨て", "invalid": "誤り",
}  # fmt: skip
_WEEKDAYS: Final = {
    "Monday": "月曜", "Tuesday": "火曜", "Wednesday": "水曜", "Thursday": "木曜", "Friday": "金曜", "Saturday": "土曜",
    "Sunday": "日曜",
}  # fmt: skip
_AGES: Final = {
    "first hour": "1時間以内", "first day": "1日以内", "first 3 days": "3日以内", "first week": "1週間以内",
    "first 2 weeks": "2週間以内", "first month": "1か月以内", "later": "1か月超",
}  # fmt: skip
_STAGES: Final = {
    "lead": "リード", "mql": "MQL", "sal": "SAL", "sql": "SQL", "opportunity": "商談", "won": "受注", "lost": "失注",
    "disqualified": "対象外", "recycled": "差し戻し",
}  # fmt: skip
_JAPANESE: Final[Mapping[str, Mapping[str, str]]] = {
    "job_rank": _RANKS,
    "job_department": _DEPARTMENTS,
    "domain_kind": _DOMAINS,
    "filled": {"yes": "あり", "no": "なし"},
    "weekday": _WEEKDAYS,
    "created_weekday": _WEEKDAYS,
    "age_band": _AGES,
    "stage": _STAGES,
}
_FILLED: Final[Mapping[Lang, str]] = {"en": "{column} filled in", "ja": "{column}の入力"}


def feature_said(feature: Feature, lang: Lang = "en") -> str:
    """What people call a feature.

    Parameters
    ----------
    feature : Feature
        The feature.
    lang : {"en", "ja"}
        The language.

    Examples
    --------
    >>> rank = Feature("job_title_rank", "category", "fit", ("job_title",), "job_rank")
    >>> feature_said(rank), feature_said(rank, "ja")
    ('rank in job_title', 'job_titleの職位')
    >>> views = Feature("view_7d", "number", "engagement", ("activities",), "activity_count", of="view", days=7.0)
    >>> feature_said(views), feature_said(views, "ja")
    ('view in the last 7 days', '直近7日のview')
    >>> feature_said(Feature("source", "category", "fit", ("source",), "value"))
    'source'
    """
    form = _FILLED[lang] if feature.form == "filled" else _NAMES[lang].get(feature.form, "{column}")
    return form.format(
        column=feature.sources[0],
        other=feature.sources[-1],
        of=feature.of or _ALL[lang],
        days=_DAY[lang] if feature.days == 1 else _DAYS[lang].format(days=feature.days or 0),
    )


def level_said(feature: Feature, level: str, lang: Lang = "en") -> str:
    """What people call an answer: those of the user's own columns stay as they are.

    Parameters
    ----------
    feature : Feature
        The feature.
    level : str
        The answer.
    lang : {"en", "ja"}
        The language.

    Examples
    --------
    >>> age = Feature("lead_age", "category", "process", ("created_at",), "age_band")
    >>> level_said(age, "first 3 days"), level_said(age, "first 3 days", "ja")
    ('first 3 days', '3日以内')
    """
    return level if lang == "en" else _JAPANESE.get(feature.form, {}).get(level, level)
