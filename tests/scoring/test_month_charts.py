"""The charts of the month: what they show is what was counted, and pages can draw them under their strict policy."""

import re
from typing import Any

import pytest

from scoring.charts.month import (
    CampaignSum,
    StageSum,
    campaign_return,
    daily_line,
    funnel_bars,
    promised_and_won,
)
from scoring.reasons import Lang
from serving.pages.drawing import Drawing

DAYS = ("2026-10-01", "2026-10-02", "2026-10-03")
LINE = {"actual": (1.0, 3.0, None), "goal_by_day": (2.0, 4.0, 6.0), "before": (0.0, 1.0)}
BAND = {"grade": "A", "won": {"of": 20, "rate": 0.5, "low": 0.3, "high": 0.7}, "promised": 0.4}


def rows(chart: dict[str, Any]) -> list[dict[str, Any]]:
    return chart["data"]["values"]


def test_a_day_to_come_is_not_drawn() -> None:
    shown = rows(daily_line("Leads", LINE, DAYS, None))
    assert [(row["what"], row["value"]) for row in shown] == [
        ("so far", 1.0), ("so far", 3.0), ("goal line", 2.0), ("goal line", 4.0), ("goal line", 6.0),
        ("month before", 0.0), ("month before", 1.0),
    ]  # fmt: skip


def test_without_a_goal_there_is_no_line_to_it() -> None:
    shown = rows(daily_line("Leads", {**LINE, "goal_by_day": None}, DAYS, None))
    assert {row["what"] for row in shown} == {"so far", "month before"}


def test_a_stage_shows_both_months_and_what_the_goal_takes() -> None:
    chart = funnel_bars([StageSum("Leads", 6, 4, 9), StageSum("Won", 2, 1)], ("October", "September"))
    assert [(row["stage"], row["month"], row["leads"]) for row in rows(chart)] == [
        ("Leads", "October", 6), ("Leads", "September", 4), ("Won", "October", 2), ("Won", "September", 1),
    ]  # fmt: skip
    goals = [layer["data"]["values"] for layer in chart["layer"] if "data" in layer]
    assert goals == [[{"stage": "Leads", "leads": 9, "month": "needed for the goal"}]]


def test_campaigns_in_another_currency_are_left_out_rather_than_summed() -> None:
    sums = [
        CampaignSum("fair", 100.0, 300.0, "JPY"),
        CampaignSum("ads", 5.0, 1.0, "USD"),
        CampaignSum("web", 9.0, 0.0, "JPY"),
    ]
    assert {row["campaign"] for row in rows(campaign_return(sums))} == {"fair", "web"}


def test_a_band_shows_what_was_promised_beside_what_came() -> None:
    shown = rows(
        promised_and_won(
            [
                BAND,
                {"grade": "D", "won": {"of": 0, "rate": None, "low": None, "high": None}, "promised": None},
            ]
        )
    )
    assert [(row["grade"], row["what"], row["value"]) for row in shown] == [
        ("A", "won", 0.5),
        ("A", "promised", 0.4),
    ]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_chart_is_drawn_without_styles_scripts_or_ids(lang: Lang) -> None:
    charts = (
        daily_line("Revenue", LINE, DAYS, "JPY", lang=lang),
        funnel_bars([StageSum("商談", 6, 4, 9)], ("10月", "9月"), lang=lang),
        campaign_return([CampaignSum("展示会", 100.0, 300.0, "JPY")], lang=lang),
        promised_and_won([BAND], lang=lang),
    )
    for chart in charts:
        svg = str(Drawing().svg(chart, "said"))
        assert svg.count("<text") > 2
        assert not re.search(r'style=|<script|<style|href=|\bid="', svg)


def test_charts_of_nothing_can_be_drawn() -> None:
    for chart in (funnel_bars([], ("a", "b")), campaign_return([]), promised_and_won([])):
        assert "<svg" in str(Drawing().svg(chart, "said"))
