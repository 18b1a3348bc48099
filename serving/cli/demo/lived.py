"""The weeks that the company has worked with LeadLoop, told day by day: scored, handed over, answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from scoring.io.settings import Settings
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.ledger import read_events
from scoring.ledger import Ledger
from scoring.scorecard import Scorecard
from scoring.value import WON
from serving.cli.demo.company import Company
from serving.cli.demo.sales import Sales
from serving.decision import handoff_of
from serving.handing import accept_silent, hand_over
from serving.open_leads import Rescored, score_open
from serving.worth import Worth

ANSWERS = time(16)
# What was handed over on the last days waits for an answer: yours.
LEFT_OPEN = 2


class Told(Store):
    """A store of which only what the days add is read again: outcomes and assignments.

    Parameters
    ----------
    store : Store
        The store.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine, store.primary)
        self._imported = store.ledger()

    def ledger(self, tables: Sequence[str] | None = None, properties: Sequence[str] | None = None) -> Ledger:
        """All that is known of all leads; the same as the store says, and quicker."""
        if tables is not None or properties is not None:
            return super().ledger(tables, properties)
        with reading(self.engine) as connection:
            return replace(
                self._imported,
                outcomes=read_events(connection, "outcomes"),
                assignments=read_events(connection, "assignments"),
            )


@dataclass(slots=True)
class Month:
    """What became of a month's leads.

    Parameters
    ----------
    name : str
        Year and month.
    handed, explored, accepted, rejected : int
        Leads handed over by the rule and drawn from those below it, and what sales said, silence being consent.
    """

    name: str
    handed: int = 0
    explored: int = 0
    accepted: int = 0
    rejected: int = 0

    @property
    def said(self) -> str:
        """In words."""
        drawn = f", {self.explored:,} of them drawn from below the threshold" if self.explored else ""
        return (
            f"{self.name}: {self.handed + self.explored:,} handed over{drawn}; sales accepted {self.accepted:,} and "
            f"rejected {self.rejected:,}."
        )


def live(
    store: Store,
    settings: Settings,
    company: Company,
    days: Sequence[date],
    now: datetime,
    *,
    began: Callable[[date], None],
    ended: Callable[[Month], None],
) -> Company:
    """Let LeadLoop work for the company on each of some days; what was done before is not done again.

    Parameters
    ----------
    store : Store
        Where leads, models and the policy are.
    settings : Settings
        What the company has set.
    company : Company
        The company.
    days : sequence of date
        The days, in order.
    now : datetime
        Nothing is written down later.
    began, ended : callable
        Told of each day as it begins, and of each month as it ends.
    """
    store, sales = Told(store), Sales.of(company.folder)
    cards = cards_of(store, settings)
    answered, month = days[: len(days) - LEFT_OPEN], None
    for before, day in pairwise([company.since - timedelta(days=1), *days]):
        if company.lived_until is not None and day <= company.lived_until:
            continue
        began(day)
        if month is None or month.name != f"{day:%Y-%m}":
            if month is not None:
                ended(month)
            month = Month(f"{day:%Y-%m}")
        if day.isocalendar()[:2] != before.isocalendar()[:2]:
            rescore(store, settings, cards, company.at(day))
        _hand_over(store, settings, company.at(day), month)
        evening = min(company.at(day, ANSWERS), now)
        if day in answered:
            _answer(store, settings, sales, evening, month)
        sales.take_up(store, company.at(before, ANSWERS), evening)
        company = company.keep(lived_until=day)
    if month is not None:
        ended(month)
    return company


def _hand_over(store: Store, settings: Settings, morning: datetime, month: Month) -> None:
    month.accepted += accept_silent(store, settings, morning)
    done = hand_over(store, settings, morning)
    if done is not None:
        month.handed += done.handed
        month.explored += done.explored


def _answer(store: Store, settings: Settings, sales: Sales, evening: datetime, month: Month) -> None:
    accepted, rejected = sales.answer(store, settings, evening)
    month.accepted += accepted
    month.rejected += rejected


def cards_of(store: Store, settings: Settings) -> dict[str, Scorecard]:
    """What is live, by target."""
    champions = {target: store.champion(target) for target in settings.targets if store.champions(target)}
    return {target: Scorecard.from_json(one.scorecard) for target, one in champions.items() if one}


def rescore(
    store: Store, settings: Settings, cards: dict[str, Scorecard], now: datetime
) -> dict[str, Rescored]:
    """Score the open leads as they were known at a time, for each target, into the log.

    Parameters
    ----------
    store, settings
        As in :func:`live`.
    cards : dict of str to Scorecard
        What is live, by target.
    now : datetime
        The time.
    """
    worth, handoff = Worth.of(cards.get(WON), settings.value), handoff_of(store, *cards.values())
    folder = settings.home / "scored"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        target: score_open(
            store, card, folder / f"{target}.csv", as_of=now.timestamp(), now=now.timestamp(),
            lang=settings.language.default, worth=worth, handoff=handoff,
        )
        for target, card in cards.items()
    }  # fmt: skip
