"""``leadloop train`` and ``leadloop check`` on a store of 100,000 leads, each in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import worlds

LEADS = 100_000
LIMIT_TRAIN, LIMIT_CHECK, LIMIT_MIB = 300.0, 60.0, 4096.0
MAIN = "from serving.cli.main import main; main()"


def leadloop(home: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds of a command, MiB of its largest process and what it said.

    Call it in a process that is small itself, for the system counts its memory too.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    addresses = ("DATABASE_URL", "MLFLOW_TRACKING_URI")
    environment = {name: value for name, value in os.environ.items() if name not in addresses}
    with (home / "said.txt").open("w+b") as said:
        began = time.perf_counter()
        command = subprocess.Popen(
            [sys.executable, "-c", MAIN, *arguments],
            env=environment | {"LEADLOOP_HOME": str(home)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(command.pid, 0)
        seconds = time.perf_counter() - began
        command.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    if command.returncode:
        raise RuntimeError(text)
    return seconds, used.ru_maxrss / 1024, text


def main(leads: int = LEADS) -> dict[str, float]:
    """Measure on what is simulated, imported before."""
    with TemporaryDirectory(prefix="leadloop-bench-") as folder:
        home = Path(folder)
        shutil.copy(worlds.store_of(leads), home / "leadloop.db")
        check, *_ = worlds.apart(leadloop, home, "check")
        train, most, said = worlds.apart(leadloop, home, "train", "--target", "won", "--verbose")
    steps = re.findall(r"^ ?([a-z][a-z ]+?) +([0-9.]+) s", said, flags=re.MULTILINE)
    return {
        "check, seconds": check,
        "to reach at most, check": LIMIT_CHECK,
        **{f"train: {name}, seconds": float(took) for name, took in steps},
        "train, seconds": train,
        "to reach at most, train": LIMIT_TRAIN,
        "peak of the largest process of train, MiB": most,
        "to reach at most, MiB": LIMIT_MIB,
    }
