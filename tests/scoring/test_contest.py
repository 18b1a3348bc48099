"""Champion against challenger: on the same leads, beyond chance or not at all."""

import numpy as np

from scoring.contest import Shared, contest


def shared(champion: list[float], challenger: list[float], label: list[int]) -> Shared:
    names = np.array([f"L{row // 2}" for row in range(len(label))], dtype=object)
    return Shared(
        names, np.array(champion), np.array(challenger), np.array(label), np.ones(len(label))
    )  # fmt: skip


def test_the_sharper_of_two_is_better_beyond_chance():
    told = contest(shared([0.5] * 200, [0.9, 0.1] * 100, [1, 0] * 100))
    assert told is not None
    assert (told["rows"], told["leads"], told["converted"]) == (200, 100, 100)
    gain = told["bootstrap"]["differences"]["challenger"]["log_loss"]
    assert round(gain["value"], 6) == round(float(np.log(0.5) - np.log(0.9)), 6)
    assert gain["high"] < 0


def test_two_that_promise_the_same_differ_by_nothing():
    told = contest(shared([0.6, 0.3] * 100, [0.6, 0.3] * 100, [1, 0] * 100))
    assert told is not None
    assert set(told["bootstrap"]["differences"]["challenger"]["auc"].values()) == {0.0}


def test_too_few_conversions_tell_nothing():
    assert contest(shared([0.5] * 98, [0.9, 0.1] * 49, [1, 0] * 49)) is None
    assert contest(shared([0.5] * 100, [0.9] * 100, [1] * 100)) is None
    assert contest(shared([], [], [])) is None
