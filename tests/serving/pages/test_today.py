"""*Today*: the queue with reasons and due times, what is overdue, and handoffs that are answered."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings
from scoring.io.store import Store
from serving.handing import hand_over
from serving.queueing import refresh_queue
from tests.service import keeping
from tests.serving.pages.reading import look, send, words
from tests.serving.test_handing import NOW, given, leads, publish, store  # noqa: F401 - fixtures

NAMES = {"name": "<script>alert(1)</script>", "company": "株式会社﨑山　髙橋"}


@pytest.fixture
def client(store: Store, given: Settings) -> Iterator[TestClient]:  # noqa: F811
    """A service with four leads handed over."""
    leads(store, [30, 12, 5, 1])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    refresh_queue(store, given, NOW)
    with keeping(store, NOW + timedelta(hours=1), settings=given) as client:
        yield client


def test_the_queue_says_who_why_and_until_when(client: TestClient) -> None:
    said = words(look(client, "/"))
    assert "4 leads wait for a call. None is overdue. Handoffs wait for an answer." in said
    assert said.index("L-00") < said.index("L-01") < said.index("L-03")
    assert "visits more than 10: 40 % reach won, 20 % overall" in said
    assert "First touch by Nov 24, 13:00 on track" in said


def test_the_same_in_japanese(client: TestClient) -> None:
    said = words(look(client, "/", "ja"))
    assert said.startswith("2026年11月24日火曜日 架電を待つリードは 4 件です。")
    assert "visits 10 超" in said
    assert "初回接触の期限 11月24日 13:00 順調" in said


def test_the_queue_of_a_rep(client: TestClient) -> None:
    assert "2 leads wait for a call." in words(look(client, "/?rep=Ito"))
    assert "No lead waits for Nobody." in words(look(client, "/?rep=Nobody"))
    assert "The list ends before this." in words(look(client, "/?skip=40"))


def test_sales_accepts_a_handoff_and_it_is_known_who_said_so(client: TestClient, store: Store) -> None:  # noqa: F811
    page = look(client, "/")
    answer = send(client, "/handoffs/1/accept", page, next="/?rep=Sato")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?rep=Sato&done=accepted")
    assert "Accepted" in look(client, answer.headers["location"])
    told = client.get("/v1/handoffs").json()["handoffs"]
    assert [(one["state"], one["decided_by"]) for one in told if one["id"] == 1] == [("accepted", "web")]


def test_an_answer_is_given_once(client: TestClient) -> None:
    page = look(client, "/")
    send(client, "/handoffs/1/accept", page)
    answer = send(client, "/handoffs/1/reject", page, reason="no budget")
    assert answer.status_code == 409
    assert "This was not done" in answer.text


def test_a_handoff_is_rejected_with_a_reason_of_the_list(client: TestClient) -> None:
    page = look(client, "/handoffs?state=pending")
    assert send(client, "/handoffs/2/reject", page, reason="just so").status_code == 422
    answer = send(client, "/handoffs/2/reject", page, reason="no budget", next="/handoffs?state=pending")
    assert answer.headers["location"] == "/handoffs?state=pending&done=rejected"
    assert "差し戻し" in (said := words(look(client, "/handoffs", "ja")))
    assert "予算なし" in said
    assert "L-" in words(look(client, "/handoffs?state=pending"))


def test_handoffs_that_nobody_has_are_not_answered(client: TestClient) -> None:
    page = look(client, "/")
    assert send(client, "/handoffs/99/accept", page).status_code == 404
    assert send(client, f"/handoffs/{2**70}/accept", page).status_code == 404


def test_what_is_overdue_is_listed_the_longest_first(store, given, client):  # noqa: F811
    with keeping(store, NOW + timedelta(hours=5), settings=given) as later:
        assert "4 are overdue." in words(look(later, "/"))
        said = words(look(later, "/late"))
        assert "4 leads wait past their time" in said
        assert "breached" in said
        assert "2 leads wait past their time" in words(look(later, "/late?rep=Ito"))
    assert "Nothing: every lead that waits is in time." in words(look(client, "/late"))


def test_a_humans_word_stands_beside_the_lead_while_it_holds(client, store, given) -> None:  # noqa: F811
    for field, value in (("score", "90"), ("decision", "nurture")):
        said = {"lead_id": "L-00", "field": field, "value": value, "reason": "they called", "days": 1}
        assert client.post("/v1/overrides", json=said).is_success
    assert "Score 90, says a program without a key until Nov 25, 2026" in words(look(client, "/"))
    assert "判断：育成を続ける（" in words(look(client, "/", "ja"))
    with keeping(store, NOW + timedelta(hours=26), settings=given) as later:
        assert "Score 90" not in words(look(later, "/"))


def test_names_are_shown_as_text(client: TestClient) -> None:
    client.put("/v1/leads/L-00", json={"properties": NAMES})
    page = look(client, "/")
    assert "<script>alert" not in page
    assert NAMES["name"] in words(page)
    assert NAMES["company"] in page
