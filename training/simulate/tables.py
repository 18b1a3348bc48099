"""The tables of the data contract, as a CRM would export them at the end of the simulated time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.simulate.clock import dates_of, iso, seconds_of, stream
from training.simulate.crm import Crm, timestamps
from training.simulate.history import LOST_REASON, value_at
from training.simulate.world import SOURCES


def contract_tables(crm: Crm, seed: int) -> dict[str, pd.DataFrame]:
    """Make every table of the data contract, ids as text, times with Japan's offset."""
    return {
        "leads": _leads(crm),
        "changes": _changes(crm),
        "activities": _activities(crm),
        "touches": _touches(crm),
        "outcomes": _outcomes(crm, crm.outcomes),
        "picked": _outcomes(crm, crm.picked),
        "assignments": _assignments(crm),
        "campaigns": _campaigns(crm, seed),
        "truth": _truth(crm),
        "answers": _answers(crm),
    }


def _leads(crm: Crm) -> pd.DataFrame:
    """Properties as they are at the end; their history stands in ``changes``."""
    now = np.full(len(crm.leads), seconds_of(crm.end))
    blank = np.full(len(crm.leads), "", dtype=object)
    table = crm.leads.assign(created_at=iso(crm.arrived.created))
    for name in ("owner", "employees", "job_title", "newsletter", LOST_REASON):
        before = table[name].to_numpy(dtype=object) if name in table else blank
        table[name] = value_at(crm.changes, name, before, now)
    first = ["lead_id", "created_at", "name", "company", "email", "phone", "job_title", "country", "source"]
    first += ["campaign", "owner", "customer_no"]
    return table[first + [name for name in table.columns if name not in first]]


def _changes(crm: Crm) -> pd.DataFrame:
    table = timestamps(_with_id(crm, crm.changes), occurred_at="occurred")
    return table[["lead_id", "occurred_at", "property", "value"]]


def _activities(crm: Crm) -> pd.DataFrame:
    table = timestamps(_with_id(crm, crm.activities), occurred_at="occurred", recorded_at="recorded")
    return table[["lead_id", "occurred_at", "kind", "campaign", "value", "recorded_at"]]


def _touches(crm: Crm) -> pd.DataFrame:
    table = timestamps(_with_id(crm, crm.touches), occurred_at="occurred")
    table["rep"] = crm.owners.names[table["rep"]]
    for name in ("connected", "automatic"):
        table[name] = np.where(table[name], "true", "false")
    table = table.sort_values(["occurred", "lead", "channel"], kind="stable")
    return table[["lead_id", "occurred_at", "rep", "channel", "connected", "automatic"]]


def _outcomes(crm: Crm, outcomes: pd.DataFrame) -> pd.DataFrame:
    table = timestamps(_with_id(crm, outcomes), occurred_at="occurred", recorded_at="recorded")
    paid = table["amount"] > 0
    owner = crm.owners.at(table["lead"].to_numpy(), table["recorded"].to_numpy())
    table = table.assign(
        amount=np.where(paid, table["amount"].astype(str), ""),
        currency=np.where(paid, "JPY", ""),
        rep=crm.owners.names[owner],
    )
    return table[["lead_id", "occurred_at", "stage", "amount", "currency", "reason", "rep", "recorded_at"]]


def _assignments(crm: Crm) -> pd.DataFrame:
    own = crm.changes[crm.changes["property"] == "owner"]
    table = timestamps(_with_id(crm, own), assigned_at="occurred")
    return table.rename(columns={"value": "rep"})[["lead_id", "rep", "assigned_at"]]


def _campaigns(crm: Crm, seed: int) -> pd.DataFrame:
    """What each campaign cost in each month: what it costs to run, and about so much for each lead it brought."""
    rng = stream(seed, "costs")
    of_source = {source.name: source for source in SOURCES}
    month = dates_of(crm.arrived.created).astype("datetime64[M]").astype(str)
    source = np.array([each.name for each in SOURCES], dtype=object)[crm.arrived.source]
    table = pd.DataFrame({"campaign": crm.leads["campaign"], "month": month, "source": source})
    table = table[table["campaign"] != ""].value_counts().reset_index()
    table = table.sort_values(["month", "campaign"], ignore_index=True)
    each = table["source"].map(lambda name: of_source[name].yen_per_lead)
    running = table["source"].map(lambda name: of_source[name].yen_per_month)
    yen = (running + table["count"] * each) * rng.uniform(0.75, 1.35, len(table))
    table["cost"] = (np.maximum(yen // 1_000, 5) * 1_000).astype(np.int64)
    table["channel"] = table["source"].map(lambda name: of_source[name].channel)
    return table.assign(currency="JPY")[["campaign", "month", "cost", "currency", "channel"]]


def _truth(crm: Crm) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": crm.arrived.lead_id,
            "as_of": iso(crm.arrived.created),
            "p_sql": np.char.mod("%.6f", crm.sql_in_time),
            "p_won": np.char.mod("%.6f", crm.truth.won_in_time),
        }
    )


def _answers(crm: Crm) -> pd.DataFrame:
    takes = np.where(crm.answers["takes"], "yes", "no")
    return crm.answers.assign(lead_id=crm.arrived.lead_id, takes=takes)[
        ["lead_id", "takes", "ending", "reason"]
    ]


def _with_id(crm: Crm, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(lead_id=crm.arrived.lead_id[table["lead"]])
