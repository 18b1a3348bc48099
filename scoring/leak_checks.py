"""The signs of a leak: what in a column makes an analyst ask whether it was written after the outcome.

To add one, write a function from `Facts` to `Hint` and put it into `CHECKS`.

======  =====================================================================================
grade   evidence
======  =====================================================================================
2       filled (almost) only for one outcome; AUC of 0.98, over all or among the filled
1.5     AUC alone 0.90; AUC of *is missing* 0.80; a name that says the outcome outright
1       AUC alone 0.79; AUC of *is missing* 0.65; a name that likely does
0.5     AUC of *is missing* 0.60; a name that may; a date after all other dates of its lead
======  =====================================================================================

Whatever chance could do is no evidence: an AUC must lie four standard deviations from 0.5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.bands import binomial_tails
from scoring.clean import Categories, Column
from scoring.drift import MOVED
from scoring.hindsight import Known, Values
from scoring.lexicon import english_words, name_hint

CONCLUSIVE: Final = 2.0
CONCLUSIVE_AUC: Final = 0.98
SURE: Final = 4.0
"""Standard deviations from 0.5: of 27,000 simulated columns of noise 15 got there, none beyond AUC 0.71."""
ALONE: Final = ((0.90, 1.5), (0.79, 1.0))
FILLED: Final = ((0.80, 1.5), (0.65, 1.0), (0.60, 0.5))
VALUES_ADD: Final = 0.03
PURE: Final = 0.05
BY_CHANCE: Final = 1e-4
SHARE_OF_LOSERS: Final = 0.3
TELLS_TIME: Final = 0.75
LATER: Final = 0.95
ALL_DIFFERENT: Final = 0.95
FEWEST_IDENTIFIERS: Final = 20
IDENTIFIER_WORDS: Final = {"id", "uuid", "guid", "number", "no", "nr", "key", "code", "identifier"}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the checks may know of a column."""

    column: Column
    values: Values
    filled: npt.NDArray[np.bool_]
    label: npt.NDArray[np.bool_]
    levels: int
    known: Known
    late: Known | None
    later_share: float
    moved: float | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What a check found: its grade as evidence of a leak, and whether it makes the column useless."""

    code: str
    grade: float
    evidence: dict[str, float]
    advice: str
    useless: bool = False


def filled_only_after(facts: Facts) -> Hint | None:
    """Look for a column that only one outcome fills: it was written when the outcome was known."""
    for won, who in ((True, "converted"), (False, "did not convert")):
        of_them, share = facts.label == won, float((facts.label == won).mean())
        filled, wrong = int(facts.filled.sum()), int((facts.filled & ~of_them).sum())
        if not filled or not of_them.any() or wrong > PURE * (1 - share) * filled:
            continue
        if binomial_tails(wrong, filled, 1 - share)[0] > BY_CHANCE:
            continue
        # Some honest facts end a lead early (a bounced e-mail): only what losers usually have is conclusive.
        usual = won or float(facts.filled[of_them].mean()) >= SHARE_OF_LOSERS
        return Hint(
            "filled_only_after",
            CONCLUSIVE if usual else 1.0,
            {"filled": filled, "filled_for_the_other_outcome": wrong, **_shares(facts)},
            f"Filled (almost) only for leads that {who}: it was written after the outcome. Leave it out.",
        )
    return None


def near_copy_of_label(facts: Facts) -> Hint | None:
    """Look for a column that says the outcome in other words."""
    known = facts.known
    for what, auc, noise in (
        ("auc", known.auc, known.noise),
        ("filled_auc", known.filled_auc, known.filled_noise),
    ):
        if auc is not None and auc >= CONCLUSIVE_AUC and _sure(auc, noise):
            among = "" if what == "auc" else " among the leads that have a value"
            advice = f"Tells converted leads from others almost without error{among}: a copy of the outcome."
            return Hint("near_copy_of_label", CONCLUSIVE, {what: auc, **_shares(facts)}, advice)
    return None


def too_good_alone(facts: Facts) -> Hint | None:
    """Look for a column that alone does what a whole model does in honest data."""
    auc, missing = facts.known.auc, facts.known.missing_auc or 0.5
    grade = _grade(auc, facts.known.noise, ALONE)
    # If the values add nothing to being filled, this is the same evidence as `missing_tells`.
    if auc is None or not grade or (missing >= FILLED[-1][0] and auc - missing < VALUES_ADD):
        return None
    advice = "Unusually telling alone. Make sure that it is known when leads are scored."
    return Hint("too_good_alone", grade, {"auc": auc}, advice)


def missing_tells(facts: Facts) -> Hint | None:
    """Look for a column whose being filled at all goes with the outcome."""
    auc = facts.known.missing_auc
    grade = _grade(auc, facts.known.missing_noise, FILLED)
    if auc is None or not grade:
        return None
    advice = "Being filled goes with the outcome. Make sure that it is not filled in by sales along the way."
    return Hint("missing_tells", grade, {"auc_of_missing": auc, **_shares(facts)}, advice)


def name_says_outcome(facts: Facts) -> Hint | None:
    """Look at what the column is called."""
    hint = name_hint(facts.column.name)
    if hint is None:
        return None
    advice = f"Its name has {hint.word!r} in it. Make sure that its value is from before the outcome."
    return Hint("name_says_outcome", hint.strength, {"strength": hint.strength}, advice)


def later_than_others(facts: Facts) -> Hint | None:
    """Look for a date that lies after everything else that is known of the lead."""
    if facts.later_share < LATER:
        return None
    advice = "Lies after all other dates of the lead. Make sure that it is known when leads are scored."
    return Hint("later_than_others", 0.5, {"share_later": facts.later_share}, advice)


def time_proxy(facts: Facts) -> Hint | None:
    """Look for a column that tells new leads from old ones; a date does so by nature."""
    if facts.late is None or facts.column.type == "date":
        return None
    auc = facts.late.auc
    if auc is None or auc < TELLS_TIME or not _sure(auc, facts.late.noise):
        return None
    advice = "Tells new leads from old ones, so what was learned from it may not hold for coming leads."
    return Hint("time_proxy", 0.0, {"auc_of_late": auc}, advice)


def drifted(facts: Facts) -> Hint | None:
    """Look for a column whose values are spread differently among new leads than among old ones."""
    if facts.moved is None or facts.moved < MOVED or facts.column.type == "date":
        return None
    advice = "Its values are spread differently among new leads: what was learned from it may not last."
    return Hint("drifted", 0.0, {"psi": facts.moved}, advice)


def constant(facts: Facts) -> Hint | None:
    """Look for a column that says the same of every lead."""
    share = float(facts.filled.mean()) if len(facts.filled) else 0.0
    if facts.levels + (share < 1) > 1:
        return None
    advice = "The same for every lead: nothing can be learned from it. Left out."
    return Hint("constant", 0.0, {"filled": share}, advice, useless=True)


def identifier(facts: Facts) -> Hint | None:
    """Look for names and numbers of single leads, which mean nothing for the next one."""
    filled = int(facts.filled.sum())
    if filled < FEWEST_IDENTIFIERS or facts.levels < ALL_DIFFERENT * filled:
        return None
    if facts.column.type not in ("id", "category") and not _counts_leads(facts, filled):
        return None
    advice = (
        "Different for (almost) every lead: it names the lead and says nothing of the next one. Left out."
    )
    return Hint("identifier", 0.0, {"distinct": facts.levels, "filled": filled}, advice, useless=True)


CHECKS: Final[tuple[Callable[[Facts], Hint | None], ...]] = (
    filled_only_after,
    near_copy_of_label,
    too_good_alone,
    missing_tells,
    name_says_outcome,
    later_than_others,
    time_proxy,
    drifted,
    constant,
    identifier,
)
SAME_FACT: Final = {
    "filled_only_after": {"near_copy_of_label", "too_good_alone", "missing_tells"},
    "near_copy_of_label": {"too_good_alone"},
    "time_proxy": {"drifted"},
}
"""A finding of the first code says all that findings of the others would say."""


def _grade(auc: float | None, noise: float, grades: tuple[tuple[float, float], ...]) -> float:
    if auc is None or not _sure(auc, noise):
        return 0.0
    return next((grade for least, grade in grades if auc >= least), 0.0)


def _sure(auc: float, noise: float) -> bool:
    return auc - 0.5 >= SURE * noise


def _shares(facts: Facts) -> dict[str, float]:
    """How often the column is filled, by outcome; an outcome nobody had is left out."""
    sides = {"filled_of_converted": facts.label, "filled_of_others": ~facts.label}
    return {name: float(facts.filled[rows].mean()) for name, rows in sides.items() if rows.any()}


def _counts_leads(facts: Facts, filled: int) -> bool:
    """Whether a column of different whole numbers is a running number, by its name or by its density."""
    if isinstance(facts.values, Categories) or facts.column.type != "number":
        return False
    numbers = facts.values[facts.filled]
    if facts.levels < filled or (numbers != np.floor(numbers)).any():
        return False
    named = bool(IDENTIFIER_WORDS & {*english_words(facts.column.name)}) or "番号" in facts.column.name
    return named or float(np.ptp(numbers)) < 2 * filled
