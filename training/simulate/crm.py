"""The simulated CRM in memory: every lead, what became of it, and the tables a real one would export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from scoring.stages import CLOSING, RECYCLED
from training.simulate.clock import (
    DAY,
    Seconds,
    arrivals,
    at_exhibitions,
    dates_of,
    draw_sources,
    exchange_rates,
    iso,
    month_of,
    months_before,
    seconds_of,
    stream,
)
from training.simulate.dirt import AWKWARD, soil, spelled_again
from training.simulate.fate import draw_amounts, draw_fates, sql_within, tell_outcomes
from training.simulate.history import draw_changes
from training.simulate.interest import Visits, visits_after, visits_before
from training.simulate.people import People, draw_people
from training.simulate.sales import Ownership, draw_owners, draw_touches
from training.simulate.world import (
    INDUSTRIES,
    PREFECTURES,
    PRODUCT_SHARE,
    PRODUCTS,
    SOURCES,
    STUDENT,
    Chances,
    Flags,
    Indices,
    Numbers,
    Traits,
    Words,
    chances,
)

DUPLICATES = 0.03
FIRST_CUSTOMER = 20_417
LATELY = 7 * DAY
HANDED: Final = ("mql", "sal")


@dataclass(frozen=True, slots=True)
class Arrived:
    """Leads in order of arrival: when, from where, and who they are."""

    lead_id: Words
    created: Seconds
    elapsed: Numbers
    source: Indices
    person: Indices
    people: People


@dataclass(frozen=True, slots=True)
class Crm:
    """All that is known of the simulated leads, as tables with wall seconds, and the truth behind them.

    ``leads`` holds every property as it was at creation; ``changes`` what was set later; ``answers`` what sales
    would say of each lead that it is handed; ``picked`` what marketing and sales take up by themselves where LeadLoop
    does not hand it over.
    """

    start: date
    end: date
    arrived: Arrived
    truth: Chances
    leads: pd.DataFrame
    visits: Visits
    activities: pd.DataFrame
    outcomes: pd.DataFrame
    changes: pd.DataFrame
    touches: pd.DataFrame
    owners: Ownership
    answers: pd.DataFrame
    picked: pd.DataFrame

    @property
    def sql_in_time(self) -> Numbers:
        """Probability of becoming an SQL within 30 days of creation."""
        return sql_within(self.truth)


def build(count: int, months: int, seed: int, end: date, reps: int, handed_since: date | None = None) -> Crm:
    """Draw a whole CRM, as far as it is written down by the end.

    Where LeadLoop hands over since some day, what people hand over and accept from then on stands apart, and new leads
    go to their reps on the mornings of working days.
    """
    start = months_before(end, months)
    arrived = _arrive(count, seed, start, end)
    created, people = arrived.created, arrived.people
    visits = visits_before(stream(seed, "visits"), created, arrived.source, people.persona)
    newsletter = stream(seed, "newsletter").random(count) < 0.35
    truth = chances(_traits(arrived, visits, newsletter))
    fate = draw_fates(stream(seed, "fate"), truth)
    amount = draw_amounts(stream(seed, "amount"), people.employees)
    until = seconds_of(end)
    story_told = tell_outcomes(stream(seed, "outcomes"), created, fate, amount)
    outcomes = _known(story_told, until)
    owners = draw_owners(stream(seed, "owners"), created, reps)
    picked = outcomes[:0]
    if handed_since is not None:
        own = outcomes["stage"].isin(HANDED) & (outcomes["recorded"] >= seconds_of(handed_since))
        picked, outcomes = (outcomes[rows].reset_index(drop=True) for rows in (own, ~own))
        owners = owners.on_mornings(created, seconds_of(handed_since))
    leads = _leads(arrived, visits, newsletter, seed, start, end)
    answers = _answers(story_told, count)
    waiting = answers["takes"].to_numpy() & ~np.isin(np.arange(count), _worked(outcomes))
    _name_awkwardly(leads, np.where(waiting & (created >= until - LATELY), truth.sql, 0.0))
    story = created + np.where(np.isfinite(fate.end), fate.end, 60.0) * DAY
    after = visits_after(stream(seed, "after"), created, story, fate.becomes_sql)
    touches = draw_touches(stream(seed, "touches"), created, owners, fate)
    changes = draw_changes(stream(seed, "changes"), arrived.created, people, leads, outcomes, owners)
    return Crm(
        start, end, arrived, truth, leads, visits,
        activities=_activities(visits, after, created, leads, until),
        outcomes=_mistype_years(stream(seed, "years"), outcomes),
        changes=changes[changes["occurred"] < until].reset_index(drop=True),
        touches=touches[touches["occurred"] < until].reset_index(drop=True),
        owners=owners,
        answers=answers,
        picked=picked.sort_values(["recorded", "lead", "occurred"], kind="stable", ignore_index=True),
    )  # fmt: skip


def _arrive(count: int, seed: int, start: date, end: date) -> Arrived:
    rng = stream(seed, "arrivals")
    created = arrivals(rng, count, start, end)
    length = seconds_of(end) - seconds_of(start)
    source = draw_sources(rng, (created - seconds_of(start)) / length)
    created = at_exhibitions(rng, created, source, start, end)
    order = np.argsort(created, kind="stable")
    created, source = created[order], source[order]
    person = np.arange(count)
    again = np.flatnonzero((rng.random(count) < DUPLICATES) & (person > 20))
    person[again] = rng.integers(0, again)
    people = draw_people(stream(seed, "people"), count).take(person)
    lead_id = np.array([f"L-{number:06d}" for number in range(1, count + 1)], dtype=object)
    return Arrived(lead_id, created, (created - seconds_of(start)) / length, source, person, people)


def _traits(arrived: Arrived, visits: Visits, newsletter: Flags) -> Traits:
    people = arrived.people
    return Traits(
        month_of(dates_of(arrived.created)), arrived.elapsed, arrived.source, people.industry, people.rank,
        people.employees, newsletter, visits.total_minutes, visits.counts["pricing_view"],
        visits.counts["download"], visits.counts["webinar_attended"],
    )  # fmt: skip


def _leads(
    arrived: Arrived, visits: Visits, newsletter: Flags, seed: int, start: date, end: date
) -> pd.DataFrame:
    """Every property at creation, as typed."""
    people, count = arrived.people, len(arrived.created)
    rng = stream(seed, "properties")
    rates = exchange_rates(stream(seed, "exchange"), arrived.created, start, end)
    clean = {
        "name": people.name,
        "company": people.company,
        "email": people.email,
        "phone": people.phone,
        "job_title": people.job_title,
        "country": np.full(count, "日本", dtype=object),
        "source": np.array([source.name for source in SOURCES], dtype=object)[arrived.source],
        "campaign": _campaigns(rng, arrived),
        "industry": np.array([name for name, _ in INDUSTRIES], dtype=object)[people.industry],
        "prefecture": np.array([name for name, _, _ in PREFECTURES], dtype=object)[people.prefecture],
        "employees": people.employees.astype(np.int64).astype(str).astype(object),
        "newsletter": np.where(newsletter, "はい", "いいえ").astype(object),
        "interest": np.array(PRODUCTS, dtype=object)[rng.choice(len(PRODUCTS), count, p=PRODUCT_SHARE)],
        "first_visit_on": _first_visits(visits),
        "usd_jpy": np.array([f"{rate:.2f}" for rate in rates], dtype=object),
    }
    second = np.flatnonzero(arrived.person != np.arange(count))
    for column in ("industry", "employees"):
        clean[column][people.rank == STUDENT] = ""
    typed = {}
    for column, values in clean.items():
        typed[column] = soil(stream(seed, f"dirt {column}"), column, values)
        typed[column][second] = spelled_again(rng, column, typed[column][second])
    customers = [f"{FIRST_CUSTOMER + 3 * number:07d}" for number in range(count)]
    return pd.DataFrame({"lead_id": arrived.lead_id, "customer_no": customers, **typed})


def _worked(outcomes: pd.DataFrame) -> Indices:
    """The leads with which something has happened beyond a handoff."""
    return outcomes.loc[~outcomes["stage"].isin(HANDED), "lead"].to_numpy()


def _name_awkwardly(leads: pd.DataFrame, promise: Numbers) -> None:
    """Give the most promising leads names that a careless program does not survive."""
    best = np.argsort(-promise, kind="stable")[: len(AWKWARD)]
    for row, text in zip(best, AWKWARD, strict=False):
        if promise[row] > 0:
            leads.loc[row, ["name", "company"]] = text


def _answers(outcomes: pd.DataFrame, count: int) -> pd.DataFrame:
    """Say whether sales would take each lead, and how and why it ends: columns ``takes``, ``ending``, ``reason``."""
    takes = np.isin(np.arange(count), outcomes.loc[outcomes["stage"] == "sal", "lead"])
    last = outcomes[outcomes["stage"].isin([*CLOSING, RECYCLED])].drop_duplicates("lead", keep="last")
    ends = last.set_index("lead")[["stage", "reason"]].reindex(np.arange(count), fill_value="")
    return pd.DataFrame({"takes": takes, "ending": ends["stage"], "reason": ends["reason"]})


def _campaigns(rng: np.random.Generator, arrived: Arrived) -> Words:
    """Each lead's campaign; a fair is named with its season."""
    drawn = rng.random(len(arrived.created))
    days = dates_of(arrived.created)
    season = np.where(month_of(days) <= 6, "春", "秋")

    def campaign(row: int) -> str:
        source = SOURCES[arrived.source[row]]
        if not source.campaigns:
            return ""
        if source.channel == "event":
            # One fair at a time: the leads of one evening come from the same hall.
            name = source.campaigns[int(days[row].astype(np.int64)) // 45 % len(source.campaigns)]
            return f"{name} {str(days[row])[:4]}{season[row]}"
        return source.campaigns[int(drawn[row] * len(source.campaigns))]

    return np.array([campaign(row) for row in range(len(drawn))], dtype=object)


def _first_visits(visits: Visits) -> Words:
    seen = np.isfinite(visits.first)
    days = np.full(len(seen), "", dtype=object)
    days[seen] = [str(day).replace("-", "/") for day in dates_of(visits.first[seen].astype(np.int64))]
    return days


def _known(table: pd.DataFrame, until: int) -> pd.DataFrame:
    """Keep what was written down by the end."""
    return table[table["recorded"] < until].reset_index(drop=True)


def _activities(
    visits: Visits, after: pd.DataFrame, created: Seconds, leads: pd.DataFrame, until: int
) -> pd.DataFrame:
    """Visits before creation become known with it, when the form says whose they were."""
    before = visits.frame
    before["recorded"] = created[before["lead"]]
    after["recorded"] = after["occurred"]
    table = _known(pd.concat([before, after], ignore_index=True), until)
    kind = table["kind"]
    campaign = leads["campaign"].to_numpy(dtype=object)[table["lead"]]
    webinar = (kind == "webinar_attended").to_numpy() & np.char.endswith(campaign.astype(str), "ウェビナー")
    table["campaign"] = np.select(
        [kind.isin(["email_open", "email_click"]), webinar], ["月刊メール", campaign], default=""
    )
    return table.sort_values(["recorded", "lead", "occurred", "kind"], kind="stable", ignore_index=True)


def _mistype_years(rng: np.random.Generator, outcomes: pd.DataFrame) -> pd.DataFrame:
    """A few losses carry the year before: older than their lead."""
    wrong = (outcomes["stage"] == "lost").to_numpy() & (rng.random(len(outcomes)) < 0.004)
    outcomes = outcomes.assign(occurred=outcomes["occurred"] - np.where(wrong, 365 * DAY, 0))
    return outcomes.sort_values(["recorded", "lead", "occurred"], kind="stable", ignore_index=True)


def timestamps(table: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """Write wall seconds as ISO times under the names of the data contract."""
    return table.assign(**{new: iso(table[old].to_numpy()) for new, old in columns.items()})
