"""Measured rates and deals against a count lead by lead; parts of a goal, and who has which lead."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.categories import Categories
from scoring.coverage import DAY
from scoring.errors import DataError
from scoring.funnel import cohort, won_deals
from scoring.ledger import Events, Ledger
from scoring.plan import Rates
from scoring.plan_parts import by_month, by_property, by_rep
from scoring.stages import STAGES

Outcome = tuple[int, float, str]
HORIZON = 30


def ledger(created: Sequence[float], outcomes: Sequence[tuple], **properties: Sequence[str | None]) -> Ledger:
    """Days of creation, and outcomes as (lead, day, stage, amount, currency)."""
    rows = [(*row, np.nan, None)[:5] if len(row) == 3 else row for row in outcomes]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    days = np.array(columns[1], dtype=float) * DAY
    return Ledger(
        np.array([f"L{at}" for at in range(len(created))], dtype=object),
        np.array(created, dtype=float) * DAY,
        {name: pa.array(values, pa.string()) for name, values in properties.items()},
        outcomes=Events.of(
            np.array(columns[0], dtype=np.intp), days, days,
            {
                "stage": Categories.of(np.array([*columns[2], None], object)[:-1]),
                "amount": np.array(columns[3], dtype=float),
                "currency": Categories.of(np.array([*columns[4], None], object)[:-1]),
            },
        ),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[float], list[Outcome]]:
    """Leads of two hundred days; some reach stages, in time or late, in any order, some twice."""
    created = sorted(draw(st.lists(st.integers(0, 200), min_size=20, max_size=60)))
    some = st.tuples(
        st.integers(0, len(created) - 1),
        st.integers(0, 60),
        st.sampled_from([*STAGES[1:], "lost", "won", "mql"]),
    )
    outcomes = [
        (lead, created[lead] + after, stage) for lead, after, stage in draw(st.lists(some, min_size=30))
    ]
    return [float(day) for day in created], outcomes


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_measured_counts_are_those_of_a_count_lead_by_lead(world: tuple[list[float], list[Outcome]]) -> None:
    created, outcomes = world
    try:
        known = cohort(ledger(created, outcomes), HORIZON)
    except DataError:
        return
    since, until = known.since / DAY, known.until / DAY
    counted = []
    for stage in known.stages:
        beyond = STAGES[STAGES.index(stage) :]
        reached = {
            lead
            for lead, day, other in outcomes
            if other in beyond and other in known.stages and day <= created[lead] + HORIZON
        }
        counted.append(
            sum(
                since <= day <= until and (stage == "lead" or lead in reached)
                for lead, day in enumerate(created)
            )
        )

    assert known.reached() == tuple(counted)
    assert known.stages[0] == "lead"
    assert known.stages[-1] == "won"
    assert set(known.stages) | set(known.passed_over) == set(STAGES)


def steady(days: int = 200, per_day: int = 2) -> tuple[list[float], list[Outcome]]:
    """Every fifth lead is qualified after one day, every tenth is won after ten."""
    created = [float(day) for day in range(days) for _ in range(per_day)]
    outcomes = [(lead, day + 1, "sql") for lead, day in enumerate(created) if lead % 5 == 0]
    outcomes += [(lead, day + 10, "won") for lead, day in enumerate(created) if lead % 10 == 0]
    return created, outcomes


def test_only_leads_whose_fate_is_known_count() -> None:
    known = cohort(ledger(*steady()), HORIZON)

    # The first deal is won on day 10; the last outcome is of lead 390, created on day 195, on day 205.
    assert (known.since / DAY, known.until / DAY) == (10, 205 - HORIZON)
    assert known.stages == ("lead", "sql", "won")
    assert known.reached() == (332, 67, 34)
    assert known.passed_over == dict.fromkeys(("mql", "sal", "opportunity"), "never recorded")


def test_a_stage_that_is_recorded_only_of_late_is_passed_over_and_said_so() -> None:
    created, outcomes = steady()
    late = [(lead, 160.0, "mql") for lead, day in enumerate(created) if 150 <= day <= 160]
    known = cohort(ledger(created, [*outcomes, *late]), HORIZON)

    assert known.passed_over["mql"] == "recorded only since 1970-06-10"
    assert known.reached() == (332, 67, 34)


def test_rates_begin_when_every_stage_is_recorded() -> None:
    created, outcomes = steady()
    since = [(lead, day + 0.5, "mql") for lead, day in enumerate(created) if day >= 50 and lead % 2 == 0]
    known = cohort(ledger(created, [*outcomes, *since]), HORIZON)

    assert known.since / DAY == 50.5
    assert known.stages == ("lead", "mql", "sql", "won")
    assert known.reached() == (250, 150, 50, 25)


def test_without_a_won_lead_or_one_old_enough_nothing_is_measured() -> None:
    with pytest.raises(DataError, match="holds no lead that was won, so nothing can be measured"):
        cohort(ledger([0.0, 1.0], [(0, 5.0, "sql")]), HORIZON)
    with pytest.raises(
        DataError, match=r"old enough.*from 1970-01-06 to 1970-01-07, and a lead counts 30 days"
    ):
        cohort(ledger([0.0, 6.0], [(0, 5.0, "won")]), HORIZON)


def test_the_mean_deal_is_of_the_newest_amount_of_each_lead_in_its_currency_and_year() -> None:
    held = ledger(
        [0.0] * 6,
        [
            (0, 400.0, "won", 100.0, "JPY"), (0, 401.0, "won", 300.0, "JPY"), (1, 402.0, "won", 500.0, None),
            (2, 403.0, "won", 9_999.0, "USD"), (3, 404.0, "opportunity", 9_999.0, "JPY"),
            (4, 10.0, "won", 9_999.0, "JPY"), (5, 405.0, "won", np.nan, "JPY"),
        ],
    )  # fmt: skip
    jpy, usd = won_deals(held, "JPY", "JPY"), won_deals(held, "USD", "JPY")

    assert (jpy.count, jpy.mean) == (2, 400.0)
    assert (usd.count, usd.mean) == (1, 9_999.0)
    assert won_deals(held, "USD", "USD").count == 2
    with pytest.raises(DataError, match="no won deal with an amount in EUR"):
        won_deals(held, "EUR", "JPY")


def test_parts_by_property_have_the_counts_of_their_own_leads() -> None:
    created, outcomes = steady()
    regions = [
        "east" if lead % 10 == 0 and lead % 40 else None if lead % 7 == 0 else "west" for lead in range(400)
    ]
    held = ledger(created, outcomes, prefecture=regions)
    known = cohort(held, HORIZON)
    overall = Rates.counted_at(known.stages, known.reached())
    parts = {part.name: part for part in by_property(held, "prefecture", known, overall).each}
    count = {name: [0, 0] for name in ("east", "west", None)}
    for lead, day in enumerate(created):
        if 10 <= day <= 175:
            count[regions[lead]][0] += 1
            count[regions[lead]][1] += lead % 10 == 0

    assert set(parts) == set(count)
    assert {name: part.weight for name, part in parts.items()} == {
        name: won for name, (_, won) in count.items()
    }
    assert parts["east"].own
    assert (parts["east"].rates.close, parts["east"].rates.seen) == (1, count["east"][0])
    # Fewer than ten of them were won.
    assert not parts["west"].own
    assert parts["west"].rates is overall


def test_spellings_of_one_answer_are_one_part() -> None:
    held = ledger(
        *steady(), source=["Web" if lead % 3 else "Ｗｅｂ" if lead % 2 else "WEB " for lead in range(400)]
    )
    known = cohort(held, HORIZON)
    (part,) = by_property(held, "source", known, Rates.counted_at(known.stages, known.reached())).each

    assert (part.name, part.rates.seen) == ("WEB", 332)


def test_a_rate_that_was_given_holds_for_every_part() -> None:
    held = ledger(*steady(), prefecture=["east"] * 400)
    given_rate = Rates.given(Fraction(1, 50))  # type: ignore[arg-type]
    (part,) = by_property(held, "prefecture", cohort(held, HORIZON), given_rate).each

    assert (part.rates, part.own) == (given_rate, False)


def test_a_property_that_is_not_there_or_has_too_many_values_is_refused() -> None:
    held = ledger(*steady(), prefecture=["east"] * 400, email=[f"{lead}@example.com" for lead in range(400)])
    known = cohort(held, HORIZON)
    overall = Rates.counted_at(known.stages, known.reached())

    with pytest.raises(DataError, match=r"None has this name \(did you mean 'prefecture'\?\)"):
        by_property(held, "prefectures", known, overall)
    with pytest.raises(DataError, match="at most 100 parts, and the property has 332 different values"):
        by_property(held, "email", known, overall)


def test_parts_by_rep_are_those_listed_or_those_who_have_leads() -> None:
    held = ledger(*steady(), owner=["Sato" if lead % 20 else "Ito" for lead in range(400)])
    known = cohort(held, HORIZON)
    overall = Rates.counted_at(known.stages, known.reached())

    found = by_rep(held, known, overall, ())
    listed = by_rep(held, known, overall, [("Sato", 50), ("Abe", 100)])
    assert {part.name: part.weight for part in found.each} == {"Sato": 17, "Ito": 17}
    assert [(part.name, part.weight, part.own) for part in listed.each] == [
        ("Sato", 50, True),
        ("Abe", 100, False),
    ]
    assert [part.name for part in by_rep(None, None, overall, [("Abe", 100)]).each] == ["Abe"]


def test_months_share_as_their_whole_months_of_the_past_did() -> None:
    created, outcomes = steady(days=500)
    outcomes += [
        (lead, day + 5, "won") for lead, day in enumerate(created) if 31 <= day < 59 and lead % 10 == 1
    ]
    held = ledger(created, outcomes)
    known = cohort(held, HORIZON)
    overall = Rates.counted_at(known.stages, known.reached())
    february, march = by_month(held, known, overall, ["2027-02", "2027-03"], "UTC").each

    # In both Februaries every tenth of 56 leads was won, in the first twice as many; months of 1971 count as well.
    won = {1: [], 2: []}
    winners = {lead for lead, _, stage in outcomes if stage == "won"}
    for first, last, month in ((31, 59, 1), (396, 424, 1), (59, 90, 2), (424, 455, 2)):
        won[month].append(sum(first <= created[lead] < last for lead in winners))
    assert (february.weight, march.weight) == (Fraction(sum(won[1]), 2), Fraction(sum(won[2]), 2))
    assert february.own
    assert february.rates.seen == 112


def test_months_share_alike_where_the_past_does_not_hold_each_of_them() -> None:
    held = ledger(*steady())
    known = cohort(held, HORIZON)
    overall = Rates.counted_at(known.stages, known.reached())

    parts = by_month(held, known, overall, ["2026-03", "2026-12"], "UTC")
    assert [(part.weight, part.rates) for part in parts.each] == [(1, overall), (1, overall)]
    assert by_month(None, None, overall, ["2026-03"], "UTC").shared_by == parts.shared_by == "alike"
