"""Leads found by what people know of them, on both databases alike."""

import pytest
from sqlalchemy import insert

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.search import find_alike, find_by_id, find_leads, find_near, newest_leads
from scoring.io.store.tables import leads

LEADS = {
    "L-01": {
        "name": "佐藤 花子", "company": "ＡＢＣ商事",
        "phone": "０９０－１２３４－５６７８", "email": "Hanako@abc.example",
    },
    "L-02": {"name": "佐藤　次郎", "company": "株式会社佐藤", "phone": "03-1234-5678"},
    "L-10": {"name": "McDonald, Ann", "company": "50% Off_Shop", "phone": "+81 (3) 1234 5678"},
    "L-11": {"name": "Émile"},
    "Q/1": {"company": "ABC商事 大阪", "email": "hanako@abc.example", "note": "佐藤さんの紹介"},
    "090123": {},
}  # fmt: skip


@pytest.fixture
def known(store: Store) -> Store:
    with writing(store.engine) as connection:
        for at, (lead_id, properties) in enumerate(LEADS.items()):
            row = {"lead_id": lead_id, "created_at": at, "properties": properties}
            connection.execute(insert(leads).values(row))
    return store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("佐藤", ["L-01", "L-02"]),
        ("佐藤花", ["L-01"]),
        ("佐藤 次郎", ["L-02"]),
        ("花子", []),
        ("abc", ["L-01", "Q/1"]),
        ("ＡＢＣ商事", ["L-01", "Q/1"]),
        ("ABC商事大阪", ["Q/1"]),
        ("mcdonald", ["L-10"]),
        ("Émile", ["L-11"]),
        ("50%", ["L-10"]),
        ("50_", []),
        ("HANAKO@ABC.example", ["L-01", "Q/1"]),
        ("nobody@abc.example", []),
        ("090-1234-5678", ["L-01"]),
        ("０３（１２３４）５６７８", ["L-02"]),
        ("090123", ["090123"]),
        ("L-0", ["L-01", "L-02"]),
        ("Q/", ["Q/1"]),
        ("  ", []),
        ("\0", []),
        ("'; --", []),
    ],
)
def test_a_lead_is_found_by_name_address_number_or_id(known: Store, text: str, found: list[str]) -> None:
    with reading(known.engine) as connection:
        assert find_leads(connection, text, 9) == found


def test_what_is_found_is_paged_in_one_order(known: Store) -> None:
    with reading(known.engine) as connection:
        assert find_leads(connection, "佐藤", 1) + find_leads(connection, "佐藤", 1, 1) == ["L-01", "L-02"]
        assert newest_leads(connection, 2) == ["090123", "Q/1"]


def test_others_with_the_same_address_or_number_are_alike(known: Store) -> None:
    with reading(known.engine) as connection:
        assert find_alike(connection, "L-01", "hanako@abc.example", None, 9) == ["Q/1"]
        assert find_alike(connection, "X", "x", "03.1234.5678", 9) == ["L-02"]
        assert find_alike(connection, "X", None, "０９０１２３４５６７８", 9) == ["L-01"]
        assert find_alike(connection, "X", None, "12", 9) == []


def test_ids_that_begin_alike_are_near(known: Store) -> None:
    with reading(known.engine) as connection:
        assert find_near(connection, "L-03", 9) == ["L-01", "L-02"]
        assert find_near(connection, "L-0\0", 1) == ["L-01"]
        assert find_near(connection, "xyz", 9) == []
        assert [find_by_id(connection, lead_id) for lead_id in ("Q/1", "q/1", "Q/1\0")] == [
            True,
            False,
            False,
        ]
