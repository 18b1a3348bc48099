"""What ``leadloop train`` does: read, audit, learn, report, keep, and put into service."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from scoring.errors import DataError, LeadLoopError
from scoring.io.files import Rejected, write_rejected
from scoring.io.registry import RunRecord, open_registry
from scoring.io.settings import Settings
from scoring.io.store import Model, Store, open_store
from scoring.scorecard import Meta, Scorecard
from serving.cli.aliases import is_learned, mirror
from serving.cli.terminal import Paragraphs, console, show
from serving.proposing import after_promotion
from training.candidates import POINTS, SCORECARD
from training.facts import intake_facts, points_are_better, run_facts
from training.from_store import take_in_ledger
from training.gate import Verdict, against_champion, first_model
from training.intake import Asked, Intake, TooManyRejected, Wanted, take_in
from training.own_points import calibrated
from training.plots import draw
from training.report import before_learning, markdown, report
from training.run import Effort, Trained, Watch, train_scorecard

Promote = Literal["auto", "yes", "no"]
DETAILS = ("The choice", "What took the time")


def run(
    file: Path, wanted: Wanted, effort: Effort, settings: Settings, *, promote: Promote, verbose: bool = False
) -> str:
    """Train on a file and keep the result; give its version.

    Parameters
    ----------
    file : Path
        CSV or Parquet.
    wanted : Wanted
        Which column is what.
    effort : Effort
        How the run works.
    settings : Settings
        Where things are kept.
    promote : {"auto", "yes", "no"}
        Whether the model goes live.
    verbose : bool
        Show also what was tried and what took the time.

    Raises
    ------
    DataError
        If the file cannot be learned from.
    """
    with _rejected_beside(file):
        intake = take_in(file, wanted)
    meta = _meta(wanted, settings, as_of_column=wanted.time_column, id_column=intake.id_column)
    return learn(intake, wanted, meta, effort, settings, promote=promote, verbose=verbose)


def run_store(
    asked: Asked,
    effort: Effort,
    settings: Settings,
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
    promote: Promote,
    verbose: bool = False,
    only: Collection[str] | None = None,
) -> str:
    """Train on what the store knows and keep the result; give its version.

    Parameters
    ----------
    asked : Asked
        What is to be learned.
    as_of : datetime, optional
        Learn from what was known at that time.
    now : datetime, optional
        When the model counts as made and promoted, where time is simulated.
    effort, settings, promote, verbose
        As in :func:`run`.
    only : collection of str, optional
        Titles of the parts of the report that are printed; the whole of it is kept all the same.

    Raises
    ------
    DataError
        If there is too little to learn from.
    """
    with open_store(settings.database_url, settings.primary) as store, console.status("Reading the store …"):
        ledger = store.ledger()
    if as_of is not None:
        ledger = ledger.known_at(as_of.timestamp())
    if not len(ledger):
        raise DataError(
            "The store holds no leads. Fill it with `leadloop import LEADS`, or name a FILE to learn from."
        )
    with console.status("Taking snapshots …"):
        intake = take_in_ledger(ledger, asked, seed=effort.seed)
    meta = _meta(asked, settings)
    return learn(intake, asked, meta, effort, settings, promote=promote, verbose=verbose, now=now, only=only)


def learn(
    intake: Intake,
    asked: Asked,
    meta: Meta,
    effort: Effort,
    settings: Settings,
    *,
    promote: Promote,
    verbose: bool = False,
    now: datetime | None = None,
    only: Collection[str] | None = None,
) -> str:
    """Learn from labelled leads, judge, report, keep, and put into service; give the version.

    Parameters
    ----------
    intake : Intake
        The leads.
    asked : Asked
        What is to be learned.
    meta : Meta
        What is predicted, and how a lead is named.
    effort, settings, promote, verbose
        As in :func:`run`.
    now, only
        As in :func:`run_store`.
    """
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    found = intake_facts(intake, asked.target)
    _show(before_learning(found), only)
    trained = _learn(intake, asked, replace(meta, created_at=now.isoformat()), effort)
    found |= run_facts(intake, trained)
    card = _named(replace(trained.scorecard, report=found), intake, now)
    sections = report(found)
    _show([one for one in sections if verbose or one.title not in DETAILS], only)
    title = f"{card.meta.target} · {card.meta.version}"
    text = markdown(title, [*sections, *before_learning(found)])
    with open_store(settings.database_url, settings.primary) as store:
        verdict = _decide(store, intake, trained, card, found, effort, promote)
        _keep(store, intake, trained, card, now, verdict)
        number = _log(settings, intake, trained, card, found, text, verdict)
        if verdict.promote:
            store.promote(card.meta.version, getpass.getuser(), verdict.reason, now)
        elif promote == "auto" and points_are_better(found):
            _let_points_serve(store, intake, trained, card.meta, found, effort)
        live = store.champion(card.meta.target) if store.champions(card.meta.target) else None
        told = after_promotion(store, card.meta.target) if verdict.promote else None
    mirror(settings, card.meta.target, live, None if verdict.promote or live is None else card.meta.version)
    _say(settings, card, number, verdict, _write_report(settings, card, text))
    if verdict.promote and only is None:
        console.print("Next: leadloop score LEADS.csv -o SCORED.csv, or leadloop serve", markup=False)
    if told is not None:
        console.print(told, markup=False, soft_wrap=True)
    return card.meta.version


def _show(sections: Iterable[Paragraphs], only: Collection[str] | None) -> None:
    for section in sections:
        if only is None or section.title in only:
            show(section)


@contextmanager
def _rejected_beside(file: Path) -> Iterator[None]:
    """Write the rejected rows beside the file, also where they are too many."""
    try:
        yield
    except TooManyRejected as error:
        write_rejected(file, error.rejected)
        raise


def _meta(
    asked: Asked, settings: Settings, *, as_of_column: str | None = None, id_column: str | None = None
) -> Meta:
    return Meta(
        version="",
        target=asked.target,
        horizon_days=asked.horizon_days,
        as_of_column=as_of_column,
        id_column=id_column,
        grades=settings.grades.cuts,
    )


def _learn(intake: Intake, asked: Asked, meta: Meta, effort: Effort) -> Trained:
    if intake.origin.path is not None:
        _note_rejected(intake.origin.path, intake.rejected)
    newest = (
        None if intake.leads.time is None else datetime.fromtimestamp(float(intake.leads.time.max()), UTC)
    )
    meta = replace(meta, trained_until=None if newest is None else newest.isoformat())
    own = intake.points
    with console.status("Learning …") as status:

        def tell(step: str, part: str) -> None:
            status.update(f"{step[:1].upper()}{step[1:]}{': ' + part if part else ''} …")
            if not console.is_terminal and not part:
                console.print(f"{step[:1].upper()}{step[1:]} …", markup=False)

        return train_scorecard(
            intake.leads, meta, known=intake.known, columns=intake.columns, features=intake.features,
            keep=_features_of(intake, asked.keep), points=None if own is None else own.points,
            effort=effort, watch=Watch(tell),
        )  # fmt: skip


def _features_of(intake: Intake, columns: tuple[str, ...]) -> set[str]:
    return {feature.name for feature in intake.features if {feature.name, *feature.sources} & set(columns)}


def _note_rejected(file: Path, rejected: list[Rejected]) -> None:
    where = write_rejected(file, rejected)
    if where is not None:
        console.print(
            f"{len(rejected):,} rows cannot be used; they are listed with reasons in {where}.", markup=False
        )


def _named(card: Scorecard, intake: Intake, now: datetime) -> Scorecard:
    """The scorecard under its version: the day, and a fingerprint of what it says and was learned from."""
    mark = blake2b((card.to_json() + intake.origin.digest).encode(), digest_size=3).hexdigest()
    return replace(card, meta=replace(card.meta, version=f"{now:%Y%m%d}-{mark}"))


def _decide(
    store: Store,
    intake: Intake,
    trained: Trained,
    card: Scorecard,
    found: dict[str, Any],
    effort: Effort,
    promote: Promote,
) -> Verdict:
    if promote != "auto":
        return Verdict(promote == "yes", f"asked for with --promote {promote}")
    live = next((p for p in store.champions(card.meta.target)), None)
    champion = None if live is None else store.model(live.version)
    serving = None if champion is None else Scorecard.from_json(champion.scorecard)
    if champion is None or serving is None or serving.meta.kind == "points":
        return first_model(found)
    columns = {guess.column.name for guess in intake.guesses}
    return against_champion(intake.leads, trained, serving, champion.recipe, columns, effort)


def _let_points_serve(
    store: Store, intake: Intake, trained: Trained, meta: Meta, found: dict[str, Any], effort: Effort
) -> None:
    """Where no model is live, and none beats the team's own points: they serve, with likelihoods by now."""
    live = store.champion(meta.target) if store.champions(meta.target) else None
    if intake.points is None or (live is not None and is_learned(live)):
        return
    card = calibrated(intake.points, intake.leads, trained.plan, replace(meta, version=""), effort.seed)
    if card is None:
        return
    version = f"points-{blake2b(card.to_json().encode(), digest_size=4).hexdigest()}"
    card = replace(card, meta=replace(card.meta, version=version))
    assert meta.created_at is not None
    now = datetime.fromisoformat(meta.created_at)
    recipe = {"arm": "points"}
    store.save_model(_model(card, intake, now, _values(found, POINTS), recipe))
    store.write_backtest(version, trained.backtest.frame(intake.leads, intake.lead_ids, intake.use, POINTS))
    store.promote(version, getpass.getuser(), "no model beats your points rule yet", now)
    console.print(f"{version} is live: your points rule, with likelihoods, for no model beats it yet.")


def _keep(
    store: Store, intake: Intake, trained: Trained, card: Scorecard, now: datetime, verdict: Verdict
) -> None:
    model = _model(card, intake, now, _values(card.report), trained.recipe.to_dict())
    # Whoever looks at a version that waits asks why it does.
    store.save_model(replace(model, source={**model.source, "decision": verdict.reason}))
    store.write_backtest(card.meta.version, trained.backtest.frame(intake.leads, intake.lead_ids, intake.use))


def _model(
    card: Scorecard, intake: Intake, now: datetime, metrics: dict[str, float], recipe: dict[str, Any]
) -> Model:
    meta = card.meta
    return Model(
        version=meta.version,
        target=meta.target,
        horizon_days=meta.horizon_days,
        digest=card.digest,
        trained_until=None if meta.trained_until is None else datetime.fromisoformat(meta.trained_until),
        created_at=now,
        metrics=metrics,
        recipe=recipe,
        source={**intake.origin.to_dict(), "rows": len(intake.leads)},
        scorecard=card.to_json(),
    )


def _values(found: dict[str, Any], candidate: str = SCORECARD) -> dict[str, float]:
    estimates = found["bootstrap"]["estimates"][candidate]
    return {name: estimate["value"] for name, estimate in estimates.items() if estimate["value"] is not None}


def _log(
    settings: Settings,
    intake: Intake,
    trained: Trained,
    card: Scorecard,
    found: dict[str, Any],
    text: str,
    verdict: Verdict,
) -> int:
    """Keep the run in MLflow; give the number it has there."""
    blocks = found["bootstrap"]["blocks"].values()
    names = list(_values(found))
    record = RunRecord(
        version=card.meta.version,
        target=card.meta.target,
        scorecard=card.to_json(),
        model_card=text,
        params={**trained.recipe.to_dict(), "rows": len(intake.leads), "folds": found["plan"]["kind"]},
        metrics=_values(found) | _others(found),
        fold_metrics={
            name: [block[SCORECARD][name] for block in blocks]
            for name in names
            if all(block[SCORECARD][name] is not None for block in blocks)
        },
        artifacts=draw(card, trained.backtest, intake.leads, [d["feature"] for d in found["drivers"]]),
        tags={
            "data_digest": intake.origin.digest,
            "decision": verdict.reason,
            "promoted": str(verdict.promote).lower(),
        },
    )
    return open_registry(settings).log_run(record)


def _others(found: dict[str, Any]) -> dict[str, float]:
    """Log loss and AUC of what the scorecard was compared with."""
    return {
        f"{candidate.replace(' ', '_')}_{name}": estimates[name]["value"]
        for candidate, estimates in found["bootstrap"]["estimates"].items()
        if candidate != SCORECARD
        for name in ("log_loss", "auc")
        if estimates[name]["value"] is not None
    }


def _write_report(settings: Settings, card: Scorecard, text: str) -> Path:
    path = settings.home / "reports" / f"{card.meta.version}.md"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LeadLoopError(f"The report cannot be written to {path}: {error.strerror}.") from error
    return path


def _say(settings: Settings, card: Scorecard, number: int, verdict: Verdict, path: Path) -> None:
    version, name = card.meta.version, open_registry(settings).name(card.meta.target)
    state = "is live" if verdict.promote else "is kept, not live"
    console.rule()
    console.print(f"Model {version} {state}: {verdict.reason}.", markup=False)
    console.print(f"Report: {path}\nMLflow: {name}, version {number}", markup=False)
    if not verdict.promote:
        console.print(f"To put it into service all the same: leadloop promote {version}", markup=False)
