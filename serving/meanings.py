"""What the fields of an answer mean, where the answer is a record of the core: its docstring says it already."""

from __future__ import annotations

import re
from typing import Any

_HEADING = "\n\nParameters\n----------\n"
_FIELDS = re.compile(r"^(\w[\w, ]*)(?: : [^\n]+)?\n((?: {4}[^\n]*\n?|\n(?= {4}))+)", re.M)


def with_meanings(schemas: dict[str, Any]) -> None:
    r"""Give each field of a record the meaning that the record's docstring tells, and the record its first lines.

    Parameters
    ----------
    schemas : dict
        JSON schemas by name; those whose description is such a docstring are changed.

    Examples
    --------
    >>> told = "A share.\n\nParameters\n----------\nlow, high : float\n    Its\n    interval."
    >>> rate = {"description": told, "properties": {"low": {"type": "number"}}}
    >>> with_meanings({"Rate": rate})
    >>> rate["description"], rate["properties"]["low"]["description"]
    ('A share.', 'Its interval.')
    """
    for schema in schemas.values():
        first, heading, rest = str(schema.get("description", "")).partition(_HEADING)
        if not heading:
            continue
        schema["description"] = " ".join(first.split())
        for names, text in _FIELDS.findall(rest):
            for name in names.split(", "):
                field = schema.get("properties", {}).get(name)
                if field is not None:
                    field["description"] = _shown(text)


def _shown(text: str) -> str:
    """A paragraph in Markdown, and in the words of JSON."""
    plain = re.sub(r":\w+:`[~.\w]*?(\w+)`", r"`\1`", " ".join(text.split()))
    return re.sub(r"\bNone\b", "null", plain.replace("``", "`"))
