import json

import numpy as np
import pytest
import vl_convert

from scoring.bands import calibration_table, lift_table
from scoring.charts import calibration, lift, shape
from scoring.reasons import WORDS, describe
from tests.cards import TERMS

RNG = np.random.default_rng(0)
LIKELIHOOD = RNG.random(400)
LABEL = (RNG.random(400) < LIKELIHOOD).astype(int)
WEIGHT = np.ones(400)


def names(term) -> list[str]:
    return [describe(term, place, WORDS["ja"]) for place in range(term.size)]


CHARTS = {
    "calibration": calibration(calibration_table(LABEL, LIKELIHOOD, WEIGHT)),
    "lift": lift(lift_table(LABEL, LIKELIHOOD, WEIGHT)),
    **{term.feature: shape(term, names(term)) for term in TERMS},
}


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_is_json_and_can_be_drawn(name):
    json.dumps(CHARTS[name], allow_nan=False)
    assert vl_convert.vegalite_to_svg(CHARTS[name]).startswith("<svg")


def test_the_lift_curve_ends_with_all_leads_called_and_all_conversions_found():
    points = CHARTS["lift"]["data"]["values"]

    assert points[0]["found"] == 0
    assert (points[-1]["called"], points[-1]["found"]) == pytest.approx((1, 1))
    assert all(early["found"] <= late["found"] for early, late in zip(points, points[1:], strict=False))


def test_a_shape_shows_the_bins_that_were_seen_with_their_log_odds():
    rows = CHARTS["source"]["data"]["values"]

    assert [(row["log-odds"], row["leads"]) for row in rows] == [(1.2, 40), (-0.3, 150), (0.0, 10)]


def test_a_shape_shows_the_slope_of_a_number_beside_its_table():
    inside = CHARTS["visits"]["data"]["values"][1]

    assert inside["log-odds"] == pytest.approx(0.1 + 0.05 * (6 - 6))
