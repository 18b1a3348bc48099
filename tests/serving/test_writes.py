"""Facts told by calls: kept once, all or nothing, read as files are read, and answered when they are committed."""

import http.client
import json
import logging
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import select
from starlette.testclient import TestClient

from scoring.contract import content_key, id_key
from scoring.contract_cells import Customs
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.tables import EVENTS, leads
from serving.facts import micros
from tests.service import NOW, keeping, problem
from tests.serving.cli.test_serve import running

DAY = timedelta(days=1)
CREATED = NOW - 30 * DAY
NOW_MICROS = micros(NOW)
WON = {"lead_id": "L-1", "stage": "won", "amount": 1000, "currency": "EUR"}
PATHS = ("activities", "touches", "outcomes")
SENT = {"activities": "ActivitySent", "touches": "TouchSent", "outcomes": "OutcomeSent"}
ONE_OF = {
    "activities": {"lead_id": "L-1", "kind": "page_view", "value": 3},
    "touches": {"lead_id": "L-1", "rep": "aya", "channel": "call", "connected": True},
    "outcomes": WON,
}


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    """A service that keeps one lead."""
    with keeping(store) as asked:
        put(asked, created_at=CREATED.isoformat(), source="Web", visits=3)
        yield asked


def put(client: TestClient, lead_id: str = "L-1", created_at: str | None = None, **properties: object):
    body = {"properties": properties, **({} if created_at is None else {"created_at": created_at})}
    return client.put(f"/v1/leads/{lead_id}", json=body)


def tell(client: TestClient, table: str, body: object, **headers: str):
    return client.post(f"/v1/{table}", json=body, headers=headers)


def at(moment: datetime) -> str:
    return moment.isoformat()


def events(store: Store, table: str) -> list[dict]:
    of = EVENTS[table]
    with reading(store.engine) as connection:
        query = select(of).order_by(of.c.lead, of.c.occurred_at, of.c.recorded_at)
        return [dict(row) for row in connection.execute(query).mappings()]


def lead_row(store: Store, lead_id: str = "L-1") -> dict | None:
    with reading(store.engine) as connection:
        found = connection.execute(select(leads).where(leads.c.lead_id == lead_id)).mappings().first()
        return None if found is None else dict(found)


def history(store: Store) -> list[tuple]:
    names = ("property", "value", "occurred_at", "recorded_at")
    rows = [tuple(row[name] for name in names) for row in events(store, "changes")]
    return sorted(rows, key=lambda row: (row[0], row[2]))


# Leads ----------------------------------------------------------------------------------------------


def test_a_new_lead_is_kept_with_its_properties_as_text(client: TestClient, store: Store) -> None:
    answer = put(client, "007", source="Web", visits=3, share=0.5, vip=True, none=None, blank=" ", na="N/A")
    assert answer.status_code == 201
    assert answer.json() == {
        "lead_id": "007",
        "created": True,
        "changed": ["source", "visits", "share", "vip"],
    }
    kept = lead_row(store, "007")
    assert kept is not None
    assert kept["created_at"] == NOW_MICROS
    assert kept["properties"] == {"source": "Web", "visits": "3", "share": "0.5", "vip": "true"}
    assert events(store, "changes") == []


def test_each_value_that_differs_is_a_change_and_the_first_one_keeps_what_was_before(
    client: TestClient, store: Store
) -> None:
    answer = put(client, source="Web", visits=4, country="日本")
    assert (answer.status_code, answer.json()["changed"]) == (200, ["visits", "country"])
    born = micros(CREATED)
    assert history(store) == [
        ("country", "日本", NOW_MICROS, NOW_MICROS),
        ("visits", "3", born, born),
        ("visits", "4", NOW_MICROS, NOW_MICROS),
    ]
    kept = lead_row(store)
    assert kept is not None
    assert kept["properties"] == {"source": "Web", "visits": "4", "country": "日本"}


def test_put_again_nothing_changes(client: TestClient, store: Store) -> None:
    put(client, visits=4)
    before = history(store)
    answer = put(client, created_at=CREATED.isoformat(), visits=4, source="Web")
    assert (answer.status_code, answer.json()["changed"]) == (200, [])
    assert history(store) == before


def test_null_empties_and_what_is_not_sent_stays(client: TestClient, store: Store) -> None:
    assert put(client, visits=None, unheard_of=None).json()["changed"] == ["visits"]
    assert [row[:2] for row in history(store)] == [("visits", "3"), ("visits", None)]
    assert put(client, visits=None).json()["changed"] == []
    kept = lead_row(store)
    assert kept is not None
    assert kept["properties"] == {"source": "Web"}


def test_changes_in_one_moment_keep_their_order(client: TestClient, store: Store) -> None:
    for visits in (4, 5, 4, 5, 6):
        assert put(client, visits=visits).json()["changed"] == ["visits"]
    ordered = sorted(events(store, "changes"), key=lambda row: row["occurred_at"])
    assert [row["value"] for row in ordered] == ["3", "4", "5", "4", "5", "6"]
    assert len({row["occurred_at"] for row in ordered}) == 6


def test_the_last_change_counts_not_what_the_lead_was_first_stored_with(
    client: TestClient, store: Store
) -> None:
    put(client, visits=9)
    with reading(store.engine) as connection:
        assert connection.execute(select(leads.c.properties)).scalar_one()["visits"] == "9"
    assert put(client, visits=3).json()["changed"] == ["visits"]


def test_a_lead_is_created_once(client: TestClient, store: Store) -> None:
    told = problem(put(client, created_at=at(NOW), visits=77), 409)
    assert told["errors"][0]["pointer"] == "#/created_at"
    assert history(store) == []


def test_ids_may_hold_anything_a_path_can_say(client: TestClient, store: Store) -> None:
    assert client.put("/v1/leads/a%2Fb%20%E6%97%A5", json={}).json()["lead_id"] == "a/b 日"
    assert client.get("/v1/leads/a%2Fb%20%E6%97%A5").json()["lead_id"] == "a/b 日"
    # As a file would be read: full-width letters and blanks around are no other lead.
    assert client.put("/v1/leads/%20%EF%BC%AC-1", json={}).json() == {
        "lead_id": "L-1", "created": False, "changed": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "pointer", "rule"),
    [
        ("L-2", '{"properties": {"visits": NaN}}', "#/properties/visits", "must be a finite number"),
        ("L-2", '{"properties": {"visits": 1e999}}', "#/properties/visits", "must be a finite number"),
        ("L-2", '{"properties": {"visits": [1]}}', "#/properties/visits", "must be text, a number"),
        ("L-2", '{"properties": {"lead_id": "x"}}', "#/properties/lead_id", "stands beside `properties`"),
        (
            "L-2",
            '{"properties": {"created_at": "x"}}',
            "#/properties/created_at",
            "stands beside `properties`",
        ),
        ("L-2", '{"properties": {" ": 1}}', "#/properties/ ", "must have a name"),
        ("L-2", '{"property": {}}', "#/property", "is not known here"),
        ("L-2", '{"created_at": "2026-11-24"}', "#/created_at", "must carry its offset"),
        ("L-2", '{"created_at": "2026-11-24T09:05:01Z"}', "#/created_at", "must not lie more than 5 minutes"),
        ("N%2FA", "{}", "path.lead_id", "must not be empty"),
        ("", "{}", "path.lead_id", "must not be empty"),
        ("x" * 201, "{}", "path.lead_id", "must hold at most 200"),
    ],
)
def test_a_lead_against_the_rules_is_refused(client, path: str, body: str, pointer: str, rule: str) -> None:
    answer = client.put(f"/v1/leads/{path}", content=body, headers={"content-type": "application/json"})
    fault = problem(answer, 422)["errors"][0]
    assert fault["pointer"] == pointer
    assert fault["detail"].startswith(rule)


# Events ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", PATHS)
def test_an_event_is_kept_as_the_contract_has_it(client: TestClient, store: Store, table: str) -> None:
    sent = {**ONE_OF[table], "occurred_at": at(NOW - DAY)}
    answer = tell(client, table, sent)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "unchanged": 0})
    (kept,) = events(store, table)
    assert (kept["occurred_at"], kept["recorded_at"]) == (micros(NOW - DAY), NOW_MICROS)
    assert (kept["n"], kept["event_id"]) == (0, None)
    assert {name: kept[name] for name in ONE_OF[table] if name != "lead_id"} == {
        name: value for name, value in ONE_OF[table].items() if name != "lead_id"
    }


def test_the_key_of_an_event_is_that_of_files(client: TestClient, store: Store) -> None:
    tell(client, "outcomes", {**WON, "reason": " ﾖｲ  deal "})
    tell(client, "outcomes", {**WON, "event_id": "deal-1"})
    keys = [row["key"] for row in events(store, "outcomes")]
    assert set(keys) == {content_key("won", 1000.0, "EUR", "ヨイ deal", None), id_key("deal-1")}


@pytest.mark.parametrize(
    ("occurred", "recorded", "kept"),
    [
        (None, None, (NOW, NOW)),
        (NOW - DAY, None, (NOW - DAY, NOW)),
        (NOW + timedelta(minutes=4), None, (NOW + timedelta(minutes=4), NOW + timedelta(minutes=4))),
        (NOW - 2 * DAY, NOW - DAY, (NOW - 2 * DAY, NOW - DAY)),
    ],
    ids=["now", "told later", "a clock that is ahead", "written down elsewhere"],
)
def test_a_fact_is_known_from_the_call_on(client, store, occurred, recorded, kept) -> None:
    times = {"occurred_at": occurred, "recorded_at": recorded}
    tell(client, "outcomes", {**WON, **{name: at(time) for name, time in times.items() if time}})
    (row,) = events(store, "outcomes")
    assert (row["occurred_at"], row["recorded_at"]) == tuple(map(micros, kept))


@pytest.mark.parametrize("table", PATHS)
def test_the_same_id_again_changes_nothing_whatever_the_time(
    client: TestClient, store: Store, table: str
) -> None:
    sent = {**ONE_OF[table], "event_id": "e-1"}
    with keeping(store, NOW + DAY) as later:
        assert tell(client, table, sent).json() == {"accepted": 1, "unchanged": 0}
        assert tell(later, table, sent).json() == {"accepted": 0, "unchanged": 1}
        known = {**sent, "occurred_at": at(NOW)}
        assert tell(later, table, known).json() == {"accepted": 0, "unchanged": 1}
    assert len(events(store, table)) == 1


def test_the_header_names_a_single_event(client: TestClient, store: Store) -> None:
    first = tell(client, "outcomes", WON, **{"Idempotency-Key": '"k-1"'})
    again = tell(client, "outcomes", {**WON, "event_id": "k-1"}, **{"Idempotency-Key": "k-1"})
    assert (first.json()["accepted"], again.json()["unchanged"]) == (1, 1)
    assert events(store, "outcomes")[0]["event_id"] == "k-1"
    for body, name in (
        ({"events": [WON]}, "k-2"),
        ({**WON, "event_id": "e"}, "k-2"),
        (WON, '""'),
        (WON, "k" * 201),
    ):
        told = problem(tell(client, "outcomes", body, **{"Idempotency-Key": name}), 422)
        assert told["errors"][0]["pointer"] == "header.Idempotency-Key"
    other = problem(tell(client, "outcomes", {**WON, "stage": "lost"}, **{"Idempotency-Key": "k-1"}), 409)
    assert other["errors"][0]["pointer"] == "header.Idempotency-Key"


@pytest.mark.parametrize(
    "other",
    [{"stage": "lost"}, {"amount": 2}, {"lead_id": "L-2"}, {"occurred_at": at(NOW - DAY)}, {"rep": "b"}],
)
def test_another_event_under_the_same_id_is_refused(client: TestClient, store: Store, other: dict) -> None:
    put(client, "L-2", created_at=at(CREATED))
    tell(client, "outcomes", {**WON, "event_id": "e-1"})
    told = problem(tell(client, "outcomes", {**WON, "event_id": "e-1", **other}), 409)
    assert told["errors"][0]["pointer"] == "#/event_id"
    assert len(events(store, "outcomes")) == 1


def test_without_an_id_the_same_content_at_the_same_time_is_the_same_event(
    client: TestClient, store: Store
) -> None:
    timed = {**WON, "occurred_at": at(NOW - DAY)}
    assert tell(client, "outcomes", timed).json()["accepted"] == 1
    assert tell(client, "outcomes", {**timed, "amount": 1000.0}).json()["unchanged"] == 1
    assert tell(client, "outcomes", {**timed, "amount": 1000.5}).json()["accepted"] == 1
    assert tell(client, "outcomes", {**timed, "occurred_at": at(NOW)}).json()["accepted"] == 1


def test_a_correction_is_a_later_outcome(client: TestClient, store: Store) -> None:
    for days, stage in ((3, "won"), (2, "opportunity"), (1, "lost")):
        tell(client, "outcomes", {"lead_id": "L-1", "stage": stage, "occurred_at": at(NOW - days * DAY)})
    assert [row["stage"] for row in events(store, "outcomes")] == ["won", "opportunity", "lost"]


def test_many_are_kept_at_once_and_again_none(client: TestClient, store: Store) -> None:
    many = [{**WON, "amount": float(n), "occurred_at": at(NOW - DAY)} for n in range(500)]
    named = [{**WON, "event_id": f"e-{n}"} for n in range(500)]
    assert tell(client, "outcomes", {"events": many + named}).json() == {"accepted": 1000, "unchanged": 0}
    assert tell(client, "outcomes", {"events": many + named}).json() == {"accepted": 0, "unchanged": 1000}
    more = [*many, *named, named[0], {**WON, "event_id": "e-500"}]
    assert tell(client, "outcomes", {"events": more}).json() == {"accepted": 1, "unchanged": 1001}
    assert tell(client, "outcomes", {"events": []}).json() == {"accepted": 0, "unchanged": 0}
    assert len(events(store, "outcomes")) == 1001


def test_of_a_list_all_is_kept_or_nothing_and_every_fault_is_named(client: TestClient, store: Store) -> None:
    tell(client, "outcomes", {**WON, "event_id": "e-1"})
    faulty = [
        WON,
        {**WON, "lead_id": "L-9"},
        {**WON, "occurred_at": at(CREATED - DAY)},
        {**WON, "event_id": "e-1", "stage": "lost"},
        {**WON, "event_id": "e-2"},
        {**WON, "event_id": "e-2", "stage": "lost"},
    ]
    told = problem(tell(client, "outcomes", {"events": faulty}), 422)
    assert [fault["pointer"] for fault in told["errors"]] == [
        "#/events/1/lead_id", "#/events/2/occurred_at", "#/events/3/event_id", "#/events/5/event_id",
    ]  # fmt: skip
    assert len(events(store, "outcomes")) == 1
    assert problem(tell(client, "outcomes", {"events": [faulty[1], faulty[3]]}), 404)
    assert problem(tell(client, "outcomes", {"events": [WON, faulty[3]]}), 409)
    assert len(events(store, "outcomes")) == 1


def test_an_outcome_before_its_lead_is_refused_an_activity_is_not(client: TestClient, store: Store) -> None:
    before = at(CREATED - DAY)
    told = problem(tell(client, "outcomes", {**WON, "occurred_at": before}), 422)
    assert told["errors"] == [
        {"pointer": "#/occurred_at", "detail": "must not be before the lead was created"}
    ]
    assert tell(client, "outcomes", {**WON, "occurred_at": at(CREATED)}).json()["accepted"] == 1
    for table in ("activities", "touches"):
        assert tell(client, table, {**ONE_OF[table], "occurred_at": before}).json()["accepted"] == 1


@pytest.mark.parametrize("table", PATHS)
def test_an_event_of_an_unknown_lead_is_not_found(client: TestClient, store: Store, table: str) -> None:
    told = problem(tell(client, table, {**ONE_OF[table], "lead_id": "taro@example.com"}), 404)
    assert told["errors"] == [{"pointer": "#/lead_id", "detail": "is not known here"}]
    assert "taro" not in str(told)
    assert events(store, table) == []


@pytest.mark.parametrize(
    ("table", "change", "pointer", "rule"),
    [
        ("outcomes", {"amount": float("nan")}, "#/amount", "must be a finite number"),
        ("outcomes", {"amount": "1000"}, "#/amount", "must be a valid number"),
        ("outcomes", {"amount": -1}, "#/amount", "must be greater than or equal to 0"),
        ("outcomes", {"amount": True}, "#/amount", "must be a valid number"),
        ("outcomes", {"stage": "sold"}, "#/stage", "must be 'lead', 'mql'"),
        ("outcomes", {"stage": None}, "#/stage", "must be"),
        ("outcomes", {"currency": "eur"}, "#/currency", "must be a currency code"),
        ("outcomes", {"secret": 1}, "#/secret", "is not known here"),
        (
            "outcomes",
            {"occurred_at": "2026-11-24T09:05:01Z"},
            "#/occurred_at",
            "must not lie more than 5 min",
        ),
        (
            "outcomes",
            {"recorded_at": "2026-11-24T09:05:01Z"},
            "#/recorded_at",
            "must not lie more than 5 min",
        ),
        ("outcomes", {"occurred_at": "2026-11-24T09:05:01"}, "#/occurred_at", "must carry its offset"),
        ("outcomes", {"event_id": ""}, "#/event_id", "must not be empty"),
        ("outcomes", {"event_id": "-"}, "#/event_id", "must not be empty"),
        ("outcomes", {"lead_id": 7}, "#/lead_id", "must be text"),
        ("outcomes", {"lead_id": "\0"}, "#/lead_id", "must not be empty"),
        ("activities", {"kind": "N/A"}, "#/kind", "must not be empty"),
        ("activities", {"kind": "ours-none"}, "#/kind", "must not be empty"),
        ("activities", {"value": float("inf")}, "#/value", "must be a finite number"),
        ("touches", {"connected": 1}, "#/connected", "must be a valid boolean"),
        ("touches", {"rep": "x" * 1_001}, "#/rep", "must hold at most 1,000 characters"),
    ],
)
def test_an_event_against_the_rules_is_refused(
    store, table: str, change: dict, pointer: str, rule: str
) -> None:
    with keeping(store, customs=Customs(missing=("ours-none",))) as client:
        put(client)
        headers = {"content-type": "application/json"}
        for body in ({**ONE_OF[table], **change}, {"events": [ONE_OF[table], {**ONE_OF[table], **change}]}):
            answer = client.post(f"/v1/{table}", content=json.dumps(body), headers=headers)
            fault = problem(answer, 422)["errors"][0]
            inside = "#/events/1" + pointer[1:] if "events" in body else pointer
            assert fault["pointer"] == inside
            assert fault["detail"].startswith(rule)
    assert events(store, table) == []


def test_a_list_has_its_limit_and_faults_are_not_listed_without_end(client: TestClient) -> None:
    told = problem(tell(client, "outcomes", {"events": [{}] * 10_001}), 422)
    assert told["errors"][0] == {"pointer": "#/events", "detail": "must hold at most 10,000 events"}
    unknown = problem(
        tell(client, "outcomes", {"events": [{**WON, "lead_id": f"x-{n}"} for n in range(200)]}), 404
    )
    assert len(unknown["errors"]) == 100
    assert "The first 100 of 200 are listed." in unknown["detail"]


@pytest.mark.parametrize("body", [[], [WON], 7, None, "text", {"events": WON}, {"events": [7]}, {}])
def test_what_is_no_event_is_refused(client: TestClient, body: object) -> None:
    assert problem(tell(client, "outcomes", body), 422)["errors"]


def test_an_empty_answer_is_the_same_as_none(client: TestClient, store: Store) -> None:
    tell(client, "outcomes", {**WON, "reason": "N/A", "rep": "-", "amount": -0.0})
    (row,) = events(store, "outcomes")
    assert (row["reason"], row["rep"], str(row["amount"])) == (None, None, "0.0")


def test_neither_answers_nor_logs_repeat_what_was_sent(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "taro@example.co.jp"
    with caplog.at_level(logging.DEBUG, "leadloop"):
        for table in PATHS:
            for place in (
                "lead_id",
                "kind",
                "rep",
                "stage",
                "reason",
                "currency",
                "occurred_at",
                "event_id",
                secret,
            ):
                for value in (secret, [secret], {"a": secret}, secret * 100):
                    answer = tell(client, table, {**ONE_OF[table], place: value})
                    assert place in (secret, "event_id", "rep", "reason", "kind") or secret not in answer.text
                    assert answer.status_code != 500
        for value in (secret, [secret]):
            answer = client.put("/v1/leads/L-1", json={"created_at": value, "properties": {"x": [secret]}})
            assert secret not in answer.text
    assert secret not in caplog.text


# Many at once, and the end of a process -------------------------------------------------------------


def test_two_who_tell_the_same_event_at_once_make_one(store: Store) -> None:
    with keeping(store) as client, ThreadPoolExecutor(8) as threads:
        put(client)
        named = [{**WON, "event_id": f"e-{n // 8}"} for n in range(160)]
        answers = [one.json() for one in threads.map(lambda sent: tell(client, "outcomes", sent), named)]
        timed = [{**WON, "occurred_at": at(NOW), "amount": n // 8} for n in range(160)]
        answers += [one.json() for one in threads.map(lambda sent: tell(client, "outcomes", sent), timed)]
        assert sum(one["accepted"] for one in answers) == 40
        assert sum(one["unchanged"] for one in answers) == 280
        changed = list(threads.map(lambda _: put(client, "L-2", visits=1).json(), range(16)))
        assert sum(one["created"] for one in changed) == 1
    assert len(events(store, "outcomes")) == 40


def test_two_services_on_one_store_keep_an_event_once(store: Store) -> None:
    with keeping(store) as one, keeping(store) as other, ThreadPoolExecutor(4) as threads:
        put(one)
        sent = [(client, {**WON, "event_id": f"e-{n}"}) for n in range(40) for client in (one, other)]
        answers = [told.json() for told in threads.map(lambda job: tell(job[0], "outcomes", job[1]), sent)]
    assert sum(told["accepted"] for told in answers) == 40
    assert len(events(store, "outcomes")) == 40


def test_what_was_answered_is_there_after_the_process_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        headers = {"content-type": "application/json"}
        connection.request("PUT", "/v1/leads/L-1", "{}", headers)
        assert connection.getresponse().read()
        for number in range(20):
            connection.request(
                "POST", "/v1/outcomes", json.dumps({**WON, "event_id": f"e-{number}"}), headers
            )
            with connection.getresponse() as answer:
                assert answer.status == 200
                answer.read()
        connection.close()
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait(60)
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as store:
        assert len(events(store, "outcomes")) == 20


def test_a_service_that_is_told_to_stop_has_written_what_it_answered(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as service:
        assert service.ask("PUT", "/v1/leads/L-1", {})[0] == 201
        assert service.ask("POST", "/v1/outcomes", WON)[0] == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as store:
        assert len(events(store, "outcomes")) == 1


# Its own description --------------------------------------------------------------------------------


def test_the_documentation_speaks_of_every_operation_and_its_examples_work(client: TestClient) -> None:
    text, document = client.get("/docs").text, client.get("/openapi.json").json()
    assert {*(f"/v1/{table}" for table in PATHS), "/v1/leads/{lead_id}"} <= set(document["paths"])
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in text
    for name in (
        "LeadPut",
        "LeadPutAnswer",
        "OutcomeSent",
        "TouchSent",
        "ActivitySent",
        "Outcomes",
        "LeadShown",
    ):
        for field in document["components"]["schemas"][name]["properties"]:
            assert f"<code>{field}</code>" in text, (name, field)
    put(client, "lead-0042")
    for table in PATHS:
        schema = document["components"]["schemas"][SENT[table]]
        example = {name: schema["properties"][name]["examples"][0] for name in schema["required"]}
        assert tell(client, table, example).json()["accepted"] == 1


OURS = re.compile("/v1/(leads|activities|touches|outcomes|model/|handoffs|overrides|policy|queue|sla|trail)")


@pytest.mark.filterwarnings("ignore")
def test_the_service_keeps_to_its_own_description(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as store:
        client = keeping(store)
        with client:
            put(client, "lead-0042", created_at=at(CREATED))
        here = {"Host": "127.0.0.1"}
        schema = schemathesis.openapi.from_asgi("/openapi.json", client.app, headers=here)
        operations = [found.ok() for found in schema.get_all_operations()]
        for operation in (one for one in operations if OURS.match(one.path)):

            @given(case=operation.as_strategy())
            @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
            def keeps(case) -> None:
                # No schema says that a time must have come, or that N/A is no name: such calls may be refused.
                case.call_and_validate(headers=here, excluded_checks=[positive_data_acceptance])

            keeps()
        assert sum(bool(OURS.match(one.path)) for one in operations) == 21
