"""What the demo says at its end: where to look, and what to try."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.handoffs import unanswered
from scoring.scorecard import Scorecard
from scoring.value import WON
from serving.cli.demo.company import Company

PAGES: Final = (
    ("/", "Today: whom to call first and why; accept or reject what was handed over"),
    ("/loop", "Loop: the month against its goal, campaigns, and the report for the meeting"),
    ("/handoff", "Handoff: what another threshold would change, and publishing it"),
    ("/model", "Model: how good it is, and all of its points"),
    ("/import", "Import: a CSV checked, scored, and handed back"),
)


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
    with open_store(given.database_url, given.primary) as store:
        lead_id, call = _a_lead(store)
    use = _environment(given, company)
    shown = [("/leads/" + lead_id, "a lead: why, what happened to it, and what if"), *PAGES[1:]]
    return "\n".join(
        [
            *([] if serve else ["Start the service:", *use, "  leadloop serve", ""]),
            f"Open {base}/ in a browser, in English or Japanese: {PAGES[0][1]}.",
            *(f"  {base}{path:<18} {words}" for path, words in shown),
            "Nobody needs a key on this machine, also not to write, until one is made with leadloop keys create.",
            "",
            *(["In another terminal, with the company's settings:", *use] if serve else ["More to try:"]),
            "  leadloop queue",
            "  leadloop handoff list --state pending",
            f"  leadloop explain {lead_id}",
            "  leadloop report --lang ja -o report.html",
            "  leadloop train --target sql   (from all that is known by now; goes live if it is no worse)",
            f"  curl -s {base}/v1/score -H 'content-type: application/json' -d {shlex.quote(call)}",
            *(["", "Stop with Ctrl-C."] if serve else []),
        ]
    )


def _environment(given: Settings, company: Company) -> Iterator[str]:
    """What a terminal must be told to find the commands, the company and its settings."""
    if shutil.which("leadloop") is None:
        yield f"  source {shlex.quote(str(Path(sys.prefix) / 'bin' / 'activate'))}"
    if os.environ.get("LEADLOOP_HOME"):
        yield f"  export LEADLOOP_HOME={shlex.quote(str(given.home))}"
    yield f"  export LEADLOOP_CONFIG={shlex.quote(str(company.settings_file))}"


def _a_lead(store: Store) -> tuple[str, str]:
    """The likeliest lead that waits for an answer, and a call with what the model reads of its properties."""
    with reading(store.engine) as connection:
        waiting = unanswered(connection)
    first = max(waiting, key=lambda one: (one.likelihood or 0.0, one.lead_id), default=None)
    lead_id = str(store.ledger(()).lead_id[-1]) if first is None else first.lead_id
    known, champion = store.lead(lead_id), store.champion(WON)
    assert known is not None
    assert champion is not None
    return lead_id, json.dumps(
        {"lead_id": lead_id, "properties": _read(known.properties, champion.scorecard)}, ensure_ascii=False
    )


def _read(properties: Mapping[str, object], scorecard: str) -> dict[str, object]:
    """Of a lead's properties those that a model reads, numbers as numbers."""
    columns = [one for one in Scorecard.from_json(scorecard).columns if properties.get(one.name) is not None]
    return {
        one.name: one.clean(properties[one.name]) if one.type == "number" else properties[one.name]
        for one in columns
    }
