"""Whether the score was honest: promised against won, band by band, by hand."""

import numpy as np
import pytest

from scoring.report_bands import FirstScores, score_bands

CUTS = (80, 50, 20)


def scores(*groups: tuple[int, int, int, float], young: int = 0) -> FirstScores:
    """Groups of (grade, leads, won, promised), and leads of grade A that are too young."""
    grade = np.concatenate([np.full(of, code) for code, of, _, _ in groups] + [np.zeros(young, int)])
    label = np.concatenate([np.arange(of) < won for _, of, won, _ in groups] + [np.full(young, np.nan)])
    told = np.concatenate([np.full(of, promised) for _, of, _, promised in groups] + [np.full(young, 0.9)])
    return FirstScores("log", "won", 90, ("v1",), grade.astype(np.intp), told, label.astype(float))


def test_each_band_holds_its_promise_against_what_came() -> None:
    found = score_bands(
        scores((0, 100, 40, 0.4), (1, 100, 5, 0.2), (2, 100, 9, 0.02), (3, 10, 0, 0.01)), CUTS
    )
    assert [(row.grade, row.won.count, row.won.of, row.verdict) for row in found.rows] == [
        ("A", 40, 100, "holds"),
        ("B", 5, 100, "promised_too_much"),
        ("C", 9, 100, "promised_too_little"),
        ("D", 0, 10, "too_few"),
    ]
    assert [row.promised for row in found.rows] == [0.4, 0.2, 0.02, 0.01]


def test_leads_whose_horizon_has_not_passed_are_counted_apart() -> None:
    found = score_bands(scores((0, 30, 3, 0.1), young=7), CUTS)
    assert (found.mature, found.young) == (30, 7)
    assert found.rows[0].won.of == 30


@pytest.mark.parametrize(
    ("won_of_a", "won_of_b", "in_order"), [(40, 5, True), (5, 40, False), (10, 11, True)]
)
def test_grades_are_in_order_unless_a_worse_one_wins_more_often_beyond_chance(
    won_of_a: int, won_of_b: int, in_order: bool
) -> None:
    assert score_bands(scores((0, 100, won_of_a, 0.1), (1, 100, won_of_b, 0.1)), CUTS).in_order is in_order


def test_a_single_filled_band_has_no_order() -> None:
    assert score_bands(scores((0, 100, 5, 0.1), (1, 3, 3, 0.1)), CUTS).in_order is None


def test_points_promise_nothing() -> None:
    found = score_bands(scores((0, 100, 5, np.nan)), CUTS)
    assert (found.rows[0].promised, found.rows[0].verdict) == (None, "no_likelihood")
