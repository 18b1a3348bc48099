"""Leads found by what people know of them: the id, the address, the number, or how a name begins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from unicodedata import normalize

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, or_, select

from scoring.io.store.tables import leads

LEAST_DIGITS: Final = 6
_BETWEEN_DIGITS: Final = "-‐−－ー–()（）+＋. 　"
_NAMES: Final = ("name", "company")
# Enough to leave most rows unread, and short enough not to hold a space that people write or leave out.
_BEGINNING: Final = 2
_LAST: Final = "\U0010ffff"
# From the letters of ASCII to the wide ones that stand beside Japanese.
_WIDE: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def find_by_id(connection: Connection, lead_id: str) -> bool:
    """Whether a lead has exactly this id."""
    query = select(leads.c.id).where(leads.c.lead_id == lead_id)
    return "\0" not in lead_id and connection.execute(query).first() is not None


def find_leads(connection: Connection, text: str, most: int, skip: int = 0) -> list[str]:
    """Leads that a text may mean, by their ids: those whose address or number it is, or whose name or id begins so.

    Parameters
    ----------
    connection : Connection
        Any.
    text : str
        What somebody typed.
    most, skip : int
        At most so many, after so many.
    """
    text = text.strip().replace("\0", "")
    spellings, text = _spellings(text), normalize("NFKC", text)
    if not text:
        return []
    if "@" in text:
        wanted = _has_email(connection, text)
    elif len(_digits(text)) >= LEAST_DIGITS and not text.strip(_BETWEEN_DIGITS + "0123456789"):
        wanted = or_(_has_phone(connection, _spellings(_digits(text))), _begins(connection, text))
    else:
        called = [_is_called(connection, name, one) for name in _NAMES for one in spellings]
        wanted = or_(*called, _begins(connection, text))
    query = select(leads.c.lead_id).where(wanted).order_by(leads.c.id).limit(most).offset(skip)
    return list(connection.scalars(query))


def find_alike(
    connection: Connection, lead_id: str, email: str | None, phone: str | None, most: int
) -> list[str]:
    """Other leads with the same address or number, by their ids.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead itself.
    email, phone : str or None
        Its own.
    most : int
        At most so many.
    """
    alike = [_has_email(connection, email)] if email and "@" in email else []
    if phone and len(_digits(phone)) >= LEAST_DIGITS:
        # Numbers that are written in other letters than its own are rare, and each spelling takes a search of its own.
        own = "".join(letter for letter in phone if letter.isdecimal())
        alike.append(_has_phone(connection, sorted({own, _digits(phone)})))
    if not alike:
        return []
    query = select(leads.c.lead_id).where(leads.c.lead_id != lead_id, or_(*alike))
    return list(connection.scalars(query.order_by(leads.c.id).limit(most)))


def find_near(connection: Connection, lead_id: str, most: int) -> list[str]:
    """Leads whose ids begin like one that is not known, as far as any do.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The id that somebody meant.
    most : int
        At most so many.
    """
    text = lead_id.replace("\0", "")
    for length in sorted({len(text), len(text) - 1, len(text) - 2, len(text) // 2}, reverse=True):
        if length < 1:
            break
        query = select(leads.c.lead_id).where(_begins(connection, text[:length]))
        found = list(connection.scalars(query.order_by(leads.c.lead_id).limit(most)))
        if found:
            return found
    return []


def newest_leads(connection: Connection, most: int) -> list[str]:
    """The leads that were kept last, by their ids."""
    return list(connection.scalars(select(leads.c.lead_id).order_by(leads.c.id.desc()).limit(most)))


def _begins(connection: Connection, text: str) -> ColumnElement[bool]:
    """Whether an id begins so; on SQLite read by the index, which is in the order of the characters."""
    begins = func.substr(leads.c.lead_id, 1, len(text)) == text
    if connection.dialect.name != "sqlite":
        return begins
    return and_(leads.c.lead_id >= text, leads.c.lead_id < text + _LAST, begins)


def _has_email(connection: Connection, text: str) -> ColumnElement[bool]:
    return and_(_holds(connection, text), func.lower(_value("email")) == text.lower())


def _has_phone(connection: Connection, numbers: Sequence[str]) -> ColumnElement[bool]:
    own: Any = _value("phone")
    for sign in _BETWEEN_DIGITS:
        own = func.replace(own, sign, "")
    # Between the last four digits nobody writes anything.
    return or_(*(and_(_holds(connection, one[-4:]), own == one) for one in numbers))


def _is_called(connection: Connection, name: str, text: str) -> ColumnElement[bool]:
    """Whether a name begins so, whatever spaces stand in it."""
    own: Any = _value(name)
    for space in " 　":
        own = func.replace(own, space, "")
    wanted = _small(connection, "".join(text.split()))
    begins = func.substr(func.lower(own), 1, len(wanted)) == wanted
    return and_(_holds(connection, text[:_BEGINNING].rstrip()), begins)


def _holds(connection: Connection, text: str) -> ColumnElement[bool]:
    """Whether a text stands anywhere in a lead's properties: much quicker to see than what stands where."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    pattern = "%" + written.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"
    whole = cast(leads.c.properties, Text)
    # SQLite's LIKE does not tell capitals from small letters.
    return (
        whole.like(pattern, escape="/")
        if connection.dialect.name == "sqlite"
        else whole.ilike(pattern, escape="/")
    )


def _small(connection: Connection, text: str) -> str:
    """A text in small letters, as the database makes them: SQLite knows those of ASCII alone."""
    if connection.dialect.name != "sqlite":
        return text.lower()
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _spellings(text: str) -> list[str]:
    """A text in narrow letters, as it was typed, and in wide ones: what is kept stays as it came."""
    narrow = normalize("NFKC", text)
    wide = (one.translate(_WIDE) for one in (narrow.upper(), narrow.lower()))
    return list(dict.fromkeys((narrow, text, *wide)))


def _value(name: str) -> Any:
    return leads.c.properties[name].as_string()


def _digits(text: str) -> str:
    return "".join(letter for letter in normalize("NFKC", text) if letter.isdecimal())
