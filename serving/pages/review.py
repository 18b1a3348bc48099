"""The notebook that reviews a version, as it was written when the version was trained or later."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

FOLDER: Final = "reviews"
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
#: A notebook brings styles and pictures of its own; it is shown apart from the pages, and nothing in it runs.
APART: Final = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}


def review_of(home: Path | None, version: str) -> Path | None:
    """Where the review of a version was written; None where it was not.

    Parameters
    ----------
    home : Path or None
        Where the service keeps its files; None where it keeps none.
    version : str
        Which one; what cannot be the name of a version has no review.
    """
    if home is None or _VERSION.fullmatch(version) is None:
        return None
    found = home / FOLDER / f"{version}.html"
    return found if found.is_file() else None
