"""*Import*: a list is uploaded, checked, scored, given back, and taken into the store where that is wanted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings
from scoring.io.store import Store
from serving.batch import score_file
from serving.live import Live
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
        "見込み客.csv 3 件のリード、5 列。 モデルが読む列はすべてそろっています。 問題のある行はありません。"
    )
    said = words(scored(client, address, "ja"))
    assert "visits 10 超" in said
    answer = client.get(f"{address}/scored.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "%E8%A6%8B%E8%BE%BC%E3%81%BF%E5%AE%A2-scored.csv" in answer.headers["content-disposition"]
