"""Scores the rows of a list, batch by batch, and gives what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.io.files import Batch
from scoring.leads import table_features
from scoring.reasons import Phrases
from scoring.scorecard import Scorecard, Scores, settle_array
from scoring.value import AMOUNT
from serving.batch.intake import lead_ids
from serving.batch.kept import kept_rows, kept_schema
from serving.decision import Handoff
from serving.worth import BELOW_MONEY, CENTS, Worth

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kept:
    """Some leads after the first pass.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
        What goes to disk.
    order : array of float, shape (n_leads,)
        By what they are ranked, the highest first; NaN for those without a score.
    unread_amounts : int
        Leads whose own amount cannot be read.
    """

    rows: pa.RecordBatch
    order: Floats
    unread_amounts: int


class Scorer:
    """Everything that scoring a batch needs.

    Parameters
    ----------
    card : Scorecard
        The model.
    worth : Worth or None
        Gives the expected value, by which leads are then ranked.
    phrases : Phrases
        The sentences of the model.
    named_by : str or None
        The column that names a lead.
    as_of : float
        Seconds since 1970 as which leads are seen that bring no time of their own.
    reasons : int
        At most so many reasons per lead.
    handoff : Handoff, optional
        Decides which leads are handed over.
    """

    def __init__(
        self,
        card: Scorecard,
        worth: Worth | None,
        phrases: Phrases,
        named_by: str | None,
        as_of: float,
        reasons: int,
        handoff: Handoff | None = None,
    ) -> None:
        self.card = card
        self.worth = worth
        self.handoff = handoff
        self.schema = kept_schema(reasons)
        self.phrases = phrases
        self._named_by = named_by
        self._as_of = as_of
        self._reasons = reasons

    @property
    def cards(self) -> tuple[Scorecard, ...]:
        """The scorecards that read the list: its own, the one that decides, and the one that tells its worth."""
        found = [self.card]
        for beside in (self.handoff, self.worth):
            if beside is not None and all(beside.card is not card for card in found):
                found.append(beside.card)
        return tuple(found)

    def keep(self, batch: Batch) -> Kept:
        """Score a batch.

        Parameters
        ----------
        batch : Batch
            Some rows of the list.
        """
        scores = self._scores(batch.rows)
        worth = scores[0] if self.worth is None else self._by(self.worth.card, scores)
        value, unread = self._values(batch.rows, worth)
        sentences, ids = self.phrases.codes(scores[0], self._reasons), lead_ids(batch, self._named_by)
        handoff = self.handoff
        decided = (
            None if handoff is None else handoff.of_leads(self._by(handoff.card, scores).likelihood, ids)
        )
        rows = kept_rows(self.schema, ids, scores[0], value, sentences, decided)
        if value is None or AMOUNT not in batch.rows.schema.names:
            # Where all deals are worth the same, the order by expected value is that of the log-odds, which
            # tell leads apart where likelihoods near 0 and 1 no longer do.
            return Kept(rows, settle_array(worth.log_odds), 0)
        cents = np.rint(value * CENTS)
        return Kept(
            rows, np.where(np.isnan(cents), settle_array(scores[0].log_odds) - BELOW_MONEY, cents), unread
        )

    def _by(self, card: Scorecard, scores: list[Scores]) -> Scores:
        """What one of the scorecards says."""
        return next(said for each, said in zip(self.cards, scores, strict=True) if each is card)

    def _values(self, rows: pa.RecordBatch, scores: Scores) -> tuple[Floats | None, int]:
        """The expected values, and how many amounts cannot be read, for which the usual deal stands in."""
        return (None, 0) if self.worth is None else self.worth.of_leads(rows, scores.likelihood)

    def _scores(self, rows: pa.RecordBatch) -> list[Scores]:
        """What each scorecard says; a row that one of them cannot read is scored by none."""
        errors: dict[int, str] = {}
        columns = []
        for card in self.cards:
            features, wrong = table_features(card, rows, self._as_of)
            columns.append(features)
            errors |= wrong
        return [
            card.score_columns(features, errors, rows.num_rows)
            for card, features in zip(self.cards, columns, strict=True)
        ]
