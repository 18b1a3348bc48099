"""The flat files: one row per lead as it was known when it was created, and what became of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.coverage import DAY
from scoring.labels import Labels, snapshot_labels
from scoring.outcomes import Outcomes
from scoring.stages import at_or_beyond
from training.simulate.clock import OFFSET, iso, seconds_of
from training.simulate.crm import Crm
from training.simulate.history import LOST_REASON, value_at

HORIZON = 90.0
MAX_OPEN = 180.0
LABEL = "Converted"
_SHOWN = {1.0: "yes", 0.0: "no"}


def at_creation(crm: Crm) -> pd.DataFrame:
    """Describe each lead as known at ``created_at``; only the planted leak shows what is known at the end."""
    created, leads, changes = crm.arrived.created, crm.leads, crm.changes
    blank = np.full(len(created), "", dtype=object)
    known = {
        name: value_at(changes, name, leads[name].to_numpy(dtype=object), created)
        for name in ("job_title", "employees", "newsletter")
    }
    counts = crm.visits.counts
    table = leads.assign(
        **known,
        created_at=iso(created),
        owner=value_at(changes, "owner", blank, created),
        page_views=counts["page_view"],
        pricing_views=counts["pricing_view"],
        downloads=counts["download"],
        webinars=counts["webinar_attended"],
        minutes_on_site=np.char.mod("%.1f", crm.visits.total_minutes),
    )
    table[LOST_REASON] = value_at(changes, LOST_REASON, blank, np.full(len(created), seconds_of(crm.end)))
    first = ["lead_id", "created_at", "customer_no"]
    return table[first + [name for name in table.columns if name not in first]]


def converted(crm: Crm) -> Labels:
    """Label each lead at its creation: won within 90 days, or not, or not known yet."""
    snapshots = pd.DataFrame({"lead_id": crm.arrived.lead_id, "as_of": _utc(crm.arrived.created)})
    return snapshot_labels(
        snapshots,
        _lead_table(crm),
        _outcome_table(crm),
        target="won",
        horizon=HORIZON,
        recorded_until=float(seconds_of(crm.end) - OFFSET),
        time_zone="Asia/Tokyo",
    )


def still_open(crm: Crm) -> np.ndarray:
    """Say which leads are open at the end: not won, not lost or disqualified, younger than 180 days."""
    now = float(seconds_of(crm.end) - OFFSET)
    known = Outcomes.of(_lead_table(crm), _outcome_table(crm), at_or_beyond("won"), now)
    everyone = np.arange(len(crm.arrived.created))
    closed = known.closed_at(everyone, np.full(len(everyone), now))
    young = now - _utc(crm.arrived.created) <= MAX_OPEN * DAY
    return young & ~closed & ~(known.first <= now)


def flat_files(crm: Crm) -> dict[str, pd.DataFrame]:
    """Make the file to learn from and the file to score."""
    table = at_creation(crm)
    label = np.array([_SHOWN.get(y, "") for y in converted(crm).y], dtype=object)
    return {"leads": table.assign(**{LABEL: label}), "open_leads": table[still_open(crm)]}


def _lead_table(crm: Crm) -> pd.DataFrame:
    return pd.DataFrame({"lead_id": crm.arrived.lead_id, "created_at": _utc(crm.arrived.created)})


def _outcome_table(crm: Crm) -> pd.DataFrame:
    outcomes = crm.outcomes
    return pd.DataFrame(
        {
            "lead_id": crm.arrived.lead_id[outcomes["lead"]],
            "occurred_at": _utc(outcomes["occurred"].to_numpy()),
            "recorded_at": _utc(outcomes["recorded"].to_numpy()),
            "stage": outcomes["stage"],
        }
    )


def _utc(wall: np.ndarray) -> np.ndarray:
    return wall.astype(np.float64) - OFFSET
