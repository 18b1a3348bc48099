"""An uploaded list with its scores: the same file as ``leadloop score`` writes, and what a page tells of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.headers import contract_name
from scoring.io.files import open_table
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.known_leads import known_ids
from scoring.reasons import SEPARATOR, Lang
from serving.batch import score_file
from serving.live import LiveModel
from serving.uploads.errands import Tell
from serving.uploads.folder import Upload

TOP: Final = 10
# What people know a lead by.
FACE: Final = ("name", "company")


def score_upload(
    upload: Upload,
    model: LiveModel,
    store: Store,
    *,
    as_of: datetime,
    lang: Lang,
    max_rejected: float,
    tell: Tell,
) -> dict[str, Any]:
    """Score a list, and tell of it what a page shows, as JSON has it.

    Parameters
    ----------
    upload : Upload
        The list.
    model : LiveModel
        What scores it.
    store : Store
        Which leads are known.
    as_of : datetime
        The time as which leads are seen that bring no time of their own.
    lang : {"en", "ja"}
        The language of the reasons.
    max_rejected : float
        The share of unreadable rows that is tolerated.
    tell : callable
        Is told how far it is.

    Raises
    ------
    DataError
        If the list cannot be read, or holds none of the columns that the model reads.
    """
    encoding = upload.choices.get("encoding") or None
    summary = score_file(
        model.card,
        upload.list,
        upload.scored,
        as_of=as_of.timestamp(),
        lang=lang,
        encoding=encoding,
        max_rejected=max_rejected,
        worth=model.worth,
        handoff=model.handoff,
        progress=tell,
    )
    return {
        "rows_in": summary.rows_in,
        "rows_out": summary.rows_out,
        "scored": summary.scored,
        "not_scored": summary.not_scored,
        "rejected": summary.rejected,
        "blank": summary.blank,
        "grades": {grade: summary.grades.get(grade, 0) for grade in "ABCD"},
        "why": list(summary.why.items()),
        "too_many": summary.too_many_unreadable,
        "max_rejected": max_rejected,
        "version": summary.model_version,
        "target": model.card.meta.target,
        "horizon_days": model.card.meta.horizon_days,
        "lang": lang,
        "as_of": as_of.isoformat(),
        # Columns that are missing were told by the check, near names and all.
        "notes": [note for note in summary.notes if " lacks " not in note],
        "top": _top(upload, store, encoding),
    }


def _top(upload: Upload, store: Store, encoding: str | None) -> list[dict[str, Any]]:
    """The leads to call first, with the names that the list has for them."""
    found, places = _ranked_first(upload.scored)
    faces = _faces(upload.list, places, encoding)
    with reading(store.engine) as connection:
        known = known_ids(connection, [lead["lead_id"] for lead in found if lead["lead_id"]])
    told = [
        {
            **lead,
            "rank": int(lead["rank"]),
            "likelihood": float(lead["likelihood"]) if lead["likelihood"] else None,
            "reasons": (lead["reasons"] or "").split(SEPARATOR) if lead["reasons"] else [],
            "face": faces.get(place, {}),
            "known": lead["lead_id"] in known,
        }
        for lead, place in zip(found, places, strict=True)
    ]
    return sorted(told, key=lambda lead: lead["rank"])


def _ranked_first(scored: Path) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows of the highest ranks, and their places among all."""
    wanted = pa.array([str(rank) for rank in range(1, TOP + 1)])
    found: list[dict[str, Any]] = []
    places: list[int] = []
    start = 0
    with open_table(scored, encoding="utf-8") as reader:
        for batch in reader:
            at = np.flatnonzero(pc.is_in(batch.rows.column("rank"), wanted).to_numpy(zero_copy_only=False))
            found += batch.rows.take(pa.array(at)).to_pylist()
            places += (at + start).tolist()
            start += batch.rows.num_rows
    return found, places


def _faces(path: Path, places: list[int], encoding: str | None) -> dict[int, dict[str, str]]:
    """What the list calls the leads at some places: their names and companies, by place."""
    with open_table(path, encoding=encoding) as whole:
        headers = whole.schema.names
    columns = {name: header for header in reversed(headers) if (name := contract_name(header)) in FACE}
    faces: dict[int, dict[str, str]] = {}
    if not columns or not places:
        return faces
    start = 0
    with open_table(path, encoding=encoding, columns=list(columns.values())) as reader:
        for batch in reader:
            here = [place for place in places if start <= place < start + batch.rows.num_rows]
            for place in here:
                cells = {
                    name: batch.rows.column(header)[place - start].as_py() for name, header in columns.items()
                }
                faces[place] = {str(name): str(cell) for name, cell in cells.items() if cell}
            start += batch.rows.num_rows
            if start > max(places):
                break
    return faces
