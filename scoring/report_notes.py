"""What a reader of the report must know: what is too young to be judged, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from scoring.report_bands import ScoreBands
from scoring.report_campaigns import Campaigns
from scoring.report_daily import Goals
from scoring.report_facts import Facts, Span
from scoring.report_funnel import Funnel
from scoring.report_missed import Missed
from scoring.report_words import STAGES, Said

LATE_DAYS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know.

    Parameters
    ----------
    code : str
        What kind of thing.
    said : dict of {"en", "ja"} to str
        In a sentence or two.
    """

    code: str
    said: Said


def notes(
    facts: Facts,
    now: Span,
    before: Span,
    funnel: Funnel,
    goals: Goals,
    campaigns: Campaigns,
    bands: Sequence[ScoreBands],
    missed: Missed,
) -> tuple[Note, ...]:
    """What must be known to read the report right.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    now, before : Span
        What is compared.
    funnel, goals, campaigns, bands, missed
        Parts of the report.
    """
    return (
        *_of_time(facts, now, before),
        *_of_wins(facts, now, funnel),
        *_of_settings(goals),
        *_of_campaigns(campaigns),
        *_of_scores(bands, missed),
    )


def _day(moment: float, zone: str) -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _of_time(facts: Facts, now: Span, before: Span) -> Iterator[Note]:
    if not len(facts.created):
        yield Note("empty", {
            "en": "The store holds no leads. Fill it with leadloop import LEADS.",
            "ja": "ストアにリードがありません。leadloop import LEADS で取り込んでください。",
        })  # fmt: skip
    if now.partial:
        until, earlier = _day(now.until, now.month.zone), _day(before.until, now.month.zone)
        yield Note("partial", {
            "en": f"The month is not over: counted until {until}, and the month before until {earlier}.",
            "ja": f"当月はまだ終わっていません。当月は {until} まで、前月は {earlier} までを数えています。",
        })  # fmt: skip
    yield Note("followed", {
        "en": "Rates from one stage to the next follow the leads of both months equally long after their beginning, "
              f"until {_day(now.seen, now.month.zone)} and {_day(before.seen, now.month.zone)}. "
              "More of them will go on later.",
        "ja": "段階ごとの転換率は、両月のリードを月初から同じ長さだけ追ったものです（当月は "
              f"{_day(now.seen, now.month.zone)}、前月は {_day(before.seen, now.month.zone)} まで）。"
              "この後に進むリードもあります。",
    })  # fmt: skip
    late = float(np.quantile(facts.delays, 0.95)) if len(facts.delays) else 0.0
    if late > LATE_DAYS:
        yield Note("late", {
            "en": f"Sales writes one outcome in twenty down more than {late:.0f} days late, so the numbers of the "
                  "last days may still grow.",
            "ja": f"成果の 20 件に 1 件は {late:.0f} 日より遅れて記録されるため、直近の数字は増えることがあります。",
        })  # fmt: skip


def _of_wins(facts: Facts, now: Span, funnel: Funnel) -> Iterator[Note]:
    if facts.left_out:
        yield Note("left_out", {
            "en": f"{facts.left_out:,} outcomes are from before the creation of their lead, and are left out.",
            "ja": f"リードの作成より前の日時を持つ成果 {facts.left_out:,} 件は除いています。",
        })  # fmt: skip
    if funnel.not_recorded:
        names = [STAGES[name] for name in funnel.not_recorded]
        yield Note("not_recorded", {
            "en": f"Nobody records {', '.join(name['en'] for name in names)}, so there is no line for it.",
            "ja": f"{'、'.join(name['ja'] for name in names)}は記録されていないため、行がありません。",
        })  # fmt: skip
    if funnel.without_amount:
        yield Note("without_amount", {
            "en": f"{funnel.without_amount:,} wins of the month have no amount, and bring no revenue here.",
            "ja": f"当月の受注のうち {funnel.without_amount:,} 件は金額がなく、売上に含まれていません。",
        })  # fmt: skip
    undone = int((now.holds(facts.won) & facts.lost_after).sum())
    if undone:
        yield Note("lost_after", {
            "en": f"{undone:,} wins of the month were lost or disqualified later; they count as won here.",
            "ja": f"当月の受注のうち {undone:,} 件は、その後に失注か対象外になりました。受注に数えています。",
        })  # fmt: skip


def _of_settings(goals: Goals) -> Iterator[Note]:
    if goals.won is None and goals.revenue is None:
        yield Note("no_goal", {
            "en": "No goal is set. With revenue or customers under [goal] in leadloop.toml there is a line to reach.",
            "ja": "目標が設定されていません。leadloop.toml の [goal] に売上か件数を書くと、目標線が引かれます。",
        })  # fmt: skip
    if goals.qualified is None:
        yield Note("no_capacity", {
            "en": "The settings name no reps, so nobody can say how many leads marketing owes: [capacity] or [[reps]].",
            "ja": "設定に担当者がないため、マーケティングの約束件数がわかりません（[capacity] または [[reps]]）。",
        })  # fmt: skip


def _of_campaigns(campaigns: Campaigns) -> Iterator[Note]:
    if campaigns.total.now.cost is None:
        yield Note("no_cost", {
            "en": "No campaign cost of this month is known in one currency, so there is no return: "
                  "leadloop import LEADS --campaigns F.",
            "ja": "当月のキャンペーン費用（単一通貨）がわからないため、費用対効果は出せません："
                  "leadloop import LEADS --campaigns F",
        })  # fmt: skip
    elif campaigns.without_cost:
        yield Note("part_cost", {
            "en": "Campaigns with leads or wins of which no cost of this month is known: "
                  f"{campaigns.without_cost:,}.",
            "ja": f"リードか受注のある {campaigns.without_cost:,} 件のキャンペーンは、当月の費用がわかりません。",
        })  # fmt: skip


def _of_scores(bands: Sequence[ScoreBands], missed: Missed) -> Iterator[Note]:
    log = next((one for one in bands if one.source == "log"), None)
    if log is None or not log.mature:
        young = 0 if log is None else log.young
        yield Note("log_young", {
            "en": f"Whether the score was honest cannot be read from the score log yet: {young:,} first scores, and "
                  "none of them is old enough.",
            "ja": f"スコアが正直だったかは、まだスコアの記録からは読めません（最初のスコア {young:,} 件のうち、"
                  "結果の出る時期に達したものがありません）。",
        })  # fmt: skip
    if not bands:
        yield Note("no_model", {
            "en": "No model is live, so nothing was promised: leadloop train.",
            "ja": "稼働中のモデルがないため、確度の約束はありません：leadloop train",
        })  # fmt: skip
    if missed.scored < missed.wins:
        lacking = missed.wins - missed.scored
        yield Note("unscored", {
            "en": f"Of {lacking:,} of the {missed.wins:,} wins no score from before is known.",
            "ja": f"受注 {missed.wins:,} 件のうち {lacking:,} 件は、受注前のスコアがありません。",
        })  # fmt: skip
