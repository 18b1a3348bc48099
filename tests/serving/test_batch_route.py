"""``/v1/score/batch``: every lead gets its answer, whatever the others are."""

import csv
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.sections import Value
from serving.batch import score_file
from serving.schemas import MOST_LEADS
from serving.worth import Worth
from tests.cards import Shelf, champion, small_card
from tests.service import NOW, lead, problem, served

ONE_BY_ONE = ({"visits": 12, "source": "Referral"}, {"created_at": "2026-11-01"}, {"amount": 3})


def results(client: TestClient, body: str) -> list[dict]:
    answer = client.post(
        "/v1/score/batch", content=f'{{"leads": [{body}]}}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200
    return answer.json()["results"]


def test_each_lead_is_answered_as_if_it_were_alone_and_in_order(client: TestClient) -> None:
    leads = [lead(f"L-{at}", **properties) for at, properties in enumerate(ONE_BY_ONE)]
    answer = client.post("/v1/score/batch", json={"leads": leads}).json()
    alone = [client.post("/v1/score", json=one).json() for one in leads]
    together = [
        {**one, "model": answer["model"], "scored_at": answer["scored_at"]} for one in answer["results"]
    ]
    assert together == alone
    assert set(answer) == {"results", "model", "scored_at"}


@pytest.mark.parametrize(
    ("bad", "lead_id", "why"),
    [
        ('{"lead_id": "b", "properties": {"visits": "secret"}}', "b", "properties/visits must be a number"),
        ('{"lead_id": "b", "properties": {"visits": NaN}}', "b", "properties/visits must be a finite number"),
        (
            '{"lead_id": "b", "properties": {"visits": 1e999}}',
            "b",
            "properties/visits must be a finite number",
        ),
        (
            '{"lead_id": "b", "properties": {"x": ["secret"]}}',
            "b",
            "properties/x must be text, a number, true",
        ),
        ('{"lead_id": "b", "properties": {}, "as_of": "2026-11-24"}', "b", "as_of must carry its offset"),
        ('{"lead_id": "b", "properties": {}, "secret": 1}', "b", "secret is not known here"),
        ('{"properties": {}}', None, "lead_id must be given"),
        ('{"lead_id": 7, "properties": {}}', None, "lead_id must be text"),
        ('"secret"', None, "the lead must be an object"),
        ("null", None, "the lead must be an object"),
    ],
)
def test_one_bad_lead_never_fails_the_others(client, bad: str, lead_id: str | None, why: str) -> None:
    good = [json.dumps(lead(name, visits=3)) for name in ("a", "c")]
    first, second, third = results(client, ",".join((good[0], bad, good[1])))
    assert [(one["lead_id"], one["status"]) for one in (first, third)] == [("a", "scored"), ("c", "scored")]
    assert second["lead_id"] == lead_id
    assert second["status"].startswith(f"not_scored: {why}")
    empty = ("likelihood", "likelihood_low", "likelihood_high", "score", "grade", "label", "expected_value")
    assert [second[name] for name in empty] == [None] * len(empty)
    assert second["reasons"] == []
    assert '"secret"' not in json.dumps(second)


def test_of_many_faults_of_a_lead_the_first_are_told(client: TestClient) -> None:
    (told,) = results(client, json.dumps(lead(**{f"x{at}": [] for at in range(9)})))
    assert told["status"].count("must be") == 5
    assert told["status"].endswith("; 4 more faults")


def test_no_leads_have_no_results(client: TestClient) -> None:
    assert results(client, "") == []


def test_there_are_at_most_ten_thousand_leads(client: TestClient) -> None:
    told = problem(client.post("/v1/score/batch", json={"leads": [0] * (MOST_LEADS + 1)}), 422)
    assert told["errors"] == [{"pointer": "#/leads", "detail": "must hold at most 10,000 leads"}]
    assert len(client.post("/v1/score/batch", json={"leads": [0] * MOST_LEADS}).json()["results"]) == 10_000


@pytest.mark.parametrize("body", [{}, {"leads": None}, {"leads": {}}, {"leads": [], "more": 1}, []])
def test_what_is_no_batch_is_refused(client: TestClient, body: object) -> None:
    problem(client.post("/v1/score/batch", json=body), 422)


def test_the_service_and_a_list_agree_to_the_cent(tmp_path: Path) -> None:
    card, won = small_card(), small_card(target="won", base=-1.8)
    rows = [
        ("a", "Referral", "12", "80000"),
        ("b", "Web", "1", ""),
        ("c", "", "", "many"),
        ("d", "x", "3", "1e16"),
    ]
    source, target = tmp_path / "leads.csv", tmp_path / "scored.csv"
    lines = ["lead_id,source,visits,amount", *map(",".join, rows)]
    source.write_text("\n".join(lines))
    score_file(card, source, target, as_of=NOW.timestamp(), worth=Worth(won, 1234.5, 0.4))
    with target.open() as stream:
        listed = [
            (row["lead_id"], float(row["likelihood"]), float(row["expected_value"]), row["label"])
            for row in csv.DictReader(stream)
        ]
    leads = [lead(name, source=where, visits=visits, amount=money) for name, where, visits, money in rows]
    value = Value(deal=1234.5, margin=0.4)
    with served(Shelf(champion(card), champion(won)), value=value) as client:
        answers = client.post("/v1/score/batch", json={"leads": leads}).json()["results"]
    assert listed == [
        (one["lead_id"], one["likelihood"], one["expected_value"], one["label"]) for one in answers
    ]
