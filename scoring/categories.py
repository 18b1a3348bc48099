"""Columns of answers, each distinct answer stored once: what makes a million rows cheap to read and score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Categories:
    """A vector of answers, each stored once.

    Parameters
    ----------
    codes : array of int32
        Position in ``levels`` per row, -1 where missing.
    levels : tuple of str
        The answers, all different.
    """

    codes: npt.NDArray[np.int32]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @classmethod
    def of(cls, values: object) -> Categories:
        """The answers of any vector of text: an Arrow array, a pandas or NumPy column, a list.

        Raises
        ------
        DataError
            If it holds anything but text and missing values.

        Examples
        --------
        >>> Categories.of(["Web", None, "Web"]).levels
        ('Web',)
        """
        if isinstance(values, Categories):
            return values
        if isinstance(values, pa.Array | pa.ChunkedArray):
            codes, levels = arrow_codes(values)
            found: list[object] = levels.to_pylist()
        else:
            series = values if isinstance(values, pd.Series) else pd.Series(cast("Any", values), dtype=object)
            codes, index = pd.factorize(series)  # type: ignore[assignment]
            found = list(index)
        if not all(isinstance(level, str) for level in found):
            raise DataError("A category must hold text or missing values.")
        return cls(codes.astype(np.int32), tuple(map(str, found)))

    def mapped(self, answer: Callable[[str], str | None]) -> Categories:
        """What a function says of each answer; equal results become one level."""
        return merge(self.codes, [answer(level) for level in self.levels])

    def numbered(self, number: Callable[[str], float | None]) -> npt.NDArray[np.float64]:
        """The number a function gives for each answer, NaN where it gives none."""
        of_level = [number(level) for level in self.levels]
        values = np.array([np.nan if value is None else value for value in of_level] + [np.nan])
        return values[self.codes]

    def to_list(self) -> list[str | None]:
        """The answers row by row."""
        shown = (*self.levels, None)
        return [shown[code] for code in self.codes.tolist()]


def one_array(raw: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One array without chunks or, where each row has its own value, without a dictionary."""
    array = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


def arrow_codes(raw: pa.Array | pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Codes (-1 where missing) and distinct values of an Arrow column."""
    array = one_array(raw)
    if not pa.types.is_dictionary(array.type):
        try:
            array = pc.dictionary_encode(array)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            codes = np.where(array.is_null().to_numpy(zero_copy_only=False), -1, np.arange(len(array)))
            return codes.astype(np.int32), array
    codes = pc.fill_null(array.indices.cast(pa.int32()), -1).to_numpy()
    return codes, array.dictionary


def merge(codes: npt.NDArray[np.int32], answers: list[str | None]) -> Categories:
    """Categories from answers per level, where several levels may have got the same answer or none."""
    if len(set(answers)) == len(answers) and None not in answers:
        return Categories(codes, cast("tuple[str, ...]", tuple(answers)))
    levels = tuple(dict.fromkeys(answer for answer in answers if answer is not None))
    place = {level: at for at, level in enumerate(levels)}
    of_level = np.array(
        [-1 if answer is None else place[answer] for answer in answers] + [-1], dtype=np.int32
    )
    return Categories(of_level[codes], levels)
