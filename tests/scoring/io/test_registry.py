import os
import sys
from pathlib import Path
from subprocess import run
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scoring.clean import Column
from scoring.errors import LeadLoopError, ModelError
from scoring.features import Feature
from scoring.io.registry import RunRecord, open_registry
from scoring.io.settings import load_settings
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Term

ROOT = Path(__file__).parents[3]
LEADS = pd.DataFrame(
    {"visits": [1, 7, 12, 40], "source": ["Referral", "Ads", None, "Fair"], "note": ["a", "b", "c", "d"]}
)


def scorecard(version: str, target: str = "won") -> Scorecard:
    """Two features: visits, each of which adds 0.1, and a source."""
    terms = (
        Term(
            *("visits", "number", "engagement", (5.0, 20.0), (), (-0.5, 0.1, 0.7, 0.0), (9, 9, 9, 0)),
            (0.1, 0.3, 0.6, None),
            *(0.1, 0.0, 100.0, 10.0),
        ),
        Term(
            *("source", "category", "fit", (), ("Ads", "Referral"), (-0.4, 0.9, 0.0, -0.1), (9, 9, 9, 9)),
            (0.1, 0.5, None, 0.2),
        ),
    )
    return Scorecard(
        meta=Meta(version, target, 30, "2026-10-01T00:00:00+00:00", 27, 9, 1 / 3),
        base=-0.7,
        terms=terms,
        pairs=(),
        interval=Interval((-3.0, 0.0, 3.0), (-3.5, -0.4, 2.0), (-2.5, 0.4, 4.0)),
        ranks=Ranks.of(np.linspace(-3, 3, 50), {"fit": np.linspace(-1, 1, 50)}, (80, 50, 20)),
        columns=(Column("visits", "number", "engagement"), Column("source", "category", "fit")),
        features=tuple(
            Feature(term.feature, term.kind, term.axis, (term.feature,), "value") for term in terms
        ),
    )


def record(version: str, target: str = "won", **other) -> RunRecord:
    given = {
        "scorecard": scorecard(version, target).to_json(),
        "model_card": f"# Model {version}",
        "params": {"kind": "trunk", "columns": "c" * 7000},
        "metrics": {"log_loss": 0.42, "lift": None},
        "fold_metrics": {"log_loss": [0.40, 0.44]},
        "artifacts": {"plots/calibration.svg": "<svg/>", "plots/calibration.png": b"\x89PNG"},
        "tags": {"data.digest": "abc"},
    }
    return RunRecord(version=version, target=target, **given | other)


def _addresses() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_") and "URI" in name}


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A registry with two versions of the primary target and one of another, made in a folder of its own."""
    folder, before = tmp_path_factory.mktemp("registry"), Path.cwd()
    address = _addresses()
    os.chdir(folder)
    settings = load_settings({"LEADLOOP_HOME": "home"}, folder)
    registry = open_registry(settings)
    try:
        numbers = [registry.log_run(record(version)) for version in ("v1", "v2")]
        other = registry.log_run(record("w1", "sql"))
    finally:
        os.chdir(before)
    return SimpleNamespace(
        settings=settings,
        registry=registry,
        numbers=numbers,
        other=other,
        folder=folder,
        environ=(address, _addresses()),
    )


def test_versions_are_numbered_under_the_name_of_their_target(logged):
    assert (logged.numbers, logged.other) == ([1, 2], 1)
    assert (logged.registry.name("won"), logged.registry.name("sql")) == ("leadloop", "leadloop-sql")


def test_a_version_that_is_registered_keeps_its_number(logged):
    assert logged.registry.log_run(record("v1")) == 1


def test_everything_is_written_to_the_home_folder_and_nothing_beside_it(logged):
    assert [path.name for path in logged.folder.iterdir()] == ["home"]
    assert {path.name for path in (logged.folder / "home").iterdir()} == {"mlflow.db", "mlartifacts"}


def test_the_process_is_left_with_the_addresses_it_had(logged):
    before, after = logged.environ

    assert after == before


def test_a_run_holds_recipe_metrics_by_fold_tags_and_files(logged):
    client = logged.registry._client
    (found,) = client.search_runs([logged.registry._experiment()], "tags.`leadloop.version` = 'v1'")

    assert found.data.params["kind"] == "trunk"
    assert found.data.metrics["log_loss"] == 0.42
    assert "lift" not in found.data.metrics
    steps = client.get_metric_history(found.info.run_id, "fold_log_loss")
    assert [(step.step, step.value) for step in steps] == [(0, 0.40), (1, 0.44)]
    assert found.data.tags["data.digest"] == "abc"
    assert {file.path for file in client.list_artifacts(found.info.run_id)} >= {
        "model_card.md",
        "scorecard.json",
    }
    assert len(client.list_artifacts(found.info.run_id, "plots")) == 2


def test_a_file_may_be_kept_with_a_run_later_and_be_made_anew(logged):
    registry = logged.registry

    for content in ("first", "second"):
        registry.attach("won", "v2", "model_review.html", content)
    run = registry._client.get_model_version("leadloop", "2").run_id
    place = registry._client.download_artifacts(run, "model_review.html", str(logged.folder / "home"))
    assert Path(place).read_text() == "second"
    Path(place).unlink()
    with pytest.raises(
        ModelError, match=r"no model 'leadloop' for v9, so model_review.html is not kept with it"
    ):
        registry.attach("won", "v9", "model_review.html", "third")


def test_a_registered_version_carries_its_model_card_and_leadloops_version(logged):
    version = logged.registry._client.get_model_version("leadloop", "1")

    assert version.description == "# Model v1"
    assert version.tags["leadloop.version"] == "v1"


def test_aliases_mirror_what_they_are_told(logged):
    registry = logged.registry

    registry.mirror("won", "v1", "v2")
    assert registry.aliases("won") == {"champion": "v1", "challenger": "v2"}
    registry.mirror("won", "v2")
    assert registry.aliases("won") == {"champion": "v2"}


def test_a_target_without_runs_has_no_aliases(logged):
    assert logged.registry.aliases("mql") == {}
    logged.registry.mirror("mql", None)


def test_a_version_that_was_never_registered_is_named_and_the_other_alias_is_set(logged):
    with pytest.raises(ModelError, match=r"no model 'leadloop' for challenger v9, so its alias is not set"):
        logged.registry.mirror("won", "v1", "v9")

    assert logged.registry.aliases("won") == {"champion": "v1"}


def test_the_model_loads_by_its_alias_in_another_process_and_scores_as_the_scorecard_does(logged, tmp_path):
    logged.registry.mirror("won", "v2")
    LEADS.to_csv(tmp_path / "leads.csv", index=False)
    script = (
        "import mlflow, pandas as pd\n"
        "model = mlflow.pyfunc.load_model('models:/leadloop@champion')\n"
        "leads = pd.read_csv('leads.csv')[['visits', 'source']]\n"
        "model.predict(leads).to_json('scores.json', orient='records')\n"
    )
    environ = {**os.environ, "MLFLOW_TRACKING_URI": logged.settings.tracking_uri, "PYTHONPATH": str(ROOT)}

    done = run([sys.executable, "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    scores = pd.read_json(tmp_path / "scores.json")
    expected = scorecard("v2").score_frame(LEADS[["visits", "source"]])
    assert scores["likelihood"].to_numpy() == pytest.approx(expected["likelihood"].to_numpy(), abs=1e-9)
    assert scores["grade"].tolist() == expected["grade"].tolist()
    assert scores["status"].tolist() == ["scored"] * 4
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def loaded(logged):
    """The first version as MLflow loads it, in this process."""
    import mlflow

    from scoring.io.registry import known_warnings

    logged.registry.mirror("sql", "w1")
    with known_warnings(), logged.registry._addressed():
        return mlflow.pyfunc.load_model("models:/leadloop-sql@champion")


def test_a_lead_that_cannot_be_read_is_empty_and_says_why(loaded):
    scores = loaded.predict(pd.DataFrame({"visits": ["3", "many"], "source": ["Ads", "Ads"]}))

    assert scores["likelihood"].isna().tolist() == [False, True]
    assert scores["score"].isna().tolist() == [False, True]
    assert scores["grade"].isna().tolist() == [False, True]
    assert scores["status"].tolist() == ["scored", "not_scored: Column 'visits' must be a number."]


@pytest.mark.parametrize(
    "visits",
    [[3, 8], [3.0, 8.0], ["3", "8"], [3, "8"], pd.array([3, 8], dtype="Int64"), pd.Categorical(["3", "8"])],
    ids=["int", "float", "text", "mixed", "nullable", "categorical"],
)
def test_a_number_is_read_from_whatever_type_pandas_gave_it(loaded, visits):
    scores = loaded.predict(pd.DataFrame({"visits": visits, "source": ["Ads", "Ads"]}))

    expected = scorecard("w1").score_frame(pd.DataFrame({"visits": [3.0, 8.0], "source": ["Ads", "Ads"]}))
    assert scores["likelihood"].to_numpy() == pytest.approx(expected["likelihood"].to_numpy(), abs=1e-9)


def test_columns_that_are_absent_are_missing(loaded):
    scores = loaded.predict(pd.DataFrame({"source": ["Ads"]}, index=[7]))

    expected = scorecard("w1").score_frame(pd.DataFrame({"source": ["Ads"]}))
    assert scores.index.tolist() == [7]
    assert scores["likelihood"].to_numpy() == pytest.approx(expected["likelihood"].to_numpy(), abs=1e-9)


def test_the_time_of_the_snapshot_may_be_given(loaded):
    leads = pd.DataFrame({"visits": [3], "source": ["Ads"]})

    given = loaded.predict(leads, params={"as_of": "2026-11-24T12:00:00+00:00"})

    assert given["likelihood"].tolist() == loaded.predict(leads)["likelihood"].tolist()


def test_the_signature_names_the_columns_and_holds_no_lead(loaded):
    assert loaded.metadata.get_input_schema().input_names() == ["visits", "source"]
    assert loaded.metadata.get_input_schema().required_input_names() == []
    assert loaded.metadata.saved_input_example_info is None


def test_an_address_that_mlflow_cannot_use_is_named_without_its_password(tmp_path):
    settings = load_settings({"MLFLOW_TRACKING_URI": "ftp2://aya:s3cret@host/crm"}, tmp_path)

    with pytest.raises(LeadLoopError, match=r"MLflow at ftp2://aya:\*\*\*@host/crm failed: ") as refused:
        open_registry(settings).aliases("won")

    assert "s3cret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_training_prints_nothing_of_mlflows_own(tmp_path):
    script = (
        "import sys, pathlib\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_registry import load_settings, open_registry, record\n"
        "open_registry(load_settings({}, pathlib.Path.cwd())).log_run(record('v1'))\n"
    )

    done = run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_importing_the_registry_does_not_import_mlflow():
    script = "import sys, scoring.io.registry; print({'mlflow', 'sqlalchemy', 'pydantic'} & set(sys.modules))"

    done = run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
