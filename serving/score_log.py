"""The scores that wait to be logged: kept as they came, and made into rows by the thread that writes them."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

from scoring.io.store.scores import ScoreRow, cells_of

FLUSH_ROWS = 1_000
FLUSH_SECONDS = 0.15  # and up to 50 ms to write them
MOST_LOGGED = 20_000
log = logging.getLogger("leadloop.serving")

Rows = Callable[[], Iterable[ScoreRow]]
Cells = list[tuple[Any, ...]]


class ScoreLog:
    """Scores in the order in which they came.

    Whoever calls holds one lock, except for :meth:`make`, which the one thread that writes calls without it.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._fresh: deque[tuple[Rows, int, float]] = deque()
        self._fresh_rows = 0
        # What was taken last: tried again until the store takes it.
        self._taken_rows = 0
        self._cells: Cells = []
        self._again_at: float | None = None

    @property
    def full(self) -> bool:
        """Whether no more should be added for now."""
        return self.rows >= MOST_LOGGED

    def add(self, rows: Rows, count: int) -> bool:
        """Keep some, and say whether the thread must be told."""
        first, before = not self.rows, self._fresh_rows
        self._fresh.append((rows, count, monotonic()))
        self.rows += count
        self._fresh_rows += count
        return first or before < FLUSH_ROWS <= self._fresh_rows

    def seconds_left(self) -> float | None:
        """How long the thread may wait; None while there is nothing to write."""
        if self._again_at is not None:
            return self._again_at - monotonic()
        if not self._fresh:
            return None
        return 0.0 if self._fresh_rows >= FLUSH_ROWS else self._fresh[0][2] + FLUSH_SECONDS - monotonic()

    def due(self) -> bool:
        """Whether it must be written now."""
        left = self.seconds_left()
        return left is not None and left <= 0

    def take(self) -> list[Rows]:
        """What is written next, about as much as is written at once; nothing new while older rows wait."""
        taken: list[Rows] = []
        while self._fresh and not self._cells and self._taken_rows < FLUSH_ROWS:
            rows, count, _ = self._fresh.popleft()
            taken.append(rows)
            self._taken_rows += count
        self._fresh_rows = self.rows - self._taken_rows
        return taken

    def make(self, taken: Sequence[Rows]) -> Cells:
        """Rows as the store takes them; one that cannot be made is a fault of ours and said to be lost."""
        for rows in taken:
            try:
                self._cells.extend(cells_of(row) for row in rows())
            except Exception as error:
                frames = "".join(traceback.format_tb(error.__traceback__))
                log.error("A score could not be logged: %s at\n%s", type(error).__name__, frames)
        return self._cells

    def written(self) -> None:
        """What was taken is kept now."""
        if self._again_at is not None:
            log.info("Scores are logged again.")
        self.rows -= self._taken_rows
        self._taken_rows, self._cells, self._again_at = 0, [], None

    def failed(self) -> None:
        """The store did not take it: try again in a while."""
        if self._again_at is None:
            log.error("Scores cannot be logged; they wait until the store takes them.")
        self._again_at = monotonic() + FLUSH_SECONDS

    def abandon(self) -> None:
        """Nothing will be tried again."""
        log.error("Scores lost, because the store took nothing until the end: %d.", self.rows)
        self.rows = self._fresh_rows = self._taken_rows = 0
        self._fresh.clear()
        self._cells, self._again_at = [], None
