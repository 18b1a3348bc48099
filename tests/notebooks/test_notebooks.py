"""The notebooks run from top to bottom on the store of a company, say what the commands say, and are kept clean."""

import ast
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import nbformat
import pytest
from nbclient import NotebookClient

from scoring.io.store import open_store
from scoring.months import Month
from scoring.observed import Ways
from scoring.readiness import readiness
from serving.proposing import Asked, proposed
from serving.reporting import made_report
from serving.watcher import watch_store
from tests.worlds import END, ZONE
from training.review_tables import threshold_said

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NOW = datetime(END.year, END.month, END.day, tzinfo=ZoneInfo(ZONE))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def ran(lived) -> Callable[[Path], list]:
    """The code cells of a notebook with what they gave, on the day on which the company's data end."""
    done: dict[Path, list] = {}

    def run(path: Path) -> list:
        if path not in done:
            notebook = nbformat.read(path, as_version=4)
            first = next(cell for cell in notebook.cells if cell.cell_type == "code")
            first.source = first.source.replace("AS_OF = None", f'AS_OF = "{END}"')
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("LEADLOOP_HOME", str(lived.home))
                folder = {"metadata": {"path": str(path.parent)}}
                NotebookClient(notebook, timeout=120, resources=folder).execute()
            done[path] = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return done[path]

    return run


def text(code: list) -> str:
    """All that cells show, without the marks of HTML and Markdown."""
    shown = [out.data.get("text/markdown") or out.data["text/html"] for cell in code for out in cell.outputs]
    return re.sub(r"<[^>]*>|\*\*|`", " ", "\n".join(shown))


def notebook(name: str) -> Path:
    return next(path for path in NOTEBOOKS if path.stem == name)


@each
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs_on_the_store_of_a_company(path, ran):
    code = ran(path)

    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code[2:])
    assert [one for cell in code for one in cell.outputs if one.output_type == "stream"] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_can_be_learned_is_what_check_says(ran, lived):
    shown = text(ran(notebook("01_data_and_leakage")))
    with open_store(lived.settings.database_url, "won") as store:
        found = readiness(store.ledger(), lived.settings.targets, Ways(time_zone=ZONE))

    assert f"Learn {found.advised}" in " ".join(shown.split())
    assert f" {found.targets[0].mature:,} " in shown
    assert all(one.column in shown for one in found.findings)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_threshold_is_the_one_that_is_proposed(ran, lived):
    shown = text(ran(notebook("03_thresholds")))
    with open_store(lived.settings.database_url, "won") as store:
        proposal = proposed(store, lived.settings, Asked())

    assert f"Hand over from {threshold_said(proposal.threshold)} on." in shown
    assert f" {proposal.point.wins.value:,.1f} " in shown
    assert all(remark.said("en").replace("`", " ") in shown for remark in proposal.remarks)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_closed_loop_says_the_numbers_of_the_report(ran, lived):
    shown = text(ran(notebook("04_closed_loop")))
    with open_store(lived.settings.database_url, "won") as store:
        report = made_report(store, lived.settings, Month.read("2026-09", ZONE), NOW)

    assert report.answers[0].accepted.of > 0
    assert all(point.said["en"] in shown for point in report.talk)
    assert all(f" {stage.count:,} " in shown for stage in report.funnel.stages)
    assert all(f"{one.now.brought[2].roi:+,.0%}" in shown for one in report.campaigns.rows if one.now.cost)
    assert all(f"{one.first_touch.count} of {one.first_touch.of}" in shown for one in report.sla.reps)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_whether_to_train_again_is_what_watch_says(ran, lived):
    shown = text(ran(notebook("05_drift_and_retraining")))
    with open_store(lived.settings.database_url, "won") as store:
        (found,) = watch_store(store, ["won"], NOW)

    assert ("Train again." in shown) == found.retrain
    assert f"of {len(found.findings)} findings are more than notes" in shown
    assert lived.live in shown
    assert f"Model {lived.rival} waits" in " ".join(shown.split())


@each
def test_a_notebook_is_kept_without_output_and_opens_with_its_decision(path):
    assert all(not cell.outputs and cell.execution_count is None for cell in cells(path))
    assert "decision this serves" in nbformat.read(path, as_version=4).cells[0].source


@each
def test_one_line_of_a_notebook_says_whose_store_it_opens(path):
    first = cells(path)[0]

    assert first.metadata.get("tags") == ["parameters"]
    assert [line for line in first.source.splitlines() if line.startswith("HOME = None")] != []


@each
def test_a_notebook_uses_public_names_alone(path):
    tree = ast.parse("\n".join(cell.source for cell in cells(path)))
    imported = [
        name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names
    ]
    asked = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]

    assert [name for name in (*imported, *asked) if name.startswith("_")] == []


@each
def test_a_notebook_is_little_code_in_short_cells(path):
    assert max(len(cell.source.splitlines()) for cell in cells(path)) <= 25


def test_the_model_review_says_everything_in_japanese_too():
    words = nbformat.read(notebook("02_model_review"), as_version=4).cells
    english = [one.source for one in words if one.cell_type == "markdown" and not one.metadata.get("ja")]

    assert english == []
