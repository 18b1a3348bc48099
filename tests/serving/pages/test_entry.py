"""Who is let in to the pages, in which language, and which forms are taken."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.store import Store, open_store
from tests.service import keeping, problem
from tests.serving.pages.reading import HTML, look, send, token, words

WHEN = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "won") as opened:
        yield opened


def log_in(client: TestClient, key: str, back: str = "/") -> object:
    page = look(client, f"/login?next={back}")
    return send(client, "/login", page, key=key, next=back)


def test_without_any_key_this_machine_may_look_and_a_stranger_may_not(store: Store) -> None:
    with keeping(store) as client:
        assert "No lead waits" in look(client, "/")
        problem(client.get("/", headers={"Host": "evil.example"}), 421)


def test_from_the_first_key_on_a_page_leads_to_the_login_and_back(store: Store) -> None:
    _, key = store.create_key("Sato", ["read"], WHEN)
    with keeping(store) as client:
        answer = client.get("/handoffs?state=pending", headers=HTML, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/login?next=/handoffs%3Fstate%3Dpending",
        )
        assert log_in(client, "ll_wrong").status_code == 403
        entered = log_in(client, key, "/handoffs?state=pending")
        assert (entered.status_code, entered.headers["location"]) == (303, "/handoffs?state=pending")
        page = look(client, "/handoffs")
        assert "Logged in as Sato" in page
        send(client, "/logout", page)
        assert client.get("/", headers=HTML, follow_redirects=False).status_code == 303


def test_a_login_leads_to_no_other_host(store: Store) -> None:
    _, key = store.create_key("Sato", ["read"], WHEN)
    with keeping(store) as client:
        assert log_in(client, key, "https://evil.example/").headers["location"] == "/"
        assert log_in(client, key, "//evil.example/").headers["location"] == "/"
        assert (
            client.get("/language?lang=ja&next=//evil.example", follow_redirects=False).headers["location"]
            == "/"
        )


def test_a_key_that_is_revoked_ends_its_logins_at_once(store: Store) -> None:
    number, key = store.create_key("Sato", ["read"], WHEN)
    with keeping(store) as client:
        log_in(client, key)
        look(client, "/")
        store.revoke_key(number, WHEN)
        client.app.state.refresh()
        assert client.get("/", headers=HTML, follow_redirects=False).headers["location"].startswith("/login")


def test_the_cookie_holds_no_key_cannot_be_read_by_scripts_and_cannot_be_made_up(store: Store) -> None:
    _, key = store.create_key("Sato", ["admin"], WHEN)
    with keeping(store) as client:
        cookie = log_in(client, key).headers["set-cookie"]
        assert key not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        value = client.cookies["leadloop_session"]
        forged = value[:-3] + ("aaa" if value[-3:] != "aaa" else "bbb")
        client.cookies.clear()
        for cookie, status in ((value, 200), (forged, 303)):
            told = {**HTML, "cookie": f"leadloop_session={cookie}"}
            assert client.get("/", headers=told, follow_redirects=False).status_code == status


def test_a_key_that_may_only_look_sees_no_forms_and_changes_nothing(store: Store) -> None:
    _, key = store.create_key("guest", ["read"], WHEN)
    with keeping(store) as client:
        log_in(client, key)
        answer = send(client, "/handoffs/1/accept", look(client, "/"))
        assert answer.status_code == 403
        assert "`write`" in answer.text


def test_the_token_is_the_browsers_own_and_new_after_a_login(store: Store) -> None:
    _, key = store.create_key("Sato", ["read"], WHEN)
    with keeping(store) as client, keeping(store) as other:
        before = token(look(client, "/login"))
        assert token(look(client, "/login")) == before
        assert token(look(other, "/login")) != before
        log_in(client, key)
        assert token(look(client, "/")) != before


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {"csrf": "made up"}),
        ({}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({"Origin": "null"}, None),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    store: Store, headers: dict[str, str], fields: dict[str, str] | None
) -> None:
    with keeping(store) as client:
        data = {"csrf": token(look(client, "/login")), "key": "x"} if fields is None else fields
        answer = client.post("/login", data=data, headers={**HTML, **headers})
        assert answer.status_code == 403
        assert "nothing was changed" in answer.text
        own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
        data["csrf"] = token(look(client, "/login"))
        assert (
            "not known here" in client.post("/login", data={**data, "key": "x"}, headers={**HTML, **own}).text
        )


def test_the_language_is_the_browsers_until_one_is_chosen(store: Store) -> None:
    with keeping(store) as client:
        assert '<html lang="ja">' in look(client, "/", "ja,en;q=0.5")
        assert '<html lang="en">' in look(client, "/", "fr")
        answer = client.get("/language?lang=ja&next=/handoffs", follow_redirects=False)
        assert answer.headers["location"] == "/handoffs"
        assert "待っているリードはありません" in look(client, "/", "en")
        client.get("/language?lang=xx", follow_redirects=False)
        assert '<html lang="ja">' in look(client, "/", "en")


def test_people_get_a_page_where_programs_get_a_problem(store: Store) -> None:
    with keeping(store) as client:
        assert "This page is not here" in look(client, "/nowhere", status=404)
        assert "ページが見つかりません" in look(client, "/nowhere", "ja", status=404)
        problem(client.get("/nowhere"), 404)
        problem(client.get("/v1/nowhere", headers=HTML), 404)
        assert client.post("/login", content=b" " * (20 << 20), headers=HTML).status_code == 413
        assert client.get("/late?skip=many", headers=HTML).status_code == 422


def test_files_of_pages_may_be_kept_and_nothing_else(store: Store) -> None:
    with keeping(store) as client:
        page = look(client, "/")
        style = page.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = client.get(style)
        assert answer.headers["content-type"].startswith("text/css")
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("/", headers=HTML).headers["cache-control"] == "no-store"


def test_pages_allow_nothing_from_elsewhere_and_nothing_inline(store: Store) -> None:
    with keeping(store) as client:
        answer = client.get("/", headers=HTML)
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {
            "'self'"
        }
        assert " style=" not in answer.text
        assert "<style" not in answer.text
        assert words(answer.text).startswith("Tuesday, November 24, 2026")
