"""Which campaign a lead, its win and its revenue are credited to: by the first, the last, or all that touched it.

No rule is the truth, since none knows what would have happened without a campaign.  First and last say who found
and who closed; *linear* shares alike; *position* gives the first and the last 40 % each, and the rest to those
between.  A campaign that looks good under all four looks good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.ledger import Events

Rule = Literal["first", "last", "linear", "position"]
RULES: Final[tuple[Rule, ...]] = ("first", "last", "linear", "position")
NONE: Final = "(none)"
CAMPAIGN: Final = "campaign"
# Shares are whole parts of this power of two, so that they add up to 1 exactly, in any order; a million leads too.
PARTS: Final = 2**32
_END_PARTS: Final = PARTS * 2 // 5
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Credit:
    """Shares of leads that campaigns are credited with.

    Parameters
    ----------
    lead : array of int, shape (n_credits,)
        Whose share, as a position; a lead that nothing touched has one, of its own campaign or of none.
    campaign : Categories, n_credits long
        The campaign.
    share : mapping of rule to array of float, shape (n_credits,)
        What it gets of the lead; the shares of a lead add up to 1 under each rule, exactly.
    """

    lead: npt.NDArray[np.intp]
    campaign: Categories
    share: Mapping[Rule, Floats]

    def of(self, rule: Rule, weight: Floats) -> Floats:
        """What each campaign gets, in the order of ``campaign.levels``.

        Parameters
        ----------
        rule : {"first", "last", "linear", "position"}
            How it is shared.
        weight : array of float, shape (n_leads,)
            What each lead brings: 1 to count it, or its revenue.
        """
        worth = self.share[rule] * weight[self.lead]
        given: Floats = np.bincount(self.campaign.codes, worth, len(self.campaign.levels)).astype(np.float64)
        return given


def attribute(touched: Events, until: Floats, own: Categories) -> Credit:
    """Share each lead out among the campaigns that touched it.

    Parameters
    ----------
    touched : Events
        What leads did, with the column ``campaign``; events without one are passed over.  Sorted by lead and time.
    until : array of float, shape (n_leads,)
        What happens later counts no more: the win of each lead, or now; seconds since 1970 UTC.
    own : Categories, n_leads long
        The lead's own campaign, for leads that no campaign touched in time; missing is ``(none)``.

    Examples
    --------
    >>> visits = Categories.of(["Search", "Webinar", "Search"])
    >>> times = np.array([1.0, 2.0, 3.0])
    >>> touched = Events(np.array([0, 0, 0]), times, times, {"campaign": visits})
    >>> credit = attribute(touched, np.array([9.0, 9.0]), Categories.of(["Fair", None]))
    >>> credit.campaign.levels
    ('Search', 'Webinar', 'Fair', '(none)')
    >>> credit.of("position", np.ones(2)).round(2).tolist()
    [0.8, 0.2, 0.0, 1.0]
    """
    named = touched.category(CAMPAIGN)
    kept = np.flatnonzero((named.codes >= 0) & (touched.occurred <= until[touched.lead]))
    lead = touched.lead[kept]
    count = np.bincount(lead, minlength=len(until))
    alone = np.flatnonzero(count == 0)
    levels = tuple(dict.fromkeys((*named.levels, *own.levels, NONE)))
    place = {level: at for at, level in enumerate(levels)}
    of_own = np.array([*(place[level] for level in own.levels), place[NONE]], dtype=np.int32)
    codes = np.concatenate([named.codes[kept], of_own[own.codes[alone]]])
    whole = np.full(len(alone), PARTS)
    nth = np.arange(len(lead)) - (np.cumsum(count) - count)[lead]
    shares = {rule: np.concatenate([parts(nth, count[lead], rule), whole]) / PARTS for rule in RULES}
    return Credit(np.concatenate([lead, alone]), Categories(codes.astype(np.int32), levels), shares)


def parts(nth: Whole, count: Whole, rule: Rule) -> Whole:
    """What the n-th of so many touches gets, in whole parts of ``PARTS``.

    Parameters
    ----------
    nth : array of int, shape (n_touches,)
        Its place among the touches of the lead, from 0.
    count : array of int, shape (n_touches,)
        How many touches the lead has.
    rule : {"first", "last", "linear", "position"}
        How they are shared out.  Of two touches *position* gives half to each.
    """
    first, last = nth == 0, nth == count - 1
    if rule == "first":
        return np.where(first, PARTS, 0)
    if rule == "last":
        return np.where(last, PARTS, 0)
    if rule == "linear":
        return _even(PARTS, nth, count)
    between = _even(PARTS - 2 * _END_PARTS, nth - 1, np.maximum(count - 2, 1))
    ends = np.where(count == 1, PARTS, np.where(count == 2, PARTS // 2, _END_PARTS))
    return np.where(first | last, ends, between)


def _even(whole: int, nth: Whole, count: Whole) -> Whole:
    """An even share of a whole in whole parts; what is left over goes to the first ones, a part each."""
    each, left = np.divmod(whole, count)
    return each + (nth < left)
