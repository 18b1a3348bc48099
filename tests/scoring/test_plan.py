"""The arithmetic of a goal by hand, and what must hold of every plan."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.money import money, rounded_down
from scoring.plan import Rates, Work, customers_for, share_out

amounts = st.decimals(Decimal("0.01"), Decimal(10**9), places=2)
STAGES = ("lead", "mql", "sal", "sql", "opportunity", "won")


@st.composite
def counted(draw: st.DrawFn) -> Rates:
    counts = sorted(draw(st.lists(st.integers(1, 10_000), min_size=6, max_size=6)), reverse=True)
    return Rates.counted_at(STAGES, counts)


def test_a_goal_of_1_200_000_at_100_000_a_deal_and_2_percent_is_600_leads() -> None:
    assert customers_for(Decimal(1_200_000), Decimal(100_000)) == 12
    assert Rates.given(Decimal("0.02")).needed(12) == (600, 12)
    assert Rates.given(Decimal("0.02")).needed(10) == (500, 10)


@pytest.mark.parametrize("percent", range(1, 101))
def test_a_rate_that_divides_the_customers_gives_no_lead_too_many(percent: int) -> None:
    rate = Decimal(percent) / 100

    assert Rates.given(rate).needed(percent * 7)[0] == 700


@pytest.mark.parametrize(
    ("revenue", "deal", "customers"),
    [("1200001", "100000", 13), ("0.3", "0.1", 3), ("1", "3", 1), ("1000000000000000000", "1000000000000", 10**6)],
)  # fmt: skip
def test_customers_are_rounded_up(revenue: str, deal: str, customers: int) -> None:
    assert customers_for(Decimal(revenue), Decimal(deal)) == customers


def test_the_waterfall_by_hand() -> None:
    rates = Rates.counted_at(("lead", "mql", "sql", "won"), (1000, 300, 70, 20))
    lead, mql, sql, won = rates.waterfall(7)

    # 7 ÷ 2 % = 350; 350 × 30 % = 105; 350 × 7 % = 24.5, so 25
    assert [step.needed for step in (lead, mql, sql, won)] == [350, 105, 25, 7]
    assert [(step.reached, step.of) for step in (lead, mql, sql)] == [(300, 1000), (70, 300), (20, 70)]
    assert mql.rate == pytest.approx(70 / 300)
    assert (lead.low, lead.high) == pytest.approx((0.2767, 0.3244), abs=1e-4)
    assert (won.rate, won.low, won.reached) == (None, None, None)


@given(counted(), st.integers(0, 1000))
def test_each_stage_needs_at_least_what_the_next_one_does_and_just_enough(
    rates: Rates, customers: int
) -> None:
    needed = rates.needed(customers)

    assert needed[-1] == customers
    assert list(needed) == sorted(needed, reverse=True)
    for count, share in zip(needed, rates.shares, strict=True):
        assert count * rates.close >= customers * share
        assert count == 0 or (count - 1) * rates.close < customers * share


@given(amounts, amounts)
def test_customers_bring_the_revenue_and_one_less_does_not(revenue: Decimal, deal: Decimal) -> None:
    customers = customers_for(revenue, deal)

    assert Fraction(deal) * customers >= Fraction(revenue) > Fraction(deal) * (customers - 1)


@given(st.integers(0, 500), st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_customers_are_shared_out_whole_and_fairly(customers: int, weights: list[int]) -> None:
    shares = share_out(customers, weights)
    total = sum(weights)

    assert sum(shares) == customers
    for share, weight in zip(shares, weights, strict=True):
        fair = Fraction(customers * weight, total) if total else Fraction(customers, len(weights))
        assert floor(fair) <= share <= floor(fair) + 1


def test_no_customer_takes_no_lead() -> None:
    need = Rates.given(Decimal("0.02"), 100).need(0, 0.9)

    assert (need.leads, need.certain, need.certain_seen, need.chance) == (0, 0, 0, 1.0)


def test_what_a_rate_was_seen_on_makes_its_interval_and_its_certainty() -> None:
    alone, seen = Rates.given(Decimal("0.02")), Rates.given(Decimal("0.02"), 500)

    assert alone.interval is None
    assert alone.need(12, 0.9).certain_seen is None
    assert seen.interval == pytest.approx((0.01199, 0.03317), abs=1e-5)
    assert (seen.need(12, 0.9).certain, seen.need(12, 0.9).certain_seen) == (828, 995)


def test_six_hundred_leads_are_six_hundred_hours_and_five_reps() -> None:
    work = Work(Fraction(5), Fraction(12), Fraction(120), 4)

    assert (work.hours(600), work.available, work.most_leads) == (600, 480, 480)
    assert (work.reps_for(600), work.reps_for(601)) == (5, 6)
    assert Work(Fraction(5), Fraction(12), Fraction(0), 4).reps_for(1) is None
    assert Work(Fraction(5), Fraction(12), Fraction(120), None).most_leads is None


@pytest.mark.parametrize(
    ("amount", "currency", "written", "down"),
    [
        ("1200000", "JPY", "1,200,000 JPY", "1200000"),
        ("1234.99", "JPY", "1,235 JPY", "1234"),
        ("1234.567", "USD", "1,234.57 USD", "1234.56"),
        ("1234.5678", "KWD", "1,234.568 KWD", "1234.567"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount: str, currency: str, written: str, down: str) -> None:
    assert money(Decimal(amount), currency) == written
    assert rounded_down(Decimal(amount), currency) == Decimal(down)
