"""A whole training run on 100,000 leads of 25 columns: all candidates, folds and choices."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from training.simulate import simulate

LEADS = 128_000
LIMIT_SECONDS, LIMIT_MIB = 180.0, 2048.0


def main(leads: int = LEADS) -> dict[str, float]:
    """Measure in a process of its own, with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        world = simulate(Path(folder) / "world", end=date(2026, 10, 1), leads=leads)
        command = [
            sys.executable, "-c", "from serving.cli.main import main; main()", "train", str(world.training_file),
            "--label", "Converted", "--time-column", "created_at", "--horizon", "90d", "--verbose",
        ]  # fmt: skip
        environment = {**os.environ, "LEADLOOP_HOME": folder}
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        steps = re.findall(r"^ ?([a-z][a-z ]+?) +([0-9.]+) s", done.stdout, flags=re.MULTILINE)
    return {
        "leads that count": float(world.mature),
        **{f"{name}, seconds": float(took) for name, took in steps},
        "whole run, seconds": seconds,
        "to reach, seconds": LIMIT_SECONDS,
        "peak of the largest process, MiB": peak,
        "to reach, MiB": LIMIT_MIB,
    }
