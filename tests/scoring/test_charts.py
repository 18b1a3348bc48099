"""Charts hold the numbers they were given, can be drawn for a page, and speak the reader's language."""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import vl_convert

from scoring import charts
from scoring.bands import calibration_table, lift_table
from scoring.bootstrap import paired_bootstrap
from scoring.call_times import ConnectRates
from scoring.charts import Event, Past
from scoring.charts.base import BLUE, GREY, INK, MUTED, PALETTE, amount, category, day, spec, untitled, wall
from scoring.charts.words import WORDS as CHART_WORDS
from scoring.handoff_evidence import Evidence, HeldOut
from scoring.proposal import Constraints, propose
from scoring.reasons import WORDS, describe
from scoring.segments import segments
from tests.cards import TERMS, small_card

RNG = np.random.default_rng(0)
N = 400
LIKELIHOOD = RNG.random(N)
LABEL = (RNG.random(N) < LIKELIHOOD).astype(int)
WEIGHT = np.ones(N)
GROUP = np.where(np.arange(N) % 3 == 0, "製造業", "小売業")
BANDS = calibration_table(LABEL, LIKELIHOOD, WEIGHT)
LIFT = lift_table(LABEL, LIKELIHOOD, WEIGHT)
BY_GRADE = dict(zip("DCBA", calibration_table(LABEL, LIKELIHOOD, WEIGHT, bands=4), strict=True))
SEGMENTS = segments(LABEL, LIKELIHOOD, GROUP, threshold=0.5)
BOOTSTRAP = paired_bootstrap(
    LABEL,
    {"scorecard": LIKELIHOOD, "base rate": np.full(N, LABEL.mean())},
    seed=0,
    block=["0"] * (N // 2) + ["1"] * (N // 2),
).to_dict()
HELD = HeldOut(
    version="v1",
    lead_id=pa.array([f"L-{n}" for n in range(N)], pa.string()),
    as_of=np.arange(N) * 86_400.0 / 4,
    creation=np.ones(N, dtype=bool),
    likelihood=LIKELIHOOD,
    label=LABEL,
)
PROPOSAL = propose(Evidence.of(HELD, HELD), Constraints(capacity=30, amount=1000.0))
CALLED = np.zeros((7, 24))
CALLED[0, 9], CALLED[0, 10], CALLED[4, 17] = 40, 60, 50
CALLS = ConnectRates(CALLED, CALLED * np.linspace(0.1, 0.6, 24), 0)
TOKYO = timezone(timedelta(hours=9))
START = datetime(2026, 9, 1, 8, tzinfo=TOKYO)
PAST = [Past(START + timedelta(days=n), "v1" if n < 5 else "v2", 10 * n) for n in range(10)]
CARD = small_card()
SCORE = CARD.score_one({"source": "Referral", "visits": 12.0, "created_at_age_days": None})
Maker = Callable[..., dict[str, Any]]


def names(term, lang):
    return [
        describe(term, place, WORDS[lang]).removeprefix(term.feature).lstrip(" =")
        for place in range(term.size)
    ]


# What each draws, in a language and a width.
MAKERS: dict[str, Maker] = {
    "calibration": lambda **how: charts.calibration(BANDS, **how),
    "lift": lambda **how: charts.lift(LIFT, **how),
    "by_block": lambda **how: charts.by_block(BOOTSTRAP, **how),
    "shape of a category": lambda lang, width: charts.shape(TERMS[0], names(TERMS[0], lang), lang=lang, width=width),
    "shape of a number": lambda lang, width: charts.shape(TERMS[1], names(TERMS[1], lang), lang=lang, width=width),
    "waterfall": lambda **how: charts.waterfall(SCORE.base, SCORE.contributions, **how),
    "history": lambda lang, width: charts.history(
        PAST, [Event(START, "受注" if lang == "ja" else "won")], lang=lang, width=width
    ),
    "wins": lambda **how: charts.threshold_curve(PROPOSAL, "wins", published=0.4, **how),
    "handoffs": lambda **how: charts.threshold_curve(PROPOSAL, "handoffs", **how),
    "revenue": lambda **how: charts.threshold_curve(PROPOSAL, "revenue", currency="JPY", **how),
    "acceptance, unknown": lambda **how: charts.threshold_curve(PROPOSAL, "acceptance", **how),
    "win_rate": lambda **how: charts.win_rate(BY_GRADE, **how),
    "by_segment": lambda **how: charts.by_segment(SEGMENTS, "業種", **how),
    "selection": lambda **how: charts.selection(SEGMENTS, "業種", 0.5, **how),
    "drift": lambda **how: charts.drift({"source": 0.3, "visits": 0.02}, **how),
    "recorded": lambda lang, width: charts.recorded(
        {"2026-08": (40, 0), "2026-09": (50, 3)}, "受注" if lang == "ja" else "won", lang=lang, width=width
    ),
    "call_times": lambda **how: charts.call_times(CALLS, **how),
    "call_times, without calls": lambda **how: charts.call_times(ConnectRates(0 * CALLED, 0 * CALLED, 0), **how),
}  # fmt: skip
# Names that data bring, and abbreviations that are the same in Japanese.
GIVEN = {"source", "visits", "created_at_age_days", "Referral", "Web", "v1", "v2", "PSI", "AUC"}


def rows(chart):
    return chart["data"]["values"]


def own_rows(chart):
    return [row for layer in chart["layer"] for row in layer.get("data", {"values": []})["values"]]


def texts(svg: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg)]


@pytest.mark.parametrize("width", [640, 360])
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", list(MAKERS))
def test_a_chart_is_json_and_is_drawn_as_wide_as_asked_without_a_word_of_complaint(name, lang, width, capfd):
    chart = MAKERS[name](lang=lang, width=width)
    json.dumps(chart, allow_nan=False)

    svg = vl_convert.vegalite_to_svg(chart, show_warnings=True)

    assert svg.startswith("<svg")
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) == pytest.approx(width, abs=1)
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


@pytest.mark.parametrize("name", list(MAKERS))
def test_a_page_with_strict_rules_can_hold_the_drawing(name):
    svg = vl_convert.vegalite_to_svg(MAKERS[name](lang="en", width=640))

    assert re.findall(r'\s(?:style|id|href|on[a-z]+)="|<style|<script|<image|url\(', svg) == []


@pytest.mark.parametrize("name", list(MAKERS))
def test_the_japanese_chart_holds_no_english_word(name):
    said = texts(vl_convert.vegalite_to_svg(MAKERS[name](lang="ja", width=640)))

    english = {word for text in said for word in re.findall(r"[A-Za-z_]\w+", text)} - GIVEN
    assert english == set()


@pytest.mark.parametrize("field", [field.name for field in fields(CHART_WORDS["en"])])
def test_both_languages_fill_in_the_same_parts(field):
    english, japanese = (getattr(CHART_WORDS[lang], field) for lang in ("en", "ja"))
    if isinstance(english, dict):
        assert english.keys() == japanese.keys()
    elif isinstance(english, tuple):
        assert len(english) == len(japanese)
    else:
        parts = [set(re.findall(r"\{\w+\}", said)) for said in (english, japanese)]
        assert parts[0] == parts[1] or (english, japanese) == ("{count}", "{count}件")


@pytest.mark.parametrize("color", [*PALETTE, INK, MUTED])
def test_every_colour_can_be_read_on_white(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))

    assert 1.05 / (luminance + 0.05) >= 4.5


def test_calibration_shows_each_band_with_its_interval():
    shown = [
        (row["promised"], row["observed"], row["low"], row["high"]) for row in rows(charts.calibration(BANDS))
    ]

    assert shown == [(b.likelihood, b.rate, b.rate_low, b.rate_high) for b in BANDS]


def test_the_lift_curve_ends_with_all_leads_called_and_all_conversions_found():
    points = rows(charts.lift(LIFT))

    assert points[0]["found"] == 0
    assert (points[-1]["called"], points[-1]["found"]) == pytest.approx((1, 1))
    assert [point["found"] for point in points[1:]] == [row.capture for row in LIFT]


def test_leads_called_are_counted_by_weight_as_the_conversions_found_are():
    weight = np.where(LIKELIHOOD > 0.5, 3.0, 1.0)

    table = lift_table(LABEL, LIKELIHOOD, weight)

    assert rows(charts.lift(table))[1]["called"] == pytest.approx(table[0].weight / weight.sum())


def test_a_shape_shows_the_values_that_were_seen_from_the_best_to_the_worst():
    shown = rows(charts.shape(TERMS[0], names(TERMS[0], "en")))

    assert [(row["log-odds"], row["leads"]) for row in shown] == [(1.2, 40), (0.0, 10), (-0.3, 150)]


def test_a_shape_of_a_number_keeps_its_order_and_adds_its_slope():
    shown = rows(charts.shape(TERMS[1], names(TERMS[1], "en")))

    assert [row["order"] for row in shown] == [0, 1, 2, 3]
    assert shown[1]["log-odds"] == pytest.approx(0.1 + 0.05 * (6 - 6))


def test_of_a_category_with_many_values_the_ones_seen_most_are_shown():
    many = 60
    term = replace(
        TERMS[0], levels=tuple(f"v{n}" for n in range(many - 2)), table=tuple(n / 100 for n in range(many)),
        support=tuple(range(1, many + 1)), rates=(0.1,) * many,
    )  # fmt: skip

    shown = rows(charts.shape(term, [f"v{n}" for n in range(many)]))

    assert [row["leads"] for row in shown] == list(range(60, 20, -1))


def test_a_waterfall_adds_up_from_the_average_lead_to_this_one():
    steps = rows(charts.waterfall(SCORE.base, SCORE.contributions))

    assert steps[0]["end"] == SCORE.base
    assert steps[-1]["end"] == pytest.approx(SCORE.log_odds)
    assert all(later["start"] == one["end"] for one, later in zip(steps, steps[1:], strict=False))
    assert {step["name"]: step["part"] for step in steps[1:-1]} == {
        feature: part for feature, part in SCORE.contributions.items() if part
    }


def test_a_waterfall_counts_the_weakest_together():
    parts = {f"f{n}": (-1) ** n * (1 + n) / 10 for n in range(12)}

    steps = rows(charts.waterfall(-2.0, parts, names={"f11": "role = 部長"}, most=3))

    assert [step["name"] for step in steps] == [
        "average lead",
        "role = 部長",
        "f10",
        "f9",
        "9 others",
        "this lead",
    ]
    assert steps[4]["part"] == pytest.approx(sum(parts[f"f{n}"] for n in range(9)))
    assert steps[-1]["end"] == pytest.approx(-2.0 + sum(parts.values()))


def test_a_waterfall_says_likelihoods_at_its_ends_and_signs_between():
    said = [step["said"] for step in rows(charts.waterfall(0.0, {"up": 1.0, "down": -1.0}))]

    assert said == ["50 %", "+1.00", "−1.00", "50 %"]


def test_a_waterfall_of_points_says_points():
    chart = charts.waterfall(0.0, {"up": 10.0, "down": -2.5}, likelihood=False, lang="ja")

    assert [step["said"] for step in rows(chart)] == ["0 点", "+10", "−2.5", "7.5 点"]
    assert rows(chart)[0]["name"] == "規則の適用前"


def test_history_keeps_the_clocks_of_its_times_and_tells_models_apart():
    chart = charts.history(PAST)

    assert rows(chart)[0] == {"at": "2026-09-01T08:00:00Z", "model": "v1", "score": 0}
    scale = chart["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["v1", "v2"]
    assert len(set(scale["range"])) == 2


def test_events_on_the_same_day_are_said_one_below_the_other():
    later = [START + timedelta(hours=1), START + timedelta(days=9)]
    events = [Event(START, "handed over"), Event(later[0], "accepted"), Event(later[1], "won")]

    marked = own_rows(charts.history(PAST, events))

    assert {row["said"]: row["row"] for row in marked} == {"handed over": 8, "accepted": 22, "won": 8}


def test_words_that_run_towards_each_other_are_said_one_below_the_other():
    days = {"SAL": 0, "SQL": 5, "opportunity": 9}
    marked = own_rows(
        charts.history(PAST, [Event(START + timedelta(days=at), said) for said, at in days.items()])
    )

    assert {row["said"]: row["row"] for row in marked} == {"SAL": 8, "SQL": 8, "opportunity": 22}


def test_events_at_one_moment_are_said_one_below_the_other():
    marked = own_rows(charts.history(PAST, [Event(START, "handed over"), Event(START, "MQL")]))

    assert {row["said"]: row["row"] for row in marked} == {"MQL": 8, "handed over": 22}


@pytest.mark.parametrize("measure", ["handoffs", "wins", "precision", "revenue"])
def test_a_threshold_curve_shows_the_points_of_the_proposal(measure):
    shown = [tuple(row[key] for key in ("threshold", "value", "low", "high")) for row in
             rows(charts.threshold_curve(PROPOSAL, measure))]  # fmt: skip

    assert shown == [
        (point.threshold, *getattr(point, measure)) for point in PROPOSAL.curve if point.threshold > 0
    ]


def test_the_curve_of_handoffs_marks_capacity_and_both_thresholds():
    chart = charts.threshold_curve(PROPOSAL, "handoffs", published=0.4)

    marked = {row["said"]: row["at"] for row in own_rows(chart)}
    assert marked == {
        "capacity 30": 30,
        f"proposed {100 * PROPOSAL.threshold:.6g} %": PROPOSAL.threshold,
        "published 40 %": 0.4,
    }


@pytest.mark.parametrize(("beside", "side"), [(0.9, "right"), (1.1, "left")])
def test_words_of_two_thresholds_stand_away_from_each_other(beside, side):
    shown = [point.threshold for point in PROPOSAL.curve if point.threshold > 0]
    middle = (min(shown) * max(shown)) ** 0.5
    chart = charts.threshold_curve(replace(PROPOSAL, threshold=middle), "wins", published=beside * middle)

    sides = {
        row["said"].split()[0]: layer["mark"]["align"]
        for layer in chart["layer"]
        if layer["mark"] != "line" and layer["mark"]["type"] == "text"
        for row in layer["data"]["values"]
    }
    assert sides == {"published": side, "proposed": {"left": "right", "right": "left"}[side]}


def test_blocks_stand_beside_the_whole_with_its_interval():
    shown = rows(charts.by_block(BOOTSTRAP, "auc"))

    assert [(row["block"], row["model"]) for row in shown] == [
        (block, model) for block in ("block 1", "block 2", "all") for model in ("scorecard", "base rate")
    ]
    whole = BOOTSTRAP["estimates"]["scorecard"]["auc"]
    assert shown[0]["value"] == BOOTSTRAP["blocks"]["0"]["scorecard"]["auc"]
    assert (shown[4]["value"], shown[4]["low"], shown[4]["high"]) == (
        whole["value"],
        whole["low"],
        whole["high"],
    )


def test_bands_and_groups_show_promised_beside_observed():
    shown = rows(charts.win_rate(BY_GRADE))

    assert [(row["group"], row["value"]) for row in shown if row["what"] == "observed"] == [
        (name, band.rate) for name, band in BY_GRADE.items()
    ]
    assert [
        row["value"] for row in rows(charts.by_segment(SEGMENTS, "industry")) if row["what"] == "promised"
    ] == [one.likelihood for one in SEGMENTS]
    assert [row["value"] for row in rows(charts.selection(SEGMENTS, "industry", 0.5))] == [
        one.selected.value for one in SEGMENTS
    ]


def test_the_feature_that_moved_most_stands_first_and_limits_are_marked():
    chart = charts.drift({"a": 0.02, "b": 0.3, "c": 0.11})

    assert [(row["feature"], row["psi"]) for row in rows(chart)] == [("b", 0.3), ("c", 0.11), ("a", 0.02)]
    limits = chart["layer"][2]["data"]["values"]
    assert [(limit["said"], limit["at"]) for limit in limits] == [("watch", 0.1), ("moved", 0.25)]


def test_months_show_leads_beside_outcomes():
    shown = rows(charts.recorded({"2026-08": (40, 0), "2026-09": (50, 3)}, "won"))

    assert [(row["month"], row["what"], row["count"]) for row in shown] == [
        ("2026-08", "leads created", 40),
        ("2026-08", "won reached", 0),
        ("2026-09", "leads created", 50),
        ("2026-09", "won reached", 3),
    ]


def test_call_times_show_only_hours_in_which_somebody_called():
    shown = rows(charts.call_times(CALLS))

    assert [(row["weekday"], row["hour"], row["calls"]) for row in shown] == [
        ("Mon", 9, 40),
        ("Mon", 10, 60),
        ("Fri", 17, 50),
    ]
    assert [row["rate"] for row in shown] == [CALLS.rate[0, 9], CALLS.rate[0, 10], CALLS.rate[4, 17]]


def test_a_long_title_takes_a_second_line_where_the_picture_is_narrow():
    title = charts.calibration(BANDS, width=120)["title"]["text"]

    assert title == ["Do the", "likelihoods", "hold?"]
    assert "title" not in untitled(charts.calibration(BANDS))


def test_amounts_days_and_names_are_written_in_the_readers_way():
    values = [
        {"day": wall(datetime(2026, 10, n, tzinfo=UTC)), "yen": n * 10_000, "name": f"n{n}"}
        for n in (1, 2, 3)
    ]

    def drawn(lang):
        x, y = day("day", lang=lang), amount("yen", "JPY", lang)
        bars = {"mark": "bar", "encoding": {"x": x, "y": y, "detail": category("name", ["n1", "n2", "n3"])}}
        bars["encoding"]["detail"] = {"field": "name"}
        return texts(vl_convert.vegalite_to_svg(spec("", [bars], rows=values)))

    assert {"Oct 1", "¥30k"} <= set(drawn("en"))
    assert {"10/1", "¥3万"} <= set(drawn("ja"))


def test_a_currency_is_never_part_of_an_expression_that_it_could_end():
    labels = amount("yen", "x' + evil() + '", "en")["axis"]["labelExpr"]

    assert "evil" not in labels


def test_no_colour_stands_alone():
    for chart in (charts.win_rate(BY_GRADE), charts.by_block(BOOTSTRAP), charts.history(PAST)):
        colored = [
            layer["encoding"] for layer in chart["layer"] if "field" in layer["encoding"].get("color", {})
        ]
        told = [layer for layer in colored if {"shape", "strokeDash", "yOffset"} & layer.keys()]
        assert colored
        assert told == colored
    assert len({BLUE, GREY}) == 2
