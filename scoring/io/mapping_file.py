"""A file in which a team says what its headers and stages mean: TOML, a table for each table of the contract."""

from __future__ import annotations

import tomllib
from pathlib import Path

from scoring.errors import SettingsError
from scoring.mappings import Meaning


def read_meaning(format_name: str, path: Path | None = None) -> Meaning:
    """What the files of a CRM mean, and what the team says beside.

    Parameters
    ----------
    format_name : str
        The CRM; one of ``FORMATS``.
    path : Path, optional
        The file.

    Raises
    ------
    SettingsError
        If it cannot be read, or names what does not exist.
    """
    if path is None:
        return Meaning.of(format_name)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(
            f"--mapping: {path} cannot be read: {error.strerror or 'the system refuses'}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise SettingsError(f"--mapping: {path} must be TOML in UTF-8: {error}.") from error
    return Meaning.of(format_name, document, str(path))
