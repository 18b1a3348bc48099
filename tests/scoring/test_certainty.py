"""How many leads are certain enough: against brute force over every outcome, and what must hold of any number."""

from fractions import Fraction
from math import comb, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.certainty import chance, chance_seen, leads_for, leads_for_seen

rates = st.sampled_from([1.0, 0.9, 0.5, 0.2, 0.02, 0.0003])
certainties = st.sampled_from([0.5, 0.8, 0.9, 0.99])
customers = st.integers(1, 40)


def brute_chance(customers: int, leads: int, rate: Fraction) -> Fraction:
    """The binomial tail in whole numbers."""
    return sum(
        (comb(leads, k) * rate**k * (1 - rate) ** (leads - k) for k in range(customers, leads + 1)),
        Fraction(),
    )


def brute_chance_seen(customers: int, leads: int, won: int, seen: int) -> Fraction:
    """The beta-binomial tail in whole numbers, from rising factorials."""

    def rise(start: Fraction, count: int) -> Fraction:
        return prod((start + step for step in range(count)), start=Fraction(1))

    a, b = Fraction(2 * won + 1, 2), Fraction(2 * (seen - won) + 1, 2)
    fewer = (comb(leads, k) * rise(a, k) * rise(b, leads - k) for k in range(min(customers, leads + 1)))
    return 1 - sum(fewer, Fraction()) / rise(a + b, leads)


@pytest.mark.parametrize(
    "rate", [Fraction(1, 50), Fraction(1, 5), Fraction(1, 2), Fraction(9, 10), Fraction(1)]
)
@pytest.mark.parametrize("wanted", [1, 2, 7])
def test_the_chance_is_the_binomial_tail(rate: Fraction, wanted: int) -> None:
    for leads in (0, 1, 6, 7, 20, 60):
        assert chance(wanted, leads, float(rate)) == pytest.approx(
            float(brute_chance(wanted, leads, rate)), abs=1e-12
        )


@pytest.mark.parametrize(("won", "seen"), [(0, 5), (1, 1), (3, 10), (20, 40)])
def test_the_chance_with_a_rate_that_was_seen_is_the_beta_binomial_tail(won: int, seen: int) -> None:
    for leads in (0, 1, 6, 20, 60):
        for wanted in (1, 2, 7):
            exact = float(brute_chance_seen(wanted, leads, won, seen))
            assert chance_seen(wanted, leads, won, seen) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("rate", [Fraction(1, 20), Fraction(1, 5), Fraction(1, 2), Fraction(1)])
@pytest.mark.parametrize("certainty", [Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])
def test_the_leads_for_a_certainty_are_the_fewest(rate: Fraction, certainty: Fraction) -> None:
    for wanted in (1, 2, 5):
        fewest = next(n for n in range(wanted, 1000) if brute_chance(wanted, n, rate) >= certainty)

        assert leads_for(wanted, float(rate), float(certainty)) == fewest


@pytest.mark.parametrize(("won", "seen"), [(0, 5), (3, 10), (20, 40)])
def test_the_leads_for_a_certainty_with_a_rate_that_was_seen_are_the_fewest(won: int, seen: int) -> None:
    for wanted in (1, 2, 5):
        fewest = leads_for_seen(wanted, won, seen, 0.6)

        assert brute_chance_seen(wanted, fewest, won, seen) >= 0.6
        assert fewest == wanted or brute_chance_seen(wanted, fewest - 1, won, seen) < 0.6


def test_twelve_customers_at_two_percent_take_828_leads_for_nine_times_in_ten() -> None:
    assert brute_chance(12, 828, Fraction(1, 50)) >= Fraction(9, 10) > brute_chance(12, 827, Fraction(1, 50))
    assert leads_for(12, 0.02, 0.9) == 828


@settings(deadline=None)
@given(customers, rates, certainties, certainties)
def test_more_certainty_never_takes_fewer_leads(wanted: int, rate: float, some: float, other: float) -> None:
    low, high = sorted((some, other))

    assert wanted <= leads_for(wanted, rate, low) <= leads_for(wanted, rate, high)


@settings(deadline=None)
@given(customers, st.integers(0, 50), st.integers(1, 5_000), certainties)
def test_it_takes_exactly_as_many_as_are_enough(wanted: int, won: int, more: int, certainty: float) -> None:
    leads = leads_for_seen(wanted, won, won + more, certainty)

    assert chance_seen(wanted, leads, won, won + more) >= certainty - 1e-9
    assert leads == wanted or chance_seen(wanted, leads - 1, won, won + more) < certainty


@settings(deadline=None)
@given(customers, st.sampled_from([10, 100, 1_000, 100_000]))
def test_a_rate_seen_on_fewer_leads_takes_more_of_them_for_nine_times_in_ten(wanted: int, seen: int) -> None:
    sure = leads_for(wanted, 0.1, 0.9)
    unsure = leads_for_seen(wanted, seen / 10, seen, 0.9)
    less_sure = leads_for_seen(wanted, 1, 10, 0.9)

    assert less_sure >= unsure
    if seen >= 100:
        assert unsure >= sure - 1


def test_a_rate_seen_on_very_many_leads_is_as_good_as_exact() -> None:
    assert abs(leads_for_seen(40, 2e7, 1e9, 0.9) - leads_for(40, 0.02, 0.9)) <= 1


def test_a_million_customers_are_as_many_as_the_normal_distribution_says() -> None:
    about = 1e6 / 0.02 + 1.2815515655 * (1e6 * 0.98) ** 0.5 / 0.02

    assert leads_for(1_000_000, 0.02, 0.9) == pytest.approx(about, rel=1e-6)
    assert leads_for_seen(1_000_000, 2e7, 1e9, 0.9) > about
