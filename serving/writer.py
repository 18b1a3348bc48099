"""What the service writes: one thread in each process, and many operations in one commit.

A commit waits for the disk and SQLite lets one writer in at a time, so operations that wait together are committed
together, and each is answered only then.  The score log is written along with them, or by itself when it is due: at
most 200 ms or 1,000 rows behind.  Nothing is dropped: whoever finds a buffer full waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from scoring.errors import DataError, LeadLoopError
from scoring.io.store.engine import writing
from scoring.io.store.scores import write_cells
from serving.score_log import Cells, Rows, ScoreLog

MOST_TOGETHER = 1_000
MOST_WAITING = 10_000
PATIENCE_SECONDS = 5.0
STOP_SECONDS = 8.0
log = logging.getLogger("leadloop.serving")


class NotWritten(LeadLoopError):
    """The store did not take what was to be written; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What an operation gives back where it has written nothing, so that nobody else's work is undone.

    Parameters
    ----------
    error : LeadLoopError
        What whoever submitted it is told.
    """

    error: LeadLoopError


Result = TypeVar("Result")
Operation = Callable[[Connection], Result | Refused]


def or_refused(said: Callable[[Connection], Result]) -> Operation[Result]:
    """What is refused writes nothing, and is told to whoever asked alone.

    Parameters
    ----------
    said : callable
        Writes something, or raises a :class:`scoring.errors.DataError` before it has.
    """

    def do(connection: Connection) -> Result | Refused:
        try:
            return said(connection)
        except DataError as error:
            return Refused(error)

    return do


class _Awaited:
    """What a coroutine waits for; a group of them is told in one go, because waking a loop takes a while."""

    __slots__ = ("error", "future", "loop", "result")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        if self.future.done():
            return  # whoever waited has gone
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


Ticket = Future[Any] | _Awaited
Waiting = tuple[Operation[Any], Ticket]


class Writer:
    """Commits what it is given, in the order in which it came.

    Parameters
    ----------
    engine : Engine
        The store's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._driver: Any = engine.dialect.dbapi
        self._lock = Lock()
        self._work, self._room = Condition(self._lock), Condition(self._lock)
        self._waiting: deque[Waiting] = deque()
        self._log = ScoreLog()
        self._stopping = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin writing."""
        self._stopping = False
        self._thread = Thread(target=self._run, name="leadloop-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write all that waits, then stop."""
        with self._lock:
            self._stopping = True
            self._work.notify()
            self._room.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=STOP_SECONDS)

    # What others call -----------------------------------------------------------------------------

    def submit(self, operation: Operation[Result]) -> Future[Result]:
        """Have something written; the future is done once it is committed.

        Parameters
        ----------
        operation : callable
            Takes a connection inside a transaction that writes.  What it gives is the future's result, and what
            it raises its exception: then the others that were in the transaction are run again without it.  Where
            it has written nothing it does better to give back :class:`Refused`.

        Raises
        ------
        NotWritten
            If the writer has stopped.
        """
        future: Future[Result] = Future()
        self._add(operation, future)
        return future

    def _add(self, operation: Operation[Any], ticket: Ticket) -> None:
        with self._lock:
            while len(self._waiting) >= MOST_WAITING and not self._stopping:
                self._room.wait()
            if self._stopping:
                raise NotWritten("The service is stopping and takes nothing more. Send it again in a moment.")
            self._waiting.append((operation, ticket))
            self._work.notify()

    async def write(self, operation: Operation[Result]) -> Result:
        """The same for a coroutine: what the operation gives, once it is committed.

        Parameters
        ----------
        operation : callable
            As in :meth:`submit`.

        Raises
        ------
        NotWritten
            If the store did not take it, or the writer has stopped.
        """
        ticket = _Awaited()
        if len(self._waiting) < MOST_WAITING:
            self._add(operation, ticket)
        else:
            await asyncio.to_thread(self._add, operation, ticket)
        result: Result = await ticket.future
        return result

    def log(self, rows: Rows, count: int = 1) -> None:
        """Have scores logged; they are made and written later, by the thread that writes.

        Parameters
        ----------
        rows : callable
            Makes the rows.  What it holds must not change any more.
        count : int
            How many it makes.

        Raises
        ------
        NotWritten
            If the log is full and stays so for some seconds.  A coroutine, which must not wait here, awaits
            :meth:`room` before.
        """
        with self._lock:
            if self._log.full:
                self._wait_for_room()
            if self._log.add(rows, count):
                self._work.notify()

    def _wait_for_room(self) -> None:
        if not self._room.wait_for(lambda: not self._log.full, timeout=PATIENCE_SECONDS):
            raise NotWritten(_FULL)

    async def room(self) -> None:
        """Wait until the log takes more.

        Raises
        ------
        NotWritten
            If it stays full for some seconds, because the store takes nothing.
        """
        if not self._log.full:
            return
        until = monotonic() + PATIENCE_SECONDS
        while self._log.full:
            if monotonic() > until:
                raise NotWritten(_FULL)
            await asyncio.sleep(0.01)

    # The thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            group, rows = taken
            cells = self._log.make(rows)
            if cells:
                # First, so that a lead that is forgotten leaves no score behind.
                group.insert(0, (partial(write_cells, cells=cells), self._logging(cells)))
            elif rows:
                with self._lock:
                    self._log.written()
            if group:
                self._commit(group)
                self._tell([ticket for _, ticket in group if isinstance(ticket, _Awaited)])

    def _take(self) -> tuple[list[Waiting], list[Rows]] | None:
        """What is written next, once there is something; None when all is written and no more will come."""
        with self._lock:
            while not (self._waiting or self._stopping or self._log.due()):
                self._work.wait(self._log.seconds_left())
            if not self._waiting and not self._log.rows:
                return None
            count = min(len(self._waiting), MOST_TOGETHER)
            group = [self._waiting.popleft() for _ in range(count)]
            rows = self._log.take()
            self._room.notify_all()
        return [one for one in group if _wanted(one[1])], rows

    def _commit(self, group: Sequence[Waiting]) -> None:
        """Run operations in one transaction; where one of them fails, each in its own."""
        try:
            results = self._together([operation for operation, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, NotWritten):
                self._commit_apart(group)
                return
            for _, ticket in group:
                _settle(ticket, None, error)
        else:
            for (_, ticket), result in zip(group, results, strict=True):
                _settle(ticket, result)

    def _commit_apart(self, group: Sequence[Waiting]) -> None:
        waiting = deque(group)
        while waiting:
            one = waiting.popleft()
            self._commit([one])
            if isinstance(_error(one[1]), NotWritten):  # the store takes none of the others either
                for _, ticket in waiting:
                    _settle(ticket, None, _error(one[1]))
                return

    def _tell(self, tickets: Sequence[_Awaited]) -> None:
        for loop in {ticket.loop for ticket in tickets}:
            with suppress(RuntimeError):  # a loop that is closed has nobody waiting any more
                loop.call_soon_threadsafe(_tell, [ticket for ticket in tickets if ticket.loop is loop])

    def _together(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """The results of operations; ``NotWritten`` where the store is at fault, and none of them."""
        results: list[Any] = []
        began = False
        try:
            with writing(self._engine) as connection:
                began = True
                results.extend(operation(connection) for operation in operations)
        except Exception as error:
            cause = self._of_driver(error)
            if cause is None:
                raise
            inside = began and len(results) < len(operations)
            if inside and not isinstance(cause, self._driver.OperationalError):
                raise cause from None  # a fault of ours; what the error says may be about a person
            log.error("%s", error)
            raise NotWritten(_STORE) from error
        return results

    def _of_driver(self, error: Exception) -> Exception | None:
        """What the database itself said, if it was the database."""
        found = error.__cause__ if isinstance(error, LeadLoopError) else error
        found = found.orig if isinstance(found, DBAPIError) else found
        return found if isinstance(found, self._driver.Error) else None

    def _logging(self, cells: Cells) -> Future[Any]:
        """A future that tells the log what became of its rows."""
        future: Future[Any] = Future()
        future.add_done_callback(partial(self._logged, cells))
        return future

    def _logged(self, cells: Cells, future: Future[Any]) -> None:
        error = future.exception()
        if error is not None and not isinstance(error, NotWritten):
            self._save(cells)
        with self._lock:
            if not isinstance(error, NotWritten):
                self._log.written()
            elif self._stopping:
                self._log.abandon()
            else:
                self._log.failed()
            self._room.notify_all()

    def _save(self, cells: Cells) -> None:
        """Write each row by itself, where the store refuses one of them."""
        lost = 0
        for row in cells:
            try:
                self._together([partial(write_cells, cells=[row])])
            except Exception:
                lost += 1
        log.error("Scores lost, because the store refuses them: %d.", lost)


def _wanted(ticket: Ticket) -> bool:
    """Whether whoever submitted it has not called it off."""
    return (
        not ticket.future.cancelled()
        if isinstance(ticket, _Awaited)
        else ticket.set_running_or_notify_cancel()
    )


def _settle(ticket: Ticket, result: Any, error: BaseException | None = None) -> None:
    if isinstance(result, Refused):
        result, error = None, result.error
    if isinstance(ticket, _Awaited):
        ticket.result, ticket.error = result, error
    elif error is None:
        ticket.set_result(result)
    else:
        ticket.set_exception(error)


def _error(ticket: Ticket) -> BaseException | None:
    return ticket.error if isinstance(ticket, _Awaited) else ticket.exception()


def _tell(tickets: Sequence[_Awaited]) -> None:
    for ticket in tickets:
        ticket.tell()


_STORE = (
    "The store does not take anything at the moment; its log says why. Nothing was changed: send it again."
)
_FULL = "Scores wait to be logged and the store does not take them; its log says why. Ask again in a moment."
