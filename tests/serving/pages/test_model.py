"""*Model*: what is live and how good it is, its points, what may follow it, and changing what is live to the end."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings, load_settings
from scoring.io.store import Model, Store
from scoring.io.store.engine import writing
from scoring.io.store.watches import keep_watch
from scoring.scorecard import Interval, Scorecard
from serving.pages.review import review_of
from tests.cards import small_card
from tests.proposals import backtest, keep
from tests.service import keeping
from tests.serving.pages.reading import look, send, words
from tests.serving.test_handing import publish

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


def ends(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


REPORT: dict[str, Any] = {
    "plan": {
        "kind": "forward",
        "why": "Judged forward in time: 1 times learned from the past, tested on what came next.",
        "folds": [{"cut": 1_760_000_000.0, "tested_on": 400, "converted": 80}],
    },
    "bootstrap": {
        "estimates": {
            "base rate": {"log_loss": ends(0.5, 0.48, 0.52), "auc": ends(0.5, 0.5, 0.5)},
            "unrestricted boosting": {"log_loss": ends(0.41, 0.39, 0.43)},
            "scorecard": {"log_loss": ends(0.4, 0.38, 0.42), "auc": ends(0.8, 0.78, 0.82)},
        },
        "differences": {
            "base rate": {"log_loss": ends(0.1, 0.08, 0.12)},
            "unrestricted boosting": {"log_loss": ends(0.01, -0.01, 0.03)},
        },
        "blocks": {"0": {"scorecard": {"log_loss": 0.4}, "base rate": {"log_loss": 0.5}}},
    },
    "calibration": [
        {
            "n": 200, "weight": 200.0, "likelihood_from": low, "likelihood_to": low + 0.1, "likelihood": low + 0.05,
            "rate": rate, "rate_low": rate - 0.03, "rate_high": rate + 0.03,
        }
        for low, rate in ((0.0, 0.06), (0.1, 0.30))
    ],
    "lift": [
        {"decile": 1, "n": 40, "weight": 40.0, "conversions": 20.0, "rate": 0.5, "lift": 2.5, "capture": 0.25}
    ],
    "uses": [
        {"use": "creation", "leads": 300, "promised": 0.1, "rate": 0.18, "rate_low": 0.15, "rate_high": 0.22},
        {"use": "open", "leads": 100, "promised": 0.1, "rate": 0.1, "rate_low": 0.06, "rate_high": 0.15},
    ],
    "coverage": {"rows": [{"covered": True}, {"covered": False}]},
    "audit": [
        {
            "column": "失注理由", "severity": "severe", "code": "filled_only_after", "left_out": True,
            "evidence": {"filled_of_converted": 0.0, "filled_of_others": 0.9},
            "advice": "Filled (almost) only for leads that did not convert: it was written after the outcome. Leave it "
            "out.",
        },
        {
            "column": "<b>note</b>", "severity": "note", "code": "constant", "left_out": True,
            "evidence": {"filled": 10}, "advice": "The same for every lead: nothing can be learned from it. Left out.",
        },
    ],
}  # fmt: skip


@pytest.fixture
def reported(store: Store) -> Iterator[TestClient]:
    """A service on a champion that carries all that its training found."""
    kept(store, replace(small_card("w-1", "won"), report=REPORT))
    store.promote("w-1", "Yamada", "春の商戦に合わせて", NOW)
    with keeping(store, NOW) as client:
        yield client


def test_what_was_promised_and_what_came_is_said_first(reported: TestClient) -> None:
    said = words(look(reported, "/model"))
    assert said.index("it promised too little for new leads: 10 %, and 18 % came.") < said.index(
        "w-1 says how likely"
    )
    assert "Of the best tenth of leads 50 % convert, 2.5 times the average." in said
    assert "it held in 1 of 2 bands" in said
    assert (
        "Its log loss is better, beyond chance, than that of base rate; unrestricted boosting cannot be told"
        in said
    )
    assert "0.38–0.42" not in said
    assert "0.3800–0.4200" in said


def test_what_the_audit_found_is_told_in_japanese_as_text(reported: TestClient) -> None:
    page = look(reported, "/model", "ja")
    said = words(page)
    assert "結果がわかってから入力されるとみられる 1 列を外しました：失注理由。" in said
    assert "成果ありでの記入率 0 % · 成果なしでの記入率 90 %" in said
    assert "参考 1 件" in said
    assert "<b>note</b>" not in page
    assert "春の商戦に合わせて" in said


def test_how_it_was_tested_has_a_page_of_its_own(reported: TestClient) -> None:
    said = words(look(reported, "/model/tests", "ja"))
    assert "期間ごとに安定しているか" in said
    assert "読める形にした代償は、このリードでは確認できません。" in said


def test_a_watch_tells_whether_promises_were_kept_since_it_is_live(
    reported: TestClient, store: Store
) -> None:
    def finding(code: str, subject: str, severity: str, advice: str, **evidence: float) -> dict[str, Any]:
        return {
            "code": code, "subject": subject, "severity": severity, "advice": advice, "evidence": evidence,
            "retrain": severity != "note",
        }  # fmt: skip

    moved = finding("drift", "visits", "warning", "Watch it.", psi=0.4, missing_before=0.1, missing_now=0.2)
    off = finding(
        "calibration", "all leads", "severe", "Promised 10 %, came 5 %. Train again.",
        promised=0.1, observed=0.05, scores=900.0, chance=0.001,
    )  # fmt: skip
    with writing(store.engine) as connection:
        keep_watch(connection, "won", "w-1", NOW, [moved, off], retrain=True)
    said = words(look(reported, "/model"))
    assert said.index("Its likelihoods do not hold: of 900 scores") < said.index("w-1 says how likely")
    assert "It is time to train again." in said
    assert "The values of 1 feature are spread differently now, most of all those of visits." in said
    assert "確度 10 % に対し、実績は 5 %。学習し直してください。" in words(look(reported, "/model", "ja"))


def test_every_feature_every_pair_and_the_whole_table_of_points_can_be_looked_at(
    reported: TestClient,
) -> None:
    listed = words(look(reported, "/model/features"))
    assert "All 3 features, the strongest first" in listed
    whole = words(look(reported, "/model/points"))
    assert "Referral" in whole
    assert "+35" in whole
    for place, name in enumerate(("source", "visits", "created_at")):
        assert name in words(look(reported, f"/model/features/{place}"))
    assert "+11.5" in words(look(reported, "/model/pairs/0"))
    for beyond in ("/model/features/3", "/model/features/-1", "/model/pairs/1", f"/model/features/{2**70}"):
        look(reported, beyond, status=404)


def test_a_card_of_hundreds_of_features_is_paged_and_never_cut(store: Store) -> None:
    card = small_card("w-1", "won")
    terms = tuple(replace(card.terms[1], feature=f"f{at:03}") for at in range(230))
    wide = replace(card, terms=terms, pairs=(), features=(), columns=())
    kept(store, wide)
    store.promote("w-1", "tests", "a test", NOW)
    with keeping(store, NOW) as client:
        for path, per in (("/model/features", 100), ("/model/points", None)):
            found, address = set(), path
            while address:
                page = look(client, address)
                assert len(page.encode()) < 400_000
                found |= set(re.findall(r">(f\d{3})<", page))
                following = re.search(r'href="([^"]+)" rel="next"', page)
                address = unescape(following[1]) if following else ""
                if per and address:
                    assert len(re.findall(r">f\d{3}<", page)) == per
            assert len(found) == 230


def test_who_may_only_read_sees_no_form_and_changes_nothing(client: TestClient, store: Store) -> None:
    _, key = store.create_key("guest", ["read"], NOW)
    with keeping(store, NOW + timedelta(days=2)) as closed:
        send(closed, "/login", look(closed, "/login"), key=key)
        page = look(closed, "/model")
        assert 'action="/model/promote"' not in page
        assert "Promoting it takes a key with the scope admin." in words(page)
        assert send(closed, "/model/promote", page, version="w-2", current="w-1", **WHY).status_code == 403
    assert [line.version for line in store.champions("won")] == ["w-1"]


def test_a_form_from_elsewhere_changes_nothing(client: TestClient, store: Store) -> None:
    answer = client.post(
        "/model/promote", data={"version": "w-2", "current": "w-1", **WHY}, follow_redirects=False
    )
    assert answer.status_code == 403
    assert [line.version for line in store.champions("won")] == ["w-1"]


def test_champion_and_challenger_are_compared_on_the_leads_that_both_were_tested_on(
    client: TestClient, store: Store
) -> None:
    for version, likelihood in (("w-1", [0.5, 0.5]), ("w-2", [0.9, 0.1])):
        rows = {
            "lead_id": [f"L{at}" for at in range(160)],
            "as_of": NOW,
            "use": "open",
            "fold": 0,
            "weight": 1.0,
        }
        frame = pd.DataFrame({**rows, "label": [1, 0] * 80, "likelihood": likelihood * 80})
        store.write_backtest(version, frame)
    while "data-reload" in (page := look(client, "/model")):
        continue
    assert (
        "On the 160 leads that both were tested on, the challenger is better: its log loss is lower by 0.5878."
        in (words(page))
    )
    assert "候補のほうが優れています（対数損失が 0.5878 小さい）" in words(look(client, "/model", "ja"))


def test_what_a_new_model_does_to_the_handoffs_in_force_is_said(store: Store) -> None:
    keep(store, "s1", "sql", backtest())
    publish(store, 0.5, model="s1", expected={"handoffs": {"value": 150.0}})
    keep(store, "s2", "sql", backtest(shift=0.3))
    with keeping(store, NOW) as client:
        while "data-reload" in (page := look(client, "/model?target=sql")):
            continue
    said = words(page)
    assert (
        "was published with 150 handoffs a month; with this model its threshold of 0.5 gives about 240"
        in said
    )
    assert "It holds until you change it. Look at the threshold again" in said


def test_a_new_model_that_was_never_tested_leaves_the_handoffs_unknown(store: Store) -> None:
    keep(store, "s1", "sql", backtest())
    publish(store, 0.5, model="s1", expected={"handoffs": {"value": 150.0}})
    keep(store, "s2", "sql", None)
    with keeping(store, NOW) as client:
        while "data-reload" in (page := look(client, "/model?target=sql", "ja")):
            continue
    assert "引き渡しの件数がどう変わるかはわかりません。" in words(page)


def test_without_the_package_that_draws_the_numbers_stand_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    kept(store, replace(small_card("w-1", "won"), report=REPORT))
    store.promote("w-1", "tests", "a test", NOW)
    with keeping(store, NOW) as client:
        page = look(client, "/model")
    assert 'class="drawn' not in page
    assert "5 % 6 % (3 % to 9 %)" in words(page)


def test_only_the_name_of_a_version_is_looked_for_among_the_reviews(tmp_path: Path) -> None:
    (tmp_path / "reviews").mkdir()
    (tmp_path / "secret.html").write_text("")
    (tmp_path / "reviews" / "w-1.html").write_text("")
    assert review_of(tmp_path, "w-1") == tmp_path / "reviews" / "w-1.html"
    assert not any(review_of(tmp_path, name) for name in ("../secret", "w-2", "", ".", "w-1\n", "/w-1"))
    assert review_of(None, "w-1") is None
