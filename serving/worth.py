"""What a lead is worth: the likelihood of winning it by the *won* champion, times the amount, times the margin.

A service and a lead list count the same: the lead's own amount where it states one that can be read, else
the deal of the settings; in hundredths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.clean import Column, Unreadable
from scoring.scorecard import Scorecard
from scoring.value import AMOUNT, MOST_MONEY, expected_value, expected_values, lead_amount, lead_amounts

CENTS = 100
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """What turns a likelihood into money.

    Parameters
    ----------
    card : Scorecard
        The scorecard whose likelihood is that of a won deal.
    deal : float or None
        What a won deal brings where the lead does not state an amount of its own.
    margin : float
        The share of it that is earned.
    """

    card: Scorecard
    deal: float | None = None
    margin: float = 1.0

    def of_lead(self, properties: Mapping[str, object], likelihood: float) -> float | None:
        """What a lead earns on average; None where its amount is not known.

        Parameters
        ----------
        properties : mapping of str to object
            Raw values.
        likelihood : float
            Of winning it.
        """
        own = lead_amount(properties, self._columns)
        amount = own
