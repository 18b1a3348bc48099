"""A browser with a large list of leads on the Import page: uploaded, checked, scored, and tried to be taken in."""

from __future__ import annotations

import re
import time
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, Request, build_opener

import numpy as np

ROWS, BYTES, PATIENCE = 100_000, 50_000_000, 300.0
_BOUNDARY = "the-end-of-a-part"


class Browser:
    """Keeps its cookies, so that it sees the list that it uploaded.

    Parameters
    ----------
    address : str
        Of the service.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def look(self, path: str) -> str:
        """A page, or a file of it."""
        with self._opener.open(Request(self.address + path, headers={"accept": "text/html"})) as answer:
            return str(answer.read().decode())

    def send(self, path: str, page: str, file: bytes | None = None) -> str:
        """Send a form of a page; the address that it leads to."""
        fields = {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]}  # type: ignore[index]
        parts = [
            f'--{_BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        if file is not None:
            head = 'content-disposition: form-data; name="file"; filename="leads.csv"\r\n\r\n'
            parts += [f"--{_BOUNDARY}\r\n{head}".encode(), file, b"\r\n"]
        body = b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
        headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}", "origin": self.address}
        with self._opener.open(Request(self.address + path, body, headers)) as answer:
            answer.read()
            return str(answer.url).removeprefix(self.address)

    def settled(self, path: str) -> str:
        """A page once nothing is made beside it any more."""
        started = time.perf_counter()
        while "data-reload" in (page := self.look(path)):
            if time.perf_counter() - started > PATIENCE:
                raise RuntimeError(f"{path} is not made within {PATIENCE:.0f} s.")
            time.sleep(0.2)
        return page


def with_list(address: str, rows: int = ROWS, size: int = BYTES) -> tuple[Browser, str]:
    """A browser, and the address of its list, which was checked, scored, and tried to be taken in.

    Parameters
    ----------
    address : str
        Of the service.
    rows, size : int
        How many leads the list holds, and about how many bytes.
    """
    browser = Browser(address)
    names = browser.look("/import/columns.csv").lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").split()[0].split(",")
    listed = browser.send("/import", browser.look("/import"), _list(names, rows, size))
    page = browser.settled(listed)
    for errand, shown in (("score", "scores"), ("take", "take")):
        browser.send(f"{listed}/{errand}", page)
        browser.settled(f"{listed}/{shown}")
    return browser, listed


def _list(names: list[str], rows: int, size: int) -> bytes:
    """A list with the columns that the model reads, new leads all of them, and a long remark about each."""
    drawn = np.random.default_rng(3).integers(0, 9, (rows, len(names))).tolist()
    lines = [",".join([*names, "remark"])]
    begun = sum(len(name) + 2 for name in names)
    remark = "x" * max(0, size // rows - begun - 30)
    for at, cells in enumerate(drawn):
        told = dict(zip(names, map(str, cells), strict=True))
        told |= {"lead_id": f"new-{at}", "created_at": f"2026-0{1 + at % 9}-01"}
        lines.append(",".join([*told.values(), remark]))
    return "\n".join(lines).encode()
