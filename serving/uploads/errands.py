"""What is done with uploaded lists beside the requests, one after another; how far it is stands on disk."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from traceback import format_tb
from typing import Any, Final, Literal

from scoring.errors import LeadLoopError
from serving.uploads.folder import UNDER_WAY, Upload

Errand = Literal["check", "score", "try", "take"]
Tell = Callable[[str, int, int | None], None]
Do = Callable[[Tell], dict[str, Any]]
# What is known of a list only because of something else, and has to be found out again with it.
FOLLOWS: Final[dict[Errand, tuple[Errand, ...]]] = {
    "check": ("check", "score", "try", "take"),
    "score": ("score",),
    "try": ("try", "take"),
    "take": ("take",),
}
SECONDS_BETWEEN: Final = 0.3
# So long the end of the process waits for a list to be broken off.
GRACE: Final = 5.0
BROKEN: Final = "This could not be done; the log of the service says why."
log = logging.getLogger("leadloop.serving")


class Stopped(BaseException):
    """The service stops: what is being done with a list is broken off, and can be begun again."""


class Errands:
    """Does what takes longer than a request may, until the process ends: what is then not done is broken off."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._stopping = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def begin(self, upload: Upload, errand: Errand, do: Do, patience: float = 0.0) -> bool:
        """Begin something, and wait a moment for it.

        Parameters
        ----------
        upload : Upload
            The list.
        errand : str
            What is done; what comes of it is kept with the list under this name, a failure as ``failed``.
        do : callable
            Does it; is given a function to tell the step, the rows done, and how many there are.
        patience : float
            Seconds to wait for its end.

        Returns
        -------
        bool
            False where the list is worked on already, or was deleted.
        """
        try:
            held = upload.hold()
        except FileNotFoundError:
            return False
        if held is None:
            return False
        done = Event()
        try:
            upload.drop(*FOLLOWS[errand])
            _tell(upload, errand, "wait", 0, None)
            self._start()
            self._waiting.put(partial(_done, upload, errand, do, held, self._stopping, done))
        except BaseException:
            os.close(held)
            raise
        done.wait(patience)
        return True

    def _start(self) -> None:
        """Have a thread that works; it is told to stop when the process ends, or nobody needs it any more."""
        with self._lock:
            if self._thread is None:
                thread = Thread(target=_work, args=(self._waiting,), name="leadloop-errands", daemon=True)
                thread.start()
                weakref.finalize(self, _stop, self._waiting, self._stopping, thread)
                self._thread = thread


def _work(waiting: SimpleQueue[Callable[[], None] | None]) -> None:
    while (errand := waiting.get()) is not None:
        with suppress(Stopped):
            errand()


def _stop(waiting: SimpleQueue[Callable[[], None] | None], stopping: Event, thread: Thread) -> None:
    stopping.set()
    waiting.put(None)
    thread.join(GRACE)


def _done(upload: Upload, errand: Errand, do: Do, held: int, stopping: Event, done: Event) -> None:
    try:
        upload.write(errand, _came_of(upload, errand, do, stopping))
        upload.drop(UNDER_WAY)
    finally:
        os.close(held)
        done.set()


def _came_of(upload: Upload, errand: Errand, do: Do, stopping: Event) -> dict[str, Any]:
    """What was found out, or why it could not be."""
    told_at = 0.0

    def tell(step: str, done: int, total: int | None) -> None:
        nonlocal told_at
        if stopping.is_set():
            raise Stopped
        if monotonic() - told_at >= SECONDS_BETWEEN:
            told_at = monotonic()
            _tell(upload, errand, step, done, total)

    try:
        if stopping.is_set():
            raise Stopped
        return do(tell)
    except LeadLoopError as error:
        return {"failed": str(error)}
    except Exception as error:
        # The log has the place, whoever asked gets no detail, nobody gets the values.
        frames = "".join(format_tb(error.__traceback__))
        log.error("The %s of a list failed with %s at\n%s", errand, type(error).__name__, frames)
        return {"failed": BROKEN}


def _tell(upload: Upload, errand: Errand, step: str, done: int, total: int | None) -> None:
    upload.write(UNDER_WAY, {"errand": errand, "step": step, "done": done, "total": total})
