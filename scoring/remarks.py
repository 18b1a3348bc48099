"""What is to be said of a proposal of the handoff policy, as findings with their numbers, and in words.

A *warning* names constraints that contradict each other; a *note* says what could not be taken into account, and how
far the numbers reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from scoring.reasons import Lang

Kind = Literal["warning", "note"]


class Remark(NamedTuple):
    """Something to be said.

    Parameters
    ----------
    kind : {"warning", "note"}
        How grave it is.
    code : str
        What it is: a key of ``SENTENCES``.
    numbers : mapping
        What its sentence is filled with.
    """

    kind: Kind
    code: str
    numbers: Mapping[str, Any]

    def said(self, lang: Lang = "en") -> str:
        """It in words.

        Examples
        --------
        >>> Remark("note", "acceptance_unknown", {"decided": 3, "needed": 20}).said()
        'Acceptance is unknown: 3 handoffs are decided, 20 are needed. It does not bind.'
        >>> Remark("note", "acceptance_unknown", {"decided": 3, "needed": 20}).said("ja")
        '受け入れ率はまだわかりません：回答済みの引き渡しは 3 件で、20 件必要です。制約としては使いません。'
        """
        sentence = SENTENCES[self.code][lang]
        parts = {
            name: PARTS[value][lang].format(**_told(self.numbers))
            for name, value in self.numbers.items()
            if name.startswith("part_") and value is not None
        }
        told = sentence.format(**_told(self.numbers) | dict.fromkeys(_PARTS_OF, "") | parts)
        return told[:1].upper() + told[1:]


_PARTS_OF: Final = ("part_who", "part_goal", "part_need")

# Words that sentences are put together of.
PARTS: Final[Mapping[str, Mapping[Lang, str]]] = {
    "who_capacity": {
        "en": "Capacity allows {capacity} handoffs a month",
        "ja": "対応余力は月 {capacity} 件",
    },
    "who_capacity_explored": {
        "en": "Capacity allows {capacity} handoffs a month, {room} of them above the threshold",
        "ja": "対応余力は月 {capacity} 件（うちしきい値以上は {room} 件）",
    },
    "who_value": {
        "en": "Only the {handed} leads a month from {threshold} on are worth what working one costs",
        "ja": "対応費用に見合うのは確度 {threshold} 以上の月 {handed} 件だけ",
    },
    "who_acceptance": {
        "en": "Sales accepts {floor} only from {threshold} on, which is {handed} handoffs a month",
        "ja": "受け入れ率が {floor} に届くのは確度 {threshold} 以上、月 {handed} 件だけ",
    },
    "goal_customers": {"en": "the goal of {needed} customers", "ja": "目標の受注 {needed} 件"},
    "goal_revenue": {
        "en": "the goal of {revenue}, {needed} deals of {amount} each,",
        "ja": "目標の売上 {revenue}（1件 {amount} の受注が {needed} 件）",
    },
    "need_more": {
        "en": " needs {goal_handed} handoffs, from {goal_threshold} on",
        "ja": "には確度 {goal_threshold} 以上、月 {goal_handed} 件の引き渡しが必要です",
    },
    "need_out_of_reach": {"en": " is out of reach", "ja": "には届きません"},
}

SENTENCES: Final[Mapping[str, Mapping[Lang, str]]] = {
    "contradiction": {
        "en": "{part_who}, which win about {wins}; {part_goal}{part_need}.",
        "ja": "{part_who}で、そこからの受注は約 {wins} 件です。{part_goal}{part_need}。",
    },
    "goal_out_of_reach": {
        "en": "{part_goal} is out of reach: all {handed} leads of a month win about {wins}.",
        "ja": "{part_goal}には届きません：ひと月の全リード {handed} 件を引き渡しても受注は約 {wins} 件です。",
    },
    "acceptance_out_of_reach": {
        "en": "No threshold has the agreed acceptance of {floor}: the best is {best_share}, from {threshold} on. "
        "The floor is left out.",
        "ja": "合意した受け入れ率 {floor} に届くしきい値はありません：最も高いのは確度 {threshold} 以上の"
        " {best_share} です。この下限は使いません。",
    },
    "value_out_of_reach": {
        "en": "No lead is worth what working one costs ({cost}): the likeliest are worth about {best}. "
        "The cost is left out.",
        "ja": "対応費用（1件 {cost}）に見合うリードはありません：最も確度の高いものでも約 {best} です。"
        "費用は使いません。",
    },
    "capacity_out_of_reach": {
        "en": "No threshold hands over as few as capacity allows ({room} a month): {handed} leads share the highest "
        "likelihood. Hand over so many a month instead: --rule top_k.",
        "ja": "対応余力（月 {room} 件）に収まるしきい値はありません：{handed} 件のリードが同じ最高の確度です。"
        "代わりに月の件数で引き渡してください（規則 top_k）。",
    },
    "goal_without_won": {
        "en": "The goal is left out: no model of won is live that was tested. Train one: --target won.",
        "ja": "目標は使いません：検証済みの受注（won）モデルが稼働していません。学習してください：--target won。",
    },
    "goal_without_amount": {
        "en": "The goal is left out: nobody knows what a deal brings. Set [value] deal, or --deal.",
        "ja": "目標は使いません：受注単価がわかりません。[value] の deal か --deal で指定してください。",
    },
    "cost_left_out": {
        "en": "The cost of a lead is left out: it needs a model of won, and what a deal brings.",
        "ja": "リードの対応費用は使いません：受注（won）モデルと受注単価が必要です。",
    },
    "acceptance_unknown": {
        "en": "Acceptance is unknown: {decided} handoffs are decided, {needed} are needed. It does not bind.",
        "ja": "受け入れ率はまだわかりません：回答済みの引き渡しは {decided} 件で、{needed} 件必要です。"
        "制約としては使いません。",
    },
    "nothing_binds": {
        "en": "No constraint leaves a lead out. Set [capacity] reps, [goal], [handoff] lead_cost or "
        "acceptance_floor, or give them as options.",
        "ja": "どの制約もリードを絞っていません。[capacity] の reps、[goal]、[handoff] の lead_cost か "
        "acceptance_floor を設定するか、その場で指定してください。",
    },
    "seen_now_and_then": {
        "en": "The test saw leads when they were created and in some later weeks. Leads that are scored every day "
        "reach a threshold sooner, and more of them do: leadloop handoff show says how many it has become.",
        "ja": "検証ではリードを作成時とその後の数週だけ見ています。毎日採点するリードはもっと早く、もっと多くしきい値に"
        "届きます。実際の件数は leadloop handoff show で確かめられます。",
    },
    "wins_of_some": {
        "en": "Wins rest on the {share} of leads that the model of won was tested on.",
        "ja": "受注の見込みは、受注（won）モデルで検証したリード（全体の {share}）から見積もっています。",
    },
}


def _told(numbers: Mapping[str, Any]) -> dict[str, str]:
    """Numbers as they are said."""
    return {name: _said(name, value) for name, value in numbers.items()}


def _said(name: str, value: Any) -> str:
    if name in ("floor", "best_share", "share"):
        return _percent(value)
    if name.endswith("threshold"):
        return f"{value:g}"
    if name in ("revenue", "amount"):
        return f"{value:,.0f}"
    return value if isinstance(value, str) else "" if value is None else _n(value)


def _n(number: float) -> str:
    """A number as it is said: whole from 100 on, else with one decimal where it is not whole."""
    return f"{number:,.0f}" if abs(number) >= 100 or abs(number - round(number)) < 0.05 else f"{number:,.1f}"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.3g} %"
