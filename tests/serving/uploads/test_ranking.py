"""The order in which to call the leads of a list: that of the file that is handed out, with the names of the list."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from scoring.io.store import Store
from serving.live import LiveModel
from serving.schemas import ModelName
from serving.uploads import ranking
from serving.uploads.folder import Upload, Uploads
from serving.uploads.ranking import PAGE, Ranked, read_ranking
from serving.uploads.scores import score_upload
from tests.cards import small_card
from tests.service import keeping

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def scored(home: Path, content: str) -> Upload:
    kept = Uploads(home, lambda: NOW).add(BytesIO(content.encode()), "leads.csv", "me", {"encoding": ""})
    card = small_card()
    model = LiveModel(card, ModelName(name="leadloop-sql", version="v1", target="sql", horizon_days=30))
    score_upload(kept, model, as_of=NOW, lang="en", max_rejected=0.01, tell=lambda *_: None)
    return kept


def every(kept: Upload, store: Store) -> list[Ranked]:
    found, page = [], 0
    while part := read_ranking(kept, page, store):
        assert len(part) <= PAGE
        found += part
        page += 1
    return found


def test_pages_hold_the_leads_of_the_file_in_the_order_of_their_ranks_with_their_own_names(
    store: Store, tmp_path: Path
) -> None:
    lines = ["Record ID,visits,source,Company name,名前"]
    for at in range(90):
        visits = "many" if at % 7 == 0 else str(at * 17 % 50)
        lines.append(
            f"L-{at},{visits},Web,{'' if at % 5 == 0 else f'Company {at}'},{f'Name {at}' if at % 3 else ''}"
        )
        lines += [",,,,"] if at % 10 == 3 else ["too,few"] if at % 10 == 4 else []
    kept = scored(tmp_path, "\n".join(lines))
    rows = [row for row in csv.DictReader(StringIO(kept.scored.read_text())) if row["rank"]]
    wanted = [
        (int(row["rank"]), row["lead_id"], float(row["likelihood"]), row["grade"], row["reasons"].split("; "))
        for row in sorted(rows, key=lambda row: int(row["rank"]))
    ]
    found = every(kept, store)
    assert [(one.rank, one.lead_id, one.likelihood, one.grade) for one in found] == [
        one[:4] for one in wanted
    ]
    assert len(found) == 90 - len(range(0, 90, 7))
    for one in found:
        number = int(str(one.lead_id).removeprefix("L-"))
        assert one.face.get("company") == (f"Company {number}" if number % 5 else None)
        assert one.face.get("name") == (f"Name {number}" if number % 3 else None)
        assert one.reasons


def test_a_list_without_names_has_none(store: Store, tmp_path: Path) -> None:
    found = every(scored(tmp_path, "lead_id,visits\nL-1,3\n,40\n"), store)
    assert [(one.lead_id, one.face) for one in found] == [(None, {}), ("L-1", {})]


def test_only_the_first_are_shown_of_a_list_that_nobody_reads_to_its_end(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST", 3)
    found = every(scored(tmp_path, "lead_id,visits\n" + "".join(f"L-{at},{at}\n" for at in range(9))), store)
    assert [one.rank for one in found] == [1, 2, 3]


def test_a_list_that_holds_no_score_has_no_pages(store: Store, tmp_path: Path) -> None:
    assert every(scored(tmp_path, "lead_id,visits\nL-1,many\n"), store) == []
    kept = Uploads(tmp_path, lambda: NOW).add(BytesIO(b"a\n"), "leads.csv", "me", {})
    assert read_ranking(kept, 0, store) == []


def test_leads_of_the_store_are_marked(store: Store, tmp_path: Path) -> None:
    with keeping(store, NOW) as client:
        assert client.put("/v1/leads/L-1", json={"properties": {"visits": 3}}).is_success
    found = every(scored(tmp_path, "lead_id,visits\nL-1,3\nL-2,4\n,5\n"), store)
    assert {one.lead_id: one.known for one in found} == {"L-1": True, "L-2": False, None: False}
