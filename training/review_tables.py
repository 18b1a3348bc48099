"""The tables of a model review: each number with its 90 % interval below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from scoring.charts.words import WORDS as CHART_WORDS
from scoring.reasons import Lang
from scoring.segments import Rate, Segment
from training.notebook import UNKNOWN
from training.review_words import WORDS

Estimate = Mapping[str, float | None]
# What is shown of each candidate, and with how many digits.
DIGITS: Final = {
    "log_loss": 3, "brier": 4, "calibration_error": 3, "auc": 3, "average_precision": 3, "lift_at_10": 2,
}  # fmt: skip
_TO: Final[Mapping[Lang, str]] = {"en": " to ", "ja": "〜"}


def compared(found: Mapping[str, Mapping[str, Estimate]], title: str, lang: Lang) -> pd.DataFrame:
    """Candidates as rows, metrics as columns.

    Parameters
    ----------
    found : mapping
        Estimates or differences, as :meth:`scoring.bootstrap.Bootstrap.to_dict` gives them.
    title : str
        What is compared.
    lang : {"en", "ja"}
        The language.
    """
    words = CHART_WORDS[lang]
    columns = {words.metrics[metric].split(" (")[0].split("（")[0]: metric for metric in DIGITS}
    rows = {
        candidate(name, lang): {
            said: spread(one[metric], metric, lang, "\n") for said, metric in columns.items()
        }
        for name, one in found.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(title)


def grouped(
    found: Sequence[Segment], lang: Lang, threshold: float | None = None, title: str = ""
) -> pd.DataFrame:
    """Groups as rows: what was promised, what came, and who reaches the threshold.

    Parameters
    ----------
    found : sequence of Segment
        What :func:`scoring.segments.segments` gave.
    lang : {"en", "ja"}
        The language.
    threshold : float, optional
        Without one, nothing is said of who reaches it.
    title : str
        What makes the groups.
    """
    words, to = WORDS[lang], _TO[lang]
    rows = {}
    for one in found:
        gap = [f"{100 * value:+.1f}".replace("-", "−") for value in (one.gap, one.gap_low, one.gap_high)]
        row = {
            words["leads"]: f"{one.leads:,}",
            words["promised"]: percent(one.likelihood),
            words["observed"]: share(one.rate, lang),
            words["gap"]: f"{gap[0]}\n{gap[1]}{to}{gap[2]}",
        }
        if threshold is not None:
            row |= {
                words["selected"].format(threshold=threshold_said(threshold)): share(one.selected, lang),
                words["found"]: share(one.found, lang),
                words["converts"]: share(one.converts, lang),
            }
        rows[one.name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(title)


def candidate(name: str, lang: Lang) -> str:
    """What a candidate is called."""
    return CHART_WORDS[lang].models.get(name, name)


def spread(estimate: Estimate, metric: str, lang: Lang, between: str = " ") -> str:
    """A metric with its interval.

    Examples
    --------
    >>> spread({"value": 0.1234, "low": -0.01, "high": 0.2}, "log_loss", "en")
    '0.123 (−0.010 to 0.200)'
    """
    value, low, high = (estimate[end] for end in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return UNKNOWN
    said = [f"{one:.{DIGITS[metric]}f}".replace("-", "−") for one in (value, low, high)]
    inside = f"{said[1]}{_TO[lang]}{said[2]}"
    return f"{said[0]}{between}{inside if between == chr(10) else f'({inside})'}"


def share(rate: Rate | None, lang: Lang) -> str:
    """A share, with its interval below."""
    if rate is None or rate.value is None:
        return UNKNOWN
    return f"{percent(rate.value)}\n{100 * rate.low:.1f}{_TO[lang]}{100 * rate.high:.1f}"


def percent(value: float | None) -> str:
    """A share as people read it.

    Examples
    --------
    >>> percent(0.0517), percent(None)
    ('5.2 %', '–')
    """
    return UNKNOWN if value is None else f"{100 * value:.1f} %"


def threshold_said(threshold: float) -> str:
    """A threshold with as many digits as tell it from its neighbours.

    Examples
    --------
    >>> threshold_said(0.0323125)
    '3.23 %'
    """
    return f"{100 * threshold:.3g} %"
