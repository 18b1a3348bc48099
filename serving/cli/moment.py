"""The time as which leads are scored: now, or the one that the user names."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scoring.errors import SettingsError

AS_OF_HELP = (
    "The time as which leads are seen that bring no time of their own, ISO 8601: 2026-11-23 or "
    "2026-11-23T09:00+09:00. [default: now]"
)


def moment(text: str | None, time_zone: str) -> datetime:
    """The time a user means, with an offset.

    Parameters
    ----------
    text : str or None
        ISO 8601; without an offset it is read in the zone of the settings.  None: now.
    time_zone : str
        The zone.

    Raises
    ------
    SettingsError
        If it is no such time.

    Examples
    --------
    >>> moment("2026-11-23", "Asia/Tokyo").isoformat()
    '2026-11-23T00:00:00+09:00'
    """
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SettingsError(
            f"--as-of must be an ISO 8601 time such as 2026-11-23T09:00+09:00, got '{text}'."
        ) from error
    return given if given.tzinfo else given.replace(tzinfo=ZoneInfo(time_zone))
