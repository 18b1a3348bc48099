"""Who gets the next lead: the rep with the most room for it, by turns; whoever is away or full gets none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Room:
    """What a rep can still take.

    Parameters
    ----------
    name : str
        The rep.
    capacity : int
        Leads that the rep takes in a month.
    given : int
        Leads that the rep was given this month.
    last : float
        When the rep was last given one, seconds since 1970 UTC; minus infinity for never.
    """

    name: str
    capacity: int
    given: int = 0
    last: float = float("-inf")

    @property
    def left(self) -> int:
        """Leads that still fit."""
        return max(self.capacity - self.given, 0)


def assign(count: int, rooms: Sequence[Room]) -> npt.NDArray[np.intp]:
    """Who gets each of some leads, the first of them first.

    Each goes to the rep of whose month the least share is full, and of equals to the one who waits longest.

    Parameters
    ----------
    count : int
        Leads to be given.
    rooms : sequence of Room
        The reps that are there.

    Returns
    -------
    array of int, shape (count,)
        Positions in ``rooms``; -1 for leads that nobody has room for.

    Examples
    --------
    >>> assign(5, [Room("Sato", 4), Room("Ito", 2), Room("Abe", 1, given=1)]).tolist()
    [0, 1, 0, 0, 1]
    """
    left = np.minimum([room.left for room in rooms], count).astype(np.intp)
    rep = np.repeat(np.arange(len(rooms)), left)
    turn = np.empty(len(rooms), dtype=np.intp)
    turn[sorted(range(len(rooms)), key=lambda at: (rooms[at].last, at))] = np.arange(len(rooms))
    nth = np.arange(len(rep)) - np.repeat(np.cumsum(left) - left, left)
    given = np.array([room.given for room in rooms], dtype=float)
    capacity = np.array([room.capacity for room in rooms], dtype=float)
    full = (given[rep] + nth) / capacity[rep]
    order = rep[np.lexsort((turn[rep], full))][:count]
    return np.append(order, np.full(count - len(order), NOBODY))
