"""A process that runs beside the service: begun with it, begun again if it ends, and ended with it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread

WORK = (
    sys.executable,
    "-c",
    "from serving.cli.beside import end_with_parent; end_with_parent(); from serving.cli.main import main; main()",
    "work",
)
PAUSE_SECONDS = 10.0
LOOK_SECONDS = 0.2
GRACE_SECONDS = 10.0
log = logging.getLogger("leadloop.serving")


class Beside:
    """Keeps a command running for the length of a ``with`` block.

    It has a group of its own: Ctrl-C reaches the service alone, which then ends it with all that it has started.

    Parameters
    ----------
    command : sequence of str
        What to run. Its input ends when this process does, however that ends.
    pause : float
        Seconds between its end and its next beginning.
    """

    def __init__(self, command: Sequence[str] = WORK, pause: float = PAUSE_SECONDS) -> None:
        self._command, self._pause = command, pause
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="leadloop-beside", daemon=True)

    def __enter__(self) -> Beside:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and wait until it has ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            status = self._once()
            if status is not None:
                log.error(
                    "The work beside the service ended with %d; it begins again in %g seconds.",
                    status,
                    self._pause,
                )
                self._stopped.wait(self._pause)

    def _once(self) -> int | None:
        """Run it until it ends, and say how; None where it was ended from here."""
        with subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True) as process:
            try:
                while process.poll() is None and not self._stopped.wait(LOOK_SECONDS):
                    pass
                return process.poll()
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, with all that it has started; then make them."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)


def end_with_parent() -> None:
    """Have this process and its group asked to end as soon as whoever began it is gone."""

    def wait() -> None:
        os.read(0, 1)  # nobody writes: it comes back when the other end is closed
        os.killpg(os.getpgrp(), signal.SIGTERM)

    Thread(target=wait, name="leadloop-parent", daemon=True).start()
