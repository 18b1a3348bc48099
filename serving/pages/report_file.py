"""The monthly report as one file for the meeting: it asks for nothing, runs nothing, and prints on A4."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from scoring.reasons import Lang
from serving.pages.chapters import answer, chapters, compared, figures, points
from serving.pages.site import Site
from serving.pages.telling import Teller

STYLES = ("leadloop.css", "report.css")


def report_html(site: Site, content: Mapping[str, Any], lang: Lang) -> str:
    """Write a report as a page of its own.

    Parameters
    ----------
    site : Site
        What fills in templates and draws charts.
    content : mapping
        What :meth:`scoring.report.Report.to_dict` gave.
    lang : {"en", "ja"}
        The language.
    """
    style = Markup("\n".join(_style(name) for name in STYLES))
    return site.text("report_file.html", lang, style=style, **whole(Teller(content, site.formats(lang))))


def whole(tell: Teller) -> dict[str, Any]:
    """All of a report, as templates are filled with it."""
    return {
        "content": tell.content,
        "chapters": chapters(tell),
        "points": points(tell),
        "compared": compared(tell),
        "answer": answer(tell),
        "figures": figures(tell),
        "as_of": datetime.fromisoformat(tell.content["as_of"]),
    }


def _style(name: str) -> str:
    return files("serving.pages").joinpath("static", name).read_text(encoding="utf-8")
