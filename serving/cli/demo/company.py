"""The demo's company: which one stands in a folder, its settings, and how far its life has been told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from scoring.errors import SettingsError
from scoring.io.outputs import replacing
from scoring.io.store import Store
from scoring.reasons import Lang

ZONE: Final = "Asia/Tokyo"
OPENS, CLOSES = time(9), time(18)
LEADS, MONTHS, WEEKS = 4_000, 18, 15
DEAL = 800_000
SELLING = 6
_MARK, _SETTINGS = "company.json", "leadloop.toml"


@dataclass(frozen=True, slots=True)
class Company:
    """An invented company.

    Parameters
    ----------
    folder : Path
        Where its tables and settings are.
    leads, seed : int
        How many leads it has had, and what all of it was drawn with.
    end : date
        Its last day.
    lived_until : date or None
        The last day that LeadLoop has worked for it.
    is_whole : bool
        Whether all of it is told.
    """

    folder: Path
    leads: int
    seed: int
    end: date
    lived_until: date | None = None
    is_whole: bool = False

    @property
    def since(self) -> date:
        """The Monday on which it began to work with LeadLoop."""
        day = self.end - timedelta(weeks=WEEKS)
        return day - timedelta(days=day.weekday())

    @property
    def settings_file(self) -> Path:
        """Its ``leadloop.toml``."""
        return self.folder / _SETTINGS

    def at(self, day: date, hour: time = OPENS) -> datetime:
        """A time of its clocks."""
        return datetime.combine(day, hour, ZoneInfo(ZONE))

    def keep(self, **changes: Any) -> Company:
        """Remember how far it is, in its folder.

        Parameters
        ----------
        **changes
            What has changed.
        """
        kept = replace(self, **changes)
        told = {name: value for name, value in asdict(kept).items() if name != "folder"}
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.folder / _MARK) as stream:
            stream.write(json.dumps(told, default=str, indent=1).encode() + b"\n")
        return kept


def company_in(folder: Path) -> Company | None:
    """The company whose life was told, or begun to be told, in a folder; None where there is none."""
    try:
        told = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    days = {
        name: None if told[name] is None else date.fromisoformat(told[name])
        for name in ("end", "lived_until")
    }
    return Company(folder, **(told | days))


def choose_company(
    store: Store, folder: Path, leads: int | None, seed: int | None, end: date | None, today: date
) -> Company:
    """The company to go on with, or a new one.

    Parameters
    ----------
    store : Store
        Where its leads are, or will be.
    folder : Path
        Where its files are.
    leads, seed, end
        What is asked for; None: what the company has that is there, else the usual.
    today : date
        The last day by default.

    Raises
    ------
    SettingsError
        If another company is there, or leads that are no invented ones.
    """
    found = company_in(folder)
    home = folder.parent
    elsewhere = f"Give the demo a folder of its own: LEADLOOP_HOME={home}-demo leadloop demo"
    if found is None:
        if store.lead_count() or store.model_count():
            raise SettingsError(
                f"The store of {home} holds leads or models already, and invented ones must not get among them. "
                f"{elsewhere}"
            )
        return Company(folder, leads or LEADS, 1 if seed is None else seed, end or today).keep()
    asked = (leads or found.leads, found.seed if seed is None else seed, end or found.end)
    if asked != (found.leads, found.seed, found.end):
        raise SettingsError(
            f"{home} holds a company of {found.leads:,} leads until {found.end}, made with seed {found.seed}; "
            f"another one must not get among them. {elsewhere}, or delete {home}."
        )
    return found


def write_settings(company: Company, reps: Sequence[str], lang: Lang) -> None:
    """Write what the company has set: where it is, when it works, who sells, and what it wants to reach.

    Parameters
    ----------
    company : Company
        The company; what it can do and wants grows with its leads.
    reps : sequence of str
        Names of those who sell; the first few do.
    lang : {"en", "ja"}
        The language of readers who chose none.
    """
    monthly = company.leads / MONTHS
    goal = max(round(monthly * 0.11 * DEAL, -6), 1_000_000.0)
    sellers = reps[:SELLING]
    each = max(round(0.4 * monthly / SELLING), 1)
    lines = [
        "# The invented company of the demo.",
        *("[time]", f'zone = "{ZONE}"', ""),
        *("[language]", f'default = "{lang}"', ""),
        *("[calendar]", 'country = "JP"', ""),
        *("[value]", f"deal = {DEAL:.1f}", 'currency = "JPY"', ""),
        *("[goal]", f"revenue = {goal:.1f}", ""),
        *("[capacity]", f"leads_per_rep = {each}", ""),
        *("[handoff]", "lead_cost = 8000.0", ""),
        *("[sla]", "first_touch_hours = 4.0", "touches = 5", "touch_days = 14.0"),
    ]
    for name in sellers:
        lines += ["", "[[reps]]", f'name = "{name}"']
    company.settings_file.write_text("\n".join([*lines, ""]), encoding="utf-8")
