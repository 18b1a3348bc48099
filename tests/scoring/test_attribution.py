from collections import defaultdict
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.attribution import NONE, PARTS, RULES, attribute
from scoring.categories import Categories
from scoring.ledger import Events

names = st.sampled_from(["Search", "Webinar", "展示会", None])
touches = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), names), max_size=40)


def events(rows: list[tuple[int, int, str | None]]) -> Events:
    lead, at, campaign = zip(*rows, strict=True) if rows else ((), (), ())
    times = np.array(at, dtype=float)
    named = Categories.of(np.array([*campaign, None], dtype=object)[:-1])
    return Events.of(np.array(lead, dtype=np.intp), times, times, {"campaign": named})


def exact(path: list[str], rule: str) -> list[Fraction]:
    """What each touch of a path gets, in fractions."""
    n = len(path)
    if rule == "linear" or (rule == "position" and n < 3):
        return [Fraction(1, n)] * n
    if rule == "position":
        return [Fraction(2, 5), *[Fraction(1, 5) / (n - 2)] * (n - 2), Fraction(2, 5)]
    chosen = 0 if rule == "first" else n - 1
    return [Fraction(int(at == chosen)) for at in range(n)]


@given(touches, st.lists(st.integers(0, 9), min_size=5, max_size=5), st.lists(names, min_size=5, max_size=5))
def test_each_rule_gives_what_a_loop_over_leads_gives(rows, until, own):
    sorted_rows = sorted(rows, key=lambda row: row[:2])
    credit = attribute(
        events(rows), np.array(until, float), Categories.of(np.array([*own, None], dtype=object)[:-1])
    )

    for rule in RULES:
        wanted: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
        for lead in range(5):
            path = [name for of, at, name in sorted_rows if of == lead and name and at <= until[lead]]
            path = path or [own[lead] or NONE]
            for name, part in zip(path, exact(path, rule), strict=True):
                wanted[lead, name] += part
        found: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
        for lead, name, part in zip(
            credit.lead.tolist(), credit.campaign.to_list(), credit.share[rule].tolist(), strict=True
        ):
            found[lead, name] += Fraction(part)
        for key in wanted.keys() | found.keys():
            assert abs(wanted[key] - found[key]) <= Fraction(40, PARTS)


@given(touches, st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_the_shares_of_a_lead_add_up_to_one_exactly_in_any_order(rows, until):
    credit = attribute(
        events(rows), np.array(until, float), Categories.of(np.array([None] * 5, dtype=object))
    )

    for rule in RULES:
        for lead in range(5):
            own = credit.share[rule][credit.lead == lead].tolist()
            assert sum(own) == sum(reversed(own)) == sum(sorted(own)) == 1.0
        assert credit.of(rule, np.ones(5)).sum() == 5.0


def test_what_happened_after_the_win_is_credited_to_nobody():
    credit = attribute(
        events([(0, 1, "Search"), (0, 5, "Webinar")]), np.array([4.0]), Categories.of(["Fair"])
    )

    assert dict(zip(credit.campaign.levels, credit.of("last", np.array([300.0])).tolist(), strict=True)) == {
        "Search": 300.0, "Webinar": 0.0, "Fair": 0.0, NONE: 0.0,
    }  # fmt: skip


def test_without_any_lead_there_is_no_credit():
    credit = attribute(events([]), np.zeros(0), Categories.of(np.zeros(0, dtype=object)))

    assert len(credit.lead) == 0
    assert credit.of("linear", np.zeros(0)).tolist() == [0.0]
