"""Where uploaded lists lie: each in a folder of its own, with all that was found out of it, until a day has passed.

Whatever a page shows of a list is read from there, so that any worker can show what another one does.  That a list
is worked on is told by a lock which the system lets go of when its holder ends, however that ends.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Final

from scoring.errors import DataError

FOLDER: Final = "uploads"
KEPT: Final = timedelta(hours=24)
MOST: Final = 20
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_PARQUET: Final = b"PAR1"
_FACTS: Final = "list"
_LOCK: Final = "lock"
UNDER_WAY: Final = "under_way"


class TooManyLists(DataError):
    """Somebody has as many lists here as one may have."""


@dataclass(frozen=True)
class Upload:
    """A list that somebody uploaded.

    Parameters
    ----------
    folder : Path
        Where it lies, with all that was found out of it; its name is what the list is found by.
    owner : str
        Who may see it.
    name : str
        What they call it; nothing on disk is called so.
    suffix : {".csv", ".parquet"}
        What it is, by its content.
    size : int
        Bytes.
    uploaded_at : datetime
        Aware.
    choices : dict of str to str
        How it is to be read and scored, where that is not left to us.
    """

    folder: Path
    owner: str
    name: str
    suffix: str
    size: int
    uploaded_at: datetime
    choices: dict[str, str]

    @property
    def token(self) -> str:
        """What it is found by."""
        return self.folder.name

    @property
    def list(self) -> Path:
        """The list itself."""
        return self.folder / f"leads{self.suffix}"

    @property
    def scored(self) -> Path:
        """The list with its scores."""
        return self.folder / "scored.csv"

    @property
    def ranked(self) -> Path:
        """The order in which to call its leads."""
        return self.folder / "ranked.arrow"

    def read(self, name: str) -> dict[str, Any] | None:
        """What was found out under a name; None before."""
        try:
            found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def done(self, name: str) -> dict[str, Any] | None:
        """The same, unless it could not be found out."""
        found = self.read(name)
        return None if found is None or "failed" in found else found

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep what was found out; whoever reads sees all of it, or what was there before."""
        part = self.folder / f"{name}.{token_hex(4)}.part"
        part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        part.replace(self.folder / f"{name}.json")

    def drop(self, *names: str) -> None:
        """Forget what was found out under some names."""
        for name in names:
            (self.folder / f"{name}.json").unlink(missing_ok=True)

    def choose(self, choices: Mapping[str, str]) -> Upload:
        """The same, to be read and scored in another way."""
        told = {**asdict(self), "choices": dict(choices)}
        again = Upload(**{**told, "folder": self.folder})
        again._keep()
        return again

    def _keep(self) -> None:
        told = {name: value for name, value in asdict(self).items() if name != "folder"}
        self.write(_FACTS, told | {"uploaded_at": self.uploaded_at.isoformat()})

    @property
    def busy(self) -> bool:
        """Whether somebody works on it, in whatever process."""
        try:
            handle = self._lock()
        except FileNotFoundError:
            return False
        try:
            return _is_held(handle)
        finally:
            os.close(handle)

    def hold(self) -> int | None:
        """Begin to work on it; None where somebody does already.

        Returns
        -------
        int or None
            What to give to ``os.close`` once that is done.

        Raises
        ------
        FileNotFoundError
            If it was deleted.
        """
        handle = self._lock()
        while True:
            try:
                flock(handle, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                if _is_held(handle):
                    os.close(handle)
                    return None
                # Somebody only looked whether it is worked on, and is done at once.
                flock(handle, LOCK_UN)
            else:
                return handle

    def _lock(self) -> int:
        return os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)

    def delete(self) -> bool:
        """Remove it and all that was found out of it; whether that was done, for what is worked on stays."""
        try:
            handle = self.hold()
        except FileNotFoundError:
            return True
        if handle is None:
            return False
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
        finally:
            os.close(handle)
        return True


class Uploads:
    """The uploaded lists.

    Parameters
    ----------
    home : Path or None
        The folder that holds what LeadLoop writes; without one they lie in a temporary folder of this process.
    clock : callable
        The time in UTC.
    """

    def __init__(self, home: Path | None, clock: Callable[[], datetime]) -> None:
        self._home, self._clock = home, clock

    @cached_property
    def folder(self) -> Path:
        """Where they lie; for nobody else to read."""
        if self._home is None:
            made = Path(tempfile.mkdtemp(prefix="leadloop-uploads-"))
            weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
            return made
        made = self._home / FOLDER
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        return made

    def add(self, content: IO[bytes], name: str, owner: str, choices: Mapping[str, str]) -> Upload:
        """Keep a list.

        Parameters
        ----------
        content : binary file
            The list, from its beginning.
        name, owner : str
            What it is called, and whose it is.
        choices : mapping of str to str
            How it is to be read and scored.

        Raises
        ------
        TooManyLists
            If they have as many as one may have.
        """
        if len(self.of(owner)) >= MOST:
            raise TooManyLists(f"You have {MOST} lists here. Delete one that you need no more.")
        folder = self.folder / token_hex(16)
        folder.mkdir(mode=0o700)
        begins = content.read(len(_PARQUET))
        content.seek(0)
        suffix = ".parquet" if begins == _PARQUET else ".csv"
        with (folder / f"leads{suffix}").open("wb") as stream:
            shutil.copyfileobj(content, stream)
            size = stream.tell()
        kept = Upload(folder, owner, name, suffix, size, self._clock(), dict(choices))
        kept._keep()
        return kept

    def find(self, token: str, owner: str) -> Upload | None:
        """The list of a token, if it is that owner's and has not had its day."""
        found = _upload(self.folder / token) if _TOKEN.fullmatch(token) else None
        return found if found is not None and found.owner == owner and self._is_kept(found) else None

    def of(self, owner: str) -> list[Upload]:
        """Somebody's lists, the newest first."""
        found = (_upload(folder) for folder in _folders(self.folder))
        own = [one for one in found if one is not None and one.owner == owner and self._is_kept(one)]
        return sorted(own, key=lambda one: one.uploaded_at, reverse=True)

    def _is_kept(self, upload: Upload) -> bool:
        return self._clock() <= upload.uploaded_at + KEPT

    def sweep(self) -> int:
        """Remove what is older than a day, and say how many lists that were."""
        return sweep(self.folder, self._clock())


def sweep(folder: Path, now: datetime) -> int:
    """Remove lists that are older than a day.

    Parameters
    ----------
    folder : Path
        Where they lie; it need not be there.
    now : datetime
        Aware.

    Returns
    -------
    int
        How many were removed; what is being worked on stays until the next time.
    """
    removed = 0
    for one in _folders(folder):
        kept = _upload(one)
        if kept is not None:
            removed += kept.uploaded_at + KEPT < now and kept.delete()
        elif _changed(one) + KEPT.total_seconds() < now.timestamp():
            shutil.rmtree(one, ignore_errors=True)
            removed += 1
    return removed


def _is_held(handle: int) -> bool:
    """Whether somebody works where a lock lies; else the lock is shared with whoever looks too."""
    try:
        flock(handle, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _folders(folder: Path) -> list[Path]:
    try:
        return [one for one in folder.iterdir() if _TOKEN.fullmatch(one.name)]
    except FileNotFoundError:
        return []


def _upload(folder: Path) -> Upload | None:
    """A list as it was kept; None where it is not, or not yet."""
    try:
        told = json.loads((folder / f"{_FACTS}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Upload(folder, **{**told, "uploaded_at": datetime.fromisoformat(told["uploaded_at"])})


def _changed(folder: Path) -> float:
    """When a folder was changed last; never, where it is gone by now."""
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return float("inf")
