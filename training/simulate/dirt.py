"""How people really type: the same values, spelled as a CRM's fields come to hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from training.simulate.world import Words

FULL_WIDTH: Final = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
_WIDE_DIGITS: Final = str.maketrans("0123456789-", "０１２３４５６７８９－")


def _abbreviated(text: str) -> str:
    return text.replace("株式会社", "㈱").replace("有限会社", "㈲")


def _bracketed(text: str) -> str:
    return text.replace("株式会社", "(株)")


def _thousands(text: str) -> str:
    return f"{int(text):,}" if text.isdigit() and len(text) > 3 else text


def _fixed(value: str) -> Callable[[str], str]:
    return lambda _: value


# What no form should stumble over: text that a page must show as text, and letters that old encodings lack.
AWKWARD: Final = ("<script>alert(1)</script>", "株式会社﨑山\u3000髙橋")

# Column -> (share of its cells, what happens to them).  Later rows win where two meet in one cell.
DIRT: Final[Mapping[str, tuple[tuple[float, Callable[[str], str]], ...]]] = {
    "name": ((0.10, lambda text: text.replace(" ", "\u3000")), (0.06, lambda text: text.replace(" ", ""))),
    "company": ((0.07, _abbreviated), (0.03, _bracketed), (0.03, lambda text: f"{text} ")),
    "email": ((0.015, str.upper), (0.01, lambda text: f"{text} "), (0.01, _fixed(""))),
    "phone": (
        (0.12, lambda text: text.replace("-", "")),
        (0.03, lambda text: text.translate(_WIDE_DIGITS)),
        (0.09, _fixed("")),
    ),
    "job_title": ((0.02, _fixed("-")), (0.02, lambda text: f" {text}"), (0.04, _fixed(""))),
    "industry": ((0.03, _fixed("未設定")), (0.04, _fixed(""))),
    "prefecture": (
        (0.05, lambda text: text.removesuffix("都").removesuffix("府").removesuffix("県")),
        (0.02, _fixed("")),
    ),
    "employees": (
        (0.06, _thousands),
        (0.03, lambda text: text.translate(_WIDE_DIGITS)),
        (0.03, _fixed("未設定")),
        (0.02, _fixed("-")),
        (0.05, _fixed("")),
        (0.002, _fixed("数百名")),
    ),
    "source": ((0.012, lambda text: text.translate(FULL_WIDTH)), (0.01, lambda text: f"{text} ")),
    "first_visit_on": ((0.04, lambda text: _long_date(text)),),
    "country": ((0.05, _fixed("Japan")), (0.03, _fixed("JP")), (0.03, _fixed(""))),
}


def soil(rng: np.random.Generator, column: str, values: Words) -> Words:
    """Spell some cells of a column the way people do."""
    soiled = values.copy()
    for share, spell in DIRT.get(column, ()):
        for row in np.flatnonzero(rng.random(len(values)) < share):
            if soiled[row]:
                soiled[row] = spell(soiled[row])
    return soiled


def spelled_again(rng: np.random.Generator, column: str, values: Words) -> Words:
    """Spell the same person's cells as a second form holds them, some with the private address."""
    again: dict[str, Callable[[str], str]] = {
        "name": lambda text: text.replace(" ", "\u3000"),
        "company": _abbreviated,
        "phone": lambda text: text.replace("-", ""),
        "email": _private,
    }
    if column not in again:
        return values
    share = 0.35 if column == "email" else 1.0
    other = rng.random(len(values)) < share
    return np.array(
        [again[column](text) if row else text for text, row in zip(values, other, strict=True)], dtype=object
    )


def _private(text: str) -> str:
    return f"{text.split('@')[0].rstrip('0123456789.')}.{len(text):06d}@gmail.com" if text else text


def _long_date(text: str) -> str:
    year, month, day = text.split("/")
    return f"{year}年{int(month)}月{int(day)}日"
