"""What every notebook opens with: the settings of a home, and a way to show what was found."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scoring.io.home import HOME_DEFAULT
from scoring.io.settings import Settings, load_settings
from training.drawing import svg

if TYPE_CHECKING:
    from IPython.display import HTML

SETTINGS_FILE: Final = "leadloop.toml"
# Where `leadloop demo` writes the settings of the company that it makes up.
DEMO: Final = "demo"
UNKNOWN: Final = "–"
# English words for assistive technology that name parts of a chart: the whole is named instead.
_ROLES: Final = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
RIGHT: Final = ' class="number"'
_NUMBER: Final = re.compile(r"[+−]?[\d,.]+( %)?(\n.*)?")


def settings_of(
    home: str | Path | None = None, environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Settings:
    """The settings under which a home is read, wherever the notebook was started.

    Parameters
    ----------
    home : path, optional
        The folder that LeadLoop wrote; by default that of ``LEADLOOP_HOME``, else the nearest ``models/`` in the
        working folder or one above it, where the demo left its own.
    environ : mapping of str to str
        The environment; what it says goes before a file.
    folder : Path, optional
        The working folder by default.

    Returns
    -------
    Settings
        Of ``leadloop.toml`` in the working folder or beside the home; without one, of the demo's in the home, so that
        its company has its reps and its currency.
    """
    folder = Path.cwd() if folder is None else folder
    named = home or environ.get("LEADLOOP_HOME")
    above = (up / HOME_DEFAULT for up in (folder, *folder.parents))
    place = (
        Path(named).expanduser() if named else next((at for at in above if at.is_dir()), Path(HOME_DEFAULT))
    )
    place = folder.absolute() / place
    known = {**environ, "LEADLOOP_HOME": str(place)}
    if not known.get("LEADLOOP_CONFIG"):
        files = (at / SETTINGS_FILE for at in (folder, place.parent, place / DEMO))
        found = next((file for file in files if file.is_file()), None)
        known |= {} if found is None else {"LEADLOOP_CONFIG": str(found)}
    return load_settings(known, folder)


def chart(spec: dict[str, Any]) -> HTML:
    """A chart of :mod:`scoring.charts` as a picture whose text can be selected.

    Parameters
    ----------
    spec : dict
        The chart.
    """
    from IPython.display import HTML

    text = spec.get("title", {}).get("text", "")
    said = escape(text if isinstance(text, str) else " ".join(text))
    drawn = _ROLES.sub("", svg(spec)).replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
    # What a narrow screen must scroll can be reached with the keyboard.
    return HTML(f'<figure tabindex="0">{drawn}</figure>')


def table(rows: pd.DataFrame) -> HTML:
    """A table as people read it: text to the left, numbers to the right, nothing cut.

    Parameters
    ----------
    rows : DataFrame
        Texts are shown as they are, what follows a line break small and below; numbers with at most three digits
        after the point.
    """
    from IPython.display import HTML

    cells = [[_cell(value) for value in row] for row in rows.itertuples(index=False, name=None)]
    right = [RIGHT if cell.startswith(f"<td{RIGHT}") else "" for cell in cells[0]] if cells else []
    names = [f'<th scope="row">{escape(str(name))}</th>' for name in rows.index]
    first = f'<th scope="col">{escape(str(rows.index.name))}</th>' if rows.index.name else "<td></td>"
    heads = [
        f'<th scope="col"{kind}>{escape(str(head))}</th>'
        for head, kind in zip(rows.columns, right or [""] * rows.shape[1], strict=True)
    ]
    body = (f"<tr>{name}{''.join(row)}</tr>" for name, row in zip(names, cells, strict=True))
    head = f"<thead><tr>{first}{''.join(heads)}</tr></thead>"
    return HTML(f'<div class="wide" tabindex="0"><table>{head}<tbody>{"".join(body)}</tbody></table></div>')


def _cell(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = UNKNOWN if value is None or value != value else _number(value) if number else str(value)
    first, _, below = shown.partition("\n")
    kind = RIGHT if _NUMBER.fullmatch(shown) else ""
    return f"<td{kind}>{escape(first)}{f'<br><small>{escape(below)}</small>' if below else ''}</td>"


def _number(value: float) -> str:
    """Whole numbers as they are, others with three digits after the point at most."""
    return f"{round(value, 3):,.15g}"


def show(*found: str | dict[str, Any] | pd.DataFrame) -> None:
    """Show answers one below the other: sentences (in Markdown), charts, and tables that have rows.

    Parameters
    ----------
    *found : str, dict or DataFrame
        What :mod:`training.review_parts`, :mod:`scoring.charts` and pandas give.
    """
    from IPython.display import Markdown, display

    for one in found:
        if isinstance(one, str):
            display(Markdown(one))
        elif not isinstance(one, pd.DataFrame):
            display(chart(one))
        elif len(one):
            display(table(one))
