"""The rendered model review: the notebook of the analyst, executed on the store, as one page of its own.

Kept as ``reviews/<version>.html`` in the home folder; nothing in it is asked of another host, and it runs no script.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from scoring.charts.base import FONTS
from scoring.errors import LeadLoopError
from scoring.io.outputs import replacing
from scoring.io.settings import Settings
from scoring.reasons import Lang

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK: Final = "02_model_review.ipynb"
FOLDER: Final = "reviews"
# What it is called among the files of a run.
NAME: Final = "model_review.html"
# A cell that works for longer than this many seconds is stopped.
LONGEST: Final = 120
_TITLES: Final[dict[Lang, str]] = {"en": "Model review", "ja": "モデルレビュー"}
_STYLE: Final = """
:root { color-scheme: light; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733; background: #fff;
  font: 16px/1.6 FONTS; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.3rem; margin-top: 2.6rem; } h3 { font-size: 1.05rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d9dfe5; }
thead th { vertical-align: bottom; border-bottom-color: #8a97a3; }
th.number, td.number { text-align: right; } td.number { white-space: nowrap; } small { color: #5a6875; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; min-width: 30rem; height: auto; }
code { font-size: .9em; background: #eef2f5; padding: .1em .3em; border-radius: 3px; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } .wide, figure { overflow: visible; } }
""".replace("FONTS", FONTS)


class NoReview(LeadLoopError):
    """The review could not be made; nothing else is the worse for it."""


def review_file(settings: Settings, version: str) -> Path:
    """Where the review of a version is kept."""
    return settings.home / FOLDER / f"{version}.html"


def write_review(
    settings: Settings, version: str, lang: Lang | None = None, told: Callable[[str], None] = lambda _: None
) -> Path:
    """Make the review of a version anew, and keep it.

    Parameters
    ----------
    settings : Settings
        Where the store is, and the language.
    version : str
        The version.
    lang : {"en", "ja"}, optional
        That of the settings by default.
    told : callable
        Told of each question that is looked at.

    Returns
    -------
    Path
        The file, which holds no ids of leads.

    Raises
    ------
    NoReview
        If the packages for it are missing, the notebook fails, or the file cannot be written.
    """
    page = render(settings, version, lang or settings.language.default, told)
    path = review_file(settings, version)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(page.encode())
    except OSError as error:
        raise NoReview(f"The review cannot be written to {path}: {error.strerror}.") from error
    return path


def render(settings: Settings, version: str, lang: Lang, told: Callable[[str], None]) -> str:
    """The review of a version as a page of HTML that needs nothing else.

    Parameters
    ----------
    settings, version, lang, told
        As in :func:`write_review`.
    """
    try:
        from nbconvert import HTMLExporter
    except ImportError as error:
        raise NoReview("A review needs the package nbconvert: pip install 'leadloop[train]'.") from error
    done = _executed(_prepared(version, lang), settings, told)
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_anchor_links=True)
    body, _ = exporter.from_notebook_node(done)
    title = f"{_TITLES[lang]} · {escape(version)}"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def notebook_file() -> Path:
    """Where the notebook is: in the repository, or with the installed package.

    Raises
    ------
    NoReview
        If it is in neither.
    """
    here = Path(__file__).parent
    for place in (here / "notebooks" / NOTEBOOK, here.parent / "notebooks" / NOTEBOOK):
        if place.is_file():
            return place
    raise NoReview(f"The notebook {NOTEBOOK} is not installed, so no review can be made.")


def _prepared(version: str, lang: Lang) -> NotebookNode:
    """The notebook, for one version and in one language."""
    import nbformat

    notebook = nbformat.read(notebook_file(), as_version=4)
    for cell in notebook.cells:
        if lang in cell.metadata:
            cell.source = cell.metadata[lang]
    place = next(
        at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    asked = nbformat.v4.new_code_cell(f"VERSION, LANG = {version!r}, {lang!r}")
    notebook.cells.insert(place + 1, asked)
    return notebook


def _executed(notebook: NotebookNode, settings: Settings, told: Callable[[str], None]) -> NotebookNode:
    """The notebook with its output, from a process of its own that sees the same store."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    def tell(*, cell_index: int, **_: Any) -> None:
        before = reversed(notebook.cells[: cell_index + 1])
        said = next((one.source for one in before if one.source.startswith("## ")), "")
        told(said.partition("\n")[0].removeprefix("## "))

    # Over files of its own, not ports, and with this very Python, whatever kernels are installed.
    with TemporaryDirectory(prefix="leadloop-") as folder:
        kernel = KernelManager(
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), connection_file=f"{folder}/kernel.json"
        )
        if os.name == "posix":
            kernel.transport, kernel.ip = "ipc", f"{folder}/kernel"
        client = NotebookClient(notebook, km=kernel, timeout=LONGEST, on_cell_start=tell)
        try:
            done: NotebookNode = client.execute(cleanup_kc=True, env=_environment(settings))
        except CellExecutionError as error:
            raise NoReview(f"The review could not be made: {error.evalue}") from error
        except (CellTimeoutError, DeadKernelError, RuntimeError) as error:
            raise NoReview(
                "The review could not be made: its process took too long, or was ended."
            ) from error
        finally:
            if kernel.has_kernel:
                kernel.shutdown_kernel(now=True)
    return done


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "LEADLOOP_HOME": str(settings.home), "DATABASE_URL": settings.database_url}
