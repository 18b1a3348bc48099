"""How long a lead list takes, against what Arrow alone needs to read IN and write OUT.

    python tests/bench/bench_batch.py --rows 1000000

Each side runs in a process of its own, so that the peak of memory is its own too.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import typer

from scoring.clean import Column
from scoring.features import define
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Pair, Term

AS_OF = 1_795_478_400.0
LIMIT_RATIO, LIMIT_MIB = 4.0, 1024.0
BLOCK = 50_000
NUMBERS = 12
CATEGORIES = 7
CITIES = tuple(f"City {number}" for number in range(150))
SOURCES = (
    "Organic Search",
    "Direct Traffic",
    "Google",
    "Referral",
    "Olark Chat",
    "紹介",
    "展示会",
    "セミナー",
)
TITLES = ("Manager", "Director of Sales", "営業部長", "課長", "Engineer", "CEO", "Student")


def columns() -> tuple[Column, ...]:
    """What the list holds beside ``lead_id``: 24 columns of every common kind."""
    return (
        *(Column(f"number_{at}", "number", "engagement") for at in range(NUMBERS)),
        *(Column(f"category_{at}", "category", "fit") for at in range(CATEGORIES)),
        Column("email", "email", "fit"),
        Column("job_title", "job_title", "fit"),
        Column("do_not_email", "boolean", "fit"),
        Column("created_at", "date", "engagement"),
        Column("last_visit", "date", "engagement"),
    )


def block(rows: int, start: int, draw: np.random.Generator) -> pa.Table:
    """Some leads, with a tenth of the cells empty."""
    cells: dict[str, pa.Array] = {"lead_id": pa.array([f"L{start + at:08d}" for at in range(rows)])}

    def with_gaps(values: np.ndarray) -> pa.Array:
        return pa.array(values.astype(object), mask=draw.random(rows) < 0.1)

    for at in range(NUMBERS):
        numbers = draw.lognormal(1 + at / 4, 1, rows)
        cells[f"number_{at}"] = with_gaps(np.round(numbers, 0 if at % 2 else 2))
    for at in range(CATEGORIES):
        cells[f"category_{at}"] = with_gaps(draw.choice(CITIES if at % 3 == 0 else SOURCES, rows))
    hosts = draw.choice(["gmail.com", "example.co.jp", "yahoo.co.jp", "acme.example"], rows)
    cells["email"] = pa.array([f"user{start + at}@{host}" for at, host in enumerate(hosts)])
    cells["job_title"] = with_gaps(draw.choice(TITLES, rows))
    cells["do_not_email"] = with_gaps(draw.choice(["Yes", "No"], rows))
    for name, days in (("created_at", 400), ("last_visit", 60)):
        seconds = (AS_OF - draw.random(rows) * days * 86_400).astype("datetime64[s]")
        cells[name] = pa.array([f"{text}+09:00" for text in np.datetime_as_string(seconds)])
    return pa.table(cells)


def write_leads(path: Path, rows: int) -> None:
    """A list of so many leads, always the same."""
    draw = np.random.default_rng(0)
    sizes = [min(BLOCK, rows - start) for start in range(0, rows, BLOCK)]
    first = block(sizes[0], 0, draw)
    with pacsv.CSVWriter(path, first.schema) as writer:
        writer.write_table(first)
        for at, size in enumerate(sizes[1:], start=1):
            writer.write_table(block(size, at * BLOCK, draw))


def card(read: tuple[Column, ...] = columns()) -> Scorecard:
    """A scorecard as rich as a trained one: 32 cut points a number, 20 pairs."""
    draw = np.random.default_rng(1)
    features = tuple(define(read, as_of_column="as_of"))
    terms = tuple(_term(feature.name, feature.kind, feature.axis, draw) for feature in features)
    pairs = tuple(
        Pair(a, b, tuple(map(tuple, draw.normal(0, 0.1, (terms[a].size, terms[b].size)).tolist())))
        for a, b in draw.choice(len(terms), (20, 2)).tolist()
    )
    meta = Meta("bench", "won", 90, None, 10_000, 900, 0.09, "as_of", "lead_id")
    knots = tuple(np.linspace(-6, 3, 50).tolist())
    interval = Interval(knots, tuple(knot - 0.2 for knot in knots), tuple(knot + 0.2 for knot in knots))
    score = (-12.0, *np.linspace(-6, 2, 99).tolist(), math.inf)
    ranks = Ranks(score, {"fit": (0.5, 0.0, -0.5), "engagement": (0.5, 0.0, -0.5)})
    return Scorecard(meta, -2.3, terms, pairs, interval, ranks, read, features)


def _term(name: str, kind: str, axis: str, draw: np.random.Generator) -> Term:
    cuts = tuple(np.unique(np.round(draw.lognormal(2, 1, 32), 1)).tolist()) if kind == "number" else ()
    levels = (
        () if kind == "number" else (*CITIES, *SOURCES, "yes", "no", "free", "company", "Monday", "director")
    )
    size = len(cuts or levels) + 2
    table = tuple(draw.normal(0, 0.3, size).tolist())
    support, rates = tuple(draw.integers(1, 900, size).tolist()), tuple(draw.random(size).tolist())
    slope = 0.01 if kind == "number" else 0.0
    return Term(name, kind, axis, cuts, levels, table, support, rates, slope, 0.0, 100.0, 8.0)


def ours(source: Path, target: Path) -> float:
    """Seconds of ``leadloop score``."""
    from serving.batch import score_file

    began = time.perf_counter()
    summary = score_file(card(), source, target, as_of=AS_OF)
    seconds = time.perf_counter() - began
    assert summary.not_scored == summary.rejected == 0, summary
    return seconds


def arrow(source: Path, target: Path) -> float:
    """Seconds that Arrow needs to read IN, and to write a table that it already holds as OUT."""
    began = time.perf_counter()
    for _ in pacsv.open_csv(source):
        pass
    seconds = time.perf_counter() - began
    table = pacsv.read_csv(target)
    copy = target.with_suffix(".copy.csv")
    began = time.perf_counter()
    pacsv.write_csv(table, copy)
    return seconds + time.perf_counter() - began


def main(rows: int = 1_000_000) -> dict[str, float]:
    """Measure the two on a list of so many leads."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "leads.csv", Path(folder) / "scored.csv"
        write_leads(source, rows)
        ours, arrow = (_apart(side, source, target) for side in ("ours", "arrow"))
        sizes = [path.stat().st_size / 2**20 for path in (source, target)]
    return {
        "leads": float(rows),
        "IN, MiB": sizes[0],
        "OUT, MiB": sizes[1],
        "ours, seconds": ours[0],
        "ours, seconds per 100,000": ours[0] / rows * 1e5,
        "arrow, seconds": arrow[0],
        "arrow, peak MiB": arrow[1],
        "times as long as Arrow": ours[0] / arrow[0],
        "to reach, at most": LIMIT_RATIO,
        "peak, MiB": ours[1],
        "to reach, MiB": LIMIT_MIB,
    }


def run(rows: Annotated[int, typer.Option(help="Leads in the list.")] = 1_000_000) -> None:
    """Compare the two."""
    measured = main(rows)
    for what, value in measured.items():
        sys.stdout.write(f"{what:26} {value:12,.2f}\n")
    slow = measured["times as long as Arrow"] > LIMIT_RATIO
    raise typer.Exit(int(slow or measured["peak, MiB"] > LIMIT_MIB))


def _apart(side: str, source: Path, target: Path) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one side, in a process of its own."""
    command = [sys.executable, __file__, "--side", side, str(source), str(target)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, peak = json.loads(answer)
    return seconds, peak


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        took = {"ours": ours, "arrow": arrow}[sys.argv[2]](Path(sys.argv[3]), Path(sys.argv[4]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps([took, peak]))
    else:
        typer.run(run)
