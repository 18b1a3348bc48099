"""What every notebook opens with: the store of a home, and charts as pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scoring.io.home import HOME_DEFAULT
from scoring.io.settings import Settings, load_settings
from training.plots import svg

if TYPE_CHECKING:
    from IPython.display import SVG

SETTINGS_FILE: Final = "leadloop.toml"
# Where `leadloop demo` writes the settings of the company that it makes up.
DEMO: Final = "demo"


def settings_of(
    home: str | Path | None = None, environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Settings:
    """The settings under which a home is read, wherever the notebook was started.

    Parameters
    ----------
    home : path, optional
        The folder that LeadLoop wrote; by default that of ``LEADLOOP_HOME``, else the nearest ``models/`` in the working
        folder or one above it, where the demo left its own.
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
    place = Path(home).expanduser() if home else None
    if place is None and environ.get("LEADLOOP_HOME"):
        place = Path(environ["LEADLOOP_HOME"]).expanduser()
    if place is None:
        place = next(
            (up / HOME_DEFAULT for up in (folder, *folder.parents) if (up / HOME_DEFAULT).is_dir()),
            folder / HOME_DEFAULT,
        )
    place = folder.absolute() / place
    known = dict(environ) | {"LEADLOOP_HOME": str(place)}
    if not known.get("LEADLOOP_CONFIG"):
        files = (at / SETTINGS_FILE for at in (folder, place.parent, place / DEMO))
        found = next((file for file in files if file.is_file()), None)
        known |= {} if found is None else {"LEADLOOP_CONFIG": str(found)}
    return load_settings(known, folder)


def chart(spec: dict[str, Any]) -> SVG:
    """A chart of :mod:`scoring.charts` as a picture.

    Parameters
    ----------
    spec : dict
        The chart.
    """
    from IPython.display import SVG

    return SVG(svg(spec))
