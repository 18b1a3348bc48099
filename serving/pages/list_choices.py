"""How an uploaded list is to be read and scored, as far as that is not left to us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import FormData

from scoring.reasons import Lang
from serving.pages.language import LANGUAGES
from serving.pages.words import mark

ENCODINGS: Final = ("utf-8", "cp932", "utf-16", "euc-jp", "cp1252")
ORDERS: Final = {
    "ymd": mark("year, month, day"),
    "dmy": mark("day, month, year"),
    "mdy": mark("month, day, year"),
}


def chosen(form: FormData, lang: Lang) -> dict[str, str]:
    """What was chosen, as far as it can be.

    Parameters
    ----------
    form : FormData
        What the reader sent.
    lang : {"en", "ja"}
        Their language, in which reasons are told where they chose no other.

    Returns
    -------
    dict of str to str
        ``encoding`` and ``date_order``, empty where they are found out, ``target``, empty for the primary one, and
        ``lang``.
    """
    allowed: Mapping[str, tuple[str, ...]] = {"encoding": ENCODINGS, "date_order": tuple(ORDERS)}
    told = {name: str(form.get(name, "")) for name in ("encoding", "date_order", "target", "lang")}
    for name, words in allowed.items():
        told[name] = told[name] if told[name] in words else ""
    told["lang"] = told["lang"] if told["lang"] in LANGUAGES else lang
    return told
