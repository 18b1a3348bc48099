import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import DataError
from scoring.leads import lead_features, table_features
from tests.cards import small_card

CARD = small_card()
OF_ITSELF = small_card(as_of_column="created_at")
NOW = 1_793_491_200.0  # 2026-11-01


def test_a_raw_lead_becomes_what_the_scorecard_reads():
    features = lead_features(
        CARD, {"source": " REFERRAL ", "visits": "１２", "created_at": "2026-10-25", "name": "x"}, NOW
    )

    assert features == {"source": "Referral", "visits": 12.0, "created_at_age_days": 7.0}


def test_a_property_that_is_absent_is_missing():
    assert set(lead_features(CARD, {}, NOW).values()) == {None}


def test_every_property_that_cannot_be_read_is_named_without_its_value():
    with pytest.raises(
        DataError, match=r"Column 'visits' must be a number\. Column 'created_at' must be"
    ) as error:
        lead_features(CARD, {"visits": "secret", "created_at": "private"}, NOW)
    assert "secret" not in str(error.value)
    assert "private" not in str(error.value)


def test_a_lead_with_a_moment_of_its_own_is_scored_as_of_it():
    assert lead_features(OF_ITSELF, {"created_at": "2026-10-25"}, NOW)["created_at_age_days"] == 0.0
    table = pa.table({"created_at": ["2026-10-25", None]})
    features, _ = table_features(OF_ITSELF, table, NOW)
    np.testing.assert_equal(features["created_at_age_days"], [0.0, np.nan])


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_read():
    features, errors = table_features(CARD, pa.table({"visits": ["3", "many", "4"]}), NOW)

    assert errors == {1: "Column 'visits' must be a number."}
    np.testing.assert_equal(features["visits"], [3.0, np.nan, 4.0])
    assert features["source"].to_list() == [None] * 3


RAW = st.fixed_dictionaries(
    {
        "source": st.sampled_from([None, "", "Web", "referral", "N/A", "展示会"]),
        "visits": st.sampled_from([None, "", "-", "7", "1,200", "２", "many", "1e400", "inf"]),
        "created_at": st.sampled_from(
            [None, "2026-10-01", "2026-10-01T09:00:00+09:00", "2027-01-01", "soon"]
        ),
    }
)


@given(st.lists(RAW, max_size=12))
def test_one_lead_and_a_table_of_leads_are_read_alike(leads):
    schema = pa.schema([(name, pa.string()) for name in ("source", "visits", "created_at")])
    features, errors = table_features(CARD, pa.Table.from_pylist(leads, schema=schema), NOW)
    scores = CARD.score_columns(features, errors=errors, rows=len(leads))

    for row, lead in enumerate(leads):
        try:
            one = CARD.score_one(lead_features(CARD, lead, NOW))
        except DataError as error:
            assert errors[row] == str(error)
            assert np.isnan(scores.log_odds[row])
        else:
            assert row not in errors
            assert scores.log_odds[row] == pytest.approx(one.log_odds, abs=1e-9)
