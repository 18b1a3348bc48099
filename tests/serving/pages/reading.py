"""Reading pages as a browser does: with its cookies, its languages, and the token of its forms."""

import re
from html import unescape
from typing import Any

from starlette.testclient import TestClient

HTML = {"accept": "text/html"}


def look(client: TestClient, path: str, lang: str = "en", status: int = 200, **options: Any) -> str:
    """The page as text; it must be one."""
    answer = client.get(path, headers={**HTML, "accept-language": lang}, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def words(page: str) -> str:
    """What is read on a page, without its marks."""
    body = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body))).strip()


def token(page: str) -> str:
    """What forms of the page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found[1]


def send(client: TestClient, path: str, page: str, lang: str = "en", **fields: Any) -> Any:
    """Send a form of a page, without going on to where it leads."""
    data = {"csrf": token(page), **fields}
    headers = {**HTML, "accept-language": lang}
    return client.post(path, data=data, headers=headers, follow_redirects=False)
