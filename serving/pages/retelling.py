"""Sentences that the core says or keeps in English, known by their form and told in the reader's language.

A form has slots, ``{name}`` for anything or ``{name:pattern}`` for what looks so.  A sentence is taken apart into what
its slots were filled with, and put together again; one that is not known is left to whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

Say = Callable[..., str]
#: A form, and how it is told where that is otherwise; both are words of a page.
Sentences = Mapping[str, str | None]
_SLOT: Final = re.compile(r"\{(\w+)(?::([^}]*))?\}")


def retell(text: str, sentences: Sentences, say: Say, value: Callable[[str, str], str]) -> str | None:
    """A sentence in the reader's words; None where its form is not known.

    Parameters
    ----------
    text : str
        What was said in English.
    sentences : mapping of str to str or None
        The forms that are known.
    say : callable
        Words in the reader's language.
    value : callable
        How what fills a slot is told, from the slot's name and its text.

    Examples
    --------
    >>> forms = {"grade {grade:[A-D]}": "Grade {grade}", "all leads": None}
    >>> def say(text, **values):
    ...     return text.format(**values).upper()
    >>> retell("grade B", forms, say, lambda _, part: part), retell("all leads", forms, say, lambda _, part: part)
    ('GRADE B', 'ALL LEADS')
    >>> retell("grade F", forms, say, lambda _, part: part) is None
    True
    """
    if text in sentences:
        return say(sentences[text] or text)
    for form, told in sentences.items():
        found = _pattern(form).fullmatch(text)
        if found is not None:
            return say(told or form, **{name: value(name, part) for name, part in found.groupdict().items()})
    return None


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """What a sentence of a form looks like, filled in."""
    whole, end = "", 0
    for slot in _SLOT.finditer(form):
        whole += f"{re.escape(form[end : slot.start()])}(?P<{slot[1]}>{slot[2] or '.+?'})"
        end = slot.end()
    return re.compile(whole + re.escape(form[end:]), re.DOTALL)
