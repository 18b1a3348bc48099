"""Numbers, money and times as a reader of each language writes them, in the team's time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal

from scoring.money import decimals
from scoring.reasons import WORDS, Lang, percent

NONE: Final = "–"
Number = int | float | Decimal
_LOCALES: Final[Mapping[Lang, str]] = {"en": "en_US", "ja": "ja_JP"}
_MOMENTS: Final[Mapping[Lang, str]] = {"en": "MMM d, HH:mm", "ja": "M月d日 HH:mm"}
_MOMENTS_OF_YEAR: Final[Mapping[Lang, str]] = {"en": "MMM d, y, HH:mm", "ja": "y年M月d日 HH:mm"}
_DAYS: Final[Mapping[Lang, str]] = {"en": "MMM d, y", "ja": "y年M月d日"}
_MONTHS: Final[Mapping[Lang, str]] = {"en": "MMMM y", "ja": "y年M月"}


@dataclass(frozen=True, slots=True)
class Formats:
    r"""How one language writes things; what is not known is a dash.

    Parameters
    ----------
    lang : {"en", "ja"}
        The language.
    zone : ZoneInfo
        In which times are said.
    currency : str
        Of amounts that name none.

    Examples
    --------
    >>> en = Formats("en", ZoneInfo("Asia/Tokyo"), "JPY")
    >>> en.number(1234567), en.percent(0.1234), en.money(1_200_000), en.number(None)
    ('1,234,567', '12\xa0%', '¥1,200,000', '–')
    >>> Formats("ja", ZoneInfo("Asia/Tokyo"), "JPY").money(1_200_000)
    '￥1,200,000'
    """

    lang: Lang
    zone: ZoneInfo
    currency: str

    @property
    def _locale(self) -> str:
        return _LOCALES[self.lang]

    def number(self, value: Number | None, digits: int = 0) -> str:
        """A number with at most so many decimals."""
        if _unknown(value):
            return NONE
        return format_decimal(_rounded(value, digits), f"#,##0.{'#' * digits}".rstrip("."), self._locale)

    def percent(self, share: Number | None, digits: int | None = None) -> str:
        """A share in percent; by default as reasons say it: one decimal below ten, never a rounded 0 or 100."""
        if share is None or _unknown(share):
            return NONE
        if digits is None and share >= 0:
            return percent(float(share), WORDS[self.lang]).replace(" %", "\N{NO-BREAK SPACE}%")
        return f"{self.number(Decimal(str(share)) * 100, digits or 0)}\N{NO-BREAK SPACE}%"

    def points(self, difference: Number | None, digits: int = 1) -> str:
        """A difference of two shares in percentage points, with its sign."""
        if difference is None or _unknown(difference):
            return NONE
        unit = "ポイント" if self.lang == "ja" else " points"
        return f"{self.signed(Decimal(str(difference)) * 100, digits)}{unit}"

    def signed(self, value: Number | None, digits: int = 0) -> str:
        """A number with its sign, zero without one."""
        if value is None or _unknown(value):
            return NONE
        rounded = _rounded(value, digits)
        sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
        return f"{sign}{self.number(abs(rounded), digits)}"

    def money(self, amount: Number | None, currency: str | None = None) -> str:
        """An amount, with as many decimals as its currency has: none in yen."""
        if _unknown(amount):
            return NONE
        code = currency or self.currency
        kept = _rounded(amount, decimals(code))
        digits = kept == kept.to_integral_value()
        return format_currency(
            kept, code, "¤#,##0" if digits else None, self._locale, currency_digits=not digits
        )

    def day(self, value: date | datetime | str | None) -> str:
        """A day."""
        if value is None:
            return NONE
        return format_date(self._day(value), _DAYS[self.lang], self._locale)

    def weekday(self, value: date | datetime) -> str:
        """A day with the day of the week, as the head of a page has it."""
        return format_date(self._day(value), "full", self._locale)

    def month(self, value: date | str) -> str:
        """A month, given as a day in it or as ``2026-10``."""
        day = date.fromisoformat(f"{value}-01") if isinstance(value, str) else value
        return format_date(day, _MONTHS[self.lang], self._locale)

    def moment(self, value: datetime | None, *, year: bool = False) -> str:
        """A day and time."""
        if value is None:
            return NONE
        form = (_MOMENTS_OF_YEAR if year else _MOMENTS)[self.lang]
        return format_datetime(value, form, self.zone, self._locale)

    def span(self, value: timedelta | None, *, ago: bool = False) -> str:
        """A length of time in its largest unit; with ``ago`` as seen from now, negative for what has passed."""
        if value is None:
            return NONE
        return format_timedelta(value, threshold=1.5, add_direction=ago, locale=self._locale)

    def _day(self, value: date | datetime | str) -> date:
        if isinstance(value, str):
            return date.fromisoformat(value)
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    @property
    def filters(self) -> dict[str, Callable[..., Any]]:
        """The same for templates."""
        names = (
            "number",
            "percent",
            "points",
            "signed",
            "money",
            "day",
            "weekday",
            "month",
            "moment",
            "span",
        )
        return {name: getattr(self, name) for name in names}


def _unknown(value: Number | None) -> bool:
    return value is None or value != value


def _rounded(value: Number | None, digits: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
