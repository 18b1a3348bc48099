"""``leadloop review``: the analyst's notebook on a model, as a page to read and to keep."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from scoring.errors import LeadLoopError, NoChampion
from scoring.io.settings import Settings
from scoring.reasons import Lang
from serving.cli.terminal import console, settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review", rich_help_panel="Models")(review)


def review(
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="[VERSION]", help="One that leadloop models lists; by default the primary one in service."
        ),
    ] = None,
    lang: Annotated[
        Literal["en", "ja"] | None, typer.Option(help="The language. [default: the one of the settings]")
    ] = None,
) -> None:
    """Review a model: against simpler ones and its rivals, in every segment, its missed wins, and its fairness.

    It runs the notebook 02_model_review on the store and writes it as one page, which the page *Model* links and MLflow
    keeps with the model's run. What `leadloop train` has trained has been reviewed already.
    """
    from scoring.io.store import open_store

    given = settings()
    with open_store(given.database_url, given.primary) as store:
        if version is None:
            champion = store.champion()
            if champion is None:
                raise NoChampion(
                    "No model is live yet, so there is nothing to review. Train one: leadloop train."
                )
            version = champion.version
        model = store.model(version)
    make(given, model.target, model.version, lang)


def review_of(given: Settings, version: str) -> None:
    """Review what was trained; what hinders that is said, and nothing is the worse for it.

    Parameters
    ----------
    given : Settings
        Where things are kept.
    version : str
        What was trained.
    """
    from scoring.io.store import open_store

    try:
        with open_store(given.database_url, given.primary) as store:
            target = store.model(version).target
        make(given, target, version)
    except LeadLoopError as error:
        console.print(f"{error} Make it later: leadloop review {version}", markup=False, soft_wrap=True)


def make(given: Settings, target: str, version: str, lang: Lang | None = None) -> None:
    """Write the review of a version, and keep it in MLflow beside its run.

    Parameters
    ----------
    given : Settings
        Where things are kept.
    target, version : str
        Which model.
    lang : {"en", "ja"}, optional
        That of the settings by default.
    """
    from scoring.io.registry import open_registry
    from training.review import NAME, write_review

    with console.status("Reviewing the model …") as status:

        def tell(question: str) -> None:
            status.update(f"Reviewing the model: {question} …" if question else "Reviewing the model …")

        path = write_review(given, version, lang, tell)
    console.print(f"Review: {path}", markup=False, soft_wrap=True)
    try:
        open_registry(given).attach(target, version, NAME, path.read_text(encoding="utf-8"))
    except LeadLoopError as error:
        console.print(f"It is not kept in MLflow: {error}", markup=False, soft_wrap=True)
