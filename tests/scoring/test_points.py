from dataclasses import dataclass

import numpy as np
import pytest

from scoring.categories import Categories
from scoring.clean import Column
from scoring.errors import SettingsError
from scoring.points import points_of

COLUMNS = (
    Column("visits", "number", "engagement"),
    Column("source", "category", "fit", spelling=(("referral", "Referral"),)),
    Column("demo", "boolean", "engagement"),
)
TYPED = {
    "visits": np.array([0.0, 5.0, 12.0, np.nan]),
    "source": Categories.of(["Referral", "Web", None, "Referral"]),
    "demo": Categories.of(["yes", None, "no", "yes"]),
}


@dataclass(frozen=True)
class Line:
    property: str
    op: str
    value: object
    points: float


def points(*lines: Line) -> list[float]:
    return points_of(lines, COLUMNS, TYPED, 4).tolist()


@pytest.mark.parametrize(
    ("line", "given"),
    [
        (Line("visits", "at_least", 5, 10), [0, 10, 10, 0]),
        (Line("visits", "at_most", 5, 10), [10, 10, 0, 0]),
        (Line("visits", "is", 5, 3), [0, 3, 0, 0]),
        (Line("visits", "in", (0, "12"), 3), [3, 0, 3, 0]),
        (Line("visits", "filled", None, 1), [1, 1, 1, 0]),
        (Line("source", "is", "REFERRAL", 20), [20, 0, 0, 20]),
        (Line("source", "in", ["Web", "referral"], 2), [2, 2, 0, 2]),
        (Line("source", "filled", None, 1), [1, 1, 0, 1]),
        (Line("demo", "is", True, 5), [5, 0, 0, 5]),
    ],
)
def test_a_line_gives_its_points_where_it_holds(line, given):
    assert points(line) == given


def test_points_of_several_lines_add_up_and_may_be_negative():
    assert points(Line("visits", "at_least", 5, 10), Line("source", "is", "Web", -4)) == [0, 6, 10, 0]


def test_no_lines_give_no_points():
    assert points() == [0, 0, 0, 0]


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        SettingsError, match="names 'revenue', which is no column. Columns: demo, source, visits"
    ):
        points(Line("revenue", "filled", None, 1))


@pytest.mark.parametrize("line", [Line("source", "at_least", 3, 1), Line("visits", "at_most", "3", 1)])
def test_comparing_text_with_a_number_is_refused(line):
    with pytest.raises(SettingsError, match=f"compares '{line.property}' with a number"):
        points(line)


def test_a_value_that_its_column_cannot_hold_is_refused():
    with pytest.raises(SettingsError, match="A value of the points rule for 'visits' must be a number"):
        points(Line("visits", "is", "many", 1))
