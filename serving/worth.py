"""What a lead is worth: the likelihood of winning it by the *won* champion, times the amount, times the margin.

The service and lead lists count the same: the amount is the lead's own where it states one that can be read,
else the deal of the settings; what comes out is in whole hundredths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.clean import Column, Unreadable
from scoring.io.sections import Value
from scoring.scorecard import Scorecard
from scoring.value import AMOUNT, WON, expected_value, expected_values, lead_amount, lead_amounts

CENTS = 100
# Of leads whose worth is not known, the likelier ranks first, and all of them after those whose worth is known.
BELOW_MONEY = 1e6
MOST_MONEY = 1e15
AMOUNT_RULE = f"must be a number from 0 to {MOST_MONEY:,.0f}; the deal of the settings is used instead."
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

    @classmethod
    def of(cls, card: Scorecard | None, value: Value) -> Worth | None:
        """By a model of *won* and what the team has set; None where no model tells how likely that is."""
        return None if card is None or not card.has_likelihood else cls(card, value.deal, value.margin)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """How its scorecard reads a lead."""
        return {column.name: column for column in self.card.columns}

    def of_lead(self, properties: Mapping[str, object], likelihood: float) -> tuple[float | None, bool]:
        """What a lead earns on average, and whether its own amount can be read.

        Parameters
        ----------
        properties : mapping of str to object
            The lead as it came.
        likelihood : float
            Of winning it.
        """
        own, readable = self._own(properties)
        value = expected_value(WON, likelihood, self.deal if own is None else own, self.margin)
        return None if value is None else round(value * CENTS) / CENTS, readable

    def _own(self, properties: Mapping[str, object]) -> tuple[float | None, bool]:
        try:
            own = lead_amount(properties, self.columns)
        except Unreadable:
            return None, False
        return (None, False) if own is not None and own > MOST_MONEY else (own, True)

    def of_leads(self, rows: pa.RecordBatch, likelihoods: Floats) -> tuple[Floats, int]:
        """:meth:`of_lead` for many, not rounded yet; NaN where it is not known.

        Parameters
        ----------
        rows : pyarrow.RecordBatch, n_leads rows
            The leads as they came.
        likelihoods : array of float, shape (n_leads,)
            Of winning each.

        Returns
        -------
        values : array of float, shape (n_leads,)
            What they earn on average.
        unread : int
            How many amounts cannot be read.
        """
        amounts, unread = np.full(rows.num_rows, np.nan if self.deal is None else self.deal), 0
        if AMOUNT in rows.schema.names:
            own, errors = lead_amounts(rows.column(AMOUNT), self.columns)
            beyond = own > MOST_MONEY
            amounts = np.where(np.isnan(own) | beyond, amounts, own)
            unread = len(errors) + int(beyond.sum())
        return expected_values(WON, likelihoods, amounts, self.margin), unread
