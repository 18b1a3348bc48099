"""What sales said of handoffs as a file to learn from: each lead as it was when it was handed over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.contract import to_seconds
from scoring.errors import DataError
from scoring.io.files import open_output
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.handoffs import read_handoffs
from scoring.ledger import Floats, Ledger

MOST = 1_000_000
OWN = ("lead_id", "handed_at", "answer", "reason", "likelihood", "action", "drawn", "rep", "by")


def write_answers(store: Store, target: Path) -> int:
    """Write a row for each answered handoff, and say how many: properties as known then, answer and reason.

    Parameters
    ----------
    store : Store
        Where handoffs and leads are.
    target : Path
        CSV or Parquet by its suffix.

    Raises
    ------
    DataError
        If nothing was answered yet, or the file cannot be written.
    """
    with reading(store.engine) as connection:
        kept = [one for one in reversed(read_handoffs(connection, most=MOST)) if one.state != "pending"]
    if not kept:
        raise DataError("No handoff was answered yet: there is nothing to learn from sales' answers.")
    ledger = store.ledger()
    place = {name: at for at, name in enumerate(ledger.lead_id.tolist())}
    lead = np.array([place[one.lead_id] for one in kept], dtype=np.intp)
    as_of = np.array([to_seconds(one.handed_at) for one in kept])
    own = [
        [one.lead_id for one in kept],
        [datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in as_of.tolist()],
        [one.state for one in kept],
        [one.reason for one in kept],
        [None if one.likelihood is None else str(one.likelihood) for one in kept],
        [one.action for one in kept],
        [str(one.drawn) for one in kept],
        [one.rep for one in kept],
        [one.decided_by for one in kept],
    ]
    columns = {name: pa.array(cells, pa.string()) for name, cells in zip(OWN, own, strict=True)}
    columns |= _properties(ledger, lead, as_of)
    rows = pa.RecordBatch.from_pydict(columns)
    with open_output(target, rows.schema) as output:
        output.write(rows)
    return len(kept)


def _properties(ledger: Ledger, lead: npt.NDArray[np.intp], as_of: Floats) -> dict[str, pa.Array]:
    """Each property as it was known; one with a name of ours gets another."""
    found = {}
    for name in sorted({*ledger.properties, *ledger.with_history}):
        at = ledger.places_at(name, lead, as_of)
        found[f"{name}_" if name in OWN else name] = ledger.values_of(name).take(pa.array(at, mask=at < 0))
    return found
