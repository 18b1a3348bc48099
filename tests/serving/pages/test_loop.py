"""*Loop*: the month against its goal in both languages, its report as a page and as files, and what is missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.months import Month
from serving.reporting import made_report
from tests.service import keeping
from tests.serving.pages.reading import look, send, words
from tests.two_months import NOW, TEAM, live_through

# A request waits a moment for what is being made.
TRIES = 1_000


@pytest.fixture
def client(store: Store, tmp_path: Path) -> Iterator[TestClient]:
    """A service of two months."""
    live_through(store, tmp_path)
    with keeping(store, NOW, settings=TEAM) as client:
        yield client


def counted(client: TestClient, path: str, lang: str = "en") -> str:
    """The page, asked for until its month is counted, as its script does."""
    for _ in range(TRIES):
        page = look(client, path, lang)
        if "data-reload" not in page:
            return page
        assert ("集計しています" if lang == "ja" else "is being counted") in page
    raise AssertionError("the month is never counted")


def test_the_month_is_held_against_its_goal(client: TestClient) -> None:
    said = words(counted(client, "/loop?month=2026-10"))
    assert said.startswith(
        "October 2026 Revenue: ¥400,000 of the goal of ¥500,000, ¥100,000 short of it. Month"
    )
    assert "6 Leads · +50 % against the month before" in said
    assert "Lead → MQL" not in said
    assert "Leads → MQL 50 %* (3 / 6) 22 % – 78 % 50 %* 0 points" in said


def test_the_same_in_japanese(client: TestClient) -> None:
    said = words(counted(client, "/loop?month=2026-10", "ja"))
    assert said.startswith("2026年10月 売上：目標 ￥500,000 に対し ￥400,000。￥100,000 届きませんでした。")
    assert "リード → MQL 50 %* (3 / 6) 22 % – 78 % 50 %* 0ポイント" in said
    assert "話し合うべきこと" in said


def test_without_a_month_the_running_one_is_shown(client: TestClient) -> None:
    said = words(counted(client, "/loop"))
    assert said.startswith("November 2026 Revenue: so far ¥0 of the goal of ¥500,000")
    assert "November 2026 October 2026 September 2026" in said
    assert "August 2026" not in said


@pytest.mark.parametrize(
    ("rule", "wins", "gain"), [("first", "1", "+200 %"), ("last", "2", "+300 %"), ("linear", "1.5", "+250 %")]
)
def test_campaigns_are_credited_by_the_rule_that_is_chosen(
    client: TestClient, rule: str, wins: str, gain: str
) -> None:
    said = words(counted(client, f"/loop?month=2026-10&rule={rule}"))
    row = said[said.index("fair ¥100,000") :]
    assert row.startswith("fair ¥100,000 1 ¥100,000 ")
    assert row.split()[4] == wins
    assert gain in row[: row.index("mailing")]


def test_charts_stand_beside_their_numbers_and_load_nothing(client: TestClient) -> None:
    page = counted(client, "/loop?month=2026-10")
    assert page.count("<svg") >= 6
    assert page.count('role="img" aria-label="') == page.count("<svg")
    assert "style=" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "")


def test_the_report_of_the_month_is_a_page(client: TestClient) -> None:
    counted(client, "/loop?month=2026-10")
    said = words(look(client, "/loop/report?month=2026-10"))
    for title in ("How far leads got", "What sales said", "Did both sides keep their word?", "The reps"):
        assert title in said
    assert "October 2026 against September 2026" in said
    assert "双方は約束を守ったか" in words(look(client, "/loop/report?month=2026-10", "ja"))


def test_the_report_is_downloaded_in_both_languages_and_as_json(client: TestClient, store: Store) -> None:
    counted(client, "/loop?month=2026-10")
    for lang, title in (("en", "How far leads got"), ("ja", "リードはどこまで進んだか")):
        answer = client.get(f"/loop/report.html?month=2026-10&lang={lang}")
        assert answer.headers["content-disposition"] == f'attachment; filename="leadloop-2026-10-{lang}.html"'
        assert title in answer.text
        assert "<script" not in answer.text
        assert "<link" not in answer.text
    answer = client.get("/loop/report.json?month=2026-10")
    assert answer.headers["content-disposition"] == 'attachment; filename="leadloop-2026-10.json"'
    made = made_report(store, TEAM, Month.read("2026-10", "UTC"), NOW).to_dict()
    assert answer.json() == json.loads(json.dumps(made))


def test_the_month_is_counted_again_when_somebody_asks(
    client: TestClient, store: Store, tmp_path: Path
) -> None:
    page = counted(client, "/loop?month=2026-10")
    assert client.delete("/v1/leads/O-6").status_code == 200
    answer = send(client, "/loop/count", page, month="2026-10")
    assert (answer.status_code, answer.headers["location"]) == (303, "/loop?month=2026-10")
    for _ in range(TRIES):
        page = look(client, "/loop?month=2026-10")
        if "5 Leads · +25" in words(page):
            break
    assert "5 Leads · +25" in words(page)


def test_without_a_goal_costs_and_outcomes_the_page_says_what_to_do(store: Store, tmp_path: Path) -> None:
    live_through(store, tmp_path, without=("outcomes", "campaigns"))
    with keeping(store, NOW, settings=Sections()) as client:
        said = words(counted(client, "/loop?month=2026-10"))
        assert "0 won, 0 in the month before; no goal is set." in said
        assert "No goal is set" in said
        assert "No goal is set, so there is no line to be on" in said
        assert "[goal] revenue = 20000000" in said
        assert "leadloop import leads.csv --outcomes outcomes.csv" in said
        assert "leadloop import leads.csv --campaigns campaigns.csv" in said
        japanese = words(counted(client, "/loop?month=2026-10", "ja"))
        assert "目標が設定されていません" in japanese
        assert "この月の費用がわかりません" in japanese


def test_an_empty_store_says_how_the_loop_begins(store: Store) -> None:
    with keeping(store, NOW, settings=TEAM) as client:
        said = words(look(client, "/loop"))
        assert "No lead is known yet" in said
        assert "leadloop import leads.csv" in said
        assert "リードがまだないため" in words(look(client, "/loop", "ja"))


def test_a_month_before_the_first_lead_leads_to_it(client: TestClient) -> None:
    said = words(look(client, "/loop?month=2026-08"))
    assert "No lead was known in that month: the first came in September 2026." in said


@pytest.mark.parametrize(
    ("month", "status", "told"),
    [
        ("2026-12", 404, "2026-12 はまだ始まっていない"),
        ("october", 422, "2026-10 のような月を指定してください"),
    ],
)
@pytest.mark.parametrize("path", ["/loop", "/loop/report", "/loop/report.html", "/loop/report.json"])
def test_what_is_no_month_yet_is_refused_in_the_readers_language(
    client: TestClient, path: str, month: str, status: int, told: str
) -> None:
    look(client, f"{path}?month={month}", status=status)
    assert told in words(look(client, f"{path}?month={month}", "ja", status=status))


def test_a_month_that_cannot_be_counted_says_so_and_is_tried_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("serving.kept_reports.made_report", lambda *_: 1 / 0)
        page = counted(client, "/loop?month=2026-10")
        assert "The month could not be counted: This could not be made" in words(page)
        for path in ("report", "report.html", "report.json"):
            answer = client.get(f"/loop/{path}?month=2026-10", follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, "/loop?month=2026-10")
        assert "集計できませんでした：作成できませんでした" in words(
            look(client, "/loop?month=2026-10", "ja")
        )
    send(client, "/loop/count", page, month="2026-10")
    assert "¥400,000 of the goal" in counted(client, "/loop?month=2026-10")


def test_names_of_campaigns_and_sources_show_as_text(store: Store, tmp_path: Path) -> None:
    live_through(store, tmp_path)
    hostile = "<script>alert(1)</script>"
    with keeping(store, NOW, settings=TEAM) as client:
        told = dict.fromkeys(("source", "campaign", "owner"), hostile)
        lead = {"created_at": "2026-10-09T10:00:00Z", "properties": told}
        answer = client.put("/v1/leads/X-1", json=lead)
        assert answer.status_code in (200, 201), answer.text
        counted(client, "/loop?month=2026-10")
        for path in ("/loop", "/loop/report", "/loop/report.html"):
            text = client.get(f"{path}?month=2026-10", headers={"accept": "text/html"}).text
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
