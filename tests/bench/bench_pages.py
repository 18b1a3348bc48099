"""How long the pages of a store of 100,000 leads take, and what each weighs with all that it loads.

A browser's requests, one after the other, of pages in turn: other leads, reps and sliders each time, so that nothing is
remembered for being asked twice.  What a page has made beside it is made before; how long that took is told.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import numpy as np

from scoring.io.store import open_store
from tests.bench import worlds
from tests.bench.uploading import Browser, with_list

LEADS, TURNS, LIMIT, HEAVIEST, PATIENCE = 100_000, 40, 0.5, 400.0, 180.0
COMMAND = str(Path(sys.executable).with_name("leadloop"))
SETTINGS = """
[serve]
max_body_kib = 65536
[time]
zone = "Asia/Tokyo"
[value]
deal = 500000.0
currency = "JPY"
[goal]
customers = 100
[handoff]
target = "won"
[capacity]
leads_per_rep = 300
[[reps]]
name = "Sato"
[[reps]]
name = "Ito"
"""
CALLED = ("佐藤", "鈴木 健", "株式会社", "ソレイユ", "L-0")
PAGES = (
    "/?rep={rep}",
    "/late?skip={skip}",
    "/handoffs?before={number}",
    "/loop",
    "/handoff?capacity={capacity}",
    "/model",
    "/model/features/{feature}",
    "/model/points",
    "/model/tests",
    "/leads/{lead}",
    "/leads/{lead}?if.employees={capacity}",
    "/leads?lead={lead}",
    "/leads?lead={called}",
    "/import",
    "{list}",
    "{list}/scores?page={sheet}",
    "{list}/take",
)


def main() -> Mapping[str, float]:
    """Measure the pages of a store of simulated leads."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        made(home)
        with serving(home) as address:
            browser, listed = with_list(address)
            return measured(browser, leads(home), listed)


def made(home: Path, count: int = LEADS) -> None:
    """A home as a team has it: leads, a model, a policy, handoffs, scores and reports."""
    shutil.copy(worlds.store_of(count), home / "leadloop.db")
    (home / "leadloop.toml").write_text(SETTINGS, encoding="utf-8")
    for words in (
        ("train", "--target", "won", "--promote", "yes", "--no-review"),
        ("handoff", "publish", "--reason", "a bench"),
        ("handoff", "run"),
        ("score", "--open", "-o", str(home / "open.csv")),
        ("watch",),
    ):
        subprocess.run([COMMAND, *words], env=environment(home), check=True, stdout=subprocess.DEVNULL)


def environment(home: Path) -> dict[str, str]:
    """Where that home is."""
    return {**os.environ, "LEADLOOP_HOME": str(home), "LEADLOOP_CONFIG": str(home / "leadloop.toml")}


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a service of that home."""
    words = [COMMAND, "serve", "--port", "0"]
    process = subprocess.Popen(words, env=environment(home), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://[\d.]+:\d+", line)))
    finally:
        process.terminate()
        process.wait(20)


def leads(home: Path, most: int = 200) -> list[str]:
    """Some leads."""
    with open_store(f"sqlite:///{home / 'leadloop.db'}") as store:
        names = store.ledger(()).lead_id
    return [str(name) for name in np.random.default_rng(1).choice(names, most, replace=False)]


def measured(browser: Browser, known: list[str], listed: str) -> dict[str, float]:
    """The 95th percentile of each page in seconds, and its weight in KiB."""
    pages = {page: page.replace("{list}", listed) for page in PAGES}
    rng, told = np.random.default_rng(2), {}
    seconds: dict[str, list[float]] = {page: [] for page in PAGES}
    for page in PAGES:
        told |= _settled(browser, page, pages[page], known, rng)
    for _ in range(TURNS):
        for page in PAGES:
            asked = _filled(pages[page], known, rng)
            started = time.perf_counter()
            browser.look(asked)
            seconds[page].append(time.perf_counter() - started)
    for page in PAGES:
        told[f"{page}, s, 95 %"] = float(np.quantile(seconds[page], 0.95))
        told[f"to reach: at most, {page}"] = LIMIT
        told[f"{page}, KiB with all it loads"] = weight(browser, _filled(pages[page], known, rng))
        told[f"to reach: at most, KiB, {page}"] = HEAVIEST
    return told | _while_scored(browser, listed)


def _while_scored(browser: Browser, listed: str) -> dict[str, float]:
    """How long a page takes whose service scores a large list beside it."""
    seconds: list[float] = []
    browser.send(f"{listed}/score", browser.look(listed))
    while "data-reload" in browser.look(listed):
        started = time.perf_counter()
        browser.look("/")
        seconds.append(time.perf_counter() - started)
    name = "/ while a list is scored"
    return {f"{name}, s, 95 %": float(np.quantile(seconds, 0.95)), f"to reach: at most, {name}": LIMIT}


def _filled(page: str, known: list[str], rng: np.random.Generator) -> str:
    return page.format(
        lead=rng.choice(known), rep=rng.choice(["Sato", "Ito", ""]), skip=int(rng.integers(0, 500)),
        number=int(rng.integers(50, 5_000)), capacity=int(rng.integers(50, 900)), feature=int(rng.integers(0, 10)),
        called=quote(rng.choice(CALLED)), sheet=int(rng.integers(0, 400)),
    )  # fmt: skip


def _settled(
    browser: Browser, page: str, path: str, known: list[str], rng: np.random.Generator
) -> dict[str, float]:
    """Ask until nothing is made beside the page any more, and say how long that took where it took a while."""
    started = time.perf_counter()
    while "data-reload" in browser.look(_filled(path, known, rng)):
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"{page} is not made within {PATIENCE:.0f} s.")
        time.sleep(0.2)
    took = time.perf_counter() - started
    return {f"{page}, s until it is made": took} if took > LIMIT else {}


def weight(browser: Browser, path: str) -> float:
    """KiB of a page with its styles, scripts and pictures."""
    page = browser.look(path)
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    return sum(len(text.encode()) for text in (page, *map(browser.look, loaded))) / 1024
