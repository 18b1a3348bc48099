"""Files handed out to be kept: as they are, for Excel, or for programs that read cp932 alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.responses import FileResponse, Response, StreamingResponse

MARK: Final = b"\xef\xbb\xbf"
CP932: Final = "cp932"
EXCEL: Final = "excel"
_BLOCK: Final = 1 << 18


class UnfitEncoding(ValueError):
    """Rows hold letters that an encoding does not have.

    Parameters
    ----------
    rows : int
        How many.
    """

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows} rows")
        self.rows = rows


def handed_out(path: Path, name: str, form: str = "") -> Response:
    """A CSV file as an answer.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    name : str
        What it is to be called.
    form : str
        ``excel``: with a byte order mark, by which Excel knows UTF-8; ``cp932``: in that encoding; else as it is.

    Raises
    ------
    UnfitEncoding
        If letters cannot be written in that encoding; nothing is replaced by something else.
    """
    if form == CP932:
        return _streamed(_recoded(path, _refuse_unfit(path)), name, "text/csv; charset=shift_jis")
    if form == EXCEL and not _is_marked(path):
        return _streamed(_marked(path), name, "text/csv; charset=utf-8")
    return FileResponse(path, media_type="text/csv; charset=utf-8", headers=attached(name))


def _streamed(parts: Iterator[bytes], name: str, kind: str) -> Response:
    return StreamingResponse(parts, media_type=kind, headers=attached(name))


def attached(name: str) -> dict[str, str]:
    """The headers by which a browser keeps an answer as a file of that name."""
    return {"content-disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"}


def _is_marked(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(MARK)) == MARK


def _marked(path: Path) -> Iterator[bytes]:
    yield MARK
    with path.open("rb") as stream:
        while part := stream.read(_BLOCK):
            yield part


def _refuse_unfit(path: Path) -> str:
    """The encoding, if all rows can be written in it."""
    unfit = 0
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        for line in lines:
            try:
                line.encode(CP932)
            except UnicodeEncodeError:
                unfit += 1
    if unfit:
        raise UnfitEncoding(unfit)
    return CP932


def _recoded(path: Path, encoding: str) -> Iterator[bytes]:
    with path.open(encoding="utf-8-sig", newline="\n") as text:
        while part := text.read(_BLOCK):
            yield part.encode(encoding)
