"""Two months of a small company whose numbers can be counted by hand, for the tests of the monthly report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scoring.contract_cells import Customs
from scoring.io.mapping_file import read_meaning
from scoring.io.sections import Capacity, Goal, Sections, Value
from scoring.io.store import Store
from serving.importing import import_files

NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
#: By campaigns and touches too: the fair brought O-1 (won for 300,000) and half of S-1 (won for 100,000).
TABLES: Final = {
    "leads": """\
lead_id,created_at,source,campaign,owner,job_title
S-1,2026-09-01T10:00Z,Fair,,Ito,情報システム部 課長
S-2,2026-09-02T10:00Z,Web,,Sato,
S-3,2026-09-03T10:00Z,Web,,Sato,
S-4,2026-09-04T10:00Z,Web,,Sato,
O-1,2026-10-01T10:00Z,Fair,fair,Ito,情報システム部 課長
O-2,2026-10-02T10:00Z,Web,,Sato,
O-3,2026-10-05T10:00Z,Web,,Sato,
O-4,2026-10-06T10:00Z,Ｗｅｂ,,Sato,
O-5,2026-10-07T10:00Z,Web,,Sato,
O-6,2026-10-08T10:00Z,Web,,Ito,
""",
    "activities": """\
lead_id,occurred_at,kind,campaign
S-1,2026-09-01T10:00Z,visit,mailing
S-1,2026-10-02T10:00Z,visit,fair
O-1,2026-10-01T10:00Z,visit,fair
""",
    "touches": """\
lead_id,occurred_at,rep,channel,connected,automatic
O-1,2026-10-01T11:00Z,Ito,call,true,false
O-2,2026-10-02T11:00Z,Sato,call,false,false
O-3,2026-10-09T11:00Z,Sato,call,true,false
""",
    "outcomes": """\
lead_id,occurred_at,stage,amount,currency,reason
S-1,2026-09-03T10:00Z,mql,,,
S-2,2026-09-04T10:00Z,mql,,,
S-2,2026-09-24T10:00Z,won,50000,JPY,
S-1,2026-10-20T10:00Z,won,100000,JPY,
O-1,2026-10-02T10:00Z,mql,,,
O-2,2026-10-04T10:00Z,mql,,,
O-3,2026-10-07T10:00Z,mql,,,
O-4,2026-10-10T10:00Z,disqualified,,,no need
O-1,2026-10-30T10:00Z,won,300000,JPY,
""",
    "campaigns": """\
campaign,month,cost,currency,channel
fair,2026-10,100000,JPY,event
mailing,2026-10,50000,JPY,email
fair,2026-09,20000,JPY,event
""",
}
TEAM: Final = Sections(
    value=Value(currency="JPY", deal=100_000.0),
    goal=Goal(revenue=500_000.0),
    capacity=Capacity(reps=2, leads_per_rep=10),
)


def live_through(store: Store, folder: Path, *, without: tuple[str, ...] = ()) -> None:
    """Take the two months into a store.

    Parameters
    ----------
    store : Store
        An empty one.
    folder : Path
        Where files may be written.
    without : tuple of str
        Tables that the company does not have.
    """
    files = {}
    for name, text in TABLES.items():
        if name not in without:
            files[name] = folder / f"{name}.csv"
            files[name].write_text(text, encoding="utf-8")
    assert import_files(store, files, read_meaning("csv"), Customs(), NOW).written
