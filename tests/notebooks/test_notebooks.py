"""The notebooks run from top to bottom on a store as training leaves it, and are kept without output."""

from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from scoring.io.settings import load_settings
from serving.cli.train.run import run
from training.intake import Wanted
from training.run import Effort
from training.simulate import simulate

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    world = simulate(folder / "world", end=date(2026, 10, 1), leads=1500)
    settings = load_settings({"LEADLOOP_HOME": str(folder)}, folder)
    wanted = Wanted(label="Converted", time_column="created_at", horizon_days=90, max_rejected=0.05)
    run(world.training_file, wanted, Effort(pairs=3), settings, promote="yes")
    return folder


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_notebook_runs_on_the_store_that_training_leaves(
    path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLOOP_HOME", str(home))
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code[2:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output_and_opens_with_its_decision(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert "decision this serves" in notebook.cells[0].source
