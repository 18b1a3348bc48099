"""What leads were like when they were scored, as groups that can be compared.

A model is judged on average; whoever reviews it asks for groups: industries, ranks, sources, or an attribute that the
model does not even read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.categories import Categories
from scoring.errors import DataError
from scoring.leads import ledger_features, table_features
from scoring.ledger import Ledger
from scoring.reasons import Lang, bin_names
from scoring.scorecard import Scorecard

Names = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
NOT_GIVEN: Final[Mapping[Lang, str]] = {"en": "not given", "ja": "未入力"}
TOGETHER: Final = " · "


@dataclass(frozen=True)
class Attributes:
    """Features and raw properties of leads, each lead as it was known at a time.

    Get one from :func:`attributes_at` or :func:`attributes_of`.

    Parameters
    ----------
    card : Scorecard
        Its features are read with its bins.
    features : mapping of str to (array of float64 or Categories), each of n_looks
        What it reads.
    properties : tuple of str
        Further names, which are read as they stand.
    read : callable
        Gives a property's texts, shape (n_looks,).
    """

    card: Scorecard
    features: Mapping[str, Floats | Categories]
    properties: tuple[str, ...]
    read: Callable[[str], pa.Array]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that can make groups."""
        own = [term.feature for term in self.card.terms]
        return (*own, *(name for name in self.properties if name not in own))

    def groups(self, *names: str, lang: Lang = "en") -> Names:
        """The group of each lead; of several names together, such as rank and department: a persona.

        Parameters
        ----------
        *names : str
            Features or properties.
        lang : {"en", "ja"}
            In which bins are named.

        Returns
        -------
        array of str, shape (n_looks,)
            A number falls into the scorecard's bins, or is a group of its own where the scorecard does not read it.

        Raises
        ------
        DataError
            For a name that is neither.
        """
        columns = [self._named(name, lang) for name in names]
        return np.array([TOGETHER.join(parts) for parts in zip(*columns, strict=True)], dtype=object)

    def _named(self, name: str, lang: Lang) -> list[str]:
        term = next((term for term in self.card.terms if term.feature == name), None)
        if term is not None:
            said = bin_names(self.card, term, lang)
            return [said[place] for place in term.bin_array(self.features[name]).tolist()]
        if name in self.properties:
            return [value or NOT_GIVEN[lang] for value in self.read(name).to_pylist()]
        near = get_close_matches(name, self.names, n=1, cutoff=0.5)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise DataError(
            f"Leads have no '{name}' by which to group them.{hint} There are: {', '.join(self.names)}."
        )


def attributes_at(card: Scorecard, ledger: Ledger, lead: npt.NDArray[np.intp], as_of: Floats) -> Attributes:
    """What leads of the store were like at some time.

    Parameters
    ----------
    card : Scorecard
        Whose features and bins are used.
    ledger : Ledger
        All that is known, also later.
    lead, as_of : array, shape (n_looks,)
        Which lead, and the time as which it is looked at.
    """
    features, _ = ledger_features(card, ledger, lead, as_of)

    def read(name: str) -> pa.Array:
        place = ledger.places_at(name, lead, as_of)
        return ledger.values_of(name).take(pa.array(place, mask=place < 0))

    return Attributes(card, features, tuple(ledger.properties), read)


def attributes_of(card: Scorecard, table: pa.Table, rows: npt.NDArray[np.intp]) -> Attributes:
    """What leads of a file were like.

    Parameters
    ----------
    card : Scorecard
        Whose features and bins are used.
    table : pyarrow.Table, n_leads rows
        Raw values.
    rows : array of int, shape (n_looks,)
        The row of each look.
    """
    features, _ = table_features(card, table.take(pa.array(rows)))

    def read(name: str) -> pa.Array:
        return table.column(name).take(pa.array(rows)).cast(pa.string())

    return Attributes(card, features, tuple(table.schema.names), read)
