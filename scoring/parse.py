"""How a delimited text file is written: encoding, delimiter and header, judged from its first bytes.

Pure: :mod:`scoring.io.files` brings the bytes.  UTF-8 (with or without a byte order mark), cp932, UTF-16,
EUC-JP and cp1252 are told apart; comma, semicolon, tab and bar too.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass

from scoring.errors import DataError, SettingsError

DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = ["utf_8", "cp932", "euc_jp", "cp1252", "utf_16", "utf_16_le", "utf_16_be", "ascii"]
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_WIDER = {
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "utf-8-sig": "utf-8",
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
}
_OTHER_KINDS = [
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "Save the sheet as CSV UTF-8."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV UTF-8."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"PAR1", "a Parquet file", "Give it the suffix .parquet."),
    (b"%PDF", "a PDF document", "Export the data as CSV."),
]
_ROWS_JUDGED = 500
_SEP_LINE = re.compile(r'\A"?sep=(.)"?\r?\n', re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FIGURE = re.compile(r"[+-]?[0-9][0-9.,:/\- T]*")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file is written.

    Parameters
    ----------
    encoding : str
        A Python codec.
    delimiter : str
        What stands between fields.
    header_row : int
        The row of the header as a spreadsheet counts; 2 if a line ``sep=;`` stands above it.
    names : tuple of str
        The column names, none empty, all different.
    notes : tuple of str
        What had to be decided about the header, in words.
    """

    encoding: str
    delimiter: str
    header_row: int
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_dialect(sample: bytes, name: str, *, encoding: str | None = None, complete: bool = True) -> Dialect:
    r"""How a file is written, so that the same leads come out whatever tool exported them.

    Parameters
    ----------
    sample : bytes
        The beginning of the file.
    name : str
        What the file is called in messages.
    encoding : str, optional
        The encoding, if the user names it.
    complete : bool
        Whether the sample is the whole file; otherwise its last line is ignored.

    Raises
    ------
    DataError
        If the file is empty, no text, or has no usable header.
    SettingsError
        If the encoding named is unknown.

    Examples
    --------
    >>> dialect = read_dialect("会社;役職\n山田商店;部長\n".encode("cp932"), "leads.csv")
    >>> dialect.encoding, dialect.delimiter, dialect.names
    ('cp932', ';', ('会社', '役職'))
    """
    found = detect_encoding(sample, name, encoding, complete=complete)
    text = _decoded(sample, found, complete)
    if text is None:
        raise DataError(f"{name} is not written in {found}. Name its encoding with --encoding.")
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    stated = _SEP_LINE.match(text)
    if stated:
        text = text[stated.end() :]
    if not text.strip():
        raise DataError(f"{name} is empty. It needs a header row and at least one row of data.")
    delimiter = stated[1] if stated else detect_delimiter(text)
    names, notes = _header(text, delimiter, name)
    return Dialect(found, delimiter, 2 if stated else 1, names, notes)


def detect_encoding(sample: bytes, name: str, encoding: str | None = None, *, complete: bool = True) -> str:
    """The encoding of a sample: byte order mark, then NUL bytes, then strict UTF-8, then a statistical guess.

    Raises
    ------
    DataError
        If the sample is no text or its encoding cannot be told.
    SettingsError
        If the encoding named is unknown.
    """
    if encoding is not None:
        return known_encoding(encoding)
    for mark, kind, advice in _OTHER_KINDS:
        if sample.startswith(mark):
            raise DataError(f"{name} is {kind}, not CSV. {advice}")
    for mark, codec in _MARKS:
        if sample.startswith(mark):
            return codec
    if b"\0" in sample:
        return _utf16(sample, name, complete)
    if _decoded(sample, "utf-8", complete) is not None:
        return "utf-8"
    return _guess(sample, name, complete)


def known_encoding(encoding: str) -> str:
    """The codec for a name a user gave; Shift_JIS is read as cp932, which holds more.

    Raises
    ------
    SettingsError
        If there is no such encoding.
    """
    try:
        codec = codecs.lookup(encoding).name
        "".encode(codec)
    except (LookupError, ValueError) as error:
        raise SettingsError(
            f"--encoding '{encoding}' is unknown. Use utf-8, cp932, utf-16 or another Python codec."
        ) from error
    return _WIDER.get(codec, codec)


def _utf16(sample: bytes, name: str, complete: bool) -> str:
    """Which half of each pair of bytes is the empty one."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    codec = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) * 4 > max(even, odd) or _decoded(sample, codec, complete) is None:
        raise DataError(f"{name} is not a text file: it holds NUL bytes. Save it as CSV UTF-8.")
    return codec


def _guess(sample: bytes, name: str, complete: bool) -> str:
    """The most plausible of the encodings that are left."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:65_536].rsplit(b"\n", 1)[0] or sample, cp_isolation=_ENCODINGS).best()
    guesses = [best.encoding] if best is not None else []
    for guess in dict.fromkeys([*guesses, "cp932", "euc_jp", "cp1252"]):
        if guess not in ("utf_8", "ascii") and _decoded(sample, guess, complete) is not None:
            return guess.replace("_", "-")
    raise DataError(
        f"The encoding of {name} cannot be told. Name it with --encoding, or save it as CSV UTF-8."
    )


def _decoded(sample: bytes, encoding: str, complete: bool) -> str | None:
    """The text of a sample, without a last line that may be cut; None if it is not in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(sample, final=complete)
    except (UnicodeDecodeError, UnicodeError):
        return None
    return text if complete or "\n" not in text else text[: text.rindex("\n") + 1]


def detect_delimiter(text: str) -> str:
    r"""The delimiter that splits most rows into the same number of fields.

    Examples
    --------
    >>> detect_delimiter("a;b\n1,5;2,5\n")
    ';'
    """
    best, delimiter = (False, 0.0, 0), ","
    for candidate in DELIMITERS:
        counts = [len(row) for row in _rows(text, candidate, _ROWS_JUDGED)]
        split = Counter(count for count in counts if count > 1)
        if split:
            usual, rows = max(split.items(), key=lambda item: (item[1], item[0]))
            best, delimiter = max(
                (best, delimiter),
                ((counts[0] == usual, rows / len(counts), usual), candidate),
                key=lambda scored: scored[0],
            )
    return delimiter


def _rows(text: str, delimiter: str, limit: int) -> list[list[str]]:
    """The first rows that are not blank, as far as they can be split."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in itertools.islice(reader, limit):
            if any(cell.strip() for cell in row):
                rows.append(row)
    except csv.Error:
        pass
    return rows


def _header(text: str, delimiter: str, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names fit for use, and what had to be decided about them."""
    if not text.split("\n", 1)[0].strip(" \t\r" + delimiter + '"'):
        raise DataError(f"The first row of {name} is blank. It must hold the column names.")
    rows = _rows(text, delimiter, 50)
    cells, notes = rows[0], []
    if len(cells) == 1 and (unwrapped := _rows(cells[0], delimiter, 1)) and len(unwrapped[0]) > 1:
        if all(len(row) == 1 for row in rows):
            raise DataError(
                f"Every row of {name} is wrapped in quotes as a whole. "
                "Export it again with quotes around fields only."
            )
        cells = unwrapped[0]
        notes.append("The header row is wrapped in quotes as a whole; it was unwrapped.")
    names = [" ".join(cell.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "").split()) for cell in cells]
    _refuse_data(names, name)
    return _distinct(names, notes)


def _refuse_data(names: list[str], name: str) -> None:
    """A first row of figures or addresses is no header."""
    figures = sum(1 for cell in names if _FIGURE.fullmatch(cell))
    if any(_EMAIL.fullmatch(cell) for cell in names) or figures * 2 > len(names):
        raise DataError(f"The first row of {name} looks like data, not like column names. Add a header row.")


def _distinct(names: list[str], notes: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names without gaps or repetitions."""
    used: set[str] = set(names)
    seen: set[str] = set()
    result: list[str] = []
    for at, given in enumerate(names, start=1):
        stem, name = given or f"column_{at}", given or f"column_{at}"
        number = 2
        while name in seen or (name != given and name in used):
            name = f"{stem}_{number}"
            number += 1
        if not given:
            notes.append(f"Column {at} has no name; it is read as '{name}'.")
        elif name != given:
            notes.append(f"The header names '{given}' more than once; column {at} is read as '{name}'.")
        seen.add(name)
        result.append(name)
    return tuple(result), tuple(notes)
