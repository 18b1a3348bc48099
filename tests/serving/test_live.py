from dataclasses import replace
from threading import Event, Thread

import pytest
from starlette.testclient import TestClient

from scoring.errors import LeadLoopError, NoChampion
from serving.app import create_app
from serving.live import Live, Watch
from serving.problems import UnclearTarget, UnknownTarget
from tests.cards import Shelf, champion, small_card


def live_on(shelf: Shelf, primary: str = "won") -> Live:
    live = Live(shelf, primary)
    live.refresh()
    return live


def test_no_request_fails_or_mixes_models_while_champions_change():
    shelf = Shelf(champion(small_card("v1", "won", base=-1.4)))
    live, done = live_on(shelf), Event()
    cards = {version: small_card(version, "won", base=base) for version, base in (("v1", -1.4), ("v2", 0.4))}
    likely = {
        version: round(card.score_one({"visits": 3.0}).likelihood, 6) for version, card in cards.items()
    }

    def promote_again_and_again() -> None:
        number = 2
        while not done.is_set():
            shelf.put(champion(cards[f"v{number % 2 + 1}"], number=number))
            live.refresh()
            number += 1

    promoting = Thread(target=promote_again_and_again)
    promoting.start()
    try:
        with TestClient(create_app(live)) as client:
            lead = {"lead_id": "L-1", "properties": {"visits": 3}}
            answers = [client.post("/v1/score", json=lead) for _ in range(200)]
    finally:
        done.set()
        promoting.join()

    assert {answer.status_code for answer in answers} == {200}
    for answer in (one.json() for one in answers):
        assert answer["likelihood"] == likely[answer["model"]["version"]]


def test_an_unreachable_store_leaves_what_is_live(caplog):
    shelf = Shelf(champion(small_card(target="won")))
    live = live_on(shelf)

    def down(_: str | None = None) -> int | None:
        raise LeadLoopError("The store cannot be used.")

    usual, shelf.champion_stamp = shelf.champion_stamp, down
    live.refresh()
    live.refresh()

    assert (list(live.now.models), live.now.reachable) == (["won"], False)
    assert [record.message for record in caplog.records].count(
        "The store cannot be used. What was live goes on serving."
    ) == 1

    shelf.champion_stamp = usual
    live.refresh()

    assert live.now.reachable


def test_a_damaged_champion_is_logged_once_and_a_good_one_heals_it(caplog):
    shelf = Shelf(champion(small_card(target="won")))
    live = live_on(shelf)
    shelf.put(replace(champion(small_card("v2", "won"), number=2), scorecard="{}"))
    live.refresh()
    live.refresh()

    assert live.now.models["won"].champion.version == "v1"
    assert sum("cannot be taken up" in record.message for record in caplog.records) == 1

    shelf.put(champion(small_card("v3", "won"), number=3))
    live.refresh()

    assert (live.now.models["won"].champion.version, dict(live.now.refused)) == ("v3", {})


def test_a_call_without_target_means_the_primary_or_the_only_one():
    won, sql = champion(small_card(target="won")), champion(small_card(target="sql"))

    assert live_on(Shelf(won, sql)).now.model(None, "won").name.name == "leadloop"
    assert live_on(Shelf(sql)).now.model(None, "won").name.name == "leadloop-sql"


def test_a_target_without_a_model_is_told_from_no_model_at_all():
    sql, mql = champion(small_card(target="sql")), champion(small_card(target="mql"))

    with pytest.raises(NoChampion, match="No model is live"):
        live_on(Shelf()).now.model("sql", "won")
    with pytest.raises(UnknownTarget, match="Live: sql"):
        live_on(Shelf(sql)).now.model("mql", "won")
    with pytest.raises(UnclearTarget, match="mql, sql"):
        live_on(Shelf(sql, mql)).now.model(None, "won")


def test_a_watch_outlives_whatever_goes_wrong():
    asked = [Event(), Event()]

    def refresh() -> None:
        event = next((one for one in asked if not one.is_set()), None)
        if event is not None:
            event.set()
        raise RuntimeError("broken")

    watch = Watch(refresh, seconds=0.001)
    watch.start()

    assert all(event.wait(10) for event in asked)
    watch.stop()
