"""How good a model is, as its training found: what pages show of the report that a scorecard carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from scoring.bands import Band, LiftRow
from scoring.charts.words import WORDS
from scoring.reasons import Lang
from serving.pages.promise import Promise, promises_of

SCORECARD: Final = "scorecard"
BOOSTING: Final = "unrestricted boosting"
CANDIDATES: Final = (
    "base rate",
    "newest first",
    "points rule",
    "win frequencies",
    "logistic regression",
    BOOSTING,
    SCORECARD,
)
#: Metric and digits, by what is asked: all in a glance, whether the likelihoods are right, and whether their order is.
GLANCE: Final = (("log_loss", 4), ("auc", 3), ("lift_at_10", 2))
PROMISES: Final = (("log_loss", 4), ("brier", 4), ("calibration_error", 4))
ORDER: Final = (
    ("auc", 3),
    ("average_precision", 3),
    ("lift_at_10", 2),
    ("capture", 3),
    ("contacts_per_conversion", 2),
)
IN_BLOCKS: Final = ("base rate", "points rule", "logistic regression", BOOSTING, SCORECARD)
_LESS: Final = frozenset({"log_loss", "brier", "calibration_error", "contacts_per_conversion"})
Verdict = Literal["better", "worse", ""]
Audited = tuple[str, list[Mapping[str, Any]]]
Estimate = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of one candidate.

    Parameters
    ----------
    value, low, high : str
        The estimate and its 90 % interval; empty where nobody could count it.
    verdict : {"better", "worse", ""}
        Whether it is better or worse than the scorecard beyond chance.
    """

    value: str
    low: str
    high: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Block:
    """A block of time that no model had seen.

    Parameters
    ----------
    number : int
        Its place.
    begins : datetime
        Its first moment.
    leads, converted : int
        How many it holds, and how many of them converted.
    losses : tuple of (float or None)
        The log loss of each of :meth:`Evidence.in_blocks`.
    """

    number: int
    begins: datetime
    leads: int
    converted: int
    losses: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The report of a scorecard.

    Parameters
    ----------
    report : mapping
        What its training found; empty for a points rule, and lacking what older releases did not look at.
    """

    report: Mapping[str, Any]

    @property
    def known(self) -> bool:
        """Whether it was compared with anything."""
        return bool(self._estimates)

    @property
    def bootstrap(self) -> Mapping[str, Any]:
        """Every candidate's metrics with intervals, in all and by block."""
        found: Mapping[str, Any] = self.report.get("bootstrap", {})
        return found

    @property
    def forward(self) -> bool:
        """Whether it was judged forward in time."""
        return bool(self.report.get("plan", {}).get("kind") == "forward")

    @property
    def snapshots(self) -> bool:
        """Whether it learned from leads as they were known at several times."""
        return bool(self.report.get("uses"))

    @property
    def why(self) -> str:
        """How it was judged."""
        return str(self.report.get("plan", {}).get("why", ""))

    @property
    def bands(self) -> list[Band]:
        """Promised against observed."""
        return [Band(**band) for band in self.report.get("calibration", ())]

    @property
    def lift(self) -> list[LiftRow]:
        """The leads from the best tenth to the worst."""
        return [LiftRow(**row) for row in self.report.get("lift", ())]

    @property
    def held(self) -> tuple[int, int] | None:
        """In how many of how many bands the intervals hold."""
        rows = (self.report.get("coverage") or {}).get("rows", ())
        return (sum(row["covered"] for row in rows), len(rows)) if rows else None

    @property
    def promises(self) -> list[Promise]:
        """Promised against observed, by use."""
        return promises_of(self.report.get("uses", ()), self.bands)

    def rivals(self, metric: str = "log_loss") -> dict[Verdict, list[str]]:
        """Which of the other candidates are better, worse, or neither, beyond chance.

        Parameters
        ----------
        metric : str
            By which.
        """
        found: dict[Verdict, list[str]] = {"better": [], "worse": [], "": []}
        for name in CANDIDATES:
            beside = self._differences.get(name, {}).get(metric)
            if name != SCORECARD and name in self._estimates and beside is not None:
                found[_verdict(metric, beside)].append(name)
        return found

    @property
    def price(self) -> Estimate | None:
        """Log loss of unrestricted boosting less that of the scorecard: below nought it would be better."""
        found: Estimate | None = self._differences.get(BOOSTING, {}).get("log_loss")
        return found if found is not None and found["value"] is not None else None

    @property
    def boosting(self) -> Verdict:
        """Whether unrestricted boosting is better or worse, beyond chance."""
        return "" if self.price is None else _verdict("log_loss", self.price)

    def beside(self, metric: str, candidate: str) -> tuple[Estimate, Verdict] | None:
        """By how much a metric of a candidate differs from that of the reference, and whether beyond chance."""
        found: Estimate | None = self._differences.get(candidate, {}).get(metric)
        return None if found is None or found["value"] is None else (found, _verdict(metric, found))

    def estimate(self, metric: str, candidate: str = SCORECARD) -> Estimate | None:
        """A metric with its interval."""
        found: Estimate | None = self._estimates.get(candidate, {}).get(metric)
        return found if found is not None and found["value"] is not None else None

    def compared(
        self, metrics: Sequence[tuple[str, int]], lang: Lang
    ) -> list[tuple[str, str, list[Measured]]]:
        """Every candidate with some metrics, the scorecard last.

        Parameters
        ----------
        metrics : sequence of (str, int)
            Their names and digits.
        lang : {"en", "ja"}
            The language.

        Returns
        -------
        list of (str, str, list of Measured)
            Name, name in words, and what was measured.
        """
        said = WORDS[lang].models
        return [
            (name, said[name], [self._measured(name, metric, digits) for metric, digits in metrics])
            for name in CANDIDATES
            if name in self._estimates
        ]

    @property
    def in_blocks(self) -> tuple[str, ...]:
        """The candidates whose blocks are shown."""
        return tuple(name for name in IN_BLOCKS if name in self._estimates)

    @property
    def blocks(self) -> list[Block]:
        """Forward in time, block by block."""
        folds = self.report.get("plan", {}).get("folds", ())
        found = self.bootstrap.get("blocks", {}).values()
        return [
            Block(
                number,
                datetime.fromtimestamp(fold["cut"], UTC),
                fold["tested_on"],
                fold["converted"],
                tuple(block.get(name, {}).get("log_loss") for name in self.in_blocks),
            )
            for number, (fold, block) in enumerate(zip(folds, found, strict=False), start=1)
            if fold.get("cut") is not None
        ]

    @property
    def audit(self) -> tuple[list[Audited], list[Audited]]:
        """What the leakage audit found, a column at a time: what is grave or doubtful, and mere notes."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for finding in self.report.get("audit", ()):
            found.setdefault(finding["column"], []).append(finding)
        order = ("severe", "warning", "note")
        by_grade = [
            (column, sorted(of_column, key=lambda one: order.index(one["severity"])))
            for column, of_column in found.items()
        ]
        by_grade.sort(key=lambda one: order.index(one[1][0]["severity"]))
        grave = [one for one in by_grade if one[1][0]["severity"] != "note"]
        return grave, by_grade[len(grave) :]

    @property
    def left_out(self) -> list[str]:
        """The columns that were left out because they seem to know the outcome."""
        grave, _ = self.audit
        return [
            column for column, found in grave if found[0]["severity"] == "severe" and found[0]["left_out"]
        ]

    @property
    def mirrors(self) -> Mapping[str, Any]:
        """Features that mirror the calendar."""
        known: Mapping[str, Any] = self.report.get("mirrors", {})
        return known if known.get("found") else {}

    @property
    def _estimates(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.bootstrap.get("estimates", {})
        return found

    @property
    def _differences(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.bootstrap.get("differences", {})
        return found

    def _measured(self, candidate: str, metric: str, digits: int) -> Measured:
        estimate: Estimate = self._estimates[candidate].get(metric) or {}
        value, low, high = (_text(estimate.get(end), digits) for end in ("value", "low", "high"))
        beside = self._differences.get(candidate, {}).get(metric)
        return Measured(value, low, high, "" if beside is None else _verdict(metric, beside))


def _verdict(metric: str, difference: Estimate) -> Verdict:
    """Whether a difference from the scorecard is one beyond chance."""
    low, high = difference.get("low"), difference.get("high")
    if low is None or high is None or low <= 0 <= high:
        return ""
    return "better" if (high < 0) == (metric in _LESS) else "worse"


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
