"""Pages as each language is set: Japanese has no space after a full stop."""

from __future__ import annotations

import re
from re import Match

from scoring.reasons import Lang

# Tags with all they say, and what stands as it is, come first: only a space in the text itself is left.
_GAPS = re.compile(
    r"<(?P<as_is>textarea|pre|script|style)\b.*?</(?P=as_is)>|<[^>]*>|(?P<gap>(?<=。)[ \n]+(?=[^\s<]))",
    re.DOTALL,
)


def typeset(html: str, lang: Lang) -> str:
    """A page as its language is set.

    Templates write a space between sentences, as English has it.

    Parameters
    ----------
    html : str
        The page, its attributes escaped.
    lang : {"en", "ja"}
        Its language.

    Examples
    --------
    >>> typeset('<p title="はい。 いいえ">はい。 いいえ。 <b>ok.</b></p>', "ja")
    '<p title="はい。 いいえ">はい。いいえ。 <b>ok.</b></p>'
    """
    return _GAPS.sub(_tight, html) if lang == "ja" else html


def _tight(found: Match[str]) -> str:
    return "" if found["gap"] else found[0]
