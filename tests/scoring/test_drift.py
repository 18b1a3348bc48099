"""How far leads have moved: what chance does is no news, and what is news is seen through it."""

import numpy as np
import pytest

from scoring.drift import MOVED, STABLE, psi


def drawn(rng: np.random.Generator, shares: np.ndarray, leads: int) -> np.ndarray:
    return rng.multinomial(leads, shares / shares.sum()).astype(float)


@pytest.mark.parametrize("bins", [2, 12, 32])
@pytest.mark.parametrize("leads", [100, 400])
def test_leads_of_the_same_market_do_not_look_moved(bins: int, leads: int) -> None:
    rng, shares = np.random.default_rng(0), np.linspace(1, 3, bins)
    found = np.array([psi(drawn(rng, shares, 3_000), drawn(rng, shares, leads)) for _ in range(300)])
    assert (found > MOVED).mean() <= 0.01
    assert (found > STABLE).mean() <= 0.1


@pytest.mark.parametrize("bins", [2, 12, 32])
def test_a_market_that_moved_is_seen_in_a_hundred_leads(bins: int) -> None:
    rng = np.random.default_rng(0)
    before, after = np.linspace(1, 5, bins), np.linspace(5, 1, bins)
    found = np.array([psi(drawn(rng, before, 3_000), drawn(rng, after, 100)) for _ in range(300)])
    assert (found > MOVED).mean() >= 0.95


def test_nothing_at_all_has_not_moved() -> None:
    assert psi(np.zeros(4), np.zeros(4)) == 0
    assert psi(np.array([9.0, 1.0]), np.zeros(2)) >= 0
