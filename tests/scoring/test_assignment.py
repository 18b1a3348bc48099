"""Leads are given by capacity and turn: in one go as one by one, and never to whoever has no room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.assignment import NOBODY, Room, assign

ROOMS = st.lists(
    st.builds(
        Room,
        st.just("rep"),
        st.integers(0, 12),
        st.integers(0, 12),
        st.sampled_from([float("-inf"), 1.0, 2.0]),
    ),
    max_size=5,
)


def one_by_one(count: int, rooms: list[Room]) -> list[int]:
    """Each lead by itself: the least full rep with room, and of equals the one who waits longest."""
    taken = [room.given for room in rooms]
    turn = sorted(range(len(rooms)), key=lambda at: (rooms[at].last, at))
    found = []
    for _ in range(count):
        able = [at for at in turn if taken[at] < rooms[at].capacity]
        if not able:
            found.append(NOBODY)
            continue
        rep = min(able, key=lambda at: taken[at] / rooms[at].capacity)
        taken[rep] += 1
        found.append(rep)
    return found


@given(st.integers(0, 40), ROOMS)
def test_all_at_once_is_as_one_by_one(count: int, rooms: list[Room]) -> None:
    assert assign(count, rooms).tolist() == one_by_one(count, rooms)


def test_nobody_is_given_more_than_fits_and_what_does_not_fit_goes_to_nobody() -> None:
    found = assign(10, [Room("a", 3), Room("b", 5, given=2)])
    assert np.bincount(found[found >= 0]).tolist() == [3, 3]
    assert (found == NOBODY).sum() == 4


def test_without_reps_nobody_gets_a_lead() -> None:
    assert assign(2, []).tolist() == [NOBODY, NOBODY]


def test_equals_take_turns_beginning_with_who_waits_longest() -> None:
    rooms = [Room("a", 10, last=5.0), Room("b", 10, last=1.0), Room("c", 10, last=3.0)]
    assert assign(4, rooms).tolist() == [1, 2, 0, 1]


@pytest.mark.parametrize("given", [2, 3])
def test_a_rep_without_room_is_passed_over(given: int) -> None:
    assert assign(1, [Room("full", 2, given=given), Room("free", 9)]).tolist() == [1]
