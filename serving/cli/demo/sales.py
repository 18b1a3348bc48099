"""What the company's people do: answer what they are handed, and take up some leads by themselves."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final

from scoring.contract import OUTCOMES, to_micros, to_seconds
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import writing
from scoring.io.store.facts import Told, add_events
from scoring.io.store.handoffs import last_handoffs, unanswered
from serving.deciding import accept, reject

# What the company's people write down, in the words of the agreement.
REASONS: Final = {
    "予算なし": "no budget", "競合に決定": "no need", "時期尚早": "bad timing", "連絡取れず": "not reachable",
    "要件不一致": "no need", "社内都合で中止": "bad timing", "学生・個人": "no authority",
    "同業他社": "no need", "連絡先不明": "wrong data", "対象外の業種": "no need",
}  # fmt: skip
_OF_ENDING: Final = {"recycled": "bad timing", "": "not reachable"}
# The share of handoffs answered on the day, on the next, and on the one after; the rest is never answered.
_DAYS: Final = ((0.45, 0), (0.85, 1), (0.95, 2))


@dataclass(frozen=True, slots=True)
class Answer:
    """What sales says of a lead: the reason for which it is not taken, and whether that is for good."""

    takes: bool
    reason: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales people who answer within days, or not at all.

    Parameters
    ----------
    answers : mapping of str to Answer
        What they say, by lead.
    picked : list of Told
        What they would write down of leads that nobody has handed over to them, in the order of the writing.
    """

    answers: Mapping[str, Answer]
    picked: Sequence[Told]

    @classmethod
    def of(cls, folder: Path) -> Sales:
        """What the company's CRM knows, from ``answers.csv`` and ``picked.csv``."""
        answers = {row["lead_id"]: _answer(row) for row in _rows(folder / "answers.csv")}
        return cls(answers, [_picked(row) for row in _rows(folder / "picked.csv")])

    def answer(self, store: Store, settings: Sections, now: datetime) -> tuple[int, int]:
        """Accept and reject what is due, and say how many of each."""
        at, accepted, rejected = to_micros(now.timestamp()), 0, 0
        with writing(store.engine) as connection:
            for one in unanswered(connection):
                if not _is_due(one.lead_id, to_seconds(one.handed_at), now):
                    continue
                who, said = one.rep or "sales", self.answers[one.lead_id]
                if said.takes:
                    accept(connection, one.id, who, at)
                    accepted += 1
                else:
                    reject(connection, one.id, who, at, settings, reason=said.reason, for_good=said.for_good)
                    rejected += 1
        return accepted, rejected

    def take_up(self, store: Store, since: datetime, now: datetime) -> None:
        """Write down what people have taken up since some time, of leads that were not handed over to them."""
        first, last = to_micros(since.timestamp()), to_micros(now.timestamp())
        with writing(store.engine) as connection:
            handed = last_handoffs(connection)
            told = [
                replace(one, recorded_at=last)
                for one in self.picked
                if first < one.recorded_at <= last and one.lead_id not in handed
            ]
            add_events(connection, OUTCOMES, told)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _picked(row: Mapping[str, str]) -> Told:
    occurred, recorded = (
        to_micros(datetime.fromisoformat(row[name]).timestamp()) for name in ("occurred_at", "recorded_at")
    )
    return Told(row["lead_id"], occurred, recorded, True, None, (row["stage"], None, None, None, row["rep"]))


def _answer(row: Mapping[str, str]) -> Answer:
    reason = REASONS.get(row["reason"]) or _OF_ENDING.get(row["ending"], "no need")
    return Answer(row["takes"] == "yes", reason, row["ending"] == "disqualified")


def _is_due(lead_id: str, handed_at: float, now: datetime) -> bool:
    """Whether sales has got round to a lead by now: each lead has a time of its own."""
    drawn = int.from_bytes(blake2b(lead_id.encode(), digest_size=4).digest()) / 2**32
    days = next((days for share, days in _DAYS if drawn < share), None)
    return days is not None and now.timestamp() - handed_at >= timedelta(days=days).total_seconds()
