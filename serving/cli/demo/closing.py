"""What the demo says at its end: where to look, and what to try."""

from __future__ import annotations

import json
import os
import shlex

from scoring.io.files import read_table
from scoring.io.settings import Settings
from scoring.io.store import open_store
from scoring.scorecard import Scorecard
from scoring.value import WON
from serving.cli.demo.company import Company


def what_next(given: Settings, company: Company, port: int, *, serve: bool) -> str:
    """Where to look, and what to try.

    Parameters
    ----------
    given : Settings
        What the company has set.
    company : Company
        The company.
    port : int
        Of the service.
    serve : bool
        Whether the service is started now.
    """
    base = f"http://{given.serve.host}:{port}"
    lead_id, body = _first_lead(given, company)
    curl = f"curl -s {base}/v1/score -H 'content-type: application/json' -d {shlex.quote(body)}"
    use = _environment(given, company)
    lines = [] if serve else [*use, "Start the service:  leadloop serve"]
    lines += [f"Open  {base}/", f"Try   {curl}", f"API   {base}/docs"]
    lines += ["In another terminal, with the company's settings:", *use] if serve else ["More to try:"]
    lines += [
        "  leadloop queue",
        "  leadloop handoff list --state pending",
        f"  leadloop explain {lead_id}",
        "  leadloop plan",
        "  leadloop train --target sql   (from all that is known by now; goes live if it is no worse)",
    ]
    return "\n".join([*lines, "Stop with Ctrl-C."] if serve else lines)


def _environment(given: Settings, company: Company) -> list[str]:
    """What the commands must be told to find the company and its settings."""
    home = f"  export LEADLOOP_HOME={shlex.quote(str(given.home))}"
    config = f"  export LEADLOOP_CONFIG={shlex.quote(str(company.settings_file))}"
    return [home, config] if os.environ.get("LEADLOOP_HOME") else [config]


def _first_lead(given: Settings, company: Company) -> tuple[str, str]:
    """An open lead's id, and a call with the properties that the model reads of it, as a form would send them."""
    with open_store(given.database_url, given.primary) as store:
        champion = store.champion(WON)
    assert champion is not None
    columns = Scorecard.from_json(champion.scorecard).columns
    row = read_table(company.folder / "flat" / "open_leads.csv").table.slice(0, 1).to_pylist()[0]
    properties = {
        column.name: column.clean(row[column.name]) if column.type == "number" else row[column.name]
        for column in columns
        if row.get(column.name) is not None
    }
    body = {"lead_id": row["lead_id"], "properties": properties}
    return row["lead_id"], json.dumps(body, ensure_ascii=False)
