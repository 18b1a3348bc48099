"""An uploaded list taken into the store, as ``leadloop import`` does it: tried first, then done."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from scoring.contract import LEADS
from scoring.contract_cells import Customs
from scoring.errors import SettingsError
from scoring.io.outputs import write_rejected
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.mappings import Meaning
from serving.cold_start import serve_points
from serving.importing import import_files
from serving.uploads.errands import Tell
from serving.uploads.folder import Upload

SHOWN: Final = 20


def take_upload(
    upload: Upload,
    store: Store,
    settings: Sections,
    customs: Customs,
    now: datetime,
    *,
    skip_rejected: bool,
    dry_run: bool,
    tell: Tell,
) -> dict[str, Any]:
    """Take the leads of a list into the store, or say what would change; as JSON has it.

    Parameters
    ----------
    upload : Upload
        The list.
    store : Store
        Where its leads go.
    settings : Sections
        The points rule, which serves from the first leads on where there is one.
    customs : Customs
        How the team writes times and *no answer*.
    now : datetime
        Since when values hold that differ from those before.
    skip_rejected : bool
        Whether the good rows are kept where others have faults; else nothing is.
    dry_run : bool
        Whether only to say what would change.
    tell : callable
        Is told how far it is.

    Raises
    ------
    DataError
        If the list cannot be read, or lacks what the store must know of a lead.
    """
    done = import_files(
        store,
        {LEADS.name: upload.list},
        Meaning.of(),
        customs,
        now,
        encoding=upload.choices.get("encoding") or None,
        skip_rejected=skip_rejected,
        dry_run=dry_run,
        told=tell,
    )
    faults = done.refused[0].rows if done.refused else []
    if dry_run:
        write_rejected(upload.list, faults)
    return {
        "written": done.written,
        "counts": {name: asdict(count) for name, count in done.counts.items()},
        "faulty": len({one.row for one in faults}),
        "faults": [{"row": one.row, "reason": one.reason} for one in faults[:SHOWN]],
        "more_faults": max(0, len(faults) - SHOWN),
        "notes": done.notes,
        "points": _points(store, settings, now) if done.written else [],
    }


def _points(store: Store, settings: Sections, now: datetime) -> list[str]:
    """Let the points rule serve where nothing can be learned yet; that it cannot does not undo an import."""
    try:
        return serve_points(store, settings, now)
    except SettingsError:
        return []
