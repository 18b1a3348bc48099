"""``make bench``: every comparison, or those named: ``make bench ARGS="score_one api"``."""

import sys
from collections.abc import Callable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench import (
    bench_api,
    bench_batch,
    bench_handoff,
    bench_import,
    bench_known_lead,
    bench_ledger,
    bench_outcomes,
    bench_pages,
    bench_queue,
    bench_report,
    bench_score_one,
    bench_sla,
    bench_store_train,
    bench_train,
)

BENCHES: dict[str, Callable[[], Mapping[str, float]]] = {
    "score_one": bench_score_one.main,
    "api": bench_api.main,
    "outcomes": bench_outcomes.main,
    "known_lead": bench_known_lead.main,
    "batch": bench_batch.main,
    "import": bench_import.main,
    "ledger": bench_ledger.main,
    "train": bench_train.main,
    "store_train": bench_store_train.main,
    "sla": bench_sla.main,
    "handoff": bench_handoff.main,
    "queue": bench_queue.main,
    "pages": bench_pages.main,
    "report": bench_report.main,
}
LIMIT = "to reach"


def table(name: str, measured: Mapping[str, float]) -> Table:
    """What was measured, each figure with the limit that follows it."""
    shown = Table(title=name, box=box.SIMPLE_HEAD, title_justify="left")
    shown.add_column("figure")
    for title in ("measured", "limit"):
        shown.add_column(title, justify="right")
    figures = list(measured.items())
    for (what, value), (after, limit) in zip(figures, [*figures[1:], ("", 0.0)], strict=True):
        if not what.startswith(LIMIT):
            shown.add_row(what, f"{value:,.2f}", f"{limit:,.2f}" if after.startswith(LIMIT) else "")
    return shown


def run(names: list[str]) -> None:
    """Measure and print."""
    console = Console(highlight=False)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"No bench is called {', '.join(unknown)}. There are: {', '.join(BENCHES)}.")
    for name in names or BENCHES:
        console.print(table(name, BENCHES[name]()))


if __name__ == "__main__":
    run(sys.argv[1:])
