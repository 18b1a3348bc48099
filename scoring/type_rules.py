"""Rules that tell a column's type from its header and its content.

They stand in one table, :data:`RULES`, and are asked in order; the first that speaks decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import pyarrow as pa

from scoring.clean import ColumnType
from scoring.evidence import Evidence
from scoring.headers import TYPES_OF_CONTRACT, contract_name, says_date, says_identifier
from scoring.words import BOOLEANS

MOSTLY = 0.95
JUDGED_FROM = 20

Verdict = tuple[ColumnType, str] | None


def judge(seen: Evidence) -> tuple[ColumnType, str]:
    """What a column holds, and why in a few words: the verdict of the first rule that speaks."""
    for rule in RULES:
        verdict = rule(seen)
        if verdict:
            return verdict
    return "category", "no rule spoke"


def percent(share: float) -> str:
    """A share in words; only all of them is *all*."""
    return "all" if share >= 1 else f"{math.floor(share * 100)} %"


def _nested(seen: Evidence) -> Verdict:
    """Lists and records cannot be read as one value."""
    return ("id", f"holds {seen.native}, which is not one value: left out") if seen.nested else None


def _empty(seen: Evidence) -> Verdict:
    """Nothing to judge by: what the header promises, else a category."""
    if seen.filled:
        return None
    promised = TYPES_OF_CONTRACT.get(contract_name(seen.name) or "", "category")
    return cast("ColumnType", promised), "no values"


def _native(seen: Evidence) -> Verdict:
    """Parquet's own types."""
    if pa.types.is_boolean(seen.kind):
        return "boolean", "stored as yes or no"
    if (
        pa.types.is_temporal(seen.kind)
        and not pa.types.is_time(seen.kind)
        and not pa.types.is_duration(seen.kind)
    ):
        return "date", "stored as times"
    return None


def _by_header(seen: Evidence) -> Verdict:
    """What a known header promises, if the content keeps it."""
    contract = contract_name(seen.name)
    if contract == "email":
        return ("email", "the header says e-mail") if seen.share("email") >= 0.5 else None
    if contract == "phone":
        return ("phone", "the header says phone") if seen.share("phone") >= 0.5 else None
    if contract == "name":
        return "text", "the header says a person's name"
    if contract == "company":
        return ("text", f"{seen.distinct} different companies") if seen.ratio > 0.1 else None
    if contract in ("job_title", "country") and seen.share("number") < 0.5:
        return cast("ColumnType", contract), f"the header says {contract.replace('_', ' ')}"
    return None


def _identifier(seen: Evidence) -> Verdict:
    """Nearly all different, and named or built like an identifier."""
    named = says_identifier(seen.name)
    if contract_name(seen.name) == "lead_id" and seen.ratio >= 0.5:
        return "id", "the header says identifier"
    if named and seen.ratio >= 0.5 and (seen.share("word") >= MOSTLY or seen.share("integer") >= MOSTLY):
        return "id", "the header says identifier, and most are different"
    if seen.filled >= JUDGED_FROM and seen.running:
        return "id", "a running number"
    if seen.ratio >= MOSTLY and seen.filled > 1 and seen.share("hash") >= MOSTLY:
        return "id", "all different: an identifier"
    return None


def _boolean(seen: Evidence) -> Verdict:
    """Only yes and no."""
    if seen.distinct <= 12 and all(text.casefold() in BOOLEANS for text in seen.values):
        return "boolean", "only yes and no"
    return None


def _contact(seen: Evidence) -> Verdict:
    """Addresses and telephone numbers under any header."""
    if seen.share("email") >= 0.8:
        return "email", f"{percent(seen.share('email'))} are e-mail addresses"
    if seen.share("phone") >= 0.9 and seen.share("dialled") >= 0.5:
        return "phone", f"{percent(seen.share('phone'))} are telephone numbers"
    return None


def _date(seen: Evidence) -> Verdict:
    """Dates; bare numerals only under a header that says so."""
    promised = says_date(seen.name)
    share = seen.share("date") + (seen.share("serial") if promised else 0.0)
    if share >= (0.8 if promised else MOSTLY):
        return "date", f"{percent(share)} are dates"
    return None


def _number(seen: Evidence) -> Verdict:
    """Numbers, unless leading zeros say that they are codes."""
    share = max(seen.share("number"), seen.share("decimal comma"))
    if share < MOSTLY:
        return None
    if seen.share("leading zero") >= 0.01:
        kind: ColumnType = "id" if seen.ratio >= MOSTLY and seen.filled >= JUDGED_FROM else "category"
        return kind, "codes with leading zeros"
    return "number", f"{percent(share)} are numbers"


def _different(seen: Evidence) -> Verdict:
    """Text that hardly repeats says nothing of the next lead."""
    if seen.filled < JUDGED_FROM:
        return None
    if seen.ratio >= MOSTLY and seen.share("word") >= MOSTLY:
        return "id", "all different: an identifier"
    if seen.ratio >= 0.5 or (seen.length >= 60 and seen.distinct > 20):
        return "text", f"free text: {seen.distinct:,} different in {seen.filled:,}"
    return None


def _category(seen: Evidence) -> Verdict:
    """Everything else."""
    return "category", f"{seen.levels:,} distinct value{'s' if seen.levels != 1 else ''}"


RULES: tuple[Callable[[Evidence], Verdict], ...] = (
    _nested,
    _empty,
    _native,
    _by_header,
    _identifier,
    _boolean,
    _date,
    _contact,
    _number,
    _different,
    _category,
)
