"""Where LeadLoop keeps what it writes: one folder, and the addresses that may replace its two databases.

Standard library only, so that the store, the registry and the settings can all ask here.
"""

from collections.abc import Mapping
from pathlib import Path

HOME_DEFAULT = "models"


def home_folder(environ: Mapping[str, str], folder: Path) -> Path:
    """Give the folder that holds the store, the runs and their artifacts.

    Parameters
    ----------
    environ : mapping of str to str
        The environment; ``LEADLOOP_HOME`` names the folder.
    folder : Path
        The working folder, which a relative ``LEADLOOP_HOME`` starts from.

    Examples
    --------
    >>> home_folder({}, Path("/srv/crm")).as_posix()
    '/srv/crm/models'
    >>> home_folder({"LEADLOOP_HOME": "/var/leadloop"}, Path("/srv/crm")).as_posix()
    '/var/leadloop'
    """
    return folder.absolute() / Path(environ.get("LEADLOOP_HOME") or HOME_DEFAULT).expanduser()


def database_url(environ: Mapping[str, str], folder: Path) -> str:
    """Give the address of the store: ``DATABASE_URL``, or the SQLite file in the home folder.

    Examples
    --------
    >>> database_url({}, Path("/srv/crm"))
    'sqlite:////srv/crm/models/leadloop.db'
    """
    return environ.get("DATABASE_URL") or _sqlite(home_folder(environ, folder) / "leadloop.db")


def tracking_uri(environ: Mapping[str, str], folder: Path) -> str:
    """Give the address where MLflow keeps the runs: ``MLFLOW_TRACKING_URI``, or SQLite at home.

    Examples
    --------
    >>> tracking_uri({"MLFLOW_TRACKING_URI": "http://mlflow.example"}, Path("/srv/crm"))
    'http://mlflow.example'
    """
    return environ.get("MLFLOW_TRACKING_URI") or _sqlite(home_folder(environ, folder) / "mlflow.db")


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"
