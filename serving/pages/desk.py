"""What pages work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scoring.io.sections import Sections
from scoring.io.store import Store
from serving.deps import Deps
from serving.facts import Reader as Facts
from serving.pages.making import Workshop
from serving.pages.site import Site
from serving.writer import Writer


@dataclass(frozen=True, slots=True)
class Desk:
    """What pages work with, made once for each process.

    Parameters
    ----------
    site : Site
        What renders them.
    deps : Deps
        Champions and clock.
    store : Store
        What is asked.
    writer : Writer
        What commits.
    settings : Sections
        What the team has set.
    facts : serving.facts.Reader
        How what is told of leads is read.
    workshop : Workshop
        What makes what takes longer than a page may.
    home : Path or None
        The folder that holds what LeadLoop writes; None where there is none.
    """

    site: Site
    deps: Deps
    store: Store
    writer: Writer
    settings: Sections
    facts: Facts
    workshop: Workshop
    home: Path | None = None
