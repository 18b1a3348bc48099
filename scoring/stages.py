"""The stages of a lead, in order, and the ways off that road."""

from __future__ import annotations

from typing import Final

from scoring.errors import SettingsError

STAGES: Final = ("lead", "mql", "sal", "sql", "opportunity", "won")
CLOSING: Final = ("lost", "disqualified")
RECYCLED: Final = "recycled"
ALL_STAGES: Final = (*STAGES, *CLOSING, RECYCLED)


def at_or_beyond(target: str) -> tuple[str, ...]:
    """Name the stages that show that a lead got as far as the target: a won lead was qualified too.

    Parameters
    ----------
    target : str
        One of ``STAGES``.

    Returns
    -------
    tuple of str
        The target and every later stage.

    Raises
    ------
    SettingsError
        If the target is not a stage on the road to *won*.

    Examples
    --------
    >>> at_or_beyond("sql")
    ('sql', 'opportunity', 'won')
    """
    if target not in STAGES:
        raise SettingsError(f"A target must be one of {', '.join(STAGES)}. Got '{target}'.")
    return STAGES[STAGES.index(target) :]
