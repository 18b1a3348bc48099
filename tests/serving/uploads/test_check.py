"""What a list holds, before it is scored: counted by brute force, and by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.contract_cells import Customs
from scoring.io import files
from scoring.io.store import Store, open_store
from scoring.scorecard import Scorecard
from serving.uploads.check import SHOWN, check_list
from tests.cards import small_card


@pytest.fixture
def empty(tmp_path: Path) -> Any:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as opened:
        yield opened


def checked(
    store: Store, folder: Path, content: str, cards: tuple[Scorecard, ...] = (small_card(),)
) -> dict[str, Any]:
    path = folder / "leads.csv"
    path.write_text(content, encoding="utf-8")
    return check_list(path, cards, store, Customs(), None, lambda *_: None)


def test_repeated_and_unnamed_leads_are_those_that_brute_force_finds(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_BLOCK", 256)
    rng = np.random.default_rng(7)
    ids = [("" if number < 5 else f"L-{number}") for number in rng.integers(0, 60, 400).tolist()]
    found = checked(empty, tmp_path, "lead_id,visits\n" + "".join(f"{one},3\n" for one in ids))
    again = [row for row, one in enumerate(ids, start=2) if one and one in ids[: row - 2]]
    assert (found["rows"], found["unnamed"], found["repeated"]) == (400, ids.count(""), len(again))
    assert list(found["repeats"]) == again[:SHOWN]


def test_the_first_faults_of_both_kinds_are_named_in_the_order_of_the_file(
    empty: Store, tmp_path: Path
) -> None:
    lines = ["L,3" if at % 3 == 0 else "L" if at % 3 == 1 else "L,x" for at in range(60)]
    found = checked(empty, tmp_path, "lead_id,visits\n" + "\n".join(lines))
    assert (found["rows"], found["rejected"], found["unreadable"]) == (40, 20, 20)
    wanted = [row for row, line in enumerate(lines, start=2) if line != "L,3"][:SHOWN]
    assert [one["row"] for one in found["faults"]] == wanted
    assert {one["reason"] for one in found["faults"]} == {
        "The row has 1 field, the header has 2.",
        "Column 'visits' must be a number.",
    }


def test_each_column_is_told_with_what_it_holds_and_whether_it_counts(empty: Store, tmp_path: Path) -> None:
    content = "lead_id,visits,signed up,opt in,note\n" + "".join(
        f"L-{at},{at},0{at}/11/2026,{'yes' if at % 2 else 'no'},{'' if at < 3 else 'called'}\n"
        for at in range(1, 5)
    )
    found = checked(empty, tmp_path, content)
    columns = {one["name"]: one for one in found["columns"]}
    assert list(columns) == ["lead_id", "visits", "signed up", "opt in", "note"]
    assert [one["name"] for one in found["columns"] if one["read"]] == ["visits"]
    assert (columns["note"]["filled"], columns["visits"]["filled"]) == (0.5, 1.0)
    assert (columns["signed up"]["type"], columns["signed up"]["unclear"]) == ("date", True)
    assert columns["opt in"]["type"] == "boolean"
    assert [(one["name"], one["near"]) for one in found["missing"]] == [
        ("source", None),
        ("created_at", None),
    ]


def test_headers_of_other_programs_are_known(empty: Store, tmp_path: Path) -> None:
    found = checked(empty, tmp_path, "Record ID,Create Date,Visits\n7,2026-11-01,3\n")
    assert found["id_column"] == "Record ID"
    assert found["can_take"]
    assert ("visits", "Visits") in [(one["name"], one["near"]) for one in found["missing"]]
    assert not checked(empty, tmp_path, "Record ID,Visits\n7,3\n")["can_take"]


def test_without_a_model_it_is_told_what_the_list_holds_all_the_same(empty: Store, tmp_path: Path) -> None:
    found = checked(empty, tmp_path, "Record ID,visits\n7,many\n", cards=())
    assert (found["model"], found["reads"], found["missing"], found["unreadable"]) == (None, 0, (), 0)
    assert (found["id_column"], found["rows"]) == ("Record ID", 1)


def test_what_is_shown_of_a_cell_is_cut(empty: Store, tmp_path: Path) -> None:
    found = checked(empty, tmp_path, f"lead_id,visits\n{'L' * 200},\n")
    assert found["preview"] == (("L" * 59 + "…", None),)
