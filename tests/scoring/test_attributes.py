import numpy as np
import pyarrow as pa
import pytest

from scoring.attributes import attributes_at, attributes_of
from scoring.categories import Categories
from scoring.errors import DataError
from scoring.ledger import Events, Ledger
from tests.cards import small_card

DAY = 86_400.0
TABLE = pa.table(
    {
        "source": ["Referral", "Web", None, "Fair"],
        "visits": [1, 5, 11, None],
        "created_at": [None] * 4,
        "gender": ["f", "m", None, "f"],
    }
)
ALL = np.arange(4)


def test_a_feature_makes_groups_of_its_bins():
    found = attributes_of(small_card(), TABLE, ALL)

    assert found.groups("source").tolist() == ["Referral", "Web", "not given", "another value"]
    assert found.groups("visits", lang="ja").tolist() == ["2 以下", "2 超 10 以下", "10 超", "未入力"]


def test_an_attribute_that_the_model_does_not_read_makes_groups_too():
    found = attributes_of(small_card(), TABLE, np.array([3, 1, 2, 2]))

    assert found.groups("gender").tolist() == ["f", "m", "not given", "not given"]
    assert found.names == ("source", "visits", "created_at_age_days", "created_at", "gender")


def test_two_attributes_together_make_a_persona():
    found = attributes_of(small_card(), TABLE, ALL)

    assert found.groups("gender", "source").tolist() == [
        "f · Referral",
        "m · Web",
        "not given · not given",
        "f · another value",
    ]


def test_a_lead_of_the_store_is_seen_as_it_was_at_the_time():
    when = np.array([1 * DAY, 9 * DAY])
    columns = {"property": Categories.of(["source"] * 2), "value": Categories.of(["Web", "Referral"])}
    ledger = Ledger(
        np.array(["L-1", "L-2"], dtype=object),
        np.array([0.0, 0.0]),
        {"source": pa.array(["Referral", "Web"]), "gender": pa.array(["f", None])},
        changes=Events.of(np.array([0, 0]), when, when, columns),
    )

    found = attributes_at(small_card(), ledger, np.array([0, 1, 0]), np.array([5 * DAY, 5 * DAY, 10 * DAY]))

    assert found.groups("source").tolist() == ["Web", "Web", "Referral"]
    assert found.groups("gender").tolist() == ["f", "not given", "f"]


def test_an_unknown_name_is_answered_with_the_nearest_one():
    with pytest.raises(DataError, match=r"no 'gander'.*Did you mean 'gender'\?"):
        attributes_of(small_card(), TABLE, ALL).groups("gander")
