import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from scoring.errors import LeadLoopError
from scoring.io.store import open_store
from scoring.leads import lead_features
from scoring.scorecard import Scorecard
from serving.cli import main
from serving.cli.terminal import settings
from tests.markets import market, outcomes, truth
from training import choice

PROGRAM = "from serving.cli.main import main; main()"
COLUMNS = ["visits", "employees", "source", "country"]


def table(rows: int = 500, seed: int = 3) -> pd.DataFrame:
    frame = market(rows, seed)
    label = outcomes(truth(frame, base=-0.5), seed)
    return frame.assign(lead_id=[f"L{row:04}" for row in range(rows)], Converted=label)


def leadloop(*words: str) -> Result:
    return CliRunner().invoke(main.app, list(words))


class Place:
    """A working folder with a list of leads, a home, and what a first training wrote there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leads = folder / "leads.csv"
        self.result: Result

    @property
    def version(self) -> str:
        return re.search(r"Model (\S+) is", self.result.output).group(1)

    def card(self) -> Scorecard:
        with open_store(settings().database_url, settings().primary) as store:
            return Scorecard.from_json(store.model(self.version).scorecard)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], pytest.MonkeyPatch]]:
    """Puts a test into a folder of its own, with a short grid and one process."""
    patches = []

    def put(folder: Path) -> None:
        patch = pytest.MonkeyPatch()
        patches.append(patch)
        patch.chdir(folder)
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("LEADLOOP_HOME", str(folder / "home"))
        patch.setattr(choice, "ROUNDS", (30,))
        settings.cache_clear()

    yield put
    for patch in reversed(patches):
        patch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def trained(placed, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("train"))
    placed(place.folder)
    table().to_csv(place.leads, index=False)
    place.result = leadloop("train", "leads.csv", "--label", "Converted", "--jobs", "1", "--folds", "2")
    assert place.result.exit_code == 0, place.result.output
    return place


def refused(message: str, *words: str) -> str:
    result = leadloop("train", *words)
    assert isinstance(result.exception, LeadLoopError), result.output
    assert re.search(message, str(result.exception)), str(result.exception)
    assert "\n" not in str(result.exception)
    return result.output


def test_training_says_what_was_read_how_it_compares_and_what_is_live(trained):
    output = trained.result.output

    assert "500 rows in leads.csv: 500 learned from" in output
    assert "The answer" in output
    assert "Leakage audit" in output
    assert re.search(r"Model \d{8}-\w{6} is live: the first model: it beats", output)
    assert "because there is no time column" in " ".join(output.split())


def test_the_report_is_written_to_the_home_folder(trained):
    report = (trained.folder / "home" / "reports" / f"{trained.version}.md").read_text()

    assert report.startswith(f"# won · {trained.version}")
    for title in ("## The answer", "## The choice", "## What was read", "## Leakage audit"):
        assert title in report
    for candidate in ("base rate", "logistic regression", "unrestricted boosting", "scorecard"):
        assert f"| {candidate} |" in report


def test_a_model_that_goes_live_is_reviewed_with_the_groups_of_its_file(trained):
    review = (trained.folder / "home" / "reviews" / f"{trained.version}.html").read_text(encoding="utf-8")

    assert f"{trained.version}.html" in trained.result.output.replace("\n", "")
    assert "Does it hold in every segment?" in review
    assert review.count("It holds in") > 1
    assert "known no longer" not in review


def test_nothing_is_written_outside_the_home_folder(trained):
    assert {path.name for path in trained.folder.iterdir()} == {"leads.csv", "home"}


def test_the_model_is_kept_with_its_metrics_recipe_and_backtest(trained):
    with open_store(settings().database_url, settings().primary) as store:
        model, champion = store.model(trained.version), store.champion("won")
        backtest = store.backtest(trained.version)

    assert champion.version == model.version == trained.version
    assert champion.digest == trained.card().digest
    assert (model.source["file"], model.source["rows"]) == ("leads.csv", 500)
    assert 0 < model.metrics["log_loss"] < 0.7
    assert model.recipe["arm"] in ("trunk", "tables", "trunk+tables")
    assert sorted(backtest["lead_id"]) == [f"L{row:04}" for row in range(500)]
    assert backtest["likelihood"].between(0, 1).all()


def test_the_kept_scorecard_scores_raw_leads(trained):
    card = trained.card()

    assert {column.name for column in card.columns} <= set(COLUMNS)
    assert card.meta.id_column == "lead_id"
    assert card.meta.version == trained.version
    assert card.report["rows"]["read"] == 500
    assert (
        card.score_one({"visits": 15.0, "source": "Web"}).score
        > card.score_one({"visits": 0.0, "source": "Web"}).score
    )


def test_mlflow_gives_the_likelihoods_of_the_champion(trained):
    code = (
        "import sys, mlflow, pandas as pd\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "model = mlflow.pyfunc.load_model('models:/leadloop@champion')\n"
        "frame = pd.read_csv('leads.csv', dtype={'lead_id': str}).head(20)\n"
        "print(model.predict(frame)['likelihood'].tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, settings().tracking_uri], capture_output=True, text=True, check=False,
        cwd=trained.folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    card = trained.card()
    read = pd.read_csv(trained.leads).head(20).astype(object)
    leads = read.where(read.notna(), None).to_dict("records")
    expected = [card.score_one(lead_features(card, lead)).likelihood for lead in leads]
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "--label names 'Convertd', but leads.csv has no such column. Did you mean 'Converted'",
            ["--label", "Convertd"],
        ),
        ("--exclude names 'contry'.*Did you mean 'country'", ["--label", "Converted", "--exclude", "contry"]),
        ("--horizon ", ["--label", "Converted", "--horizon", "soon"]),
        ("--type must be COL=VALUE, got 'visits'", ["--label", "Converted", "--type", "visits"]),
        ("visits=money", ["--label", "Converted", "--type", "visits=money"]),
    ],
)
def test_what_is_wrong_is_said_in_one_line(trained, message, words):
    refused(message, "leads.csv", *words)


def test_a_file_that_is_not_there_is_refused(trained):
    result = leadloop("train", "nowhere.csv", "--label", "Converted")

    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_too_many_unreadable_rows_leave_a_list_and_no_model(trained):
    frame = table(200).astype({"visits": object})
    frame.loc[:20, "visits"] = "plenty"
    frame.to_csv(trained.folder / "dirty.csv", index=False)
    with open_store(settings().database_url, settings().primary) as store:
        before = len(store.models(None))
    refused(
        "21 of 200 rows of dirty.csv cannot be used",
        "dirty.csv",
        "--label",
        "Converted",
        "--type",
        "visits=number",
    )

    listed = trained.folder / "dirty.rejected.csv"
    assert len(listed.read_text().splitlines()) == 22
    assert "plenty" not in listed.read_text()
    listed.unlink()
    (trained.folder / "dirty.csv").unlink()
    with open_store(settings().database_url, settings().primary) as store:
        assert len(store.models(None)) == before


def test_a_wrong_label_ends_the_program_with_1_and_one_message(trained):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "train", "leads.csv", "--label", "Convertd"],
        capture_output=True, text=True, check=False, cwd=trained.folder,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert done.stderr.startswith("Error --label names 'Convertd'")
    assert "Traceback" not in done.stderr
