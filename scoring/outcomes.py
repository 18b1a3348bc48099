"""Outcomes as sales recorded them, ready to label snapshots with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.coverage import DAY, Times
from scoring.errors import DataError
from scoring.label_state import Mask, error_findings
from scoring.ledger import Events, Ledger
from scoring.stages import ALL_STAGES, CLOSING


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes that can be believed, against the leads that they are of.

    Parameters
    ----------
    created : array of float, shape (n_leads,)
        When each lead was created.
    lead : array of int, shape (n_outcomes,)
        Position of the lead that each outcome is of.
    occurred, recorded : array of float, shape (n_outcomes,)
        When it happened and when sales wrote it down.
    stage : array of str, shape (n_outcomes,)
        The stage reached.
    on_target : array of bool, shape (n_outcomes,)
        Whether that is the target or a later stage.
    findings : tuple of str
        Which outcomes were left out, and why.
    """

    created: Times
    lead: npt.NDArray[np.intp]
    occurred: Times
    recorded: Times
    stage: npt.NDArray[np.object_]
    on_target: Mask
    findings: tuple[str, ...]

    @classmethod
    def of(
        cls, leads: pd.DataFrame, outcomes: pd.DataFrame, stages: tuple[str, ...], until: float | None
    ) -> Outcomes:
        """Read outcome rows and leave out those that contradict the leads.

        Parameters
        ----------
        leads, outcomes : DataFrame
            The tables of the data contract.
        stages : tuple of str
            The target and every later stage.
        until : float, optional
            Outcomes recorded after it are not known.

        Returns
        -------
        Outcomes
            What can be believed.

        Raises
        ------
        DataError
            If a row has a stage that does not exist.
        """
        unknown = ~outcomes["stage"].isin(ALL_STAGES)
        if unknown.any():
            raise DataError(
                f"Column 'stage' of outcomes must hold one of {', '.join(ALL_STAGES)}. "
                f"{int(unknown.sum()):,} rows hold something else (first: row {int(np.argmax(unknown)) + 1})."
            )
        lead = pd.Index(leads["lead_id"]).get_indexer(outcomes["lead_id"])
        occurred = seconds(outcomes["occurred_at"])
        recorded = seconds(outcomes["recorded_at"]) if "recorded_at" in outcomes else occurred
        recorded = np.where(np.isnan(recorded), occurred, recorded)
        stage = outcomes["stage"].to_numpy(dtype=object)
        return cls.believed(seconds(leads["created_at"]), lead, occurred, recorded, stage, stages, until)

    @classmethod
    def of_ledger(cls, ledger: Ledger, stages: tuple[str, ...], until: float | None = None) -> Outcomes:
        """The outcomes of a ledger that can be believed; the arguments are those of :meth:`of`."""
        events = ledger.outcomes
        shown = events.category("stage")
        stage = np.array([*shown.levels, None], dtype=object)[shown.codes]
        return cls.believed(
            ledger.created, events.lead, events.occurred, events.recorded, stage, stages, until
        )

    @classmethod
    def believed(
        cls,
        created: Times,
        lead: npt.NDArray[np.intp],
        occurred: Times,
        recorded: Times,
        stage: npt.NDArray[np.object_],
        stages: tuple[str, ...],
        until: float | None,
    ) -> Outcomes:
        """The same from arrays; a lead of -1 is in no row of leads."""
        rules = {
            "has an outcome but is in no row of leads": lead < 0,
            "has an outcome without a time": np.isnan(occurred),
            "has an outcome before its creation": (lead >= 0) & (occurred < np.append(created, np.nan)[lead]),
        }
        good = ~np.logical_or.reduce(list(rules.values())) & ~(
            recorded > (np.inf if until is None else until)
        )
        return cls(
            created,
            lead[good],
            occurred[good],
            recorded[good],
            stage[good],
            np.isin(stage[good], stages),
            tuple(error_findings(rules)),
        )

    @property
    def first(self) -> Times:
        """When each lead first reached the target; infinite if it did not."""
        first = np.full(len(self.created), np.inf)
        np.minimum.at(first, self.lead[self.on_target], self.occurred[self.on_target])
        return first

    @property
    def resolved(self) -> Times:
        """When leads reached the target or were lost."""
        return self.occurred[self.on_target | np.isin(self.stage, CLOSING)]

    @property
    def known(self) -> Times:
        """Every time that shows the data were being written."""
        return np.concatenate([self.created, self.recorded])

    @property
    def recording_delay(self) -> float:
        """Days within which 95 % of the target's outcomes were written down."""
        delays = (self.recorded - self.occurred)[self.on_target]
        return float(np.quantile(delays, 0.95)) / DAY if len(delays) else 0.0

    def closed_at(self, lead: npt.NDArray[np.intp], as_of: Times) -> Mask:
        """Say which leads were known as lost or disqualified; any later stage reopens a lead.

        Parameters
        ----------
        lead : array of int, shape (n_snapshots,)
            Position of each snapshot's lead.
        as_of : array of float, shape (n_snapshots,)
            The time as which it is looked at.

        Returns
        -------
        array of bool
            True if the newest outcome recorded by ``as_of`` is a loss.
        """
        events = Events.of(self.lead, self.occurred, self.recorded, {"closing": np.isin(self.stage, CLOSING)})
        closing, closed = events.flag("closing"), np.zeros(len(lead), dtype=bool)
        for look, event in events.pairs(lead, as_of):
            newest = np.flatnonzero(np.append(look[1:] != look[:-1], True)) if len(look) else look
            closed[look[newest]] = closing[event[newest]]
        return closed

    def open_at(self, lead: npt.NDArray[np.intp], as_of: Times, max_open: float) -> Mask:
        """Say which leads were open: created, target not reached, not lost, not too old.

        Parameters
        ----------
        lead, as_of : array, shape (n_snapshots,)
            As in :meth:`closed_at`.
        max_open : float
            Days after which a lead without an end is no longer open.
        """
        created = np.append(self.created, np.nan)[lead]
        reached = np.append(self.first, np.inf)[lead]
        past = (created > as_of) | (reached <= as_of) | (as_of - created > max_open * DAY)
        is_open: Mask = ~(past | self.closed_at(lead, as_of))
        return is_open


def seconds(times: pd.Series) -> Times:
    """Express times as seconds since 1970, from seconds or from datetimes.

    Parameters
    ----------
    times : Series
        Numbers, datetimes (naive ones are UTC) or ISO text.

    Returns
    -------
    array of float
        NaN where unknown.
    """
    if pd.api.types.is_numeric_dtype(times):
        return times.to_numpy(dtype=np.float64, na_value=np.nan)
    moments = pd.to_datetime(times, utc=True)
    return np.asarray((moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1), dtype=np.float64)
