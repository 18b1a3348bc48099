import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.clean import Column, Unreadable
from scoring.value import expected_value, expected_values, lead_amount, lead_amounts

LIKELIHOODS = st.one_of(st.none(), st.floats(0, 1))
AMOUNTS = st.one_of(st.none(), st.floats(0, 1e15))


@given(st.sampled_from(["won", "sql"]), LIKELIHOODS, AMOUNTS, st.floats(0, 1))
def test_one_lead_and_many_are_worth_the_same(target, likelihood, amount, margin):
    one = expected_value(target, likelihood, amount, margin)
    (many,) = expected_values(
        target, *(np.array([value], dtype=float) for value in (likelihood, amount)), margin
    )

    assert (one is None and np.isnan(many)) or one == many


def test_only_winning_is_worth_money():
    assert expected_value("won", 0.25, 1000.0, margin=0.5) == 125.0
    assert expected_value("opportunity", 0.25, 1000.0) is None


def test_without_an_amount_nothing_is_known():
    assert expected_value("won", 0.25, None) is None
    assert np.isnan(expected_values("won", np.array([0.25]), None)).all()


def test_an_amount_is_read_as_the_model_reads_it():
    columns = {"amount": Column("amount", "number", "fit", decimal=",")}

    assert lead_amount({"amount": "1.200,5"}, columns) == 1200.5
    assert lead_amount({"amount": "1,200.5"}, {}) == 1200.5
    assert lead_amount({}, {}) is None


def test_an_amount_that_cannot_be_read_is_named_without_its_value():
    for raw in ("plenty", -5, True):
        with pytest.raises(Unreadable, match="must be a number") as told:
            lead_amount({"amount": raw}, {})
        assert str(raw) not in str(told.value)


def test_amounts_of_many_leads_keep_their_rows():
    amounts, errors = lead_amounts(pa.array(["10", None, "-5", "plenty"]), {})

    np.testing.assert_array_equal(amounts, [10, np.nan, np.nan, np.nan])
    assert set(errors) == {2, 3}
