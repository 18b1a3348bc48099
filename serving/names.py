"""The names of the properties that a model reads, and what a name that it does not read may have meant.

A CRM sends all its fields, so a property that the model does not read is no mistake.  A mistyped one is:
the value would count as missing and the score be wrong without a sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from unicodedata import normalize

LONGEST = 60
MOST_NAMES = 10_000


class Names:
    """The names that a model reads.

    Parameters
    ----------
    known : iterable of str
        The names.

    Examples
    --------
    >>> Names(["Total Visits", "source"]).warnings({"total_visits": 3, "source": "Web"})
    ["Property 'total_visits' is not read by the model. Did you mean 'Total Visits'?"]
    """

    def __init__(self, known: Iterable[str]) -> None:
        self.known = tuple(known)
        self._folded = {_fold(name): name for name in self.known}
        # The name looked up, to the known name it resembles; a known one resembles none.
        self._near: dict[str, str | None] = dict.fromkeys(self.known)

    def warnings(self, properties: Mapping[str, object]) -> list[str]:
        """What may not be as the caller meant it.

        Parameters
        ----------
        properties : mapping of str to object
            The properties of a lead.
        """
        near, found = self._near, []
        for name in properties:
            meant = near[name] if name in near else self._meant(name)
            if meant is not None and meant not in properties:
                found.append(f"Property '{name}' is not read by the model. Did you mean '{meant}'?")
        if not found and self.known and not any(name in properties for name in self.known):
            shown = ", ".join(self.known[:5]) + (", …" if len(self.known) > 5 else "")
            found.append(f"None of the properties that the model reads is given ({shown}); see /v1/model.")
        return found

    def _meant(self, name: str) -> str | None:
        """The known name that it resembles; looked for once, and only so often, because it takes long."""
        if len(name) > LONGEST or len(self._near) >= MOST_NAMES:
            return self._folded.get(_fold(name[:LONGEST]))
        folded = _fold(name)
        close = get_close_matches(folded, self._folded, n=1, cutoff=0.8) if len(folded) > 3 else []
        meant = self._folded.get(folded) or (self._folded[close[0]] if close else None)
        self._near[name] = meant
        return meant


def _fold(name: str) -> str:
    """A name without case, width and punctuation."""
    return "".join(letter for letter in normalize("NFKC", name).casefold() if letter.isalnum())
