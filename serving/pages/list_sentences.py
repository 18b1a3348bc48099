"""What the core says of a list, told again in the reader's language and in the words of a page.

The core speaks English and of its command line; a sentence that is not known here stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from serving.pages.retelling import Say, Sentences, retell
from serving.pages.words import mark

RULES: Final = (
    mark("must have a value"),
    mark("must be a number"),
    mark("must be a finite number"),
    mark("must be a date"),
    mark("must be a real date"),
    mark("must be a date in the order year, month, day"),
    mark("must be a date in the order day, month, year"),
    mark("must be a date in the order month, day, year"),
    mark("must be a date with the year in front, or in a stated order"),
    mark("must have a real time of day"),
    mark("must have a real offset from UTC"),
    mark("must be yes or no"),
    mark("must be valid Unicode text"),
)
# Where a page says it otherwise, because its reader has no command line at hand.
SENTENCES: Final[Sentences] = {
    mark("{file} is empty. It needs a header row and at least one row of data."): None,
    mark("{file} is an Excel workbook or a zip archive, not CSV. Save the sheet as CSV UTF-8."): None,
    mark("{file} is an old Excel workbook, not CSV. Save the sheet as CSV UTF-8."): None,
    mark("{file} is a gzip archive, not CSV. Unpack it first."): None,
    mark("{file} is a PDF document, not CSV. Export the data as CSV."): None,
    mark("{file} is not a text file: it holds NUL bytes. Save it as CSV UTF-8."): None,
    "{file} is not written in {encoding}. Name its encoding with --encoding.": mark(
        "{file} is not written in {encoding}. Choose another encoding."
    ),
    "The encoding of {file} cannot be told. Name it with --encoding, or save it as CSV UTF-8.": mark(
        "The encoding of {file} cannot be told. Choose it, or save the list as CSV UTF-8."
    ),
    "{file} was taken for {encoding}, but from about row {row} on it holds other bytes. Name its encoding with "
    "--encoding, or save it as CSV UTF-8.": mark(
        "{file} was taken for {encoding}, but from about row {row} on it holds other bytes. Choose its encoding, or "
        "save it as CSV UTF-8."
    ),
    mark("The first row of {file} is blank. It must hold the column names."): None,
    mark("The first row of {file} looks like data, not like column names. Add a header row."): None,
    mark(
        "Every row of {file} is wrapped in quotes as a whole. Export it again with quotes around fields only."
    ): None,
    mark("The header row is wrapped in quotes as a whole; it was unwrapped."): None,
    mark("Column {number} has no name; it is read as '{name}'."): None,
    mark("The header names '{given}' more than once; column {number} is read as '{name}'."): None,
    mark("A quote opened at or after row {row} of {file} is never closed. Close or remove it."): None,
    mark("{file} cannot be read as CSV from about row {row} on. Export it again as CSV UTF-8."): None,
    mark("{file} is damaged or no Parquet file."): None,
    mark("{file} is damaged from about row {row} on."): None,
    mark("{file} has several columns of the same name. Rename them."): None,
    mark(
        "Row {row} of {file} opens a quote in column '{column}' that is not closed: it takes in the rows below it. "
        "Close or remove the quote."
    ): None,
    mark(
        "Row {row} of {file} opens a quote that is not closed: it takes in the rows below it. Close or remove the "
        "quote."
    ): None,
    mark("The whole row is wrapped in quotes."): None,
    mark("The row has 1 field, the header has {header}."): None,
    mark("The row has {fields} fields, the header has {header}."): None,
    mark("Column '{column}' names the leads and must hold text or whole numbers."): None,
    "{file} has no column lead_id, so lead_id holds the row number.": mark(
        "No column names the leads, so they are called by their row numbers."
    ),
    mark("{rows} rows of {file} have no '{column}'; their lead_id is empty."): None,
    mark(
        "The '{column}' of {rows} rows of {file} must be a number from 0 to {most}; the deal of the settings is used "
        "instead."
    ): None,
    mark("{file} holds a header and no rows."): None,
    mark("Column '{column}': this lead stands already in row {row}."): None,
    mark("Column '{column}' differs from the stored one of this lead."): None,
    mark(
        "{file}: times without an offset ({columns}) are read in {zone}, the time zone of the settings."
    ): None,
    "{changes} change follows from values that differ from those before: the new value is kept as of now, the one "
    "before it as of the lead's creation where it had no history yet.": mark(
        "{changes} values differ from those before: the new value is kept as of now, the one before it as of the "
        "lead's creation where it had no history yet."
    ),
    "{changes} changes follow from values that differ from those before: the new value is kept as of now, the one "
    "before it as of the lead's creation where it had no history yet.": mark(
        "{changes} values differ from those before: the new value is kept as of now, the one before it as of the "
        "lead's creation where it had no history yet."
    ),
    "Column '{column}': its dates can be read as {orders}; read as {order}. Name the order with --date-order.": mark(
        "Column '{column}': its dates can be read as {orders}; read as {order}. Choose the order of dates."
    ),
    f"Column '{{column}}' {{rule:{'|'.join(RULES)}}}.": mark("Column '{column}' {rule}."),
    "{file} has no column for {columns}, which leads must have. Its columns are {others}. Say which it is in a file "
    "for --mapping: {example}": mark("{file} has no column for {columns}, which leads must have."),
    "Two columns of {file} would be '{name}': '{one}' and '{other}'. Name one of them otherwise with --mapping M.toml, "
    '[leads] "Header" = "name".': mark(
        "Two columns of {file} mean '{name}': '{one}' and '{other}'. Rename one of them."
    ),
    "{file} has none of the columns that model {version} reads: {columns}. Give a list with the columns the model was "
    "trained on, or train on this one.": mark(
        "{file} has none of the columns that the model reads: {columns}."
    ),
    mark("This could not be done; the log of the service says why."): None,
}
_NEXT = re.compile(r"(?<=\.) (?=Column ')")


def retold(text: str, say: Say, file: tuple[str, str] | None = None) -> str:
    """A sentence of the core in the reader's words.

    Parameters
    ----------
    text : str
        What was said; sentences about several columns may follow one another.
    say : callable
        Words in the reader's language.
    file : (str, str), optional
        What the core calls the list, and what its owner calls it.

    Examples
    --------
    >>> from serving.pages.words import words
    >>> def ja(text, **values):
    ...     return words("ja").gettext(text).format(**values)
    >>> retold("The row has 3 fields, the header has 2.", ja)
    'この行には 3 項目ありますが、見出しは 2 項目です。'
    >>> retold("Column 'age' must be a number.", ja), retold("Column 'age' must be large.", ja)
    ('列「age」：数値を入れてください。', "Column 'age' must be large.")
    """

    def value(name: str, part: str) -> str:
        if name == "rule":
            return say(part)
        return file[1] if file is not None and name == "file" and part == file[0] else part

    told = retell(text, SENTENCES, say, value)
    if told is not None:
        return told
    parts = _NEXT.split(text)
    return " ".join(retold(part, say, file) for part in parts) if len(parts) > 1 else text
