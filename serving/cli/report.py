"""``leadloop report``: the closed-loop report of a month, to read here, to send, or for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from scoring.errors import SettingsError
from scoring.io.outputs import replacing
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.reasons import Lang
from serving.cli.moment import moment
from serving.cli.terminal import console, settings
from serving.kept_reports import keep_report, month_asked
from serving.reporting import made_report

FEW: Final = 10
MONTH_HELP = "The month, as 2026-10. [default: the last whole one]"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", rich_help_panel="Sales")(report)


def report(
    month: Annotated[str | None, typer.Argument(metavar="[MONTH]", help=MONTH_HELP)] = None,
    lang: Annotated[
        Literal["en", "ja"] | None, typer.Option(help="The language. [default: the one of the settings]")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write it to a file: .html for the meeting, .json for programs.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Tell only what was known then, ISO 8601. Such a report is not kept. [default: now]",
        ),
    ] = None,
) -> None:
    """Say what a month brought, against the month before: both sides of the table look at the same numbers.

    Leads, stages, revenue, campaigns under four ways of crediting them, whether the score was honest, what sales
    answered, whether both sides kept their word, and the three things that deserve talk. Facts count by when they
    occurred. The report is kept in the store, where the page and the service find it.

    Example: `leadloop report 2026-10 --lang ja -o report.html`
    """
    given = settings()
    language: Lang = lang or given.language.default
    write = None if output is None else _writer(output)
    now = moment(as_of, given.time.zone) if as_of is not None else datetime.now(UTC)
    asked = month_asked(month, given, now)
    with open_store(given.database_url, given.primary) as store:
        with console.status("Making the report …") as shown:

            def tell(step: str) -> None:
                shown.update(f"Making the report: {step} …")

            content = made_report(store, given, asked, now, tell).to_dict()
            if as_of is None:
                keep_report(store, asked, content, now)
        if write is not None and output is not None:
            with replacing(output) as stream:
                stream.write(write(store, given, content, language).encode())
            console.print(f"{output}: the report of {asked.name}.", markup=False, soft_wrap=True)
    if as_json:
        typer.echo(_json(content))
    elif output is None:
        _show(given, content, language)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


Write = Callable[[Store, Settings, dict[str, Any], Lang], str]


def _writer(output: Path) -> Write:
    """What writes a file of this suffix."""
    try:
        return _WRITERS[output.suffix.lower()]
    except KeyError as error:
        raise SettingsError(
            f"{output.name} must be HTML or JSON: its suffix must be one of {', '.join(_WRITERS)}."
        ) from error


def _as_html(store: Store, given: Settings, content: dict[str, Any], lang: Lang) -> str:
    # Here, because other commands never need a page.
    from serving.keys import Keys
    from serving.pages.report_file import report_html
    from serving.pages.site import Site

    return report_html(Site(given, Keys(store), ""), content, lang)


def _as_json(_store: Store, _given: Settings, content: dict[str, Any], _lang: Lang) -> str:
    return _json(content) + "\n"


_WRITERS: Final[dict[str, Write]] = {".html": _as_html, ".json": _as_json}


def _show(given: Settings, content: dict[str, Any], lang: Lang) -> None:
    """The report on a terminal: what deserves talk, then every part."""
    from zoneinfo import ZoneInfo

    from serving.pages.chapters import chapters, compared, points
    from serving.pages.formats import Formats
    from serving.pages.telling import Sheet, Teller

    tell = Teller(content, Formats(lang, ZoneInfo(given.time.zone), given.value.currency), most=FEW)
    console.print(f"[bold]{escape(compared(tell))}[/]")
    for point in points(tell):
        console.print(f"• {point.said}", markup=False)

    def table(sheet: Sheet) -> None:
        shown = Table(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            title=sheet.caption,
            title_justify="left",
        )
        for head in sheet.heads:
            words, right = (head, False) if isinstance(head, str) else (head[0], True)
            shown.add_column(escape(words), justify="right" if right else "left", overflow="fold")
        for row in sheet.rows:
            shown.add_row(*map(escape, row))
        console.print(shown)

    for chapter in chapters(tell):
        console.print(f"\n[bold]{escape(chapter.title)}[/]")
        for said in chapter.said:
            console.print(said, markup=False)
        for sheet in chapter.sheets if chapter.name != "daily" else ():
            table(sheet)
