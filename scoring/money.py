"""Amounts of money: how many decimals a currency has, and how an amount is written."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final

# ISO 4217; any other currency has two.
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS: Final = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}


def decimals(currency: str) -> int:
    """How many decimals amounts in a currency have: none in yen.

    Examples
    --------
    >>> decimals("JPY"), decimals("EUR"), decimals("KWD")
    (0, 2, 3)
    """
    return _DECIMALS.get(currency, 2)


def rounded_down(amount: Decimal, currency: str) -> Decimal:
    """An amount in whole units of the smallest coin, never more than it was.

    Examples
    --------
    >>> rounded_down(Decimal("1234.567"), "JPY"), rounded_down(Decimal("1234.567"), "USD")
    (Decimal('1234'), Decimal('1234.56'))
    """
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_DOWN)


def money(amount: Decimal, currency: str) -> str:
    """An amount as people write it; decimals only where there is something in them.

    Examples
    --------
    >>> money(Decimal(1200000), "JPY"), money(Decimal("99.5"), "EUR")
    ('1,200,000 JPY', '99.50 EUR')
    """
    whole = amount == amount.to_integral_value()
    return f"{amount:,.{0 if whole else decimals(currency)}f} {currency}"
