"""Write a simulated CRM to a folder, the same to the byte for the same arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from training.simulate.crm import build
from training.simulate.flat import LABEL, flat_files
from training.simulate.tables import contract_tables


@dataclass(frozen=True, slots=True)
class World:
    """What was written where.

    Parameters
    ----------
    folder : Path
        Holds the tables of the data contract, ``truth.csv``, ``answers.csv``, ``picked.csv`` and ``flat/``.
    start, end : date
        First day of the simulated time, and the day on which the export was made.
    rows : dict of str to int
        Rows per file, by its path within the folder.
    mature, converted : int
        Leads whose outcome is known, and those of them won within 90 days.
    """

    folder: Path
    start: date
    end: date
    rows: dict[str, int]
    mature: int
    converted: int

    @property
    def training_file(self) -> Path:
        """One row per lead with the label column ``Converted`` and the time column ``created_at``."""
        return self.folder / "flat" / "leads.csv"

    @property
    def open_leads_file(self) -> Path:
        """The leads that sales still works on: the same columns, without the label."""
        return self.folder / "flat" / "open_leads.csv"

    @property
    def won_rate(self) -> float:
        """Share of the mature leads that were won within 90 days."""
        return self.converted / self.mature if self.mature else float("nan")


def simulate(
    out: Path,
    *,
    end: date,
    leads: int = 6_000,
    months: int = 18,
    seed: int = 1,
    reps: int = 6,
    handed_since: date | None = None,
) -> World:
    """Make up the CRM of a Japanese company whose truth is known, to try LeadLoop and to judge it by.

    Parameters
    ----------
    out : Path
        Folder to write to; made if absent, files of the same names are replaced.
    end : date
        The day of the export: nothing recorded later is in the files.
    leads : int
        Number of leads, duplicates among them.
    months : int
        Months from the first lead to ``end``.
    seed : int
        All randomness comes from it.
    reps : int
        Sales representatives.
    handed_since : date, optional
        Since when LeadLoop hands leads over: from then on ``picked.csv``, not ``outcomes.csv``, has what people hand
        over and accept by themselves, ``answers.csv`` says what sales would answer, and new leads go to their reps on
        the mornings of working days.

    Returns
    -------
    World
        Where the files are and what they hold.

    Raises
    ------
    ValueError
        If a number is not positive.
    """
    for name, number in {"leads": leads, "months": months, "reps": reps}.items():
        if number < 1:
            raise ValueError(f"simulate needs {name} of 1 or more, got {number}.")
    crm = build(leads, months, seed, end, reps, handed_since)
    tables = contract_tables(crm, seed)
    flat = flat_files(crm)
    files = {f"{name}.csv": table for name, table in tables.items()}
    files |= {f"flat/{name}.csv": table for name, table in flat.items()}
    for name, table in files.items():
        _write(table, out / name)
    label = flat["leads"][LABEL]
    return World(
        out,
        crm.start,
        end,
        {name: len(table) for name, table in files.items()},
        int((label != "").sum()),
        int((label == "yes").sum()),
    )


def _write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
