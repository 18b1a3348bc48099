"""``leadloop work``: what is due, once or again and again."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from scoring.errors import DataError, LeadLoopError
from scoring.io.store import open_store
from serving.cli.terminal import console, settings, stopped_cleanly
from serving.work import Done, work_once

SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("work", rich_help_panel="Service")(work)


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due and end, as from cron.")] = False,
) -> None:
    """Do what is due: the import folder, rescoring, watching, and training where watch asks for it.

    Safe beside a second copy: each piece is claimed in the store first. Without --once it goes on until it is
    stopped, and looks every minute.
    """
    given = settings()
    with stopped_cleanly(status=0), open_store(given.database_url, given.primary) as store:
        while True:
            done = work_once(store, given, lambda: datetime.now(UTC), _train)
            for one in done:
                _say(one)
            if once:
                break
            time.sleep(SECONDS)
    if not done:
        console.print("Nothing is due.")
    if any(one.failed for one in done):
        raise DataError("Not all that was due could be done; see above. It is tried again the next time.")


def _say(one: Done) -> None:
    what = "failed, will be tried again" if one.failed else "done"
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} {one.name} {what}: {one.said}", markup=False, soft_wrap=True
    )


def _train(target: str) -> str:
    """Train in a process of its own: what trains is heavy, and serving does without it."""
    command = [sys.executable, "-c", "from serving.cli.main import main; main()", "train", "--target", target]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("Model ")]
    if ended.returncode:
        raise LeadLoopError(f"Training {target} ended with {ended.returncode}: {ended.stderr.strip()[-500:]}")
    return lines[-1] if lines else "trained"
