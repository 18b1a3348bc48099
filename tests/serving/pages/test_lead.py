"""*Lead*: what models say of it and why, what happened to it, what people say beside it; finding and forgetting one."""

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from scoring.io.settings import Settings, load_settings
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading, writing
from scoring.io.store.tables import leads as leads_table
from scoring.io.store.tables import scores, trail
from serving.app import create_app
from serving.cold_start import serve_points
from serving.handing import hand_over
from serving.live import Live
from serving.queueing import refresh_queue
from tests.service import keeping
from tests.serving.pages.reading import HTML, look, send, words
from tests.serving.test_cold_start import RULE
from tests.serving.test_handing import NOW, given, leads, publish, store  # noqa: F401 - fixtures
from tests.serving.test_lead_page import score

NAMES = {"name": "<script>alert(1)</script>", "company": "株式会社﨑山　髙橋"}
HOUR = timedelta(hours=1)


@pytest.fixture
def client(store: Store, given: Settings) -> Iterator[TestClient]:  # noqa: F811
    """A service with two leads, the first of which was handed over and waits for an answer."""
    leads(store, [30, 1])
    publish(store, 0.3, author="aya")
    hand_over(store, given, NOW)
    refresh_queue(store, given, NOW)
    live = Live(store, "won", policies=store)
    live.refresh()
    app = create_app(live, store=store, settings=given, clock=lambda: NOW + HOUR)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def kept(store: Store) -> list[int]:  # noqa: F811
    """How many leads, scores and lines of the trail there are."""
    with reading(store.engine) as connection:
        return [
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (leads_table, scores, trail)
        ]


def tell(client: TestClient, table: str, **event: object) -> None:
    answer = client.post(f"/v1/{table}", json={"lead_id": "L-00", **event})
    assert answer.json() == {"accepted": 1, "unchanged": 0}, answer.text


def test_the_answer_comes_first_then_why(client: TestClient) -> None:
    live = client.post("/v1/score", json={"lead_id": "L-00"}).json()
    said = words(look(client, "/leads/L-00"))
    share = f"{live['likelihood'] * 100:.0f} %"
    assert said.startswith("L-00 owner: Sato · created Nov 23, 2026")
    assert f"{share} likely to be won within 30 days." in said.replace("\xa0", " ")
    assert f"{live['score']} {live['grade']} score and grade" in said
    assert "hand over policy 1, from a likelihood of 30 % to reach SQL" in said.replace("\xa0", " ")
    assert said.index("likely to be won") < said.index("Why") < said.index("What happened")
    assert "visits more than 10: 40 % reach won, 20 % overall" in said.replace("\xa0", " ")


def test_the_same_in_japanese(client: TestClient) -> None:
    said = words(look(client, "/leads/L-00", "ja"))
    assert "2026年11月23日 作成" in said
    assert "30 日以内の受注確度は" in said
    assert "visits 10 超" in said
    assert "リードが作成されました。" in said
    assert not re.search("Score|Why|Created|Owner|raises|not given", said)


@pytest.mark.parametrize("target", ["won", "sql"])
def test_the_sum_is_that_of_the_live_call_to_the_last_digit(
    client: TestClient,
    store: Store,  # noqa: F811
    target: str,
) -> None:
    client.post("/v1/score", json={"lead_id": "L-00", "target": target})
    page = look(client, f"/leads/L-00?target={target}")
    whole = page[page.index("The whole sum:") :]
    row = r'<th scope="row"[^>]*>([^<]+)</th>.*?>([−+][\d.]+)</td></tr>'
    rows = re.findall(row, whole[: whole.index("</table>")], re.DOTALL)
    parts = {name: float(part.replace("−", "-")) for name, part in rows}
    (logged,) = (row for row in store.score_history("L-00") if row.target == target)
    assert parts["log-odds"] == round(logged.log_odds or 0, 6)
    total = parts.pop("log-odds")
    assert sum(parts.values()) == pytest.approx(total, abs=5e-6)
    assert next(iter(parts)) == "base"


def test_steps_that_are_shown_add_up_as_they_are_shown(client: TestClient) -> None:
    page = look(client, "/leads/L-00")
    steps = page[page.index("From the average lead") : page.index("The whole sum")]
    rows = re.findall(r"<tr><th[^>]*>[^<]+</th><td[^>]*>([−+\d.]*)</td><td[^>]*>([−\d.]+)</td>", steps)
    sums = [round(1000 * float(after.replace("−", "-"))) for _, after in rows]
    adds = [round(1000 * float(part.replace("−", "-"))) for part, _ in rows if part]
    assert adds
    assert sums[0] + sum(adds) == sums[-1]


def test_names_are_shown_as_text(client: TestClient) -> None:
    client.put("/v1/leads/L-00", json={"properties": {**NAMES, "source": "<b>Web</b>"}})
    for path in (
        "/leads/L-00",
        "/leads?lead=株式会社",
        "/forget?lead=L-00",
        "/leads/<script>alert(1)</script>",
    ):
        page = client.get(path, headers=HTML).text
        assert "<script>alert" not in page
        assert "<b>Web" not in page
        assert NAMES["name"] in words(page)
    assert NAMES["company"] in look(client, "/leads/L-00")


def test_what_happened_is_told_in_words_the_newest_first(client: TestClient) -> None:
    tell(client, "touches", rep="Sato", channel="call", connected=False)
    tell(client, "activities", kind="webinar", campaign="春の展示会", value=3)
    tell(client, "outcomes", stage="opportunity", amount=1200000, currency="JPY")
    page = look(client, "/leads/L-00", "ja")
    said = words(page)
    for line in (
        "架電 · Sato · つながらず",
        "webinar · 春の展示会 · 値 3",
        "商談 · ￥1,200,000",
        "引き渡し済み Sato",
    ):
        assert line in re.sub(r"\s*·\s*", " · ", said)
    assert said.index("架電") < said.index("引き渡し済み") < said.index("リードが作成されました。")


def test_of_a_closed_lead_it_is_said_how_it_ended_and_nothing_is_decided_any_more(client: TestClient) -> None:
    tell(client, "outcomes", stage="lost", reason="no budget", occurred_at=NOW.isoformat())
    said = words(look(client, "/leads/L-00", "ja"))
    assert "失注 · 2026年11月24日 · 予算なし" in said
    assert "このリードは決着しています。" in said
    assert "ポリシー 1、" not in said
    tell(client, "outcomes", stage="sql")
    assert "このリードは決着しています。" not in words(look(client, "/leads/L-00", "ja"))


def test_what_happened_is_paged_to_its_end(client: TestClient, store: Store) -> None:  # noqa: F811
    for number in range(130):
        at = (NOW - timedelta(minutes=number // 7)).isoformat()
        tell(client, "activities", kind=f"view-{number}-", occurred_at=at)
    seen, path, pages = "", "/leads/L-00", 0
    while path:
        page = look(client, path)
        seen, pages = seen + words(page), pages + 1
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert [seen.count(f"view-{number}-") for number in range(130)] == [1] * 130
    assert pages == 3
    assert "The list ends before this." in words(look(client, "/leads/L-00?until=5"))


def test_scores_that_were_given_are_listed_and_drawn_from_some_days_on(
    store: Store,  # noqa: F811
    given: Settings,  # noqa: F811
) -> None:
    leads(store, [30], NOW - timedelta(days=30))
    assert "It was never scored yet" in at(store, given, 0, "/leads/L-00")
    for day in (1, 2, 9):
        with keeping(store, NOW + timedelta(days=day), settings=given) as client:
            client.post("/v1/score", json={"lead_id": "L-00"})
    page = at(store, given, 10, "/leads/L-00")
    assert page.count("<svg") == 4, "the sum and the course, each broad and narrow"
    assert "The score of this lead over time: won" in page
    assert len(re.findall(r'<th scope="row" class="when">', page)) == 3
    assert at(store, given, 10, "/leads/L-00?target=sql").count("<svg") == 2


def test_scores_are_paged_to_the_first(client: TestClient, store: Store) -> None:  # noqa: F811
    store.log_scores(
        [
            score(-number, -1.0, "L-00", score=number, likelihood=0.5, version=f"v{number % 2}")
            for number in range(60)
        ]
    )
    store.log_scores([score(-99, -1.0, "L-00", score=77, likelihood=0.5, version="rival", role="challenger")])
    seen, path = [], "/leads/L-00"
    while path:
        page = look(client, path)
        section = page[page.index('id="scores"') : page.index('id="timeline"')]
        seen += [int(cell) for cell in re.findall(r'<td class="num">(\d+)</td><td', section)]
        assert "v1 · a call" in section
        found = re.search(r'href="([^"]+scores=[^"]+)" rel="next"', section)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == list(range(60))
    page = look(client, "/leads/L-00?challengers=yes&scores=50", "ja")
    assert "rival · API呼び出し · チャレンジャー" in page
    assert "The list ends before this." in words(look(client, "/leads/L-00?scores=100"))


def differences(page: str) -> list[float]:
    """What each feature would add or take away, as the page says it."""
    moved = page[page.index("What would move it</h3>") :]
    cells = re.findall(r">([−+][\d.]+)</td></tr>", moved[: moved.index("</table>")])
    return [float(cell.replace("−", "-")) for cell in cells]


def logit(likelihood: float) -> float:
    return math.log(likelihood / (1 - likelihood))


def at(store: Store, given: Settings, days: int, path: str, lang: str = "en") -> str:  # noqa: F811
    with keeping(store, NOW + timedelta(days=days), settings=given) as client:
        return look(client, path, lang)


def test_sales_answers_on_the_page(client: TestClient) -> None:
    page = look(client, "/leads/L-00")
    assert "Sales is to answer" in page
    answer = send(client, "/handoffs/1/reject", page, reason="no budget", next="/leads/L-00")
    assert answer.headers["location"] == "/leads/L-00?done=rejected"
    page = look(client, answer.headers["location"], "ja")
    assert "予算なし" in words(page)
    assert "ログインなしの利用者" in words(page)
    assert "営業の回答待ち" not in page


def test_what_if_says_what_a_call_would_say_and_keeps_nothing(client: TestClient, store: Store) -> None:  # noqa: F811
    before = kept(store)
    page = look(client, "/leads/L-01?if.visits=30&if.source=Referral")
    assert kept(store) == before
    said = words(page[page.index('id="what-if-said"') - 6 :].join(("<main>", "")))
    asked = {"lead_id": "L-01", "properties": {"visits": "30", "source": "Referral"}}
    would, is_ = (
        client.post("/v1/score", json=asked).json(),
        client.post("/v1/score", json={"lead_id": "L-01"}).json(),
    )
    compared = {
        name: f"{name} {show(is_)} {show(would)}"
        for name, show in {
            "Score": lambda answer: answer["score"],
            "Grade": lambda answer: answer["grade"],
            "Label": lambda answer: answer["label"],
            "Decision": lambda answer: {"hand_over": "hand over", "nurture": "nurture"}[
                answer["decision"]["action"]
            ],
        }.items()
    }
    assert [line for line in compared.values() if line not in said] == []
    assert is_["score"] < would["score"]
    moved = sum(differences(page))
    assert moved == pytest.approx(logit(would["likelihood"]) - logit(is_["likelihood"]), abs=0.003)


def test_what_if_without_a_change_or_with_one_that_cannot_be_read(client: TestClient) -> None:
    assert "Nothing is changed yet." in words(look(client, "/leads/L-00?if.visits=30"))
    said = words(look(client, "/leads/L-00?if.visits=many", "ja"))
    assert "読み取れない値があるため、スコアを計算できません。 visits 数値を入れてください" in said


def test_a_word_stands_beside_the_models_until_it_is_taken_back(client: TestClient, store: Store) -> None:  # noqa: F811
    for target in ("won", "sql"):
        client.post("/v1/score", json={"lead_id": "L-00", "target": target})
    live = client.post("/v1/score", json={"lead_id": "L-00"}).json()
    page = look(client, "/leads/L-00")
    word = {"lead": "L-00", "field": "score", "value": "5", "reason": "競合が決定", "days": "30"}
    answer = send(client, "/leads", page, **word)
    assert (answer.status_code, answer.headers["location"]) == (303, "/leads/L-00?done=overridden")
    page = look(client, "/leads/L-00")
    said = words(page)
    assert "Score 5, says somebody without a login" in said
    assert f"競合が決定; until Dec 24, 2026, 10:00; the model said {live['score']} then" in said
    assert f"{live['score']} {live['grade']} score and grade" in said
    assert "ログインなしの利用者 の判断：スコア 5" in words(look(client, "/leads/L-00", "ja"))
    back = {"do": "take back", "lead": "L-00", "field": "score", "reason": "a slip"}
    assert send(client, "/leads", page, **back).headers["location"] == "/leads/L-00?done=taken-back"
    page = look(client, "/leads/L-00?done=taken-back")
    assert 'class="note warn"' not in page
    assert "Taken back" in words(page)
    assert send(client, "/leads", page, **back).headers["location"] == "/leads/L-00?done=over"
    assert [(one.what, one.who) for one in store.trail()][:2] == [
        ("take back", "web"),
        ("override", "web"),
    ]


def test_a_decision_is_said_beside_the_likelihood_that_decides(client: TestClient) -> None:
    deciding = client.post("/v1/score", json={"lead_id": "L-01", "target": "sql"}).json()
    client.post("/v1/score", json={"lead_id": "L-01", "target": "won"})
    word = {"lead": "L-01", "field": "decision", "value": "hand_over", "reason": "they called", "days": "7"}
    send(client, "/leads", look(client, "/leads/L-01"), **word)
    said = words(look(client, "/leads/L-01")).replace("\xa0", " ")
    share = f"{deciding['likelihood'] * 100:.1f}".removesuffix(".0")
    assert "Decision: hand over, says somebody without a login" in said
    assert f"the model said {share} % then" in said


@pytest.mark.parametrize(
    ("field", "value", "reason", "days"),
    [
        ("score", "101", "x", "3"),
        ("score", "5", "", "3"),
        ("score", "5", "x", "many"),
        ("decision", "explore", "x", "3"),
    ],
)
def test_a_word_that_breaks_a_rule_is_not_kept(
    client: TestClient,
    store: Store,  # noqa: F811
    field: str,
    value: str,
    reason: str,
    days: str,
) -> None:
    page, before = look(client, "/leads/L-00"), kept(store)
    answer = send(client, "/leads", page, lead="L-00", field=field, value=value, reason=reason, days=days)
    assert answer.status_code == 422
    assert "This was not done" in answer.text
    assert kept(store) == before
    unknown = {"lead": "nobody", "field": "score", "value": "5", "reason": "x", "days": "3"}
    assert send(client, "/leads", page, **unknown).status_code == 404


def test_a_forgotten_lead_is_gone_with_all_that_was_kept_of_it(client: TestClient, store: Store) -> None:  # noqa: F811
    client.post("/v1/score", json={"lead_id": "L-00"})
    page = look(client, "/forget?lead=L-00")
    assert "at once and for good" in page
    answer = send(client, "/forget", page, lead="L-00")
    assert answer.headers["location"] == "/leads?done=forgotten"
    assert "Forgotten" in look(client, answer.headers["location"])
    assert "No lead “L-00”" in words(look(client, "/leads/L-00", status=404))
    assert kept(store)[:2] == [1, 0]
    assert send(client, "/forget", page, lead="L-00").status_code == 404
    assert client.get("/forget?lead=L-00", headers=HTML).status_code == 404


def test_who_may_only_read_is_offered_nothing_else(client: TestClient, store: Store) -> None:  # noqa: F811
    keys = {
        scopes: store.create_key("-".join(scopes), [*scopes], NOW)[1]
        for scopes in (("read",), ("read", "write"))
    }
    with keeping(store, NOW + HOUR) as closed:
        for scopes, key in keys.items():
            send(closed, "/login", look(closed, "/login"), key=key, next="/leads/L-00")
            page = look(closed, "/leads/L-00")
            assert ("Say otherwise" in page) == ("write" in scopes)
            assert "Forget this lead" not in page
            word = {"lead": "L-00", "field": "score", "value": "5", "reason": "x", "days": "3"}
            assert send(closed, "/leads", page, **word).status_code == (303 if "write" in scopes else 403)
            assert send(closed, "/forget", page, lead="L-00").status_code == 403
            assert "scope admin" in look(closed, "/forget?lead=L-00")
            send(closed, "/logout", page)


def test_a_form_from_elsewhere_changes_nothing(client: TestClient, store: Store) -> None:  # noqa: F811
    look(client, "/leads/L-00")
    before = kept(store)
    assert client.post("/forget", data={"lead": "L-00", "csrf": "guessed"}, headers=HTML).status_code == 403
    assert kept(store) == before


@pytest.mark.parametrize("lead_id", ["a/b c", "..", "x/../y", "髙橋 﨑", "50%?#&", "<b>", "a//b/"])
def test_a_lead_is_found_whatever_its_id_holds(
    client: TestClient,
    store: Store,  # noqa: F811
    lead_id: str,
) -> None:
    with writing(store.engine) as connection:
        row = {"lead_id": lead_id, "created_at": 10**15, "properties": {"visits": "3"}}
        connection.execute(insert(leads_table).values(row))
    page = look(client, f"/leads?lead={quote(lead_id, safe='')}")
    heading = page[page.index("<h1>") + 4 : page.index("</h1>")]
    assert unescape(heading) == lead_id
    assert 'id="what-if-said"' in page
    word = {"lead": lead_id, "field": "score", "value": "5", "reason": "x", "days": "3"}
    back = send(client, "/leads", page, **word).headers["location"]
    assert "Score 5, says" in words(look(client, back))


def test_leads_are_found_by_what_people_know_of_them(client: TestClient) -> None:
    for number, name in enumerate(["高橋 一郎", "高橋 花子", "佐藤 次郎"]):
        properties = {"name": name, "email": f"{number}@example.com", "phone": f"03-1234-000{number}"}
        client.put(f"/v1/leads/N-{number}", json={"properties": properties})
    said = words(look(client, "/leads?lead=高橋", "ja"))
    assert "高橋 一郎" in said
    assert "高橋 花子" in said
    assert "佐藤" not in said
    for text in ("2@example.com", "0312340002", "佐藤次"):
        answer = client.get(f"/leads?lead={quote(text)}", headers=HTML, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/leads/N-2")
    assert "The newest" in words(look(client, "/leads"))


def test_more_leads_than_a_page_holds_are_all_listed(client: TestClient) -> None:
    for number in range(55):
        client.put(f"/v1/leads/M-{number:02}", json={"properties": {"company": "株式会社東邦"}})
    page = look(client, "/leads?lead=株式会社")
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    both = page + look(client, following[1].replace("&amp;", "&"))
    assert set(re.findall(r'href="/leads/(M-\d\d)"', both)) == {f"M-{number:02}" for number in range(55)}


def test_an_unknown_lead_is_said_to_be_so_with_what_to_do(client: TestClient) -> None:
    said = words(look(client, "/leads/L-0", status=404))
    assert said.startswith("No lead “L-0”")
    assert "Ids that begin like it L-00 L-01" in said
    page = look(client, "/leads?lead=zzz", "ja", status=404)
    assert "「zzz」というリードはありません" in words(page)
    assert 'href="/import"' in page
    look(client, "/leads/%00", status=404)


def test_nothing_is_known_yet(given: Settings, store: Store) -> None:  # noqa: F811
    with keeping(store, NOW, settings=given) as client:
        assert "No leads yet" in words(look(client, "/leads"))
        assert "リードはまだありません" in words(look(client, "/leads", "ja"))


def test_a_lead_that_no_model_can_read_is_shown_with_the_reason(client: TestClient) -> None:
    client.put("/v1/leads/L-00", json={"properties": {"visits": "plenty"}})
    said = words(look(client, "/leads/L-00", "ja"))
    assert "下で確かめられます。 visits 数値を入れてください" in said
    assert "plenty" in said
    assert "確度" in words(look(client, "/leads/L-00?if.visits=3", "ja"))


def test_a_lead_without_any_model_or_with_points_alone(tmp_path: Path) -> None:
    (tmp_path / "leadloop.toml").write_text(RULE)
    own = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)
    with open_store(own.database_url, "won") as bare:
        with keeping(bare, NOW, settings=own) as client:
            client.put("/v1/leads/P-1", json={"properties": {"source": "Referral", "employees": 200}})
            said = words(look(client, "/leads/P-1"))
            assert "No model is live" in said
            assert "source Referral" in said
            assert "稼働中のモデルはありません" in words(look(client, "/leads/P-1", "ja"))
        serve_points(bare, own, NOW)
        with keeping(bare, NOW + HOUR, settings=own) as client:
            points = client.post("/v1/score", json={"lead_id": "P-1"}).json()
            assert points["likelihood"] is None
            said = words(look(client, "/leads/P-1"))
            assert f"By the points rule its score is {points['score']}, grade {points['grade']}." in said
            assert "points +30" in said
            page = look(client, "/leads/P-1?if.employees=5")
            assert sum(differences(page)) == -30
