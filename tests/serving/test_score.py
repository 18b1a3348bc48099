"""``/v1/score``: the scorecard's own numbers, strictly read leads, and refusals that repeat no value."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from scoring.io.sections import Value
from scoring.leads import lead_features
from serving.schemas import BatchAnswer, ScoreAnswer
from tests.cards import Shelf, champion, small_card
from tests.service import NOW, lead, problem, served

PROPERTIES = {"source": "referral", "visits": 12, "created_at": "2026-11-01T00:00:00Z"}
FIELDS = {
    *("lead_id", "likelihood", "likelihood_low", "likelihood_high", "score", "grade", "fit", "engagement"),
    *("label", "decision", "expected_value", "reasons", "model", "as_of", "scored_at", "status"),
}


def sent(client: TestClient, body: str, kind: str = "application/json"):
    return client.post("/v1/score", content=body, headers={"content-type": kind})


def test_an_answer_carries_every_field_of_the_contract(client: TestClient) -> None:
    answer = client.post("/v1/score", json=lead(**PROPERTIES)).json()
    assert set(answer) == {*FIELDS, "warnings"}
    none = {"action": "none", "policy_version": None, "threshold": None, "due_at": None}
    assert answer["decision"] == none
    assert answer["model"] == {"name": "leadloop", "version": "v1", "target": "sql", "horizon_days": 30}
    assert (answer["lead_id"], answer["status"], answer["warnings"]) == ("L-1", "scored", [])
    assert set(answer["reasons"][0]) == {
        *("feature", "value", "direction", "contribution", "rate", "base_rate", "support")
    }


def test_the_numbers_are_the_scorecards_to_six_decimals(client: TestClient) -> None:
    card = small_card()
    score = card.score_one(lead_features(card, PROPERTIES, NOW.timestamp()))
    answer = client.post("/v1/score", json=lead(**PROPERTIES)).json()
    for name in ("likelihood", "likelihood_low", "likelihood_high"):
        assert answer[name] == round(getattr(score, name), 6)
    for name in ("score", "grade", "fit", "engagement", "label"):
        assert answer[name] == getattr(score, name)
    assert [(one["feature"], one["contribution"]) for one in answer["reasons"]] == [
        (reason.feature, round(reason.contribution, 6)) for reason in score.reasons
    ]


@pytest.mark.parametrize("properties", [PROPERTIES, {}, {"source": "never seen", "visits": -1e9}])
def test_an_answer_is_of_the_documented_form(client: TestClient, properties: dict) -> None:
    one = client.post("/v1/score", json=lead(**properties)).content
    many = client.post(
        "/v1/score/batch", json={"leads": [lead(**properties), lead(visits="many"), 3]}
    ).content
    for form, answer in ((ScoreAnswer, one), (BatchAnswer, many)):
        assert form.model_validate_json(answer, extra="forbid").model_dump_json().encode() == answer


@pytest.mark.parametrize(
    ("properties", "asked", "expected"),
    [
        ({"created_at": "2026-10-01T09:00:00+09:00"}, "2026-11-02T00:00:00Z", "2026-10-01T00:00:00Z"),
        ({}, "2026-11-02T09:00:00+09:00", "2026-11-02T09:00:00+09:00"),
        ({}, None, "2026-11-24T09:00:00Z"),
    ],
    ids=["its own time", "the request's", "now"],
)
def test_a_lead_is_scored_at_its_own_time_else_the_requests_else_now(properties, asked, expected) -> None:
    card = small_card(as_of_column="created_at")
    with served(Shelf(champion(card))) as client:
        answer = client.post("/v1/score", json={**lead(**properties), "as_of": asked}).json()
    at = datetime.fromisoformat(expected)
    assert datetime.fromisoformat(answer["as_of"]) == at
    features = lead_features(card, properties, at.timestamp())
    assert answer["likelihood"] == round(card.score_one(features).likelihood, 6)
    assert answer["scored_at"] == "2026-11-24T09:00:00Z"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_time_at_the_end_of_all_years_is_a_time(moment: str) -> None:
    with served(Shelf(champion(small_card(as_of_column="created_at")))) as client:
        assert client.post("/v1/score", json=lead(created_at=moment)).json()["status"] == "scored"
        assert client.post("/v1/score", json={**lead(), "as_of": moment}).json()["as_of"] == moment


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ('"properties": {"visits": NaN}', "#/properties/visits", "must be a finite number"),
        ('"properties": {"visits": -Infinity}', "#/properties/visits", "must be a finite number"),
        ('"properties": {"visits": 1e999}', "#/properties/visits", "must be a finite number"),
        ('"properties": {"visits": {"a": 1}}', "#/properties/visits", "must be text, a number"),
        ('"properties": {"visits": [1]}', "#/properties/visits", "must be text, a number"),
        ('"properties": {"a/b": [1]}', "#/properties/a~1b", "must be text, a number"),
        ('"properties": {"visit\\ud800": 1}', "#/properties", "must be text that is valid Unicode"),
        ('"properties": {"' + "v" * 1_001 + '": 1}', "#/properties", "must hold at most 1,000 characters"),
        ('"properties": {"visits": "secret"}', "#/properties/visits", "must be a number"),
        ('"properties": {"visits": true}', "#/properties/visits", "must be a number"),
        ('"properties": []', "#/properties", "must be an object"),
        ('"properties": {}, "secret": 1', "#/secret", "is not known here"),
        ('"activities": [{"kind": "page_view"}]', "#/activities/0/occurred_at", "must be given"),
        ('"activities": {}', "#/activities", "must be a list"),
        ('"properties": {}, "as_of": "2026-11-24T09:00:00"', "#/as_of", "must carry its offset"),
        ('"properties": {}, "as_of": "secret"', "#/as_of", "must be a time in ISO 8601"),
        ('"properties": {}, "as_of": 1795478400', "#/as_of", "must be a time as text"),
        ('"properties": {}, "target": ""', "#/target", "must not be empty"),
    ],
)
def test_a_lead_against_the_rules_is_refused_at_its_place(client, body: str, pointer: str, rule: str) -> None:
    told = problem(sent(client, f'{{"lead_id": "L-1", {body}}}'), 422)
    assert told["errors"][0]["pointer"] == pointer
    assert told["errors"][0]["detail"].startswith(rule)


def test_every_fault_is_named(client: TestClient) -> None:
    told = problem(client.post("/v1/score", json=lead(visits="many", created_at="soon")), 422)
    assert [fault["pointer"] for fault in told["errors"]] == [
        "#/properties/visits",
        "#/properties/created_at",
    ]


@pytest.mark.parametrize("place", ["lead_id", "properties", "as_of", "target", "visits", "created_at"])
def test_a_refusal_repeats_no_value(client: TestClient, place: str) -> None:
    secret = "taro@example.co.jp"
    values = [secret, [secret], {"a": secret}, secret * 100]
    for value in values[1:] if place == "lead_id" else values:
        body = lead(**{place: value}) if place in ("visits", "created_at") else {**lead(), place: value}
        assert secret not in client.post("/v1/score", json=body).text


@pytest.mark.parametrize(
    "body", [b'{"lead_id"', b"\xff\xfe{}", b"[" * 50_000, b'{"lead_id": 1' + b"0" * 5_000 + b"}"]
)
def test_what_is_no_json_is_a_bad_request(client: TestClient, body: bytes) -> None:
    problem(client.post("/v1/score", content=body, headers={"content-type": "application/json"}), 400)


def test_a_body_that_is_not_said_to_be_json_is_not_read(client: TestClient) -> None:
    told = problem(sent(client, json.dumps(lead()), "text/plain"), 422)
    assert told["errors"][0]["detail"] == "must be an object; send it as application/json"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
BODIES = st.fixed_dictionaries(
    {"properties": st.dictionaries(st.sampled_from(["source", "visits", "created_at", "x"]), SCALARS)},
    optional={
        "lead_id": st.text(max_size=3) | st.integers(),
        "as_of": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | SCALARS,
        "target": st.sampled_from(["sql", "won", ""]) | SCALARS,
        "more": SCALARS,
    },
)
CLIENT = served(Shelf(champion()))


@given(BODIES)
@settings(max_examples=150, deadline=None)
def test_whatever_the_body_holds_is_scored_or_refused_for_a_reason(body: dict[str, object]) -> None:
    answer = sent(CLIENT, json.dumps(body))

    assert answer.status_code in (200, 404, 422)
    assert answer.status_code == 200 or answer.json()["status"] == answer.status_code


def test_a_target_without_a_champion_is_not_found(client: TestClient) -> None:
    told = problem(client.post("/v1/score", json={**lead(), "target": "won"}), 404)
    assert told["detail"] == "No model is live for the target asked for. Live: sql."


def test_of_several_targets_none_of_which_is_primary_one_must_be_named() -> None:
    shelf = Shelf(champion(small_card(target="sql")), champion(small_card(target="opportunity")))
    with served(shelf, primary="won") as client:
        told = problem(client.post("/v1/score", json=lead()), 422)
        assert "opportunity, sql" in told["detail"]
        answer = client.post("/v1/score", json={**lead(), "target": "sql"}).json()
    assert answer["model"]["name"] == "leadloop-sql"


def test_a_mistyped_property_is_pointed_out(client: TestClient) -> None:
    (warning,) = client.post("/v1/score", json=lead(Visits=3, source="Web")).json()["warnings"]
    assert warning == "Property 'Visits' is not read by the model. Did you mean 'visits'?"


def test_the_expected_value_is_that_of_the_champion_of_won_whatever_is_scored() -> None:
    won = small_card(target="won", base=-1.8)
    likelihood = won.score_one(lead_features(won, PROPERTIES, NOW.timestamp())).likelihood
    with served(Shelf(champion(), champion(won)), value=Value(deal=1000.0, margin=0.5)) as client:
        usual = client.post("/v1/score", json=lead(**PROPERTIES)).json()
        own = client.post("/v1/score", json={**lead(**PROPERTIES, amount="80,000"), "target": "won"}).json()
    assert usual["model"]["target"] == "sql"
    assert usual["likelihood"] != round(likelihood, 6)
    assert usual["expected_value"] == round(likelihood * 500, 2)
    assert own["expected_value"] == round(likelihood * 40_000, 2)


def test_an_amount_that_cannot_be_read_is_pointed_out() -> None:
    with served(Shelf(champion(small_card(target="won"))), value=Value(deal=100.0)) as client:
        for amount in ("secret", -1, 1e300):
            answer = client.post("/v1/score", json=lead(**PROPERTIES, amount=amount)).json()
            assert answer["expected_value"] == round(answer["likelihood"] * 100, 2)
            assert answer["warnings"][0].startswith("Property 'amount' must be a number from 0 to")
            assert "secret" not in str(answer)


def test_without_a_champion_of_won_or_without_an_amount_there_is_no_expected_value(client) -> None:
    assert client.post("/v1/score", json=lead(amount=1000)).json()["expected_value"] is None
    with served(Shelf(champion(small_card(target="won")))) as without:
        assert without.post("/v1/score", json=lead()).json()["expected_value"] is None


def test_when_a_lead_is_scored_does_not_depend_on_how_its_time_is_written(client: TestClient) -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    zones = (at.isoformat(), (at + timedelta(hours=9)).isoformat().replace("+00:00", "+09:00"))
    given = [client.post("/v1/score", json={**lead(**PROPERTIES), "as_of": one}).json() for one in zones]
    assert given[0]["likelihood"] == given[1]["likelihood"]
