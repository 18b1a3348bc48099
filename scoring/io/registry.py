"""The registry: every training run in MLflow, with a model that others can load by its name.

What is live is decided by the store; the aliases here mirror it for those who come through MLflow. Only
training paths import this module, and only :func:`open_registry` imports MLflow, which takes seconds.
"""

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scoring.errors import LeadLoopError, ModelError
from scoring.scorecard import Scorecard

if TYPE_CHECKING:
    from scoring.io.settings import Settings

NAME = "leadloop"
CHAMPION, CHALLENGER = "champion", "challenger"
VERSION_TAG, DIGEST_TAG = "leadloop.version", "leadloop.digest"
MODEL_CODE = Path(__file__).with_name("pyfunc_model.py")
OUTPUTS = {
    "likelihood": "double",
    "likelihood_low": "double",
    "likelihood_high": "double",
    "score": "double",
    "grade": "string",
    "fit": "string",
    "engagement": "double",
    "label": "string",
    "status": "string",
}
PARAM_LENGTH, DESCRIPTION_LENGTH = 6000, 5000  # MLflow refuses longer ones; the files hold all

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}

_KNOWN_WARNINGS = (
    r".*Any type hint is inferred as AnyType",  # of its own types, on import
    r"The ``noload`` loader strategy is deprecated",  # of its own queries, in SQLAlchemy 2.1
    r".*An input example was not provided",  # nor will it be: an example would be a lead
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a training run leaves for those who review it.

    Parameters
    ----------
    version : str
        LeadLoop's own name for the model.
    target : str
        The stage whose likelihood it gives.
    scorecard : str
        ``scorecard.json``.
    model_card : str
        What a reader must know before using it, in Markdown.
    params : mapping of str to object
        The recipe that was chosen, and what was set.
    metrics : mapping of str to float or None
        One number for the whole run; a None is left out.
    fold_metrics : mapping of str to sequence of float
        One number a fold; they become steps 0, 1, … of ``fold_<name>``.
    artifacts : mapping of str to str or bytes
        File name (``plots/calibration.svg``) to content. No rows of leads: MLflow keeps no personal data.
    tags : mapping of str to str
        Such as the digest of the data.
    """

    version: str
    target: str
    scorecard: str = field(repr=False)
    model_card: str = field(repr=False)
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    fold_metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)
    artifacts: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)


def open_registry(settings: "Settings") -> "Registry":
    """Open the registry: MLflow at ``MLFLOW_TRACKING_URI``, else a SQLite file in the home folder.

    Raises
    ------
    LeadLoopError
        MLflow is not installed, or its database cannot be opened.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with known_warnings():
            import mlflow.pyfunc
    except ImportError as error:
        raise LeadLoopError("Training needs the package mlflow: pip install 'leadloop[train]'.") from error
    embedded = settings.tracking_uri == f"sqlite:///{settings.home.as_posix()}/mlflow.db"
    if embedded:
        settings.home.mkdir(parents=True, exist_ok=True)
    artifacts = (settings.home / "mlartifacts").as_uri() if embedded else None
    return Registry(mlflow, settings.tracking_uri, settings.primary, artifacts)


class Registry:
    """Runs, registered models and their aliases; get one from :func:`open_registry`."""

    def __init__(self, mlflow: Any, uri: str, primary: str, artifacts: str | None) -> None:
        self._mlflow = mlflow
        self._uri = uri
        self._primary = primary
        self._artifacts = artifacts
        with self._calls():
            self._client = mlflow.MlflowClient(tracking_uri=uri)

    def name(self, target: str) -> str:
        """Give a target's registered name: ``leadloop`` for the primary one, else ``leadloop-won``."""
        return NAME if target == self._primary else f"{NAME}-{target}"

    def log_run(self, run: RunRecord) -> int:
        """Keep a run and register its model.

        Returns
        -------
        int
            The number MLflow gave the model, beside which LeadLoop's own version stands as a tag. A
            version that is registered already keeps its number, and nothing is written.
        """
        known = self._numbers(self.name(run.target)).get(run.version)
        if known is not None:
            return known
        with self._calls(), self._addressed():
            experiment = self._experiment()
            with self._mlflow.start_run(experiment_id=experiment, run_name=run.version) as started:
                self._log_content(run)
                logged = self._log_model(run)
            return self._register(run, started.info.run_id, logged)

    def attach(self, target: str, version: str, name: str, content: str) -> None:
        """Keep a further file with the run of a version, in place of an earlier one of that name.

        Parameters
        ----------
        target, version : str
            Which model.
        name, content : str
            The file. No rows of leads: MLflow keeps no personal data.

        Raises
        ------
        ModelError
            The version was never registered here.
        """
        registered = self.name(target)
        number = self._numbers(registered).get(version)
        if number is None:
            raise ModelError(
                f"MLflow has no model '{registered}' for {version}, so {name} is not kept with it."
            )
        with self._calls(), self._addressed():
            run_id = self._client.get_model_version(registered, str(number)).run_id
            self._client.log_text(run_id, content, name)

    def mirror(self, target: str, champion: str | None, challenger: str | None = None) -> None:
        """Set the aliases to what the store says; call it after the store's commit.

        Parameters
        ----------
        target : str
            The target whose aliases are set.
        champion, challenger : str or None
            LeadLoop's versions; None takes the alias away.

        Raises
        ------
        ModelError
            A version was never registered here; the other alias is set all the same.
        """
        name = self.name(target)
        numbers = self._numbers(name)
        absent = []
        for alias, version in ((CHAMPION, champion), (CHALLENGER, challenger)):
            number = numbers.get(version) if version else None
            with self._calls():
                if number is not None:
                    self._client.set_registered_model_alias(name, alias, str(number))
                elif numbers:
                    self._client.delete_registered_model_alias(name, alias)
            if version and number is None:
                absent.append(f"{alias} {version}")
        if absent:
            raise ModelError(
                f"MLflow has no model '{name}' for {' and '.join(absent)}, so its alias is not set. "
                "The store decides what is live; scoring goes on."
            )

    def aliases(self, target: str) -> dict[str, str]:
        """Tell which LeadLoop version each alias of a target points to, to be compared with the store."""
        name = self.name(target)
        versions = {number: version for version, number in self._numbers(name).items()}
        if not versions:
            return {}
        with self._calls():
            pointed = self._client.get_registered_model(name).aliases
        return {alias: versions.get(int(number), f"{name}/{number}") for alias, number in pointed.items()}

    def _numbers(self, name: str) -> dict[str, int]:
        """LeadLoop's versions of a registered model, with the numbers MLflow gave them."""
        with self._calls():
            found = self._client.search_model_versions(f"name = '{name}'", max_results=10_000)
        return {one.tags[VERSION_TAG]: int(one.version) for one in found if VERSION_TAG in one.tags}

    def _register(self, run: RunRecord, run_id: str, logged: Any) -> int:
        # Not by way of log_model, which prints, and would leave a moment without the tag.
        name = self.name(run.target)
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        registered = self._client.create_model_version(
            name,
            source=logged.model_uri,
            run_id=run_id,
            tags={VERSION_TAG: run.version},
            description=run.model_card[:DESCRIPTION_LENGTH],
            model_id=logged.model_id,
        )
        return int(registered.version)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(NAME)
        return str(found.experiment_id if found else self._client.create_experiment(NAME, self._artifacts))

    def _log_content(self, run: RunRecord) -> None:
        mlflow = self._mlflow
        mlflow.set_tags({**run.tags, VERSION_TAG: run.version, "leadloop.target": run.target})
        mlflow.log_params({name: str(value)[:PARAM_LENGTH] for name, value in run.params.items()})
        mlflow.log_metrics({name: value for name, value in run.metrics.items() if value is not None})
        for name, values in run.fold_metrics.items():
            for fold, value in enumerate(values):
                mlflow.log_metric(f"fold_{name}", value, step=fold)
        files = {**run.artifacts, "model_card.md": run.model_card, "scorecard.json": run.scorecard}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                place = Path(folder, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.encode() if isinstance(content, str) else content)
            mlflow.log_artifacts(folder)

    def _log_model(self, run: RunRecord) -> Any:
        card = Scorecard.from_json(run.scorecard)
        with tempfile.TemporaryDirectory() as folder:
            scorecard = Path(folder, "scorecard.json")
            scorecard.write_text(run.scorecard, encoding="utf-8")
            return self._mlflow.pyfunc.log_model(
                name="model",
                python_model=str(MODEL_CODE),
                artifacts={"scorecard": str(scorecard)},
                signature=_signature(card),
                pip_requirements=[f"{NAME}=={installed(NAME)}"],
                metadata={VERSION_TAG: run.version, DIGEST_TAG: card.digest},
            )

    @contextmanager
    def _calls(self) -> Iterator[None]:
        """Say in one sentence what MLflow or its database could not do, and never with what password."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with known_warnings():
                yield
        except (self._mlflow.MlflowException, SQLAlchemyError) as error:
            secret = urlsplit(self._uri).password
            shown, reason = self._uri, " ".join(str(error).split())
            if secret:
                shown, reason = shown.replace(secret, "***"), reason.replace(secret, "***")
            raise LeadLoopError(
                f"MLflow at {shown} failed: {reason} Check MLFLOW_TRACKING_URI; the store has what is live."
            ) from error

    @contextmanager
    def _addressed(self) -> Iterator[None]:
        """Point MLflow's process-wide address here, and back again: it would outlive this registry."""
        before = os.environ.get("MLFLOW_TRACKING_URI")
        self._mlflow.set_tracking_uri(self._uri)
        try:
            yield
        finally:
            self._mlflow.set_tracking_uri(before)


def _signature(card: Scorecard) -> Any:
    """Name the columns, all optional and of any type.

    A column of whole numbers is int64 or float64 in pandas depending on whether one is missing, and MLflow
    would refuse the first for a double; the scorecard reads both, and text, by its own rules.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    anything: Any = AnyType
    columns: list[Any] = [ColSpec(anything(), column.name, required=False) for column in card.columns]
    outputs: list[Any] = [ColSpec(kind, name, required=False) for name, kind in OUTPUTS.items()]
    as_of = ParamSchema([ParamSpec("as_of", "string", "")])
    return ModelSignature(Schema(columns) if columns else None, Schema(outputs), as_of)


@contextmanager
def known_warnings() -> Iterator[None]:
    """Leave out the warnings that MLflow provokes by itself: no user can act on them."""
    with warnings.catch_warnings():
        for message in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        yield
