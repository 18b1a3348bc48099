"""What becomes of each lead, and when: drawn from the truth, then told as the outcomes that sales records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from training.simulate.clock import DAY, HOUR, Seconds, in_office_hours
from training.simulate.world import (
    DISQUALIFIED_REASONS,
    LOST_REASONS,
    WON_IN_TIME,
    Chances,
    Indices,
    Numbers,
    Words,
)

WON: Final = 0
WON_LATE: Final = 1
LOST_AS_SQL: Final = 2
NEVER_SQL: Final = 3

# Days to the sale, then the part of them after which the lead was an SQL: (longest, a, b) of
# Kumaraswamy distributions, whose quantiles have a closed form.
_TO_SALE: Final = {WON: (0.0, 90.0, 1.4, 3.0), WON_LATE: (90.0, 90.0, 1.0, 2.0)}
_PART_TO_SQL: Final = {WON: (1.6, 2.4), WON_LATE: (1.4, 2.2)}
_TO_SQL_IF_LOST: Final = (120.0, 1.05, 4.0)


@dataclass(frozen=True, slots=True)
class Fate:
    """How each lead ends, and the days from creation to being an SQL and to the end; infinite for never."""

    kind: Indices
    sql: Numbers
    end: Numbers
    ending: Words

    @property
    def becomes_sql(self) -> Indices:
        """1 for a lead that becomes an SQL."""
        return np.asarray(self.kind != NEVER_SQL, dtype=np.intp)


def kumaraswamy(quantile: Numbers, a: float, b: float) -> Numbers:
    """Give the value between 0 and 1 at a quantile."""
    return np.asarray((1 - (1 - quantile) ** (1 / b)) ** (1 / a))


def sql_within(chances: Chances, days: float = 30.0) -> Numbers:
    """Say how likely each lead really is to become an SQL within that many days of its creation."""
    won = WON_IN_TIME * _sql_in_time(WON, days) + (1 - WON_IN_TIME) * _sql_in_time(WON_LATE, days)
    longest, a, b = _TO_SQL_IF_LOST
    lost = 1 - (1 - min(days / longest, 1.0) ** a) ** b
    return np.asarray(chances.sql * (chances.win * won + (1 - chances.win) * lost))


def _sql_in_time(kind: int, days: float) -> float:
    """Integrate over quantiles of both waiting times."""
    middle = (np.arange(800) + 0.5) / 800
    least, spread, a, b = _TO_SALE[kind]
    sale = least + spread * kumaraswamy(middle, a, b)
    part = kumaraswamy(middle, *_PART_TO_SQL[kind])
    return float((sale[:, None] * part[None, :] <= days).mean())


def draw_fates(rng: np.random.Generator, chances: Chances) -> Fate:
    """Draw how each lead ends."""
    count = len(chances.sql)
    won = chances.sql * chances.win
    edges = np.stack([won * WON_IN_TIME, won, chances.sql], axis=1)
    kind = np.asarray((rng.random(count)[:, None] >= edges).sum(axis=1), dtype=np.intp)
    sql, end = np.full(count, np.inf), np.full(count, np.inf)
    ending = np.full(count, "", dtype=object)
    for which in (WON, WON_LATE):
        rows = np.flatnonzero(kind == which)
        least, spread, a, b = _TO_SALE[which]
        end[rows] = least + spread * kumaraswamy(rng.random(len(rows)), a, b)
        sql[rows] = end[rows] * kumaraswamy(rng.random(len(rows)), *_PART_TO_SQL[which])
        ending[rows] = "won"
    rows = np.flatnonzero(kind == LOST_AS_SQL)
    longest, a, b = _TO_SQL_IF_LOST
    sql[rows] = longest * kumaraswamy(rng.random(len(rows)), a, b)
    end[rows] = sql[rows] + 8 + 110 * kumaraswamy(rng.random(len(rows)), 1.2, 2.0)
    ending[rows] = "lost"
    _end_the_rest(rng, np.flatnonzero(kind == NEVER_SQL), end, ending)
    return Fate(kind, sql, end, ending)


def _end_the_rest(rng: np.random.Generator, rows: Indices, end: Numbers, ending: Words) -> None:
    """Leads that never become an SQL are disqualified, lost, put aside, or simply never heard of again."""
    drawn = rng.choice(4, size=len(rows), p=[0.27, 0.30, 0.13, 0.30])
    ending[rows] = np.array(["disqualified", "lost", "recycled", ""], dtype=object)[drawn]
    longest = np.array([40.0, 110.0, 60.0, np.inf])[drawn]
    spread = kumaraswamy(rng.random(len(rows)), 1.2, 2.6)
    end[rows] = np.where(
        np.isfinite(longest), 0.5 + np.where(np.isfinite(longest), longest, 0) * spread, np.inf
    )


def draw_amounts(rng: np.random.Generator, employees: Numbers) -> Indices:
    """Draw what a deal with each company is worth, in yen."""
    worth = 420_000 * (employees / 50) ** 0.5 * np.exp(rng.normal(0, 0.55, len(employees)))
    return np.asarray(np.clip(np.round(worth / 10_000), 5, 5_000) * 10_000, dtype=np.intp)


def tell_outcomes(rng: np.random.Generator, created: Seconds, fate: Fate, amount: Indices) -> pd.DataFrame:
    """Tell each fate as the rows that sales writes: stages in order, with the delay of writing them down.

    Columns ``lead`` (position), ``occurred``, ``recorded`` (wall seconds), ``stage``, ``amount``, ``reason``.
    """
    parts = [
        pd.DataFrame(
            {"lead": np.flatnonzero(np.isfinite(when)), "days": when[np.isfinite(when)], "stage": stage}
        )
        for stage, when in _stage_days(rng, fate)
    ]
    table = pd.concat(parts, ignore_index=True).sort_values(
        ["lead", "days"], kind="stable", ignore_index=True
    )
    start = created[table["lead"]].astype(np.float64)
    occurred = in_office_hours(rng, start + table["days"].to_numpy() * DAY, start + HOUR / 3)
    occurred = _in_order(table["lead"].to_numpy(), occurred)
    table["occurred"] = occurred.astype(np.int64)
    table["recorded"] = _written_down(rng, occurred).astype(np.int64)
    table["recorded"] = table.groupby("lead")["recorded"].cummax()
    paid = table["stage"].isin(["opportunity", "won"])
    table["amount"] = np.where(paid, amount[table["lead"]], 0)
    table["reason"] = _reasons(rng, table["stage"].to_numpy(dtype=object))
    return table.drop(columns="days")


def _in_order(lead: Indices, occurred: Numbers) -> Numbers:
    """Keep the stages of a lead in their order where one day holds several."""
    return occurred[np.lexsort((occurred, lead))]


def _written_down(rng: np.random.Generator, occurred: Numbers) -> Numbers:
    """When sales records what happened: the same afternoon, or days later."""
    delay = np.minimum(np.exp(rng.normal(np.log(0.35), 1.1, len(occurred))), 15) * DAY
    soon = occurred + rng.integers(300, 5_400, len(occurred))
    later = in_office_hours(rng, occurred + delay, soon)
    return np.where(delay < DAY / 6, soon, np.maximum(later, soon))


def _stage_days(rng: np.random.Generator, fate: Fate) -> list[tuple[str, Numbers]]:
    """Days from creation to each stage; infinite for a stage that is never reached."""
    count, sql = len(fate.kind), fate.sql
    early = np.where(np.isfinite(sql), np.minimum(0.6 * sql, 6.0), np.minimum(0.5 * fate.end, 8.0))
    noticed = np.isfinite(sql) | (rng.random(count) < 0.45)
    mql = np.where(noticed, early * rng.random(count) * 0.5, np.inf)
    taken = noticed & (np.isfinite(sql) | (rng.random(count) < 0.5))
    sal = np.where(taken, early * (0.5 + 0.5 * rng.random(count)), np.inf)
    proposed = (fate.kind <= WON_LATE) | ((fate.kind == LOST_AS_SQL) & (rng.random(count) < 0.7))
    safe = np.where(proposed, sql, 0.0)
    until = np.where(proposed, fate.end, 0.0)
    opportunity = np.where(proposed, safe + (until - safe) * (0.1 + 0.5 * rng.random(count)), np.inf)
    again = (fate.ending == "lost") & (rng.random(count) < 0.04)
    given_up = (fate.ending == "recycled") & (rng.random(count) < 0.35)
    return [
        *(("mql", mql), ("sal", sal), ("sql", sql), ("opportunity", opportunity)),
        *(
            (end, np.where(fate.ending == end, fate.end, np.inf))
            for end in ("won", "lost", "disqualified", "recycled")
        ),
        ("recycled", np.where(again, fate.end + 30 + 60 * rng.random(count), np.inf)),
        ("lost", np.where(given_up, fate.end + 20 + 70 * rng.random(count), np.inf)),
    ]


def _reasons(rng: np.random.Generator, stage: Words) -> Words:
    """Why a lead was lost or disqualified, as sales picks it from a list."""
    lost = np.array(LOST_REASONS, dtype=object)[rng.choice(len(LOST_REASONS), len(stage), p=_LOST_SHARE)]
    unfit = np.array(DISQUALIFIED_REASONS, dtype=object)[
        rng.integers(0, len(DISQUALIFIED_REASONS), len(stage))
    ]
    return np.select([stage == "lost", stage == "disqualified"], [lost, unfit], default="").astype(object)


_LOST_SHARE: Final = (0.24, 0.2, 0.22, 0.18, 0.1, 0.06)
