"""What takes longer than a page may: made beside the requests, one at a time, kept in the store and shown again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from traceback import format_tb
from typing import Any, Final

from scoring.errors import LeadLoopError
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.kept import Kept, keep, read_kept

# So long a page waits for what is being made, before it shows that it is.
PATIENCE: Final = 0.3
MOST_REMEMBERED: Final = 1_000
Tell = Callable[[str], None]
Make = Callable[[Tell], dict[str, Any]]
log = logging.getLogger("leadloop.serving")


@dataclass(frozen=True, slots=True)
class Made:
    """Something that is made beside the requests, as far as it is.

    Parameters
    ----------
    content : dict or None
        What was made last; None before.
    made_at : datetime or None
        When.
    running : bool
        Whether it is being made anew.
    since : datetime or None
        Since when.
    step : str
        What is being done.
    failed : str or None
        Why it could not be made the last time.
    """

    content: dict[str, Any] | None
    made_at: datetime | None
    running: bool = False
    since: datetime | None = None
    step: str = ""
    failed: str | None = None


@dataclass(slots=True)
class _Job:
    since: datetime
    step: str = ""
    future: Future[None] = field(default_factory=Future)


class Workshop:
    """Makes things one at a time.

    Parameters
    ----------
    store : Store
        Where what is made is kept.
    clock : callable
        The time in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._lock = Lock()
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._failed: dict[tuple[str, str], str] = {}
        self._pool = ThreadPoolExecutor(1, "leadloop-workshop")

    def close(self) -> None:
        """Begin nothing more; what is under way goes on to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def get(
        self, name: str, key: str, make: Make, *, fresh: timedelta | None = None, anew: bool = False
    ) -> Made:
        """Something that was made, making it where it is missing or old.

        What is old is shown until its successor is there.

        Parameters
        ----------
        name, key : str
            What it is, and which one.
        make : callable
            Makes it: a JSON-ready dict; is given a function that is told what it is at.
        fresh : timedelta, optional
            How long it stays fresh; None for ever.
        anew : bool
            Make it again although it is fresh.
        """
        place = name, key
        with self._lock:
            job = self._jobs.get(place)
        # Read after that: what was finished before is seen, and what is under way is said to be.
        kept = self._read(name, key)
        now = self._clock()
        if job is None and (anew or self._is_due(place, kept, fresh, now)):
            job = self._begin(place, make, now)
        if job is not None and (kept is None or anew):
            wait([job.future], PATIENCE)
            if job.future.done():
                job, kept = None, self._read(name, key)
        content, made_at = (None, None) if kept is None else (kept.content, kept.made_at)
        with self._lock:
            failed = self._failed.get(place)
        if job is None:
            return Made(content, made_at, failed=failed)
        return Made(content, made_at, True, job.since, job.step, failed)

    def _is_due(
        self, place: tuple[str, str], kept: Kept | None, fresh: timedelta | None, now: datetime
    ) -> bool:
        """Whether it is missing or old; what failed waits for somebody to ask: a page that reloads must not."""
        with self._lock:
            if place in self._failed:
                return False
        return kept is None or (fresh is not None and now - kept.made_at > fresh)

    def _read(self, name: str, key: str) -> Kept | None:
        with reading(self._store.engine) as connection:
            return read_kept(connection, name, key)

    def _begin(self, place: tuple[str, str], make: Make, now: datetime) -> _Job:
        """The job that makes it; of two who ask at once the second gets the first one's."""
        with self._lock:
            job = self._jobs.get(place)
            if job is None:
                self._failed.pop(place, None)
                job = self._jobs[place] = _Job(now)
                self._pool.submit(self._made, place, job, make)
            return job

    def _made(self, place: tuple[str, str], job: _Job, make: Make) -> None:
        def tell(step: str) -> None:
            job.step = step

        failed: str | None = None
        try:
            content = make(tell)
            with writing(self._store.engine) as connection:
                keep(connection, *place, content, self._clock())
        except LeadLoopError as error:
            failed = str(error)
        except Exception as error:
            # The log has the place, whoever asked gets no detail, nobody gets the values.
            frames = "".join(format_tb(error.__traceback__))
            log.error("Making %s failed with %s at\n%s", place[0], type(error).__name__, frames)
            failed = "This could not be made; the log of the service says why."
        finally:
            with self._lock:
                self._jobs.pop(place, None)
                if failed is not None:
                    if len(self._failed) >= MOST_REMEMBERED:
                        self._failed.clear()
                    self._failed[place] = failed
            job.future.set_result(None)
