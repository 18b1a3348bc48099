"""Score a lead list in two passes.

The first reads and scores, and keeps a few numbers per lead in a temporary file beside OUT; with all
likelihoods known, the second puts ranks and words to them.  Scoring runs in threads beside reading, and
making words beside writing, because NumPy and Arrow let go of Python's lock.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.errors import DataError
from scoring.io.files import Output, TableReader, open_output, open_table, write_rejected
from scoring.io.outputs import rejected_path
from scoring.reasons import Lang, Phrases
from scoring.scorecard import Scorecard
from scoring.value import AMOUNT, WON
from serving.batch.intake import columns_read, id_column, missing_columns
from serving.batch.kept import Order, Spill
from serving.batch.out import out_rows, out_schema
from serving.batch.scorer import Scorer
from serving.batch.summary import BatchSummary, Tally
from serving.decision import Handoff
from serving.worth import AMOUNT_RULE, Worth

Step = Literal["score", "write"]
Progress = Callable[[Step, int, int | None], None]
A = TypeVar("A")
B = TypeVar("B")

MOST_REASONS = 3
MAX_REJECTED = 0.01
_MOST_WHY = 5
_SCORING_THREADS = 2


def score_file(
    card: Scorecard,
    source: str | Path,
    target: str | Path,
    *,
    as_of: float,
    lang: Lang = "en",
    encoding: str | None = None,
    max_rejected: float = MAX_REJECTED,
    worth: Worth | None = None,
    handoff: Handoff | None = None,
    reasons: int = MOST_REASONS,
    progress: Progress = lambda *_: None,
) -> BatchSummary:
    """Score every lead of a list: whom to call first, how likely each is, and why.

    Rows keep their order.  A row whose values cannot be read stands in OUT as ``not_scored``; one that does
    not split into columns is listed in ``<stem>.rejected.csv`` beside OUT.

    Parameters
    ----------
    card : Scorecard
        The model.
    source, target : path
        IN and OUT: CSV or Parquet by suffix.
    as_of : float
        Seconds since 1970 as which leads are seen that bring no time of their own.
    lang : {"en", "ja"}
        The language of reasons.  With Japanese ones a CSV begins with a byte order mark, for Excel.
    encoding : str, optional
        Of IN, where the guess is wrong.
    max_rejected : float
        The share of unreadable rows above which the run counts as failed; OUT is written all the same.
    worth : Worth, optional
        Gives the expected value, by which leads are then ranked; ignored where its scorecard is not of *won*.
    handoff : Handoff, optional
        Decides which leads are handed over; without it nothing is decided.
    reasons : int
        At most so many reasons per lead.
    progress : callable
        Told the step, the rows done, and how many there are once that is known.

    Raises
    ------
    DataError
        If IN cannot be read or holds none of the columns the model reads, or OUT cannot be written.
    """
    source, target = Path(source), Path(target)
    if worth is not None and worth.card.meta.target != WON:
        worth = None
    _refuse_overwriting(source, target)
    with open_table(source, encoding=encoding) as whole:
        names, dialect = whole.schema.names, whole.dialect
    named_by = id_column(card, names)
    scorer = Scorer(card, worth, Phrases(card, lang), named_by, as_of, reasons, handoff)
    notes = [note for each in scorer.cards for note in missing_columns(each, names, source.name)]
    wanted = {named_by, *(name for each in scorer.cards for name in columns_read(each))}
    wanted |= {AMOUNT} if worth is not None else set()
    reader = open_table(
        source,
        encoding=dialect.encoding if dialect else None,
        columns=[name for name in names if name in wanted] or names[:1],
    )
    with reader:
        tally, rejected_to = _run(reader, scorer, target, lang, progress)
    notes = [*reader.notes, *notes, *_row_notes(source.name, named_by, tally)]
    return BatchSummary(
        source=source,
        target=target,
        scored=tally.scored,
        not_scored=tally.not_scored,
        rejected=len(reader.rejected),
        blank=reader.blank,
        grades=dict(tally.grades),
        why=dict(tally.why.most_common(_MOST_WHY)),
        rejected_path=rejected_to,
        model_version=card.meta.version,
        as_of=as_of,
        notes=tuple(notes),
        max_rejected=max_rejected,
    )


def _run(
    reader: TableReader, scorer: Scorer, target: Path, lang: Lang, progress: Progress
) -> tuple[Tally, Path | None]:
    """Both passes; OUT appears once all is well."""
    tally = Tally()
    try:
        with (
            # Excel takes a CSV for its local encoding unless a byte order mark says otherwise.
            open_output(target, out_schema(target), bom=lang == "ja") as output,
            tempfile.TemporaryFile(dir=target.parent) as stream,
        ):
            spill = Spill(stream, scorer.schema)
            ranks = _first_pass(reader, scorer, spill, tally, progress)
            _second_pass(spill, ranks, output, scorer, progress)
            return tally, write_rejected(target, reader.rejected)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}.") from error


def _row_notes(file: str, named_by: str | None, tally: Tally) -> list[str]:
    """What to know about how leads are named and what they are worth."""
    notes = []
    if named_by is None:
        notes.append(f"{file} has no column lead_id, so lead_id holds the row number.")
    if tally.without_id:
        notes.append(f"{tally.without_id:,} rows of {file} have no '{named_by}'; their lead_id is empty.")
    if tally.unread_amounts:
        notes.append(f"The '{AMOUNT}' of {tally.unread_amounts:,} rows of {file} {AMOUNT_RULE}")
    return notes


def _refuse_overwriting(source: Path, target: Path) -> None:
    """OUT, or the list of rejected rows beside it, must not replace IN."""
    if source.resolve() == target.resolve():
        raise DataError(f"OUT must be another file than IN, got {target} for both. Name another OUT.")
    if source.resolve() == rejected_path(target).resolve():
        raise DataError(f"Rejected rows of {target.name} would replace {source.name}. Name another OUT.")


def ahead(work: Callable[[A], B], items: Iterable[A], threads: int = 1) -> Generator[B, None, None]:
    """What becomes of each item, in order, made in threads while the item after it is fetched.

    Parameters
    ----------
    work : callable
        Makes one of the other.
    items : iterable
        What it is made of; fetched in the caller's thread, never more than a few ahead.
    threads : int
        How many are made at a time.
    """
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[Future[B]] = deque()
        try:
            for item in items:
                coming.append(pool.submit(work, item))
                if len(coming) > threads:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _first_pass(
    reader: TableReader, scorer: Scorer, spill: Spill, tally: Tally, progress: Progress
) -> npt.NDArray[np.int32]:
    """Score and keep; the rank of each lead."""
    order = Order()
    with closing(ahead(scorer.keep, reader, threads=_SCORING_THREADS)) as kept:
        for part in kept:
            spill.add(part.rows)
            order.add(part.order)
            tally.add(part.rows, part.unread_amounts)
            progress("score", tally.rows, None)
    return order.ranks()


def _second_pass(
    spill: Spill, ranks: npt.NDArray[np.int32], output: Output, scorer: Scorer, progress: Progress
) -> None:
    """Put ranks and words to what was kept, and write it."""

    def made(part: tuple[pa.RecordBatch, int]) -> pa.RecordBatch:
        rows, start = part
        of_rows = ranks[start : start + rows.num_rows]
        return out_rows(output.schema, rows, of_rows, scorer.phrases, scorer.card.meta.version)

    with closing(ahead(made, spill.again())) as parts:
        for part in parts:
            output.write(part)
            progress("write", output.rows, len(ranks))
