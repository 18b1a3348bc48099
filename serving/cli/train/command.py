"""``leadloop train``: learn a scorecard from a file of leads and what became of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scoring.errors import SettingsError
from serving.cli.terminal import settings, tolerance

Promote = Literal["auto", "yes", "no"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", rich_help_panel="Models")(train)


def train(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Leads as CSV or Parquet, one row per lead; without it, the store."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COL", help="The column of FILE that says what became of the lead.")
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(metavar="V,…", help="Label values that mean converted; guessed for yes/no columns."),
    ] = None,
    open_values: Annotated[
        str | None,
        typer.Option(metavar="V,…", help="Label values that are not outcomes yet: left out and counted."),
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="When the lead was as the row shows it: makes the test forward in time."
        ),
    ] = None,
    closed_column: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="When the outcome was reached; with --horizon young leads are left out."
        ),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(metavar="COL", help="The column that names the lead; guessed by default.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Leave a column out. Can be given several times.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", help="Keep a column that the leakage audit or the calendar check would leave out."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="The stage that is learned: of a FILE what its label stands for, won by default; of the store by "
            "default the primary target of the settings.",
        ),
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(
            metavar="90d",
            help="Time within which the stage must be reached: 30d, 12w. [store: that of the settings]",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Learn from what the store knew at this time. [default: now]"),
    ] = None,
    folds: Annotated[int, typer.Option(min=1, max=12, help="Largest number of tests forward in time.")] = 4,
    promote: Annotated[
        Promote, typer.Option(help="Whether the model goes live: when it is proven (auto), always, never.")
    ] = "auto",
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="COL=TYPE", help="Overrule the type: number, category, boolean, date, id, …"
        ),
    ] = None,
    axes: Annotated[
        list[str] | None,
        typer.Option("--axis", metavar="COL=AXIS", help="Overrule the axis: fit, engagement or process."),
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(metavar="ymd|dmy|mdy", help="The order of day, month and year in dates.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="The encoding of the file, where the guess is wrong.")
    ] = None,
    max_rejected: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="The share of rows that may be unreadable: 1% or 0.01."),
    ] = None,
    review: Annotated[
        bool, typer.Option(help="Write the analyst's review of the model, see leadloop review.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every setting tried and what took the time.")
    ] = False,
) -> None:
    """Learn who converts, from the store or from a file of leads, judge the result honestly, and put it into service.

    The report says what was read, which columns seem to know the outcome in advance, how the model compares
    with simpler and freer ones on leads it had not seen, and whether its likelihoods hold.

    Examples: `leadloop train` on what `leadloop import` brought; `leadloop train leads.csv --label Converted` on a
    file or, forward in time,
    `leadloop train leads.csv --label stage --positive Won --time-column created --closed-column closed --horizon 90d`
    """
    from scoring.io.sections import nearest
    from scoring.io.settings import horizon_days
    from scoring.stages import STAGES
    from serving.cli.moment import moment
    from serving.cli.train.review import review_of
    from serving.cli.train.run import run, run_store
    from training.intake import Asked, Wanted
    from training.run import Effort

    run_settings = settings()
    target = target or ("won" if file else run_settings.primary)
    if target not in STAGES:
        raise SettingsError(
            f"--target must be a stage ({', '.join(STAGES)}), got '{target}'{nearest(target, STAGES)}."
        )
    try:
        days = None if horizon is None else horizon_days(horizon)
    except ValueError as error:
        raise SettingsError(f"--horizon {error}.") from error
    common: dict[str, Any] = {
        "exclude": tuple(exclude or ()),
        "keep": tuple(keep or ()),
        "types": _assigned("--type", types),
        "axes": _assigned("--axis", axes),
        "date_order": date_order,
        "target": target,
        "time_zone": run_settings.time.zone,
        "missing": run_settings.reading.missing,
        "max_rejected": tolerance(max_rejected, run_settings),
        "points": run_settings.points,
    }
    effort = Effort(
        folds=folds, seed=seed, jobs=jobs or os.cpu_count() or 1, cache=run_settings.home / "cache"
    )
    of_file = {
        "--label": label, "--positive": positive, "--open-values": open_values, "--time-column": time_column,
        "--closed-column": closed_column, "--id-column": id_column, "--encoding": encoding,
    }  # fmt: skip
    if file is None:
        _only("a FILE", of_file)
        asked = Asked(**common, horizon_days=days or run_settings.targets.get(target))
        at = None if as_of is None else moment(as_of, run_settings.time.zone)
        version = run_store(asked, effort, run_settings, as_of=at, promote=promote, verbose=verbose)
        if review:
            review_of(run_settings, version)
        return
    _only("the store", {"--as-of": as_of})
    if label is None:
        raise SettingsError("A FILE needs --label: name the column that says what became of the lead.")
    wanted = Wanted(
        label,
        **common,
        horizon_days=days,
        positive=_listed(positive),
        open_values=_listed(open_values),
        time_column=time_column,
        closed_column=closed_column,
        id_column=id_column,
        encoding=encoding,
    )
    version = run(file, wanted, effort, run_settings, promote=promote, verbose=verbose)
    if review:
        review_of(run_settings, version)


def _only(what: str, given: Mapping[str, str | None]) -> None:
    """Refuse flags that say something of what is not read."""
    for flag, value in given.items():
        if value is not None:
            raise SettingsError(f"{flag} speaks of {what}, which this run does not read. Leave it out.")


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _assigned(flag: str, entries: list[str] | None) -> dict[str, str]:
    assigned = {}
    for entry in entries or []:
        column, sign, value = entry.rpartition("=")
        if not sign or not column or not value:
            raise SettingsError(f"{flag} must be COL=VALUE, got '{entry}'.")
        assigned[column] = value
    return assigned
