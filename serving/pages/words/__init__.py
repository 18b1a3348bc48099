"""The words of the pages: English is what stands in the code, other languages are ``.po`` files beside this one.

A file per page, so that one page's words are read, and translated, together.  They are compiled in memory when the
service starts: nothing is built, and only what people edit is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from scoring.reasons import Lang


def mark(text: str) -> str:
    """Words that are translated where they are shown: the catalogue finds them by this."""
    return text


def catalogues(lang: Lang) -> Iterator[tuple[str, Catalog]]:
    """The files of a language, by name."""
    folder = files(__package__).joinpath(lang)
    found: list[Traversable] = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".po")), key=lambda one: one.name
    )
    for one in found:
        with one.open("rb") as lines:
            yield one.name, read_po(lines, locale=lang)


@cache
def words(lang: Lang) -> NullTranslations:
    """All words of a language; what is not translated stays English.

    Parameters
    ----------
    lang : {"en", "ja"}
        The language.

    Examples
    --------
    >>> words("ja").gettext("Today")
    '今日'
    >>> words("en").gettext("Today")
    'Today'
    """
    if lang == "en":
        return NullTranslations()
    whole = Catalog(locale=lang, fuzzy=False)
    for _, catalogue in catalogues(lang):
        for message in catalogue:
            if message.id:
                whole.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)
