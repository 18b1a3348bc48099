"""Which language a reader wants: the one chosen, else what the browser asks for, else what the team has set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from babel import negotiate_locale

from scoring.reasons import Lang

COOKIE: Final = "leadloop_language"
LANGUAGES: Final[tuple[Lang, ...]] = get_args(Lang)
MOST_ASKED = 20


def language(cookies: Mapping[str, str], accepted: str, default: Lang) -> Lang:
    """The language of a reader.

    Parameters
    ----------
    cookies : mapping of str to str
        The browser's; one of them holds what the reader chose.
    accepted : str
        The header ``Accept-Language``.
    default : {"en", "ja"}
        For a reader who chose none and whose browser asks for none that there is.

    Examples
    --------
    >>> language({}, "ja-JP,ja;q=0.9,en;q=0.8", "en"), language({}, "fr", "en"), language({}, "", "ja")
    ('ja', 'en', 'ja')
    >>> language({"leadloop_language": "en"}, "ja", "ja")
    'en'
    """
    chosen = cookies.get(COOKIE)
    asked = [chosen] if chosen in LANGUAGES else _asked(accepted)
    found = negotiate_locale(asked, LANGUAGES, sep="-")
    return next((lang for lang in LANGUAGES if lang == found), default)


def _asked(header: str) -> list[str]:
    """The languages of the header, the most wanted first."""
    ranked = []
    for place, part in enumerate(header.split(",")[:MOST_ASKED]):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        if name and weight > 0:
            ranked.append((-weight, place, name.strip()))
    return [name for _, _, name in sorted(ranked)]
