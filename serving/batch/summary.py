"""What became of the rows of a lead list: nothing is dropped without being counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from scoring.scorecard import GRADES


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a run scored, what it could not, and where both are.

    Parameters
    ----------
    source, target : Path
        IN and OUT.
    scored, not_scored : int
        Rows of OUT with and without a score.
    rejected : int
        Rows of IN that do not split into its columns.
    blank : int
        Rows of IN in which no cell holds anything; they are no leads.
    grades : dict of str to int
        Scored leads per grade, A to D.
    why : dict of str to int
        The most frequent reasons why leads are not scored.
    rejected_path : Path or None
        The list of rejected rows.
    model_version : str
        The scorecard that scored.
    as_of : float
        Seconds since 1970 at which leads without a time of their own are scored.
    notes : tuple of str
        What the reader of OUT should know.
    max_rejected : float
        The share of unreadable rows that is tolerated.
    """

    source: Path
    target: Path
    scored: int
    not_scored: int
    rejected: int
    blank: int
    grades: dict[str, int]
    why: dict[str, int]
    rejected_path: Path | None
    model_version: str
    as_of: float
    notes: tuple[str, ...]
    max_rejected: float

    @property
    def rows_in(self) -> int:
        """Rows of IN that hold a lead."""
        return self.rows_out + self.rejected

    @property
    def rows_out(self) -> int:
        """Rows of OUT."""
        return self.scored + self.not_scored

    @property
    def unreadable(self) -> int:
        """Rows that could not be used, whether they stand in OUT or not."""
        return self.not_scored + self.rejected

    @property
    def too_many_unreadable(self) -> bool:
        """Whether more rows are unreadable than is tolerated, so that the run counts as failed."""
        return self.unreadable > self.max_rejected * self.rows_in


class Tally:
    """Counts what a run keeps, while it goes on."""

    def __init__(self) -> None:
        self.scored = 0
        self.not_scored = 0
        self.without_id = 0
        self.unread_amounts = 0
        self.grades: Counter[str] = Counter()
        self.why: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self.scored + self.not_scored

    def add(self, kept: pa.RecordBatch, unread_amounts: int) -> None:
        """Count some rows.

        Parameters
        ----------
        kept : pyarrow.RecordBatch
            What is kept of them; see :func:`serving.batch.kept.kept_schema`.
        unread_amounts : int
            Those whose own amount cannot be read.
        """
        scored = kept.column("score").to_numpy() >= 0
        counts = np.bincount(kept.column("grade").to_numpy()[scored], minlength=len(GRADES))
        self.grades.update(dict(zip(GRADES, counts.tolist(), strict=True)))
        self.scored += int(scored.sum())
        self.not_scored += int((~scored).sum())
        self.unread_amounts += unread_amounts
        self.without_id += kept.column("lead_id").null_count
        why = kept.column("why")
        if why.null_count < len(why):
            self.why.update(why.drop_null().to_pylist())
