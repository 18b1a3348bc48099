import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.categories import Categories
from scoring.errors import DataError
from scoring.terms import Pair, Term, missing_column, read_column

VISITS = Term(
    *("visits", "number", "engagement", (2.0, 10.0), (), (-0.5, 0.1, 0.6, -0.2), (1, 1, 1, 1)),
    *((None,) * 4, 0.5, 0.0, 50.0, 6.0),
)
SOURCE = Term(
    "source", "category", "fit", (), ("Referral", "Web"), (1.0, 0.0, 0.0, 0.0), (1, 1, 0, 1), (None,) * 4
)


@pytest.mark.parametrize(
    ("value", "place"), [(-1e300, 0), (2, 0), (2.0000001, 1), (10.0, 1), (11, 2), (None, 3), (math.nan, 3)]
)
def test_a_number_on_a_cut_belongs_to_the_bin_below(value, place):
    assert VISITS.bin_one(value) == place


@pytest.mark.parametrize(("value", "place"), [("Referral", 0), ("Web", 1), ("web", 2), ("", 2), (None, 3)])
def test_a_level_never_seen_has_a_bin_of_its_own_before_missing(value, place):
    assert SOURCE.bin_one(value) == place


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (math.inf, "an infinite one"),
        (-math.inf, "infinite"),
        (10**400, "infinite"),
        ("3", "got str"),
        (True, "bool"),
    ],
)
def test_what_is_no_finite_number_is_refused(value, got):
    with pytest.raises(DataError, match=f"Feature 'visits' must be a .*{got}"):
        VISITS.bin_one(value)


@pytest.mark.parametrize("value", [1.0, False, ["Web"]])
def test_a_category_that_is_not_text_is_refused(value):
    with pytest.raises(DataError, match="Feature 'source' must be text"):
        SOURCE.bin_one(value)


def test_a_slope_stops_at_the_ends_of_the_range_seen_in_training():
    assert [VISITS.line(value) for value in (6.0, 8.0, 50.0, 1e9, -1e9)] == [0.0, 1.0, 22.0, 22.0, -3.0]


@given(st.lists(st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-(2**60), 2**60))))
def test_one_number_and_a_column_of_numbers_fall_into_the_same_bins(values):
    read, errors = read_column(np.array(values, dtype=object), VISITS)

    assert not errors
    assert VISITS.bin_array(read).tolist() == [VISITS.bin_one(value) for value in values]
    lines = [
        0.0 if place == VISITS.missing else VISITS.line(value)
        for place, value in zip(VISITS.bin_array(read), values, strict=True)
    ]
    np.testing.assert_allclose(VISITS.line_array(read), lines, rtol=0, atol=1e-12)


@given(st.lists(st.one_of(st.none(), st.sampled_from(["Referral", "Web", "web"]), st.text(max_size=3))))
def test_one_category_and_a_column_of_categories_fall_into_the_same_bins(values):
    expected = [SOURCE.bin_one(value) for value in values]

    for column in (np.array(values, dtype=object), pd.array(values, dtype="string"), Categories.of(values)):
        read, errors = read_column(column, SOURCE)
        assert not errors
        assert SOURCE.bin_array(read).tolist() == expected


@pytest.mark.parametrize(
    "column",
    [
        [1, 5, 20],
        np.array([1, 5, 20], dtype=np.uint8),
        np.array([1, 5, 20], dtype=np.float32),
        pd.array([1, 5, 20], dtype="Int64"),
        pd.array([1, 5, 20], dtype="float64[pyarrow]"),
    ],
)
def test_numbers_of_any_width_are_read(column):
    values, errors = read_column(column, VISITS)

    assert (VISITS.bin_array(values).tolist(), errors) == ([0, 1, 2], {})


def test_missing_numbers_of_every_kind_are_missing():
    for column in (pd.array([None, 1], dtype="Int64"), np.array([None, 1], dtype=object), [math.nan, 1.0]):
        values, errors = read_column(column, VISITS)
        assert (VISITS.bin_array(values).tolist(), errors) == ([3, 0], {})
    values, errors = read_column(np.array([pd.NaT, pd.NA, math.nan, "Web"], dtype=object), SOURCE)
    assert (SOURCE.bin_array(values).tolist(), errors) == ([3, 3, 3, 1], {})


@pytest.mark.parametrize(
    "column",
    [
        Categories.of([None, "3"]),
        np.array([None, "3"], dtype=object),
        np.array([math.nan, math.inf]),
        np.array(["NaT", "2026-10-01"], dtype="M8[ns]"),
        np.array(["NaT", 3], dtype="m8[ns]"),
    ],
)
def test_rows_that_are_no_numbers_are_named_and_the_others_read(column):
    values, errors = read_column(column, VISITS)

    assert list(errors) == [1]
    assert "Feature 'visits' must be a" in errors[1]
    assert np.isnan(values).all()


def test_numbers_in_a_category_are_named():
    _, errors = read_column(np.array(["Web", 3.5, None], dtype=object), SOURCE)

    assert errors == {1: "Feature 'source' must be text, got float."}


def test_a_column_that_was_not_given_is_missing_in_every_row():
    assert VISITS.bin_array(missing_column(VISITS, 2)).tolist() == [3, 3]
    assert SOURCE.bin_array(missing_column(SOURCE, 2)).tolist() == [3, 3]


def test_cells_count_what_there_is_to_read():
    assert (VISITS.cells, SOURCE.cells, Pair(0, 1, ((0.0, 0.1), (0.2, 0.0))).cells) == (5, 1, 2)
