"""Champions are taken up while requests are answered, and a damaged one changes nothing but the signs of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest

from scoring.errors import LeadLoopError, NoChampion
from scoring.io.store import Champion, Model, Store, open_store
from scoring.scorecard import Scorecard
from serving.answers import answer_lead
from serving.app import create_app
from serving.live import Live, Watch
from tests.cards import Shelf, champion, small_card
from tests.service import NOW, TestClient, lead, problem, served

BOUND = 30.0
OLD, NEW = small_card("v1"), small_card("v2", base=-1.0)


def keep(store: Store, card: Scorecard) -> None:
    """Put a model into a store and make it live."""
    meta = card.meta
    store.save_model(
        Model(
            version=meta.version,
            target=meta.target,
            horizon_days=meta.horizon_days,
            digest=card.digest,
            trained_until=None,
            created_at=NOW,
            scorecard=card.to_json(),
        )
    )
    store.promote(meta.version, by="tests", reason="a test", at=NOW)


def until(happened: Callable[[], bool]) -> bool:
    """Whether it happens, asked again and again, within a bound."""
    end = monotonic() + BOUND
    while monotonic() < end:
        if happened():
            return True
    return False


def version(client: TestClient) -> str:
    return str(client.post("/v1/score", json=lead()).json()["model"]["version"])


def test_a_champion_is_taken_up_while_running_without_a_failed_request(tmp_path: Path) -> None:
    cards = [small_card(f"v{at}", base=-1.0 - at / 10) for at in range(4)]
    expected = {card.meta.version: round(card.score_one({}).likelihood, 6) for card in cards}
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "sql") as store:
        keep(store, cards[0])
        live = Live(store, "sql")
        live.refresh()
        promoting = Thread(target=lambda: [keep(store, card) for card in cards[1:]])
        answers: Counter[tuple[int, str, float]] = Counter()
        with TestClient(create_app(live, watch=True)) as client:
            promoting.start()

            def newest() -> bool:
                answer = client.post("/v1/score", json=lead())
                told = answer.json()
                answers[answer.status_code, told["model"]["version"], told["likelihood"]] += 1
                return bool(told["model"]["version"] == "v3")

            assert until(newest)
        promoting.join()
    assert {status for status, _, _ in answers} == {200}
    # No answer mixes the name of one model with the likelihood of another.
    assert {name: likelihood for _, name, likelihood in answers}.items() <= expected.items()
    assert len(answers) == len({name for _, name, _ in answers})


def test_a_request_keeps_the_model_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(champion(OLD))
    with served(shelf) as client:
        live = client.app.state.live

        def promoted_meanwhile(*given: object):
            shelf.put(champion(NEW, number=2))
            live.refresh()
            return answer_lead(*given)

        monkeypatch.setattr("serving.routes.score.answer_lead", promoted_meanwhile)
        answer = client.post("/v1/score", json=lead()).json()
        assert answer["model"]["version"] == "v1"
        assert answer["likelihood"] == round(OLD.score_one({}).likelihood, 6)
        assert version(client) == "v2"


def damaged(how: str) -> Champion:
    good = champion(NEW, number=2)
    if how == "another digest":
        return replace(good, scorecard=OLD.to_json())
    text = {"no JSON": "{", "another format": "{}", "cut off": good.scorecard[:-100]}[how]
    return replace(good, scorecard=text, digest=blake2b(text.encode(), digest_size=16).hexdigest())


@pytest.mark.parametrize("how", ["another digest", "no JSON", "another format", "cut off"])
def test_a_damaged_champion_leaves_the_one_before_in_service(how: str) -> None:
    shelf = Shelf(champion(OLD))
    with served(shelf) as client:
        shelf.put(damaged(how))
        client.app.state.live.refresh()
        assert version(client) == "v1"
        assert client.get("/readyz").json()["refused"] == ["v2 for sql"]
        assert "leadloop_champions_refused 1.0" in client.get("/metrics").text
        shelf.put(champion(NEW, number=3))
        client.app.state.live.refresh()
        assert version(client) == "v2"
        assert client.get("/readyz").json()["refused"] == []
        assert "leadloop_champions_refused 0.0" in client.get("/metrics").text


def test_where_the_only_champion_is_damaged_nothing_is_ready_and_it_says_why() -> None:
    with served(Shelf(damaged("cut off"))) as client:
        for answer in (client.get("/readyz"), client.post("/v1/score", json=lead())):
            assert "v2 for sql cannot be taken up" in problem(answer, 503)["detail"]


def test_a_damaged_champion_of_one_target_does_not_hold_up_another() -> None:
    shelf = Shelf(champion(OLD))
    with served(shelf) as client:
        shelf.put(damaged("cut off"), champion(small_card("w1", target="won"), number=3))
        client.app.state.live.refresh()
        assert client.post("/v1/score", json={**lead(), "target": "won"}).status_code == 200
        assert version(client) == "v1"


class Unreachable(Shelf):
    """A store that does not answer while it is told not to."""

    gone = False

    def champion_stamp(self, target: str | None = None) -> int | None:
        if self.gone:
            raise LeadLoopError("The store does not answer.")
        return super().champion_stamp(target)


def test_what_was_live_goes_on_serving_while_the_store_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Unreachable(champion(OLD))
    with served(shelf) as client:
        live = client.app.state.live
        shelf.gone = True
        live.refresh()
        live.refresh()
        assert version(client) == "v1"
        assert client.get("/readyz").json()["store"] == "unreachable"
        assert "leadloop_store_reachable 0.0" in client.get("/metrics").text
        assert caplog.text.count("What was live goes on serving") == 1
        shelf.gone = False
        shelf.put(champion(NEW, number=2))
        live.refresh()
        assert version(client) == "v2"
        assert client.get("/readyz").json()["store"] == "reachable"


def test_a_watch_goes_on_after_a_failure() -> None:
    asked, twice = [], Event()

    def refresh() -> None:
        asked.append(len(asked))
        if len(asked) > 1:
            twice.set()
        raise RuntimeError

    watch = Watch(refresh, seconds=0.001)
    watch.start()
    assert twice.wait(BOUND)
    watch.stop()


def test_a_champion_of_won_gives_value_to_the_others_once_it_is_there() -> None:
    shelf = Shelf(champion(OLD))
    live = Live(shelf, "sql")
    live.refresh()
    assert live.now.model(None, "sql").worth is None
    shelf.put(champion(small_card("w1", target="won"), number=2))
    live.refresh()
    worth = live.now.model(None, "sql").worth
    assert worth is not None
    assert worth.card.meta.version == "w1"


def test_without_a_champion_a_call_is_told_what_to_do() -> None:
    live = Live(Shelf(), "won")
    live.refresh()
    with pytest.raises(NoChampion, match="leadloop train"):
        live.now.model(None, "won")
