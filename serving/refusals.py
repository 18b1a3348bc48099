"""Why facts are not kept and models not promoted; the table of statuses in ``serving/app.py`` gives each its number."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.errors import DataError, ModelError
from serving.problems import MOST_FAULTS, Fault


class _Faulty(DataError):
    """Facts that cannot be kept; ``faults`` says where and why."""

    rule = ""

    def __init__(self, faults: Sequence[Fault]) -> None:
        more = f" The first {MOST_FAULTS} of {len(faults):,} are listed." if len(faults) > MOST_FAULTS else ""
        super().__init__(f"{self.rule} Nothing of this call was kept.{more}")
        self.faults = tuple(faults[:MOST_FAULTS])


class UnfitFacts(_Faulty):
    """What is told cannot be so."""

    rule = "Some of what was sent breaks a rule."


class UnknownLead(_Faulty):
    """Something is told of a lead that is not kept."""

    rule = "Some leads are not known here. Send each first: PUT /v1/leads/{lead_id}."


class ConflictingFacts(_Faulty):
    """What is told differs from what is kept, and is of the kind that never changes."""

    rule = "Some of what was sent contradicts what is kept."


class NoSuchLead(DataError):
    """Nothing is kept of the lead asked for."""


class NoSuchVersion(ModelError):
    """No model has the version asked for."""


class NotPromoted(ModelError):
    """A model cannot go live, or none can come back."""


class NotProposed(DataError):
    """No handoff policy can be proposed: nothing is live, or nothing was held out to count on."""


class NoSuchHandoff(DataError):
    """There is no such handoff."""


class Decided(DataError):
    """A handoff was accepted or rejected already."""


class UnfitDecision(_Faulty):
    """A decision that cannot be so."""

    rule = "Some of what was decided breaks a rule."
