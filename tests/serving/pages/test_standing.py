"""A lead's sum on its page: the same parts as `leadloop explain` gives, and steps that add up as they are shown."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.io.store import Store
from scoring.leads import lead_features
from serving.explaining import parts_of
from serving.pages.standing import Said, Sum, shortened
from tests.cards import small_card
from tests.service import NOW, keeping
from tests.serving.cli.test_explain import explained, store  # noqa: F401 - a fixture
from tests.serving.pages.reading import look
from tests.serving.pages.test_timeline import reader

CARD = small_card()


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("lead_id", ["a", "b"])
def test_the_parts_are_those_of_explain(store: Store, lead_id: str) -> None:  # noqa: F811
    told = explained(lead_id, "--as-of", NOW.isoformat())
    with keeping(store, NOW) as client:
        page = look(client, f"/leads/{lead_id}")
    whole = page[page.index("The whole sum:") :]
    rows = re.findall(r"([−+][\d.]+)</td></tr>", whole[: whole.index("</table>")])
    parts = [part["contribution"] for part in told["parts"]]
    assert [number(row) for row in rows] == [
        round(value, 6) for value in (told["base"], *parts, told["log_odds"])
    ]


def said(visits: float | None, source: str | None) -> Said:
    properties = {"visits": visits, "source": source}
    features = lead_features(CARD, properties, NOW.timestamp(), None)
    score = CARD.score_one(features)
    return Said({}, score, parts_of(CARD, properties, features, score))


@given(st.none() | st.floats(0, 90), st.sampled_from([None, "Referral", "Web", "展示会"]))
def test_steps_add_up_as_they_are_shown(visits: float | None, source: str | None) -> None:
    what = said(visits, source)
    whole = Sum(CARD, what, reader("ja"))
    steps = whole.steps(whole.chart(620))
    thousandths = [
        (round(1000 * number(adds or "0")), round(1000 * number(so_far))) for _, adds, so_far, _ in steps
    ]
    sums = [so_far for _, so_far in thousandths]
    assert sums == [sums[0] + sum(adds for adds, _ in thousandths[: place + 1]) for place in range(len(sums))]
    assert sums[-1] == pytest.approx(1000 * what.score.log_odds, abs=1)


def test_values_are_told_in_words_and_a_minus_is_one() -> None:
    rows = Sum(CARD, said(None, "展示会"), reader("ja")).rows()
    assert ("visits", "–", "未入力", "−0.200000") in rows
    assert ("source", "展示会", "展示会", "−0.100000") in rows
    assert not any("-" in row[-1] for row in rows)


def test_what_moves_is_the_difference_of_what_is_shown() -> None:
    whole = Sum(CARD, said(3, "Web"), reader("en"))
    assert whole.moved(-0.1504, 0.6996) == ("−0.150", "+0.700", "+0.850")
    assert whole.moved(0.0004, 0.0016) == ("+0.000", "+0.002", "+0.002")


def test_names_that_are_shortened_alike_stay_steps_of_their_own() -> None:
    what = said(3, "Web")
    chart = Sum(CARD, what, reader("ja")).chart(360, 4)
    names = [row["name"] for row in chart["data"]["values"]]
    assert len(set(names)) == len(names)
    assert all(len(shortened(unescape(name), 4)) <= 4 for name in ("業種：情報通信", "visits: 3"))
