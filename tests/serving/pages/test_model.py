"""*Model*: what is live and how good it is, its points, what may follow it, and changing what is live to the end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings, load_settings
from scoring.io.store import Model, Store
from scoring.scorecard import Interval, Scorecard
from tests.cards import small_card
from tests.service import keeping
from tests.serving.pages.reading import look, send, words

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WHY = {"target": "won", "reason": "the meeting said so"}


def kept(store: Store, card: Scorecard, **other: object) -> None:
    store.save_model(
        Model(
            **{
                "version": card.meta.version, "target": card.meta.target, "horizon_days": card.meta.horizon_days,
                "digest": card.digest, "trained_until": None, "created_at": NOW, "scorecard": card.to_json(), **other,
            }
        )
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)


@pytest.fixture
def client(store: Store, settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    """A service on a champion for won, and a challenger that was trained after it went live."""
    kept(store, small_card("w-1", "won"))
    store.promote("w-1", "Yamada", "the first model: it beats the base rate on leads kept aside", NOW)
    kept(store, small_card("w-2", "won", base=-1.0), created_at=NOW + timedelta(days=1))
    with keeping(store, NOW + timedelta(days=2), settings=settings, home=tmp_path) as client:
        yield client


def test_an_empty_store_says_what_to_do(store: Store) -> None:
    with keeping(store, NOW) as client:
        said = words(look(client, "/model"))
        assert "No model is live for Won. None was trained yet." in said
        assert "leadloop import leads.csv --outcomes outcomes.csv" in said
        assert "受注を予測するモデルは、まだ稼働していません。" in words(look(client, "/model", "ja"))


def test_the_page_says_what_is_live_since_when_and_why(client: TestClient) -> None:
    said = words(look(client, "/model"))
    assert "w-1 says how likely a lead reaches Won within 30 days." in said
    assert "decided by Yamada: the first model: it beats the base rate on leads kept aside" in said
    assert "Challenger w-2 was trained" in said


def test_the_same_in_japanese(client: TestClient) -> None:
    said = words(look(client, "/model", "ja"))
    assert "w-1 は、リードが 30 日以内に受注に至る確度を示します。" in said
    assert "最初のモデル：検証用に取り分けたリードで全体平均に勝った" in said
    assert "候補 w-2" in said


def test_a_challenger_is_promoted_and_rolled_back_with_reasons(client: TestClient, store: Store) -> None:
    page = look(client, "/model")
    answer = send(client, "/model/promote", page, version="w-2", current="w-1", **WHY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/model?target=won&done=promoted")
    assert "w-2 is live now." in words(look(client, answer.headers["location"]))
    back = send(client, "/model/rollback", page, current="w-2", target="won", reason="it was worse")
    assert "w-1 is live again." in words(look(client, back.headers["location"]))
    assert [(line.version, line.by, line.reason) for line in store.champions("won")] == [
        ("w-1", "web", "it was worse"),
        ("w-2", "web", "the meeting said so"),
        ("w-1", "Yamada", "the first model: it beats the base rate on leads kept aside"),
    ]
    said = words(look(client, "/model/history", "ja"))
    assert "稼働中のモデルは 3 回替わりました。" in said
    assert "it was worse" in said


def test_nothing_changes_without_a_reason_or_for_a_page_that_is_too_old(
    client: TestClient, store: Store
) -> None:
    page = look(client, "/model")
    assert send(client, "/model/promote", page, version="w-2", current="w-1", target="won").status_code == 422
    late = send(client, "/model/promote", page, version="w-2", current="w-0", **WHY)
    assert late.status_code == 409
    assert "Another model has gone live" in late.text
    assert send(client, "/model/promote", page, version="w-9", current="w-1", **WHY).status_code == 404
    assert send(client, "/model/rollback", page, current="w-1", **WHY).status_code == 409
    assert [line.version for line in store.champions("won")] == ["w-1"]


def test_a_version_of_another_stage_is_not_promoted_by_the_way(client: TestClient, store: Store) -> None:
    kept(store, small_card("s-1", "sql"))
    answer = send(client, "/model/promote", look(client, "/model"), version="s-1", current="w-1", **WHY)
    assert answer.status_code == 409
    assert not store.champions("sql")


def test_the_scorecard_is_downloaded_as_it_is_kept(client: TestClient, store: Store) -> None:
    answer = client.get("/model/scorecard.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="scorecard-won-w-1.json"'
    assert answer.text == store.model("w-1").scorecard


def test_a_review_is_shown_apart_where_nothing_in_it_runs(client: TestClient, tmp_path: Path) -> None:
    assert "leadloop review w-1" in words(look(client, "/model/review/w-1"))
    look(client, "/model/review/w-9", status=404)
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "w-1.html").write_text("<html><script>alert(1)</script></html>", encoding="utf-8")
    answer = client.get("/model/review/w-1")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert 'href="/model/review/w-1"' in look(client, "/model")


def test_points_say_what_they_are_worth_before_anybody_learned(store: Store) -> None:
    card = small_card("points-1", "won")
    kept(store, replace(card, meta=replace(card.meta, kind="points"), interval=Interval((), (), ())))
    store.promote("points-1", "leadloop", "no model yet: the points rule of the settings serves", NOW)
    with keeping(store, NOW) as client:
        said = words(look(client, "/model"))
    assert "Your own points rule serves: points-1." in said
    assert "It gives scores and reasons from the first day, and no likelihood." in said
