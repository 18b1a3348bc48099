"""Who has a lead: by assignments first, else by the history of its owner."""

import numpy as np
import pyarrow as pa

from scoring.categories import Categories
from scoring.ledger import Events, Ledger
from scoring.owners import owners


def events(rows: list[tuple[int, float, float]], **columns: list) -> Events:
    lead, occurred, recorded = (np.array(part) for part in zip(*rows, strict=True))
    return Events.of(
        lead.astype(np.intp), occurred.astype(float), recorded.astype(float),
        {name: Categories.of(np.array(cells, dtype=object)) for name, cells in columns.items()},
    )  # fmt: skip


LEDGER = Ledger(
    np.array(["a", "b", "c", "d", "e"], dtype=object),
    np.zeros(5),
    {"owner": pa.array(["Abe", "Ito", "Abe", None, "Sato"], pa.string())},
    changes=events(
        [(0, 5, 5), (1, 2, 2), (1, 7, 7), (4, 9, 9)],
        property=["owner", "owner", "owner", "owner"],
        value=["Abe", "Sato", "Ito", None],
    ),
    assignments=events([(0, 3, 3), (0, 1, 1)], rep=["Sato", "Ito"]),
)


def test_an_assignment_goes_before_the_owner() -> None:
    found = owners(LEDGER)
    assert found.rep.to_list() == ["Sato", "Ito", "Abe", None, None]
    np.testing.assert_array_equal(found.since, [3, 7, 0, np.nan, np.nan])


def test_every_giving_is_kept_in_order() -> None:
    given = owners(LEDGER).given
    told = list(
        zip(given.lead.tolist(), given.occurred.tolist(), given.category("rep").to_list(), strict=True)
    )
    assert told == [(0, 1, "Ito"), (0, 3, "Sato"), (1, 2, "Sato"), (1, 7, "Ito"), (2, 0, "Abe")]


def test_a_cut_ledger_says_who_had_it_then() -> None:
    assert owners(LEDGER.known_at(4)).rep.to_list() == ["Sato", "Sato", "Abe", None, None]
    assert owners(LEDGER.known_at(2)).rep.to_list()[:2] == ["Ito", "Sato"]


def test_without_owners_nobody_has_any() -> None:
    bare = Ledger(np.array(["a"], dtype=object), np.zeros(1))
    assert owners(bare).rep.to_list() == [None]
    assert len(owners(bare).given) == 0
