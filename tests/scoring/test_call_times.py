from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import beta

from scoring.call_times import LEAST_STRENGTH, best_times, connect_rates
from scoring.categories import Categories
from scoring.ledger import Events

ZONE = "Asia/Tokyo"
MONDAY = datetime(2026, 5, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
HOUR, DAY = 3600.0, 86_400.0


def touches(*rows: tuple[float, str, float, bool], lead: int = 0) -> Events:
    """Touches at a moment, by a channel, that reached somebody (1, 0 or NaN) and were automatic or not."""
    moment, channel, connected, automatic = zip(*rows, strict=True) if rows else ((),) * 4
    occurred = np.array(moment, dtype=float)
    columns = {
        "channel": Categories.of(list(channel)),
        "connected": np.array(connected, dtype=float),
        "automatic": np.array(automatic, dtype=bool),
    }
    return Events.of(np.full(len(occurred), lead), occurred, occurred, columns)


def calls(slots: dict[tuple[int, int], tuple[int, int]]) -> Events:
    """So many calls in the slots of a week, of which so many reached somebody."""
    return touches(
        *(
            (MONDAY + day * DAY + hour * HOUR + place, "call", float(place < reached), False)
            for (day, hour), (made, reached) in slots.items()
            for place in range(made)
        )
    )


def drawn(rates: np.ndarray, each: int, seed: int) -> Events:
    """So many calls in each hour from 9 to 18 of each weekday, answered by chance."""
    rng = np.random.default_rng(seed)
    return calls(
        {
            (day, hour): (each, int(rng.binomial(each, rates[day, hour - 9])))
            for day in range(5)
            for hour in range(9, 18)
        }
    )


def test_calls_are_counted_by_the_hour_of_the_office_s_clocks():
    found = connect_rates(
        touches((MONDAY + 10 * HOUR, "call", 1.0, False), (MONDAY + 7 * DAY - 1, "Phone", 0.0, False)), ZONE
    )
    assert (found.calls[0, 10], found.connected[0, 10]) == (1, 1)
    assert (found.calls[6, 23], found.connected[6, 23]) == (1, 0)
    assert found.calls.sum() == 2


def test_only_calls_by_people_count_and_unknown_ends_are_told_apart():
    found = connect_rates(
        touches(
            (MONDAY, "call", 1.0, False),
            (MONDAY, "電話", np.nan, False),
            (MONDAY, "call", 1.0, True),
            (MONDAY, "email", 1.0, False),
        ),
        ZONE,
    )
    assert (found.calls.sum(), found.connected.sum(), found.unknown) == (1, 1, 1)


def test_calls_that_were_not_known_yet_and_of_other_leads_are_left_out():
    events = touches((MONDAY, "call", 1.0, False), (MONDAY + DAY, "call", 0.0, False), lead=1)
    assert connect_rates(events, ZONE, as_of=MONDAY).calls.sum() == 1
    assert connect_rates(events, ZONE, leads=np.array([True, False])).calls.sum() == 0
    assert connect_rates(events, ZONE, leads=np.array([False, True])).calls.sum() == 2


def test_the_strength_of_the_prior_is_that_of_the_moments():
    # By hand: p = 0.3, squares = 100 (0.2² + 0.2²) / 0.21 = 38.1, expected by chance 1, room 200 - 100 - 1.
    found = connect_rates(calls({(0, 10): (100, 50), (1, 10): (100, 10)}), ZONE)
    rho = (8 / 0.21 - 1) / 99
    assert 1 / rho - 1 < LEAST_STRENGTH == found.strength
    milder = connect_rates(calls({(0, 10): (100, 37), (1, 10): (100, 23)}), ZONE)
    assert milder.strength == pytest.approx(99 / (100 * 2 * 0.07**2 / 0.21 - 1) - 1)


def test_rates_are_drawn_towards_the_overall_one_the_more_the_fewer_calls_there_are():
    found = connect_rates(calls({(0, 10): (400, 200), (1, 10): (10, 8), (2, 10): (400, 80)}), ZONE)
    p, m = found.overall, found.strength
    assert found.rate[1, 10] == pytest.approx((8 + p * m) / (10 + m))
    assert 0.5 - found.rate[0, 10] < 0.02
    assert p < found.rate[1, 10] < 0.8
    assert found.rate[6, 3] == pytest.approx(p)


@pytest.mark.parametrize("strength", [10.0, 40.0, 300.0])
@pytest.mark.parametrize(("n", "k"), [(10, 6), (50, 20), (400, 120)])
def test_the_interval_is_about_that_of_the_beta_posterior(strength, n, k):
    found = connect_rates(calls({(0, 10): (n, k), (1, 10): (2 * n, k)}), ZONE)
    object.__setattr__(found, "__dict__", {**vars(found), "strength": strength})
    a, b = k + found.overall * strength, n - k + (1 - found.overall) * strength
    low, high = found.interval
    np.testing.assert_allclose((low[0, 10], high[0, 10]), beta.ppf([0.05, 0.95], a, b), atol=0.012)


def test_hours_that_do_better_are_named_the_best_first():
    good = {(1, 10): (200, 90), (3, 16): (200, 110), (0, 11): (200, 84), (2, 17): (200, 80)}
    rest = {(day, 14): (200, 50) for day in range(5)}

    found = best_times(calls(good | rest), ZONE)

    assert [(slot.weekday, slot.hour) for slot in found] == [(3, 16), (1, 10), (0, 11)]
    overall = (90 + 110 + 84 + 80 + 5 * 50) / 1800
    for slot in found:
        assert overall < slot.low < slot.rate < slot.high < 1
        assert slot.calls == 200
    assert [len(best_times(calls(good | rest), ZONE, most=most)) for most in (0, 1, 2)] == [0, 1, 2]


def test_it_is_silent_where_there_are_too_few_calls():
    assert best_times(touches(), ZONE) == []
    assert best_times(calls({(1, 10): (40, 40), (2, 10): (59, 0)}), ZONE) == []
    assert len(best_times(calls({(1, 10): (40, 40), (2, 10): (60, 0)}), ZONE)) == 1


def test_a_handful_of_lucky_calls_is_no_best_time():
    lucky = {(1, 10): (9, 9)} | {(day, 14): (200, 20 + 10 * day) for day in range(5)}
    assert (1, 10) not in [(slot.weekday, slot.hour) for slot in best_times(calls(lucky), ZONE)]


def test_it_is_silent_where_all_or_no_calls_reach_somebody():
    for reached in (0, 100):
        assert best_times(calls({(1, 10): (100, reached), (2, 10): (100, reached)}), ZONE) == []


def test_where_every_hour_is_alike_hardly_ever_one_is_named():
    alike = np.full((5, 9), 0.3)
    named = [best_times(drawn(alike, 40, seed), ZONE) for seed in range(200)]
    # One in twenty, and two standard deviations of 200 tries.
    assert sum(bool(slots) for slots in named) <= 10 + 2 * 3.1


def test_hours_differ_when_their_squares_are_more_than_chance_makes_them():
    # Squares of 3.4 and 4.5 with two hours; the 95 % point of chi-square is 3.84.
    assert not connect_rates(calls({(0, 10): (100, 57), (1, 10): (100, 44)}), ZONE).differ
    assert connect_rates(calls({(0, 10): (100, 57), (1, 10): (100, 42)}), ZONE).differ
    # 6.3 and 11.2 with six: the point is 11.07.
    assert not connect_rates(calls({(day, 10): (100, 42 + 3 * day) for day in range(6)}), ZONE).differ
    assert connect_rates(calls({(day, 10): (100, 40 + 4 * day) for day in range(6)}), ZONE).differ
    assert not connect_rates(touches(), ZONE).differ


def test_hours_that_are_truly_better_are_found_and_others_are_not():
    rates = np.full((5, 9), 0.25)
    rates[:, 7] = 0.45
    named = [slot for seed in range(30) for slot in best_times(drawn(rates, 80, seed), ZONE)]
    right = [slot.hour == 16 for slot in named]
    assert len(named) >= 80
    assert np.mean(right) > 0.98
