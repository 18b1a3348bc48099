"""What thresholds bring in a month of the test, each a column, with how far chance alone may move it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.handoff_answers import over
from scoring.handoff_evidence import Floats, Integers
from scoring.handoff_reach import CONVERSIONS, HANDOFFS, KNOWN, WINS, WON, draws

CERTAINTY: Final = 0.9
Summed = Callable[[Integers | None], Floats]


class Columns(NamedTuple):
    """Counts of the test, and intervals that hold 90 % of 200 draws of leads, each with all its snapshots.

    Parameters
    ----------
    sums : array of float, shape (5, n_thresholds)
        Handoffs, conversions, and what the model of *won* says of them.
    spread : array of float, shape (4, 2, n_thresholds)
        The ends of the intervals of handoffs, conversions, precision and wins of a month; NaN where not known.
    drawn : array of int, shape (200, n_thresholds)
        Handoffs of each draw, which what is accepted of them goes by.
    """

    sums: Floats
    spread: Floats
    drawn: npt.NDArray[np.int32]

    @classmethod
    def counted(cls, summed: Sequence[Summed], leads: int, months: float, seed: int) -> tuple[Columns, str]:
        """Count, and draw leads.

        Parameters
        ----------
        summed : sequence of callable
            Each gives sums, shape (5, n), for how often each lead counts; their columns stand side by side.
        leads : int
            How many there are.
        months : float
            Of the test.
        seed : int
            Of the draws.

        Returns
        -------
        tuple
            The columns, and where the random numbers go on.
        """

        def side_by_side(times: Integers | None) -> Floats:
            return np.concatenate([sums(times) for sums in summed], axis=1)

        rng = np.random.default_rng(seed)
        sums = side_by_side(None)
        drawn = np.array([side_by_side(times) for times in draws(leads, rng)])
        made = cls(sums, _spread(sums / months, drawn / months), drawn[:, HANDOFFS].astype(np.int32))
        return made, json.dumps(rng.bit_generator.state)

    def take(self, places: Any) -> Columns:
        """Some of them."""
        return Columns(self.sums[:, places], self.spread[:, :, places], self.drawn[:, places])

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        steps = np.diff(self.drawn, axis=1, prepend=np.int32(0))
        return {"sums": pack(self.sums), "spread": pack(self.spread), "drawn": pack(steps)}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Columns:
        """From :meth:`to_dict`."""
        drawn = np.cumsum(unpack(told["drawn"]), axis=1, dtype=np.int32)
        return cls(unpack(told["sums"]), unpack(told["spread"]), drawn)


def wins_of(sums: Floats, kind: int = WINS) -> Floats:
    """Wins of all handoffs, where only some of them are known to the model of *won*.

    Parameters
    ----------
    sums : array of float, shape (5, n)
        Per kind.
    kind : int
        Wins by their likelihood, or those that were won.
    """
    wins: Floats = sums[HANDOFFS] * over(sums[kind], sums[KNOWN])
    return wins


def ends(values: Floats, drawn: Floats) -> Floats:
    """Both ends of the interval of each value, shape (2, n); NaN where no draw is known.

    Parameters
    ----------
    values : array of float, shape (n,)
        Which the intervals contain.
    drawn : array of float, shape (200, n)
        The same for each draw.
    """
    tail = (1 - CERTAINTY) / 2
    found = np.full((2, len(values)), np.nan)
    known = np.isfinite(drawn)
    whole = known.all(axis=0)
    found[:, whole] = np.quantile(drawn[:, whole], [tail, 1 - tail], axis=0)
    for place in np.flatnonzero(known.any(axis=0) & ~whole):
        found[:, place] = np.quantile(drawn[known[:, place], place], [tail, 1 - tail])
    low, high = np.minimum(np.maximum(found[0], 0.0), values), np.maximum(found[1], values)
    return np.array([low, high])


def _spread(each: Floats, drawn: Floats) -> Floats:
    by_kind = drawn.transpose(1, 0, 2)
    handoffs, conversions = by_kind[HANDOFFS], by_kind[CONVERSIONS]
    return np.array(
        [
            ends(each[HANDOFFS], handoffs),
            ends(each[CONVERSIONS], conversions),
            ends(over(each[CONVERSIONS], each[HANDOFFS]), over(conversions, handoffs)),
            _ends_of_wins(each, by_kind),
        ]
    )


def _ends_of_wins(each: Floats, drawn: Floats) -> Floats:
    """The interval of wins is that of the likelihoods or of what was won, whichever is wider."""
    value = wins_of(each)
    said = ends(value, wins_of(drawn))
    seen = ends(value, wins_of(drawn, WON) - wins_of(each, WON) + value)
    return np.array([np.fmin(said[0], seen[0]), np.fmax(said[1], seen[1])])


# As JSON ----------------------------------------------------------------------------------------------


def pack(values: npt.NDArray[Any]) -> dict[str, Any]:
    """An array as JSON holds it, to the last bit.

    Examples
    --------
    >>> unpack(pack(np.array([[1.5, np.nan]])))
    array([[1.5, nan]])
    """
    data = base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes(), 6)).decode("ascii")
    return {"type": values.dtype.str, "shape": list(values.shape), "data": data}


def unpack(told: dict[str, Any]) -> npt.NDArray[Any]:
    """The array again."""
    data = zlib.decompress(base64.b64decode(told["data"]))
    return np.frombuffer(data, np.dtype(told["type"])).reshape(told["shape"])
