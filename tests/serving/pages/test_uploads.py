"""*Import*: a list is uploaded, checked, scored, given back, and taken into the store where that is wanted."""

import fcntl
import logging
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from serving.batch import score_file
from serving.live import Live
from serving.uploads.folder import Uploads
from tests.service import keeping
from tests.serving.pages.reading import HTML, look, send, token, words
from tests.serving.test_handing import NOW, given, store  # noqa: F401 - fixtures

LEADS = "lead_id,name,visits,source,created_at\n" + "".join(
    f"L-{at},Lead {at},{visits},{source},2026-11-0{at}\n"
    for at, (visits, source) in enumerate([(3, "Web"), (40, "Referral"), (12, "Web")], start=1)
)


@pytest.fixture
def client(store: Store, given: Settings) -> Iterator[TestClient]:  # noqa: F811
    """A service with a home, and two models live."""
    with keeping(store, NOW, settings=given, home=given.home) as client:
        yield client


def upload(client: TestClient, content: str | bytes = LEADS, name: str = "leads.csv", **fields: str) -> Any:
    """Upload a list; the answer of the form."""
    data = {"csrf": token(look(client, "/import")), **fields}
    body = content.encode() if isinstance(content, str) else content
    return client.post(
        "/import", data=data, files={"file": (name, body)}, headers=HTML, follow_redirects=False
    )


def uploaded(client: TestClient, content: str | bytes = LEADS, name: str = "leads.csv", **fields: str) -> str:
    """Upload a list that is kept; the address of its check."""
    answer = upload(client, content, name, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def settled(client: TestClient, address: str, lang: str = "en") -> str:
    """The page of a list once nothing is done with it any more."""
    page = look(client, address, lang)
    while "data-reload" in page:
        page = look(client, address, lang)
    return page


def scored(client: TestClient, address: str, lang: str = "en") -> str:
    """Score a list; the page of its scores."""
    answer = send(client, f"{address}/score", settled(client, address))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}/scores")
    return settled(client, f"{address}/scores", lang)


def tried(client: TestClient, address: str, lang: str = "en") -> str:
    """Ask what taking a list in would change; the page that says it."""
    answer = send(client, f"{address}/take", settled(client, address))
    assert answer.headers["location"] == f"{address}/take"
    return settled(client, f"{address}/take", lang)


def test_a_list_is_uploaded_checked_scored_and_downloaded_as_the_command_line_writes_it(
    client: TestClient,
    store: Store,  # noqa: F811
    tmp_path: Path,
) -> None:
    address = uploaded(client)
    said = words(settled(client, address))
    assert said.startswith("leads.csv 3 leads in 5 columns. Every column that the model reads is there.")
    assert "No row has a fault." in said
    said = words(scored(client, address))
    assert "3 leads are scored." in said
    assert said.index("Lead 2") < said.index("Lead 1")

    answer = client.get(f"{address}/scored.csv")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''leads-scored.csv"
    (tmp_path / "leads.csv").write_text(LEADS)
    live = Live(store, "won")
    live.refresh()
    model = live.now.models["won"]
    score_file(
        model.card, tmp_path / "leads.csv", tmp_path / "scored.csv", as_of=NOW.timestamp(), worth=model.worth,
        handoff=model.handoff,
    )  # fmt: skip
    assert answer.content == (tmp_path / "scored.csv").read_bytes()


def test_the_same_in_japanese(client: TestClient) -> None:
    address = uploaded(client, name="見込み客.csv", lang="ja")
    said = words(settled(client, address, "ja"))
    assert said.startswith(
        "見込み客.csv 3 件のリード、5 列。モデルが読む列はすべてそろっています。問題のある行はありません。"
    )
    said = words(scored(client, address, "ja"))
    assert "visits 10 超" in said
    answer = client.get(f"{address}/scored.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "%E8%A6%8B%E8%BE%BC%E3%81%BF%E5%AE%A2-scored.csv" in answer.headers["content-disposition"]


def test_the_result_is_handed_out_for_excel_and_for_programs_that_read_cp932_alone(
    client: TestClient,
) -> None:
    address = uploaded(client, LEADS.replace("L-1,", "東-1,"))
    scored(client, address)
    plain = client.get(f"{address}/scored.csv").content
    assert client.get(f"{address}/scored.csv?form=excel").content == b"\xef\xbb\xbf" + plain
    assert client.get(f"{address}/scored.csv?form=cp932").content == plain.decode().encode("cp932")


def test_letters_that_cp932_does_not_have_are_told_and_not_replaced(client: TestClient) -> None:
    address = uploaded(client, LEADS.replace("L-1,", "Zoë,"))
    scored(client, address)
    answer = client.get(f"{address}/scored.csv?form=cp932", headers=HTML)
    assert "1 row holds letters that cp932 does not have" in words(answer.text)


MANY = "lead_id,company,visits,source\n" + "".join(f"L-{at},C {at},{at % 50},Web\n" for at in range(60))


def test_the_leads_of_a_list_are_paged_in_the_order_of_their_ranks(client: TestClient) -> None:
    address = uploaded(client, MANY)
    pages = [scored(client, address)]
    while more := re.search(r'href="([^"]+)" rel="next"', pages[-1]):
        pages.append(look(client, more[1]))
    assert len(pages) == 3
    ranks = [int(rank) for page in pages for rank in re.findall(r'class="place">(\d+)<', page)]
    assert ranks == list(range(1, 61))
    assert "The list ends before this." in look(client, f"{address}/scores?page=9")
    assert "The list ends before this." in look(client, f"{address}/scores?page=-1")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "a.csv は空です。"),
        (b"\n\n", "a.csv", "a.csv は空です。"),
        (b"PK\x03\x04" + b"x" * 60, "leads.xlsx", "leads.xlsx は CSV ではなく、Excel ブックか ZIP ファイルです。"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 60, "a.xls", "古い形式の Excel ブックです。"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png", "a.png はテキストファイルではありません"),
        (b"%PDF-1.4", "a.csv", "PDF です。"),
        (b"\x1f\x8b\x08", "a.csv", "gzip ファイルです。"),
        (b"PAR1 and no more", "a.parquet", "壊れているか、Parquet ファイルではありません。"),
        (b"7,2026-01-01,3\n8,2026-01-02,4\n", "a.csv", "列名ではなくデータのようです。"),
        (b'"lead_id,visits"\n"L-1,3"\n', "a.csv", "どの行も全体が引用符で囲まれています。"),
        (b"lead_id,visits,source\nL-1,3,\"Web\n" + b"L-2,3,Web\n" * 5, "a.csv", "引用符が閉じられておらず"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_told_in_the_reader_s_words(
    client: TestClient, content: bytes, name: str, said: str
) -> None:
    address = uploaded(client, content, name)
    page = words(settled(client, address, "ja"))
    assert said in page
    assert "別のファイルを選ぶ" in page
    assert not re.search("[a-z]{3,} [a-z]{2,} [a-z]{2,}", page)
    assert "このリストを採点する" not in page


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("cp932", "cp932"), ("euc-jp", "euc-jp"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8")],
)
def test_lists_of_other_programs_are_read_as_they_were_meant(
    client: TestClient, encoding: str, shown: str
) -> None:
    lines = "lead_id;会社名;visits\n" + "".join(f"L-{at};株式会社東京商事;{at}\n" for at in range(9))
    said = words(settled(client, uploaded(client, lines.encode(encoding))))
    assert f"Encoding {shown} Delimiter semicolon Rows 9" in said
    assert "L-0 株式会社東京商事 0" in said


def test_an_encoding_that_cannot_be_told_is_chosen(client: TestClient) -> None:
    line = "L-{},株式会社東京商事,{}\n"
    content = b"lead_id,company,visits\n" + line.format(1, 1).encode() + line.format(2, 2).encode("cp932")
    address = uploaded(client, content)
    page = settled(client, address)
    assert "The encoding of leads.csv cannot be told. Choose it, or save the list as CSV UTF-8." in words(
        page
    )
    send(client, f"{address}/check", page, encoding="cp1252", lang="en")
    page = settled(client, address)
    assert "leads.csv is not written in cp1252. Choose another encoding." in words(page)
    assert "<option selected>cp1252</option>" in page


def test_a_list_without_rows_says_so_and_offers_nothing(client: TestClient) -> None:
    address = uploaded(client, "lead_id,created_at,visits\n")
    page = settled(client, address)
    assert "There is nothing to score" in words(page)
    assert "There is no lead to take in." in words(page)
    assert f"{address}/score" not in page
    assert f"{address}/take" not in page


def test_a_column_that_is_missing_is_named_with_the_one_that_was_perhaps_meant(client: TestClient) -> None:
    address = uploaded(client, "lead_id,visitss,source\nL-1,3,Web\n")
    said = words(settled(client, address))
    assert "Of the 3 columns that the model reads, 1 is there." in said
    assert "visits Is it “visitss”? Then rename it." in said
    assert (
        "visits 「visitss」" in (japanese := words(settled(client, address, "ja"))) or "visitss" in japanese
    )
    assert "1 lead is scored." in words(scored(client, address))


def test_a_list_with_none_of_the_columns_is_not_scored(client: TestClient) -> None:
    address = uploaded(client, "lead_id,visitss\nL-1,3\n")
    page = settled(client, address)
    assert "This list cannot be scored" in words(page)
    assert f"{address}/score" not in page
    send(client, f"{address}/score", page)
    said = words(settled(client, f"{address}/scores", "ja"))
    assert "leads.csv には、モデルが読む列" in said


BAD = (
    "lead_id,created_at,visits,source\n"
    "L-1,2026-11-01,many,Web\n"
    "L-2,2026-11-01,3\n"
    "L-3,yesterday,3,Web\n"
    "L-3,2026-11-01,4,Web\n"
    ",2026-11-01,5,Web\n"
    "\n"
    "L-4,2026-11-01,6,Web\n"
)


def test_every_row_is_accounted_for_and_named_by_its_place_in_the_file(client: TestClient) -> None:
    address = uploaded(client, BAD)
    said = words(settled(client, address))
    assert said.startswith("leads.csv 5 leads in 4 columns.")
    assert "3 rows have faults." in said
    assert "2 Column 'visits' must be a number." in said
    assert "3 The row has 3 fields, the header has 4." in said
    assert "1 row does not name its lead." in said
    assert "1 row names a lead that stands in an earlier row (row 5). Each row is scored." in said
    assert "many" not in said.split("The first rows")[0]

    page = scored(client, address)
    said = words(page)
    shown = dict(
        re.findall(
            r"(scored|in the result, not scored|does not split into columns|blank rows, left out) (\d)", said
        )
    )
    assert list(shown.items()) == [
        ("scored", "3"),
        ("in the result, not scored", "2"),
        ("does not split into columns", "1"),
        ("blank rows, left out", "1"),
    ]
    rows = client.get(f"{address}/scored.csv").text.splitlines()[1:]
    assert len(rows) == 5
    rejected = client.get(f"{address}/rejected.csv").text.splitlines()
    assert rejected == ["row,reason", '3,"The row has 3 fields, the header has 4."']


def test_the_same_faults_in_japanese(client: TestClient) -> None:
    address = uploaded(client, BAD, lang="ja")
    said = words(settled(client, address, "ja")) + words(scored(client, address, "ja"))
    said += words(tried(client, address, "ja"))
    assert "列「visits」：数値を入れてください。" in said
    assert "この行には 3 項目ありますが、見出しは 4 項目です。" in said
    assert "列「created_at」：日付を入れてください。" in said
    assert not re.search(
        "[a-z]{3,} [a-z]{2,} [a-z]{2,}", said.replace("lead_id created_at visits source", "")
    )


def test_two_hundred_columns_are_shown(client: TestClient) -> None:
    names = [f"column {at}" for at in range(197)]
    lines = [",".join(["lead_id", "visits", "source", *names])]
    lines += [",".join([f"L-{at}", "3", "Web", *["x"] * 197]) for at in range(3)]
    said = words(settled(client, uploaded(client, "\n".join(lines))))
    assert "3 leads in 200 columns." in said
    assert "column 196" in said


def test_what_leads_are_called_is_text_wherever_it_is_shown(client: TestClient) -> None:
    odd = "<script>alert(1)</script>"
    content = LEADS.replace("Lead 1", odd).replace("name", f'"name","{odd}"').replace(",3,", ",x,3,")
    address = uploaded(client, LEADS.replace("Lead 1", odd), name=f"{odd}.csv")
    pages = [
        settled(client, address),
        scored(client, address),
        tried(client, address),
        look(client, "/import"),
    ]
    address = uploaded(client, content)
    assert all(odd not in page for page in [*pages, settled(client, address)])
    assert odd in words(pages[0])
    assert odd in words(pages[1])


def test_a_cell_that_a_spreadsheet_would_run_is_handed_out_as_the_command_line_does(
    client: TestClient, tmp_path: Path
) -> None:
    odd = LEADS.replace("L-1,", "=1+1,")
    address = uploaded(client, odd)
    scored(client, address)
    assert [line.split(",")[0] for line in client.get(f"{address}/scored.csv").text.splitlines()[1:]] == [
        '"=1+1"', '"L-2"', '"L-3"',
    ]  # fmt: skip


def test_leads_are_taken_in_after_it_was_shown_what_changes(client: TestClient, store: Store) -> None:  # noqa: F811
    assert client.put(
        "/v1/leads/L-1", json={"properties": {"visits": 1}, "created_at": "2026-11-01T00:00:00Z"}
    )
    address = uploaded(client, LEADS)
    said = words(page := tried(client, address))
    assert "2 leads would be new in the store, and 1 would have other values. Nothing is written yet." in said
    assert store.lead_count() == 1
    answer = send(client, f"{address}/take", page, do="take")
    assert answer.headers["location"] == f"{address}/take"
    said = words(settled(client, f"{address}/take"))
    assert "The leads are in the store: 2 new, 1 with other values." in said
    assert store.lead_count() == 3
    assert client.get("/v1/leads/L-2").json()["properties"]["source"] == "Referral"
    assert "It was taken into the store." in look(client, "/import")
    said = words(tried(client, address))
    assert "Nothing would change: the store has all of this already." in said


def test_rows_with_faults_are_put_right_or_left_out(client: TestClient, store: Store) -> None:  # noqa: F811
    address = uploaded(client, BAD)
    said = words(page := tried(client, address))
    assert "4 rows have faults. Put them right and upload the list again, or leave them out." in said
    listed = client.get(f"{address}/faults.csv").text.splitlines()
    assert [line.split(",")[0] for line in listed] == ["row", "3", "4", "5", "6"]
    send(client, f"{address}/take", page, do="take")
    assert "Nothing was taken in: 4 rows have faults." in words(settled(client, f"{address}/take"))
    assert store.lead_count() == 0
    send(client, f"{address}/take", tried(client, address), do="skip")
    assert "The leads are in the store: 2 new" in words(settled(client, f"{address}/take"))
    assert store.lead_count() == 2


def test_the_order_of_dates_is_chosen(client: TestClient, store: Store) -> None:  # noqa: F811
    content = "lead_id,created_at,visits\nL-1,03/04/2026,3\nL-2,05/06/2026,3\n"
    address = uploaded(client, content, date_order="dmy")
    send(client, f"{address}/take", tried(client, address), do="take")
    settled(client, f"{address}/take")
    assert client.get("/v1/leads/L-1").json()["created_at"].startswith("2026-04-03")
    page = settled(client, address)
    assert '<option value="dmy" selected>' in page


def test_the_same_file_twice_makes_two_lists_and_reloading_sends_nothing(client: TestClient) -> None:
    first, second = uploaded(client), uploaded(client)
    assert first != second
    settled(client, first)
    assert settled(client, first) == settled(client, first)
    assert look(client, "/import").count(">leads.csv</a>") == 2


def test_a_list_is_deleted_with_all_that_was_made_of_it(client: TestClient, given: Settings) -> None:  # noqa: F811
    address = uploaded(client)
    page = scored(client, address)
    answer = send(client, f"{address}/delete", page)
    assert answer.headers["location"] == "/import?done=deleted"
    assert "The list is deleted, with all that was made of it." in look(client, answer.headers["location"])
    assert not list((given.home / "uploads").iterdir())
    for path in (address, f"{address}/scores", f"{address}/scored.csv", f"{address}/take"):
        assert "There is no such list here" in look(client, path, status=404)
    for path in ("score", "check", "take", "delete"):
        assert send(client, f"{address}/{path}", page).status_code == 404


def test_a_list_is_gone_after_a_day(store: Store, given: Settings) -> None:  # noqa: F811
    now = [NOW]
    with keeping(store, settings=given, home=given.home, clock=lambda: now[0]) as client:
        address = uploaded(client)
        assert "Removed Nov 25, 09:00." in words(settled(client, address))
        now[0] = NOW + timedelta(hours=24, seconds=1)
        said = words(look(client, address, "ja", status=404))
        assert "24時間" in said
        assert "Your lists" not in look(client, "/import")
        assert not list((given.home / "uploads").iterdir())


def test_a_browser_sees_its_own_lists_alone(store: Store, given: Settings) -> None:  # noqa: F811
    options = {"settings": given, "home": given.home}
    with keeping(store, NOW, **options) as one, keeping(store, NOW, **options) as other:
        address = uploaded(one)
        look(other, "/import")
        assert "There is no such list here" in look(other, address, status=404)
        assert "Your lists" not in look(other, "/import")


def test_another_process_of_the_service_shows_what_this_one_did(store: Store, given: Settings) -> None:  # noqa: F811
    options = {"settings": given, "home": given.home, "secret": "a secret of both"}
    with keeping(store, NOW, **options) as one, keeping(store, NOW, **options) as other:
        address = uploaded(one)
        scored(one, address)
        other.cookies = one.cookies
        assert "3 leads are scored." in words(look(other, f"{address}/scores"))
        assert other.get(f"{address}/scored.csv").content == one.get(f"{address}/scored.csv").content
        send(other, f"{address}/delete", look(other, address))
        look(one, address, status=404)


def test_a_key_sees_its_lists_from_every_browser_and_needs_the_scope(store: Store, given: Settings) -> None:  # noqa: F811
    _, scores = store.create_key("Sato", ["read", "score"], NOW)
    _, writes = store.create_key("Ito", ["read", "score", "write"], NOW)
    _, reads = store.create_key("guest", ["read"], NOW)
    options = {"settings": given, "home": given.home}

    def log_in(client: TestClient, key: str) -> None:
        send(client, "/login", look(client, "/login"), key=key)

    with keeping(store, NOW, **options) as client:
        log_in(client, scores)
        address = uploaded(client)
        page = scored(client, address)
        assert "Take the leads into the store" not in settled(client, address)
        send(client, f"{address}/take", page, do="take")
        assert "Your key may not take leads in" in look(client, f"{address}/take")
        assert store.lead_count() == 0
    with keeping(store, NOW, **options) as client:
        log_in(client, scores)
        assert "Your lists" in look(client, "/import")
    with keeping(store, NOW, **options) as client:
        log_in(client, writes)
        look(client, address, status=404)
        assert "Take the leads into the store" in settled(client, uploaded(client))
    with keeping(store, NOW, **options) as client:
        log_in(client, reads)
        page = look(client, "/import")
        assert "Your key may not score lists" in page
        body = {"csrf": token(page)}
        answer = client.post("/import", data=body, files={"file": ("a.csv", LEADS)}, headers=HTML)
        assert answer.status_code == 403


def test_a_form_of_another_site_is_not_taken(client: TestClient, given: Settings) -> None:  # noqa: F811
    address = uploaded(client)
    kept = len(list((given.home / "uploads").iterdir()))
    for body, headers in (
        ({"csrf": "made up"}, HTML),
        ({"csrf": token(look(client, "/import"))}, {**HTML, "origin": "https://evil.example"}),
    ):
        answer = client.post("/import", data=body, files={"file": ("a.csv", LEADS)}, headers=headers)
        assert answer.status_code == 403
        for path in ("score", "check", "take", "delete"):
            assert client.post(f"{address}/{path}", data=body, headers=headers).status_code == 403
    assert len(list((given.home / "uploads").iterdir())) == kept


def test_a_file_that_is_too_large_is_refused_with_a_page_and_said_before(
    store: Store,  # noqa: F811
    given: Settings,  # noqa: F811
) -> None:
    small = given.model_copy(update={"serve": given.serve.model_copy(update={"max_body_kib": 64})})
    with keeping(store, NOW, settings=small, home=small.home, max_body_kib=64) as client:
        page = look(client, "/import")
        assert f'data-most="{64 * 1024 - 8192}"' in page
        assert "At most 0.1 MiB here." in words(page)
        answer = upload(client, LEADS + "x" * 80_000)
        assert answer.status_code == 413
        assert "leadloop score leads.csv -o scored.csv" in words(answer.text)
        assert not (small.home / "uploads").exists() or not list((small.home / "uploads").iterdir())


def test_no_file_and_too_many_lists_are_told(client: TestClient) -> None:
    page = look(client, "/import")
    answer = client.post("/import", data={"csrf": token(page)}, files={"file": ("", b"")}, headers=HTML)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text
    for _ in range(20):
        uploaded(client, "lead_id,visits\n")
    answer = upload(client)
    assert answer.status_code == 422
    assert "You have as many lists here as one may have." in words(answer.text)


def test_without_a_model_a_list_is_checked_and_taken_in_but_not_scored(tmp_path: Path) -> None:
    with (
        open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as empty,
        keeping(empty, NOW, home=tmp_path) as client,
    ):
        assert "No model is live yet" in look(client, "/import")
        assert client.get("/import/columns.csv").text == "\ufefflead_id,created_at\r\n"
        address = uploaded(client)
        page = settled(client, address)
        assert "No model is live yet" in words(page)
        assert send(client, f"{address}/score", page).headers["location"] == address
        assert "3 leads would be new" in words(tried(client, address))


def test_an_empty_list_with_the_columns_that_count_is_handed_out(client: TestClient) -> None:
    assert client.get("/import/columns.csv").text == "\ufefflead_id,created_at,source,visits\r\n"


def test_nothing_of_a_lead_is_logged_or_kept_outside_the_folder_of_its_list(
    client: TestClient,
    given: Settings,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "Kurosawa"
    with caplog.at_level(logging.DEBUG):
        address = uploaded(client, BAD.replace("many", secret).replace("L-4", secret), name=f"{secret}.csv")
        scored(client, address)
        tried(client, address)
    assert secret not in caplog.text
    holding = [
        path for path in given.home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    ]
    assert holding
    assert {path.parent for path in holding} == {given.home / "uploads" / address.rpartition("/")[2]}
    assert (given.home / "uploads").stat().st_mode & 0o077 == 0


def test_a_fault_of_ours_is_told_and_the_list_is_still_there(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Kurosawa"

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(secret)

    address = uploaded(client)
    monkeypatch.setattr("serving.uploads.scores.score_file", broken)
    said = words(scored(client, address, "ja"))
    assert "実行できませんでした。理由はサービスのログにあります。" in said
    assert secret not in said + caplog.text
    assert "RuntimeError" in caplog.text
    assert client.get(f"{address}/scored.csv").status_code == 404
    monkeypatch.undo()
    assert "3 leads are scored." in words(scored(client, address))


def test_reasons_are_told_in_the_language_of_whoever_looks_once_they_ask(client: TestClient) -> None:
    address = uploaded(client)
    scored(client, address)
    page = look(client, f"{address}/scores", "ja")
    assert "visits more than 10" in words(page)
    client.post(f"{address}/score", data={"csrf": token(page), "lang": "ja"}, headers=HTML)
    said = words(settled(client, f"{address}/scores", "ja"))
    assert "visits 10 超" in said
    assert "理由を日本語で" not in said


def test_a_service_that_starts_removes_what_has_had_its_day(store: Store, given: Settings) -> None:  # noqa: F811
    with keeping(store, NOW, settings=given, home=given.home) as client:
        uploaded(client)
    for hours, kept in ((23, 1), (25, 0)):
        keeping(store, NOW + timedelta(hours=hours), settings=given, home=given.home)
        assert len(list((given.home / "uploads").iterdir())) == kept


def test_what_a_process_left_undone_is_told_and_begun_again(client: TestClient, given: Settings) -> None:  # noqa: F811
    address = uploaded(client)
    page = scored(client, address)
    folder = given.home / "uploads" / address.rpartition("/")[2]
    (folder / "under_way.json").write_text('{"errand": "score", "step": "score", "done": 1, "total": 3}')
    for name in ("check", "score"):
        (folder / f"{name}.json").unlink()
    assert "broken off; nothing is lost. Check it again." in words(look(client, address))
    assert "Scoring was broken off; nothing is lost." in words(look(client, f"{address}/scores"))
    assert "途中で終わりました" in (said := words(look(client, f"{address}/take", "ja"))), said
    send(client, f"{address}/check", page)
    assert "3 leads in 5 columns." in words(settled(client, address))
    assert "3 leads are scored." in words(scored(client, address))


def test_a_list_that_is_worked_on_is_left_alone(client: TestClient, given: Settings) -> None:  # noqa: F811
    address = uploaded(client)
    page = settled(client, address)
    kept = Uploads(given.home, lambda: NOW)
    (own,) = [one for one in kept.folder.iterdir() if one.name in address]
    handle = os.open(own / "lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert "data-reload" in look(client, address)
    for action, busy in (("delete", f"{address}?busy=yes"), ("check", f"{address}?busy=yes")):
        assert send(client, f"{address}/{action}", page).headers["location"] == busy
    assert "リストは処理中です" in (said := words(look(client, f"{address}?busy=yes", "ja"))), said
    os.close(handle)
    assert send(client, f"{address}/delete", page).headers["location"] == "/import?done=deleted"


def test_how_far_a_list_is_stands_on_its_page_and_among_the_lists(
    client: TestClient,
    given: Settings,  # noqa: F811
) -> None:
    broken, checked, done = uploaded(client, b""), uploaded(client), uploaded(client)
    settled(client, checked)
    scored(client, done)
    said = words(settled(client, broken)) and words(look(client, "/import"))
    shown = re.findall("(3 leads are scored|3 leads, checked|It cannot be read)", said)
    assert sorted(shown) == ["3 leads are scored", "3 leads, checked", "It cannot be read"]

    own = given.home / "uploads" / checked.rpartition("/")[2]
    handle = os.open(own / "lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    (own / "under_way.json").write_text('{"errand": "score", "step": "score", "done": 2, "total": null}')
    page = look(client, f"{checked}/scores")
    assert "Scoring: 2 of 3 rows" in words(page)
    assert 'max="3" value="2"' in page
    assert "It is being worked on." in look(client, "/import")
    os.close(handle)
