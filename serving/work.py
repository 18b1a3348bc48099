"""What is done by itself: importing what has come, rescoring, watching, and asking for training.

Each piece is claimed in the store before it is done, so a second copy beside this one does nothing twice; what
fails is told and tried again, and the other pieces are done all the same.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from scoring.contract import CONTRACTS
from scoring.contract_cells import Customs
from scoring.errors import LeadLoopError
from scoring.io.files import PARQUET_SUFFIXES, TEXT_SUFFIXES
from scoring.io.mapping_file import read_meaning
from scoring.io.settings import Settings
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.tasks import claim, release
from scoring.io.store.watches import last_watch
from scoring.scorecard import Scorecard
from scoring.value import WON
from serving.cold_start import serve_points
from serving.decision import handoff_of
from serving.handing import accept_silent, hand_over
from serving.importing import import_files
from serving.kept_reports import renewed_lately
from serving.open_leads import challenger_of, score_open
from serving.queueing import refresh_queue
from serving.uploads.folder import FOLDER, sweep
from serving.watcher import watch_store
from serving.worth import Worth

LEASE = timedelta(hours=2)
SOON = timedelta(minutes=1)
HOURLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Done:
    """A piece of work that was due.

    Parameters
    ----------
    name, said : str
        Which, and what came of it.
    failed : bool
        Whether it has to be tried again.
    """

    name: str
    said: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work.

    Parameters
    ----------
    name : str
        What it is called.
    every : timedelta
        How often it is due.
    do : callable
        Does it, and says what came of it; None where there was nothing to do.
    """

    name: str
    every: timedelta
    do: Callable[[], str | None]


def work_once(
    store: Store, settings: Settings, now: Callable[[], datetime], train: Callable[[str], str] | None = None
) -> list[Done]:
    """Do what is due; what is stopped on the way is due again at once.

    Parameters
    ----------
    store : Store
        Where leads, models and claims are.
    settings : Settings
        What the team has set.
    now : callable
        The time, with an offset.
    train : callable, optional
        Trains a target from the store and says what came of it; None: nothing is trained.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    done = []
    for piece in _pieces(store, settings, now, train):
        with writing(store.engine) as connection:
            if not claim(connection, piece.name, holder, now(), piece.every, LEASE):
                continue
        try:
            said, failed = piece.do(), False
        except LeadLoopError as error:
            said, failed = str(error), True
        except (KeyboardInterrupt, SystemExit):
            _give_back(store, piece, holder, now(), "stopped", failed=True)
            raise
        _give_back(store, piece, holder, now(), said or "nothing to do", failed=failed)
        if said is not None:
            done.append(Done(piece.name, said, failed))
    return done


def _give_back(store: Store, piece: Piece, holder: str, now: datetime, said: str, *, failed: bool) -> None:
    with writing(store.engine) as connection:
        release(connection, piece.name, holder, now, {"said": said, "failed": failed}, done=not failed)


def _pieces(
    store: Store, settings: Settings, now: Callable[[], datetime], train: Callable[[str], str] | None
) -> list[Piece]:
    work = settings.work
    pieces = []
    if work.import_folder is not None:
        folder = Path(work.import_folder)
        pieces.append(Piece("import", SOON, lambda: _import(store, settings, folder, now())))
    pieces += [
        Piece("rescore", timedelta(hours=work.rescore_hours), lambda: _rescore(store, settings, now())),
        Piece("handoff", timedelta(minutes=work.handoff_minutes), lambda: _hand_over(store, settings, now())),
        Piece("watch", timedelta(hours=work.watch_hours), lambda: _watch(store, settings, now())),
        Piece("report", timedelta(hours=work.report_hours), lambda: _report(store, settings, now())),
        Piece("uploads", HOURLY, lambda: _sweep(settings, now())),
    ]
    if work.retrain and train is not None:
        every = timedelta(hours=work.watch_hours)
        pieces.append(Piece("retrain", every, lambda: _retrain(store, settings, train)))
    return pieces


def _import(store: Store, settings: Settings, folder: Path, now: datetime) -> str | None:
    """Import the files of the folder, and put them away: into ``done``, or ``failed`` where one has errors."""
    files = {
        name: path
        for name in CONTRACTS
        for path in sorted(folder.glob(f"{name}.*"))
        if path.suffix.lower() in TEXT_SUFFIXES + PARQUET_SUFFIXES
    }
    if not files:
        return None
    customs = Customs(settings.time.zone, None, settings.reading.missing)
    try:
        found = import_files(store, files, read_meaning("csv"), customs, now)
        refused = bool(found.refused)
    except LeadLoopError:
        _put_away(files, folder / "failed", now)
        raise
    _put_away(files, folder / ("failed" if refused else "done"), now)
    said = ", ".join(f"{count.new:,} new {name}" for name, count in found.counts.items() if count.new)
    if refused:
        return f"{', '.join(sorted(files))}: rows have errors, listed in {folder / 'failed'}; nothing was imported"
    return f"{', '.join(sorted(files))}: {said or 'nothing new'}"


def _put_away(files: dict[str, Path], where: Path, now: datetime) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for path in files.values():
        for each in (path, path.with_name(f"{path.stem}.rejected.csv")):
            if each.exists():
                shutil.move(each, where / f"{now:%Y%m%dT%H%M%S}-{each.name}")


def _rescore(store: Store, settings: Settings, now: datetime) -> str | None:
    """Score the open leads for each target that has a champion."""
    if not store.lead_count():
        return None
    said = [f"the points rule serves for {target}" for target in serve_points(store, settings, now)]
    cards = {
        target: Scorecard.from_json(champion.scorecard)
        for target in settings.targets
        if store.champions(target) and (champion := store.champion(target)) is not None
    }
    worth, handoff = Worth.of(cards.get(WON), settings.value), handoff_of(store, *cards.values())
    folder = settings.home / "scored"
    for target, card in cards.items():
        folder.mkdir(parents=True, exist_ok=True)
        out = folder / f"{target}.csv"
        done = score_open(
            store,
            card,
            out,
            as_of=None,
            now=now.timestamp(),
            lang=settings.language.default,
            worth=worth,
            handoff=handoff,
            shadow=challenger_of(store, target) if settings.challenger.shadow else None,
        )
        said.append(f"{done.scored:,} open leads for {target} in {out}")
    return "; ".join(said) or None


def _hand_over(store: Store, settings: Settings, now: datetime) -> str | None:
    """Answer for whoever was silent, hand over what is due, and make the queue anew."""
    if not store.lead_count():
        return None
    silent, done = accept_silent(store, settings, now), hand_over(store, settings, now)
    waiting = refresh_queue(store, settings, now)
    said = [f"{silent:,} accepted by silence"] if silent else []
    if done is not None:
        said.append(f"{done.handed:,} handed over, {done.explored:,} to explore")
        said += [f"{done.waiting:,} without room"] if done.waiting else []
    return "; ".join([*said, f"{waiting:,} in the queue"])


def _watch(store: Store, settings: Settings, now: datetime) -> str | None:
    found = watch_store(store, list(settings.targets), now)
    said = [
        f"{one.target}: {sum(finding.severity != 'note' for finding in one.findings)} findings"
        + (", train again" if one.retrain else "")
        for one in found
    ]
    return "; ".join(said) or None


def _report(store: Store, settings: Settings, now: datetime) -> str | None:
    """Make the reports of the running month and of the last one, so that whoever asks gets them at once."""
    if not store.lead_count():
        return None
    return " and ".join(month.name for month in renewed_lately(store, settings, now)) or None


def _sweep(settings: Settings, now: datetime) -> str | None:
    """Remove the lists that were uploaded more than a day ago, though nobody looks."""
    removed = sweep(settings.home / FOLDER, now)
    return f"{removed:,} uploaded lists removed" if removed else None


def _retrain(store: Store, settings: Settings, train: Callable[[str], str]) -> str | None:
    """Train the targets whose newest watch asked for it, and was of what is live still."""
    said = []
    for target in settings.targets:
        champion = store.champion(target) if store.champions(target) else None
        with reading(store.engine) as connection:
            watched = last_watch(connection, target)
        if champion is None or watched is None or not watched["retrain"]:
            continue
        if watched["version"] == champion.version:
            said.append(f"{target}: {train(target)}")
    return "; ".join(said) or None
