"""The words of the charts, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scoring.reasons import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartWords:
    """What charts say in one language; a part in braces is filled in."""

    calibration: str
    promised: str
    observed: str
    all_as_promised: str
    lift: str
    called: str
    found: str
    by_chance: str
    by_score: str
    adds: str
    count: str
    by_block: str
    block: str
    all_blocks: str
    models: Mapping[str, str]
    metrics: Mapping[str, str]
    waterfall: str
    average_lead: str
    before_rules: str
    this_lead: str
    others: str
    likelihood: str
    points: str
    history: str
    score: str
    threshold: str
    measures: Mapping[str, str]
    a_month: str
    proposed: str
    published: str
    capacity: str
    win_rate: str
    rate: str
    drift: str
    psi: str
    watch: str
    moved: str
    recorded: str
    month: str
    created: str
    reached: str
    call_times: str
    hour: str
    weekdays: tuple[str, ...]
    segments: str
    selected: str
    selection: str


WORDS: Final[Mapping[Lang, ChartWords]] = {
    "en": ChartWords(
        calibration="Do the likelihoods hold?",
        promised="promised",
        observed="observed",
        all_as_promised="as promised",
        lift="How much does calling in order of the score find?",
        called="share of leads called",
        found="share of conversions found",
        by_chance="in any order",
        by_score="by score",
        adds="adds to the log-odds",
        count="{count}",
        by_block="Does it hold from one block of time to the next? {metric}",
        block="block {block}",
        all_blocks="all",
        models={
            "scorecard": "scorecard",
            "base rate": "base rate",
            "newest first": "newest first",
            "points rule": "points rule",
            "logistic regression": "logistic regression",
            "win frequencies": "win frequencies",
            "unrestricted boosting": "unrestricted boosting",
        },
        metrics={
            "log_loss": "Log loss (less is better)",
            "brier": "Brier score (less is better)",
            "calibration_error": "Calibration error (less is better)",
            "auc": "AUC (more is better)",
            "average_precision": "Average precision (more is better)",
            "lift_at_10": "Lift of the best 10 % (more is better)",
            "capture": "Capture at capacity (more is better)",
            "contacts_per_conversion": "Contacts per conversion (less is better)",
        },
        waterfall="Why this likelihood?",
        average_lead="average lead",
        before_rules="before any rule",
        this_lead="this lead",
        others="{count} others",
        likelihood="likelihood",
        points="points",
        history="How has the score moved?",
        score="score",
        threshold="likelihood from which leads are handed over",
        measures={
            "handoffs": "handoffs a month",
            "conversions": "conversions a month",
            "precision": "share of handoffs that convert",
            "acceptance": "share of handoffs accepted",
            "acceptances": "accepted handoffs a month",
            "wins": "wins a month",
            "revenue": "revenue a month",
        },
        a_month="What each threshold would bring: {measure}",
        proposed="proposed {threshold}",
        published="published {threshold}",
        capacity="capacity {count}",
        win_rate="Is the score honest? Win rate by band",
        rate="rate",
        drift="Which features have moved?",
        psi="population stability index",
        watch="watch",
        moved="moved",
        recorded="Since when are outcomes recorded?",
        month="month",
        created="leads created",
        reached="{stage} reached",
        call_times="When do calls reach people? Share that connect, in %",
        hour="hour",
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        segments="Does it hold for each {what}?",
        selected="share that reaches the threshold",
        selection="Who reaches {threshold}, by {what}?",
    ),
    "ja": ChartWords(
        calibration="確度は実績と合っているか",
        promised="予測した確度",
        observed="実績",
        all_as_promised="予測どおり",
        lift="スコア順の架電でどれだけ見つかるか",
        called="架電したリードの割合",
        found="見つかった成果の割合",
        by_chance="順不同",
        by_score="スコア順",
        adds="対数オッズへの寄与",
        count="{count}件",
        by_block="期間ごとに安定しているか：{metric}",
        block="期間{block}",
        all_blocks="全期間",
        models={
            "scorecard": "スコアカード",
            "base rate": "全体平均",
            "newest first": "新着順",
            "points rule": "点数ルール",
            "logistic regression": "ロジスティック回帰",
            "win frequencies": "値ごとの受注率",
            "unrestricted boosting": "制約なしのブースティング",
        },
        metrics={
            "log_loss": "対数損失（小さいほど良い）",
            "brier": "ブライアスコア（小さいほど良い）",
            "calibration_error": "確度のずれ（小さいほど良い）",
            "auc": "AUC（大きいほど良い）",
            "average_precision": "平均適合率（大きいほど良い）",
            "lift_at_10": "上位10%のリフト（大きいほど良い）",
            "capture": "対応余力での捕捉率（大きいほど良い）",
            "contacts_per_conversion": "成果1件あたりの架電数（小さいほど良い）",
        },
        waterfall="なぜこの確度なのか",
        average_lead="平均的なリード",
        before_rules="規則の適用前",
        this_lead="このリード",
        others="その他{count}項目",
        likelihood="確度",
        points="点",
        history="スコアの推移",
        score="スコア",
        threshold="引き渡しの基準とする確度",
        measures={
            "handoffs": "月間の引き渡し数",
            "conversions": "月間の成果数",
            "precision": "引き渡したリードの成果率",
            "acceptance": "引き渡しの受け入れ率",
            "acceptances": "月間の受け入れ数",
            "wins": "月間の受注数",
            "revenue": "月間の売上",
        },
        a_month="基準ごとの見込み：{measure}",
        proposed="提案 {threshold}",
        published="公開中 {threshold}",
        capacity="対応余力 {count}",
        win_rate="スコアは正直か：スコア帯別の受注率",
        rate="実績",
        drift="どの項目の分布が変わったか",
        psi="PSI（分布の変化）",
        watch="注意",
        moved="変化あり",
        recorded="成果はいつから記録されているか",
        month="月",
        created="作成されたリード",
        reached="{stage}に到達",
        call_times="電話がつながりやすい時間帯（つながった割合、%）",
        hour="時",
        weekdays=("月", "火", "水", "木", "金", "土", "日"),
        segments="{what}別に見ても合っているか",
        selected="基準に届く割合",
        selection="基準 {threshold} に届く割合：{what}別",
    ),
}
