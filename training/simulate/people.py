"""Invented people at invented companies.

E-mail domains end in ``example.co.jp`` or ``example.ac.jp``, private addresses carry a number, and local
telephone numbers begin with 0, which no exchange in Japan does: none of it can reach anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.simulate.names import FOREIGN, GIVEN, PLACES, SURNAMES, TRADES
from training.simulate.world import (
    DEPARTMENTS,
    PERSONAS,
    PREFECTURES,
    RANKS,
    STUDENT,
    TITLES,
    Flags,
    Indices,
    Numbers,
    Words,
)

_FREE: Final = ("gmail.com", "gmail.com", "yahoo.co.jp", "outlook.jp", "icloud.com")


@dataclass(frozen=True, slots=True)
class People:
    """Persons and the companies they work for, one entry per person."""

    name: Words
    company: Words
    email: Words
    phone: Words
    job_title: Words
    prefecture: Indices
    industry: Indices
    rank: Indices
    persona: Indices
    employees: Numbers

    def take(self, person: Indices) -> People:
        """Repeat persons: the same one can become a lead twice."""
        return People(*(getattr(self, name)[person] for name in self.__slots__))


def draw_people(rng: np.random.Generator, count: int) -> People:
    """Draw that many persons."""
    persona = rng.choice(len(PERSONAS), size=count, p=[each.share for each in PERSONAS])
    rank = _by_row(rng, np.array([each.ranks for each in PERSONAS]), persona)
    firms = _Firms.draw(rng, max(20, int(0.6 * count)))
    firm = rng.integers(0, len(firms.name), count)
    kanji, romaji = _names(rng, count)
    free = rng.random(count) < np.array([each.free_mail for each in PERSONAS])[persona]
    return People(
        name=kanji,
        company=np.where(rank == STUDENT, "", firms.name[firm]).astype(object),
        email=_emails(rng, romaji, firms.domain[firm], free, rank == STUDENT),
        phone=_phones(rng, firms.prefecture[firm]),
        job_title=_titles(rng, rank),
        prefecture=firms.prefecture[firm],
        industry=firms.industry[firm],
        rank=rank,
        persona=np.asarray(persona, dtype=np.intp),
        employees=firms.employees[firm],
    )


@dataclass(frozen=True, slots=True)
class _Firms:
    name: Words
    domain: Words
    prefecture: Indices
    industry: Indices
    employees: Numbers

    @classmethod
    def draw(cls, rng: np.random.Generator, count: int) -> _Firms:
        places, trades = _pairs(PLACES), [trade.split() for trade in TRADES.split(",")]
        every = rng.permutation(len(places) * len(trades))[:count]
        place, trade = every // len(trades), every % len(trades)
        bare = [places[p][0] + trades[t][0] for p, t in zip(place, trade, strict=True)]
        domain = [f"{places[p][1]}-{trades[t][1]}.example.co.jp" for p, t in zip(place, trade, strict=True)]
        form = rng.choice(4, size=len(every), p=[0.52, 0.36, 0.07, 0.05])
        name = [_FORMS[kind].format(text) for kind, text in zip(form, bare, strict=True)]
        return cls(
            np.array(name, dtype=object),
            np.array(domain, dtype=object),
            _draw(rng, np.array([share for _, share, _ in PREFECTURES]), len(every)),
            np.array([int(trades[t][2]) for t in trade], dtype=np.intp),
            np.clip(np.round(np.exp(rng.normal(np.log(85), 1.35, len(every)))), 3, 40_000),
        )


_FORMS: Final = ("株式会社{}", "{}株式会社", "有限会社{}", "合同会社{}")


def _names(rng: np.random.Generator, count: int) -> tuple[Words, Words]:
    """Names as written, and in Latin letters for an address."""
    surnames, given = _pairs(SURNAMES), _pairs(GIVEN)
    weights = 1 / np.arange(1, len(surnames) + 1) ** 0.5
    first = rng.choice(len(surnames), size=count, p=weights / weights.sum())
    second = rng.integers(0, len(given), count)
    foreign, names = rng.random(count) < 0.04, FOREIGN.split(",")
    written = [f"{surnames[a][0]} {given[b][0]}" for a, b in zip(first, second, strict=True)]
    latin = [f"{given[b][1]}.{surnames[a][1]}" for a, b in zip(first, second, strict=True)]
    for row in np.flatnonzero(foreign):
        written[row] = names[second[row] % len(names)]
        latin[row] = written[row].lower().replace(" ", ".").replace("ü", "u")
    return np.array(written, dtype=object), np.array(latin, dtype=object)


def _emails(rng: np.random.Generator, latin: Words, domain: Words, free: Flags, student: Flags) -> Words:
    hosts = rng.integers(0, len(_FREE), len(latin))
    style = rng.random(len(latin))

    def address(row: int) -> str:
        if free[row]:
            return f"{latin[row]}.{row:06d}@{_FREE[hosts[row]]}"
        if student[row]:
            return f"{latin[row]}@{domain[row].split('.')[0]}-u.example.ac.jp"
        given, surname = latin[row].split(".", 1)
        local = latin[row] if style[row] < 0.4 else f"{given[0]}.{surname}" if style[row] < 0.75 else surname
        return f"{local}@{domain[row]}"

    return np.array([address(row) for row in range(len(latin))], dtype=object)


def _phones(rng: np.random.Generator, prefecture: Indices) -> Words:
    mobile = rng.random(len(prefecture)) < 0.22
    digits = rng.integers(0, 10_000_000, len(prefecture))

    def number(row: int) -> str:
        last = f"{digits[row] % 10_000:04d}"
        if mobile[row]:
            return f"090-0{digits[row] // 10_000:03d}-{last}"
        area = PREFECTURES[prefecture[row]][2]
        exchange = f"0{digits[row] // 10_000:03d}"[: 6 - len(area)]
        return f"{area}-{exchange}-{last}"

    return np.array([number(row) for row in range(len(prefecture))], dtype=object)


def _titles(rng: np.random.Generator, rank: Indices) -> Words:
    choice, department, named = (
        rng.random(len(rank)),
        rng.integers(0, len(DEPARTMENTS), len(rank)),
        rng.random(len(rank)),
    )

    def title(row: int) -> str:
        titles = TITLES[RANKS[rank[row]]]
        text = titles[int(choice[row] * len(titles))]
        japanese = not text.isascii() and RANKS[rank[row]] in {"部長", "課長", "主任", "担当"}
        return f"{DEPARTMENTS[department[row]]} {text}" if japanese and named[row] < 0.55 else text

    return np.array([title(row) for row in range(len(rank))], dtype=object)


def _draw(rng: np.random.Generator, weights: Numbers, count: int) -> Indices:
    return np.asarray(rng.choice(len(weights), size=count, p=weights / weights.sum()), dtype=np.intp)


def _by_row(rng: np.random.Generator, table: Numbers, row: Indices) -> Indices:
    """Draw a column for each row number by the weights of that row."""
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)[row]
    return np.asarray(
        np.minimum((rng.random(len(row))[:, None] > edges).sum(axis=1), table.shape[1] - 1), dtype=np.intp
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(pair.split()[0], pair.split()[1]) for pair in text.split(",")]
