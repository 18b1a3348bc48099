"""Who leads are, in the few properties that a person knows them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from scoring.io.store.tables import leads

# Of the contract's properties, those by which people know a lead and reach it.
FACE: Final = ("name", "company", "job_title", "phone", "email")


def faces(connection: Connection, lead_ids: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """What people know leads by: name, company, job title, telephone and e-mail, as far as they are kept.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_ids : sequence of str
        The leads, some hundreds at most.

    Returns
    -------
    dict of str to mapping
        By lead; one that is not known is left out.
    """
    if not lead_ids:
        return {}
    query = select(leads.c.lead_id, leads.c.properties).where(leads.c.lead_id.in_(list(lead_ids)))
    return {
        lead_id: {name: kept[name] for name in FACE if kept.get(name)}
        for lead_id, kept in connection.execute(query)
    }
