"""The three things of a month that deserve talk: what changed most, which promise was kept least, and missed wins.

Each is computed, with the numbers that it rests on, and where there is nothing to say, that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scoring.reasons import Lang
from scoring.report_missed import Missed
from scoring.report_rates import CERTAIN, Change, largest
from scoring.report_sla import Owing, Sla, Supply
from scoring.report_words import Said, name_of, percent

Kind = Literal["change", "sla", "missed"]
# A change that is nearer to chance than this is not worth naming.
NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Point:
    """Something that deserves talk.

    Parameters
    ----------
    kind : {"change", "sla", "missed"}
        What it is about.
    found : bool
        Whether there is something to talk about.
    numbers : dict
        What it rests on.
    said : dict of {"en", "ja"} to str
        In a sentence or two.
    """

    kind: Kind
    found: bool
    numbers: dict[str, Any]
    said: Said


def talk(changes: Sequence[Change], sla: Sla, missed: Missed) -> tuple[Point, Point, Point]:
    """Say the three things.

    Parameters
    ----------
    changes : sequence of Change
        What changed, with chances that allow for how many numbers were looked at.
    sla : Sla
        How promises were kept.
    missed : Missed
        Wins that were not seen coming.
    """
    return _largest_change(changes), _largest_gap(sla), _missed(missed)


def _largest_change(changes: Sequence[Change]) -> Point:
    change = largest(changes)
    numbers: dict[str, Any] = {"looked_at": len(changes), "certain": CERTAIN}
    if not changes:
        return Point("change", False, numbers, {
            "en": "There is nothing to compare with the month before.",
            "ja": "前月と比べられる数字がありません。",
        })  # fmt: skip
    if change is None:
        near = changes[0] if changes[0].adjusted < NEAR else None
        if near is not None:
            numbers |= _moved(near)
        return Point("change", False, numbers, {
            "en": f"None of {len(changes)} numbers differs from the month before by more than chance would do "
                  f"(exact tests at {percent(CERTAIN)}, allowing for all of them).{_near_en(near)}",
            "ja": f"調べた {len(changes)} 個の数字のうち、前月との差が偶然の範囲を超えたものはありません"
                  f"（正確検定、多重性を考慮して {percent(CERTAIN)} 水準）。{_near_ja(near)}",
        })  # fmt: skip
    numbers |= _moved(change)
    return Point(
        "change",
        True,
        numbers,
        {"en": _change_en(change, len(changes)), "ja": _change_ja(change, len(changes))},
    )


def _moved(change: Change) -> dict[str, Any]:
    return {
        "name": change.name, "now": change.now, "before": change.before, "factor": change.factor,
        "chance": change.adjusted, "test": "binomial" if change.kind == "count" else "fisher",
    }  # fmt: skip


def _near_en(change: Change | None) -> str:
    if change is None:
        return ""
    now, before = _values(change, "en")
    return f" The nearest to it: {_lower(name_of(change.name, 'en'))}, from {before} to {now} (p = {_chance(change)})."


def _near_ja(change: Change | None) -> str:
    if change is None:
        return ""
    now, before = _values(change, "ja")
    unit = " 件" if change.kind == "count" else ""
    return f"最も近いのは{name_of(change.name, 'ja')}（{before}{unit} → {now}{unit}、p = {_chance(change)}）です。"


def _values(change: Change, lang: Lang) -> tuple[str, str]:
    if change.kind == "count":
        return f"{change.count:,}", f"{change.count_before:,}"
    return (
        f"{percent(change.now, lang)} ({change.count:,} / {change.of:,})",
        f"{percent(change.before, lang)} ({change.count_before:,} / {change.of_before:,})",
    )


def _chance(change: Change) -> str:
    return f"{change.adjusted:.2g}" if change.adjusted >= 0.001 else "< 0.001"


def _change_en(change: Change, looked: int) -> str:
    now, before = _values(change, "en")
    test = "binomial test of two counts" if change.kind == "count" else "Fisher's exact test"
    return (
        f"The largest change: {_lower(name_of(change.name, 'en'))} {'rose' if change.factor > 1 else 'fell'} from "
        f"{before} to {now}. Chance would hardly do that ({test}, allowing for the {looked} numbers compared: "
        f"p = {_chance(change)})."
    ).replace("p = <", "p <")


def _lower(name: str) -> str:
    return name[0].lower() + name[1:] if not name[:2].isupper() else name


def _change_ja(change: Change, looked: int) -> str:
    now, before = _values(change, "ja")
    test = "2 つの件数の二項検定" if change.kind == "count" else "フィッシャーの正確検定"
    unit, more, less = (" 件", "増え", "減り") if change.kind == "count" else ("", "上がり", "下がり")
    return (
        f"最大の変化：{name_of(change.name, 'ja')}が {before}{unit} から {now}{unit} に"
        f"{more if change.factor > 1 else less}ました。偶然とは考えにくい差です（{test}、"
        f"比較した {looked} 個の数字の多重性を考慮して p = {_chance(change)}）。"
    ).replace("p = <", "p <")


def _largest_gap(sla: Sla) -> Point:
    gaps: list[tuple[float, Point]] = []
    for name, rate in (("first_touch", sla.sales.first_touch), ("touches", sla.sales.touches)):
        if rate.rate is not None and rate.count < rate.of:
            gaps.append((1 - rate.rate, _gap_of_sales(name, sla)))
    supply = sla.marketing
    if supply is not None and supply.owed_by_now > supply.given:
        gaps.append((1 - supply.given / supply.owed_by_now, _gap_of_marketing(supply)))
    if gaps:
        return max(gaps, key=lambda gap: gap[0])[1]
    if not (sla.sales.first_touch.of or sla.sales.touches.of or supply is not None):
        return Point("sla", False, {}, {
            "en": "No promise of this month is settled: no clock has run out, and no leads are owed. With handoffs, or "
                  "owners of leads, and [capacity] in the settings there is something to compare.",
            "ja": "当月の約束で結果の出たものはありません。期限を迎えたリードがなく、約束した件数もありません。引き渡し"
                  "（またはリードの担当者）と設定の [capacity] があれば比べられます。",
        })  # fmt: skip
    return Point("sla", False, {}, {
        "en": "Both sides kept every promise that is settled.",
        "ja": "結果の出た約束は、双方ともすべて守られています。",
    })  # fmt: skip


def _gap_of_sales(name: str, sla: Sla) -> Point:
    rate = sla.sales.first_touch if name == "first_touch" else sla.sales.touches
    missed = rate.of - rate.count
    worst = _worst(name, sla.reps)
    numbers: dict[str, Any] = {
        "side": "sales", "promise": name, "missed": missed, "of": rate.of, "kept_share": rate.rate,
    }  # fmt: skip
    en_what, ja_what = _PROMISES[name]
    en = f"The largest gap: {missed:,} of {rate.of:,} leads {en_what} ({percent(1 - (rate.rate or 0))})."
    ja = f"最大の未達：{rate.of:,} 件中 {missed:,} 件（{percent(1 - (rate.rate or 0), 'ja')}）が、{ja_what}。"
    if worst is not None:
        rep, of_rep, total = worst
        numbers |= {"rep": rep, "rep_missed": of_rep, "rep_of": total}
        en += f" The most with one rep: {rep}, {of_rep:,} of {total:,}."
        ja += f"担当者別で最も多いのは {rep}（{total:,} 件中 {of_rep:,} 件）です。"
    return Point("sla", True, numbers, {"en": en, "ja": ja})


_PROMISES = {
    "first_touch": ("were not touched in time for the first time", "期限までに最初の接触を受けていません"),
    "touches": ("did not get all their touches in time", "期限までに必要な回数の接触を受けていません"),
}


def _worst(name: str, reps: Sequence[Owing]) -> tuple[str, int, int] | None:
    """The rep with the most leads of which a promise was broken."""
    rates = [(one.rep, one.first_touch if name == "first_touch" else one.touches) for one in reps]
    broken = [(rep, rate.of - rate.count, rate.of) for rep, rate in rates if rep is not None]
    found = max(broken, key=lambda row: (row[1], row[0]), default=None)
    return found if found is not None and found[1] else None


def _gap_of_marketing(supply: Supply) -> Point:
    short, owed = supply.owed_by_now - supply.given, f"{supply.owed_by_now:,.0f}"
    numbers = {
        "side": "marketing", "promise": "leads", "missed": round(short, 1), "of": supply.owed_by_now,
        "kept_share": round(supply.given / supply.owed_by_now, 4),
    }  # fmt: skip
    share = short / supply.owed_by_now
    return Point("sla", True, numbers, {
        "en": f"The largest gap: marketing gave sales {supply.given:,} qualified leads and owed {owed} by then, "
              f"{percent(share)} short.",
        "ja": f"最大の未達：マーケティングが引き渡した有望リードは {supply.given:,} 件で、この時点の約束 {owed} 件に "
              f"{percent(share, 'ja')} 届いていません。",
    })  # fmt: skip


def _missed(missed: Missed) -> Point:
    numbers: dict[str, Any] = {"wins": missed.wins, "scored": missed.scored, "missed": missed.count}
    if not missed.wins:
        return Point("missed", False, numbers, {
            "en": "Nothing was won in this month, so no win was missed.",
            "ja": "当月の受注はなく、見落とした受注もありません。",
        })  # fmt: skip
    if not missed.scored:
        return Point("missed", False, numbers, {
            "en": f"Whether wins were missed cannot be said: of the {missed.wins:,} wins no score from before is "
                  "known. Scores are kept from the first rescoring on (leadloop score --open).",
            "ja": f"見落とした受注があるかはわかりません。受注 {missed.wins:,} 件について、受注前のスコアがありません。"
                  "スコアは最初の再スコアリング（leadloop score --open）から記録されます。",
        })  # fmt: skip
    if not missed.count:
        return Point("missed", False, numbers, {
            "en": f"No win was missed: all {missed.scored:,} wins with a score from before had scored well.",
            "ja": f"見落とした受注はありません。受注前のスコアがある {missed.scored:,} 件は、いずれも高評価でした。",
        })  # fmt: skip
    first = [row.reasons[0] for row in missed.rows if row.reasons]
    why = Counter(reason["feature"] for reason in first)
    feature = min(why, key=lambda name: (-why[name], name), default=None)
    called: Said = next((one["name"] for one in first if one["feature"] == feature and "name" in one), {})
    numbers["feature"] = feature
    en = (
        f"Missed wins: {missed.count:,} of the {missed.scored:,} wins with a score from before had scored low "
        f"({percent(missed.count / missed.scored)})."
    )
    ja = (
        f"見落とした受注：受注前のスコアがある {missed.scored:,} 件のうち {missed.count:,} 件"
        f"（{percent(missed.count / missed.scored, 'ja')}）は、低く評価されていました。"
    )
    if feature is not None:
        names = {lang: called.get(lang, feature) for lang in ("en", "ja")}
        en += f" What pulled them down most often: {names['en']} ({why[feature]:,})."
        ja += f"評価を最も下げていたのは「{names['ja']}」（{why[feature]:,} 件）です。"
    return Point("missed", True, numbers, {"en": en, "ja": ja})
