"""What notebooks share: the store of a home, charts as pictures, and tables that people can read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scoring.attributes import Attributes, attributes_at, attributes_of
from scoring.io.files import read_table
from scoring.io.home import HOME_DEFAULT
from scoring.io.settings import Settings, load_settings
from scoring.ledger import Ledger
from scoring.scorecard import Scorecard
from scoring.segments import Rate, Segment
from training.plots import svg

if TYPE_CHECKING:
    from IPython.display import SVG

SETTINGS_FILE: Final = "leadloop.toml"
# Where `leadloop demo` writes the settings of the company that it makes up.
DEMO: Final = "demo"
UNKNOWN: Final = "–"


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


def chart(spec: dict[str, Any]) -> SVG:
    """A chart of :mod:`scoring.charts` as a picture.

    Parameters
    ----------
    spec : dict
        The chart.
    """
    from IPython.display import SVG

    return SVG(svg(spec))


def attributes_of_held(
    card: Scorecard,
    held: pd.DataFrame,
    ledger: Ledger,
    file: str | Path | None = None,
    id_column: str = "lead_id",
) -> tuple[pd.DataFrame, Attributes | None]:
    """What the leads of a test were like when they were scored, as far as the store or a file knows them.

    Parameters
    ----------
    card : Scorecard
        The model that was tested.
    held : DataFrame
        Its held-out predictions, as the store keeps them.
    ledger : Ledger
        What the store knows.
    file : path, optional
        The file that the model was trained on, where its leads are not in the store.
    id_column : str
        The column of their ids in that file.

    Returns
    -------
    known, attributes
        The rows whose leads are known, and their attributes in the same order; None where none is.
    """
    if file is not None:
        table = read_table(file).table
        ids = [str(one) for one in table.column(id_column).to_pylist()]
    else:
        ids = list(ledger.lead_id)
    place = {lead_id: at for at, lead_id in enumerate(ids)}
    known = held[held["lead_id"].isin(place) & (held["as_of"].notna() | (file is not None))]
    if known.empty:
        return known, None
    lead = known["lead_id"].map(place).to_numpy(dtype=np.intp)
    if file is not None:
        return known, attributes_of(card, table, lead)
    when = known["as_of"].to_numpy("datetime64[us]").astype(np.int64) / 1e6
    return known, attributes_at(card, ledger, lead, when)


def estimates_table(
    found: Mapping[str, Mapping[str, Mapping[str, float | None]]], metrics: Sequence[str]
) -> pd.DataFrame:
    """Candidates as rows, metrics as columns, each with its 90 % interval.

    Parameters
    ----------
    found : mapping
        Estimates or differences, as :meth:`scoring.bootstrap.Bootstrap.to_dict` gives them.
    metrics : sequence of str
        Which, in order.
    """

    def said(one: Mapping[str, float | None]) -> str:
        if one["value"] is None:
            return UNKNOWN
        return f"{one['value']:.4f} ({one['low']:.4f} to {one['high']:.4f})"

    rows = {name: [said(of[metric]) for metric in metrics] for name, of in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(metrics))


def segments_table(found: Sequence[Segment]) -> pd.DataFrame:
    """Groups as rows: what was promised, what came, and who reaches the threshold.

    Parameters
    ----------
    found : sequence of Segment
        What :func:`scoring.segments.segments` gave.
    """

    def said(one: Rate | None) -> str:
        return (
            UNKNOWN
            if one is None or one.value is None
            else f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%})"
        )

    rows = {
        one.name: {
            "leads": f"{one.leads:,}",
            "promised": f"{one.likelihood:.1%}",
            "observed": said(one.rate),
            "gap": f"{one.gap:+.1%} ({one.gap_low:+.1%} to {one.gap_high:+.1%})",
            "holds": one.holds,
            "reach the threshold": said(one.selected),
            "of those who convert": said(one.found),
            "of those who reach it, convert": said(one.converts),
        }
        for one in found
    }
    return pd.DataFrame.from_dict(rows, orient="index")
