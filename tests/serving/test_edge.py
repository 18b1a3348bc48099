import logging

from starlette.testclient import TestClient

from serving.app import create_app
from serving.live import Live
from tests.cards import Shelf, champion, small_card

JSON = {"content-type": "application/json"}


def app(max_body_kib: int = 1):
    live = Live(Shelf(champion(small_card(target="won"))), "won")
    live.refresh()
    return create_app(live, max_body_kib=max_body_kib)


def test_a_body_that_declares_too_much_is_refused():
    answer = TestClient(app()).post("/v1/score", content=b" " * 1025, headers=JSON)

    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert "1 KiB" in answer.json()["detail"]


def test_a_body_that_declares_nothing_is_counted():
    answer = TestClient(app()).post("/v1/score", content=iter([b" " * 600, b" " * 600]), headers=JSON)

    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_fault_of_ours_is_a_problem_and_nothing_sent_is_logged(caplog):
    broken = app()

    @broken.get("/broken")
    async def fails(name: str) -> None:
        raise RuntimeError(name)

    with caplog.at_level(logging.INFO, "leadloop"):
        answer = TestClient(broken).get("/broken?name=taro")

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "test_edge.py" in caplog.text
    assert "taro" not in caplog.text + answer.text


def test_every_answer_is_safe_to_show_in_a_browser():
    client = TestClient(app())
    for path in ("/healthz", "/docs", "/nowhere"):
        headers = client.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_paths_that_nobody_serves_share_one_line_of_the_metrics():
    client = TestClient(app())
    for path in ("/a-secret", "/b-secret"):
        client.get(path)
    client.request("BREW", "/healthz")
    text = client.get("/metrics").text

    assert 'leadloop_http_requests_total{method="GET",route="unmatched",status="404"} 2.0' in text
    assert "secret" not in text
    assert "BREW" not in text
