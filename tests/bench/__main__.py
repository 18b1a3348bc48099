"""``make bench``: every comparison, or those named: ``make bench ARGS="score_one api"``."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from tests.bench import bench_api, bench_score_one, bench_train

BENCHES: dict[str, Callable[[], dict[str, float]]] = {
    "score_one": bench_score_one.main,
    "api": bench_api.main,
    "train": bench_train.main,
}


def run(names: list[str]) -> None:
    """Run and print."""
    console = Console(highlight=False)
    for name in names or ["score_one", "api", "batch", "train"]:
        console.rule(name)
        if name == "batch":
            subprocess.run([sys.executable, str(Path(__file__).with_name("bench_batch.py"))], check=False)
            continue
        for what, value in BENCHES[name]().items():
            console.print(f"{what:40} {value:12,.2f}")


if __name__ == "__main__":
    run(sys.argv[1:])
