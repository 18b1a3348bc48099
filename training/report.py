"""The report of a training run: the answer first, the evidence below; on a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scoring.reasons import percent
from training.candidates import BASE_RATE, BOOSTING, FREQUENCIES, LOGISTIC, NEWEST, POINTS, SCORECARD
from training.facts import metric, price_of_readability

DRIVERS_SHOWN = 10
SETTINGS_SHOWN = 12
SEVERITIES = ("severe", "warning", "note")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; numbers are text already."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    title: str
    text: list[str] = field(default_factory=list)
    table: Table | None = None


def report(found: dict[str, Any]) -> list[Section]:
    """The report's sections, in the order in which they are read.

    Parameters
    ----------
    found : dict
        What :mod:`training.facts` gave.
    """
    made = (answer, promises, order, blocks, mirrors, choice, calibration, driving, timing)
    return [section for section in (make(found) for make in made) if section is not None]


def before_learning(found: dict[str, Any]) -> list[Section]:
    """What was read and what the leakage audit says: shown before anything is learned."""
    return [reading(found), columns(found), audit(found)]


def markdown(title: str, sections: Sequence[Section]) -> str:
    """The sections as a Markdown document."""
    lines = [f"# {title}", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for paragraph in section.text:
            lines += [paragraph, ""]
        if section.table is not None:
            header = section.table.header
            lines += [_row(header), _row(["---"] * len(header)), *map(_row, section.table.rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " · ") for cell in cells) + " |"


def reading(found: dict[str, Any]) -> Section:
    """Every row accounted for."""
    rows = found["rows"]
    left_out = {state: count for state, count in rows["states"].items() if count and "mature" not in state}
    text = [
        f"{rows['read']:,} rows in {found['source']['file']}: {rows['learned_from']:,} learned from "
        f"({rows['converted']:,} converted), {rows['rejected']:,} rejected"
        + "".join(f", {count:,} {state.replace('_', ' ')}" for state, count in left_out.items())
        + "."
    ]
    return Section("What was read", [*text, *found["notes"]])


def columns(found: dict[str, Any]) -> Section:
    """How each column is read."""
    rows = [
        (
            c["name"],
            c["type"],
            c["axis"],
            c["why"],
            f"left out: {c['left_out'].replace('_', ' ')}" if c["left_out"] else "read",
        )
        for c in found["columns"]
    ]
    return Section(
        "Columns",
        [
            "Overrule a type with --type COL=…, an axis with --axis COL=…, and leave a column out with --exclude COL."
        ],
        Table(("column", "type", "axis", "why", "use"), rows),
    )


def audit(found: dict[str, Any]) -> Section:
    """The leakage audit."""
    grave = [f for f in found["audit"] if f["severity"] != "note"]
    grave.sort(key=lambda finding: SEVERITIES.index(finding["severity"]))
    lines: dict[str, list[dict[str, Any]]] = {}
    for finding in grave:
        lines.setdefault(finding["column"], []).append(finding)
    rows = [
        (column, of[0]["severity"], "; ".join(map(_evidence, of)), of[0]["advice"])
        for column, of in lines.items()
    ]
    severe = list(dict.fromkeys(f["column"] for f in grave if f["severity"] == "severe" and f["left_out"]))
    text = [
        f"Left out, because they seem to be filled in once the outcome is known: {', '.join(severe)}. "
        "If that is wrong, name them with --keep."
        if severe
        else "No column had to be left out for knowing the outcome in advance."
    ]
    for code, title in (
        ("identifier", "Left out as identifiers"),
        ("constant", "Left out as the same for all"),
    ):
        names = [f["column"] for f in found["audit"] if f["code"] == code and f["left_out"]]
        if names:
            text.append(f"{title}: {', '.join(names)}.")
    kept = [f["column"] for f in found["audit"] if f["code"] == "kept_by_user"]
    if kept:
        text.append(f"Kept because you asked for it: {', '.join(kept)}.")
    header = ("column", "severity", "evidence", "advice")
    return Section("Leakage audit", text, Table(header, rows) if rows else None)


def _evidence(finding: dict[str, Any]) -> str:
    numbers = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" for name, value in finding["evidence"].items()
    )
    return f"{finding['code'].replace('_', ' ')} ({numbers})"


def answer(found: dict[str, Any]) -> Section:
    """What a marketing manager wants to know."""
    rows, best = found["rows"], found["lift"][0]
    base = rows["rate"]
    text = [
        f"{percent(base)} of the leads reached {found['target']}. The model is {found['recipe']['words']}."
    ]
    if found["fell_back"]:
        text.append(
            "Nothing in these columns told who converts better than the base rate on leads kept aside, so every "
            "lead gets the base rate. More leads, or columns that are known early, are what would help."
        )
    else:
        text.append(
            f"Called in the order of its score, the best tenth of the leads converts at {percent(best['rate'])}, "
            f"{best['lift']:.1f} times the average, and holds {percent(best['capture'])} of all conversions."
        )
    if found["small"]:
        text.append(
            f"This is little data ({rows['learned_from']:,} leads, {rows['converted']:,} converted): the model is kept "
            "simple and close to the average, and the intervals below are wide. Expect it to change as leads come in."
        )
    text.append(found["plan"]["why"])
    price = price_of_readability(found)
    text.append(
        "Price of readability: unrestricted boosting has "
        f"{_signed(price['auc'], 4)} AUC and {_signed(price['log_loss'], 4)} log loss against the scorecard"
        f"{_verdict(price['log_loss'])}."
    )
    return Section("The answer", text)


def _signed(estimate: dict[str, float | None], digits: int) -> str:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None or low is None or high is None:
        return "no"
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _verdict(loss: dict[str, float | None]) -> str:
    low, high = loss["low"], loss["high"]
    if low is None or high is None:
        return ""
    if low > 0:
        return ", which is worse"
    return ", which is better" if high < 0 else ", no difference that these leads can show"


#: Column title, metric and digits, by what is asked of the likelihoods.
PROMISES = (
    ("log loss", "log_loss", 4),
    ("Brier", "brier", 4),
    ("calibration error", "calibration_error", 4),
)
ORDER = (
    ("AUC", "auc", 4),
    ("average precision", "average_precision", 4),
    ("lift at 10 %", "lift_at_10", 2),
    ("capture at 10 %", "capture", 3),
    ("contacts per conversion", "contacts_per_conversion", 2),
)
CANDIDATES = (BASE_RATE, NEWEST, POINTS, FREQUENCIES, LOGISTIC, BOOSTING, SCORECARD)


def promises(found: dict[str, Any]) -> Section:
    """The candidates as promises."""
    text = ["On leads that no model had seen, with 90 % intervals. Lower is better."]
    return Section("Compared with others: are the likelihoods right?", text, _candidates(found, PROMISES))


def order(found: dict[str, Any]) -> Section:
    """The candidates as an order in which to call."""
    text = [
        "Higher is better, except for contacts per conversion: leads to call among the best tenth for each one won."
    ]
    return Section("Compared with others: is the order right?", text, _candidates(found, ORDER))


def _candidates(found: dict[str, Any], shown: Sequence[tuple[str, str, int]]) -> Table:
    names = [name for name in CANDIDATES if name in found["bootstrap"]["estimates"]]
    rows = [(name, *(_shown(metric(found, name, key), digits) for _, key, digits in shown)) for name in names]
    return Table(("candidate", *(title for title, _, _ in shown)), rows)


def _shown(estimate: dict[str, float | None], digits: int) -> str:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None:
        return "–"
    if low is None or high is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f}\n{low:.{digits - 1}f}–{high:.{digits - 1}f}"


def blocks(found: dict[str, Any]) -> Section | None:
    """Forward blocks one by one."""
    if found["plan"]["kind"] != "forward":
        return None
    rows, text = [], ["Log loss per block; each recipe was chosen on the blocks before it."]
    for fold, (block, metrics) in zip(
        found["plan"]["folds"], found["bootstrap"]["blocks"].items(), strict=True
    ):
        number, day = int(block) + 1, datetime.fromtimestamp(fold["cut"], UTC).date().isoformat()
        losses = (f"{metrics[name]['log_loss']:.4f}" for name in (BASE_RATE, LOGISTIC, BOOSTING, SCORECARD))
        rows.append((f"{number}: from {day}", f"{fold['tested_on']:,}", f"{fold['converted']:,}", *losses))
        text.append(f"Block {number}: learned from {fold['learned_from']:,} leads; {fold['recipe']}.")
    header = ("block", "leads", "converted", BASE_RATE, LOGISTIC, BOOSTING, SCORECARD)
    return Section("Forward in time, block by block", text, Table(header, rows))


def mirrors(found: dict[str, Any]) -> Section | None:
    """Columns that mirror the calendar."""
    known = found["mirrors"]
    if not known["found"]:
        return None
    rows = [
        (m["feature"], f"{m['auc']:.3f}", "left out" if m["feature"] in known["left_out"] else "kept")
        for m in known["found"]
    ]
    text = [
        "These tell early leads from late ones (one half would know nothing of the calendar). "
        f"Best log loss forward in time: {known['log_loss_with']:.4f} with them, "
        f"{known['log_loss_without']:.4f} without. "
        + ("They are left out; --keep overrules." if known["left_out"] else "Leaving them out did not help.")
    ]
    return Section(
        "Mirrors of the calendar", text, Table(("feature", "early against late, AUC", "use"), rows)
    )


def choice(found: dict[str, Any]) -> Section:
    """The best settings of the grid."""
    rows = [
        (c["recipe"], f"{c['log_loss']:.4f}", f"{c['cells']:,}") for c in found["choice"][:SETTINGS_SHOWN]
    ]
    text = [
        f"Chosen: {found['recipe']['words']}. Of settings that tie within one standard error, the simplest."
    ]
    return Section("The choice", text, Table(("setting", "log loss", "cells to read"), rows))


def calibration(found: dict[str, Any]) -> Section:
    """Promised against observed."""
    rows = [
        (
            f"{percent(b['likelihood_from'])} to {percent(b['likelihood_to'])}",
            f"{b['n']:,}",
            percent(b["likelihood"]),
            f"{percent(b['rate'])} ({percent(b['rate_low'])} to {percent(b['rate_high'])})",
        )
        for b in found["calibration"]
    ]
    covered = found["coverage"]
    text = (
        []
        if covered is None
        else [
            "The 90 % interval beside each likelihood was checked on leads it was not made from: it held in "
            f"{sum(row['covered'] for row in covered['rows'])} of {len(covered['rows'])} bands."
        ]
    )
    text += [_use(use) for use in found["uses"]]
    return Section(
        "Do the likelihoods hold?", text, Table(("likelihood", "leads", "promised", "observed"), rows)
    )


_USES = {"creation": "New leads, at their creation", "open": "Open leads, at any time"}


def _use(use: dict[str, Any]) -> str:
    """Whether one calibration serves a use."""
    holds = use["rate_low"] <= use["promised"] <= use["rate_high"]
    return (
        f"{_USES[use['use']]}: promised {percent(use['promised'])}, observed {percent(use['rate'])} "
        f"({percent(use['rate_low'])} to {percent(use['rate_high'])}), {use['leads']:,} leads."
        + ("" if holds else " That is a gap beyond chance: mind it when you set a threshold.")
    )


def driving(found: dict[str, Any]) -> Section | None:
    """The strongest features."""
    if not found["drivers"]:
        return None
    rows = [(d["feature"], d["axis"], f"{d['strength']:.3f}") for d in found["drivers"][:DRIVERS_SHOWN]]
    return Section(
        "What moves the score",
        [
            f"The strongest {len(rows)} of {len(found['drivers'])} features, by how far they move the log-odds."
        ],
        Table(("feature", "axis", "moves by"), rows),
    )


def timing(found: dict[str, Any]) -> Section:
    """What took the time."""
    rows = [(step, f"{seconds:.1f} s") for step, seconds in found["seconds"].items()]
    return Section("What took the time", [], Table(("step", "time"), rows))
