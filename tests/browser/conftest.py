"""A demo that is served, and a browser that looks at it; whatever it should not do is remembered."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import QUIET, found

LEADS = "1500"
LOCALES = {"en": "en-US", "ja": "ja-JP"}
COMMAND = str(Path(sys.executable).with_name("leadloop"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a screen, which is closed before other tests run a loop of their own."""
    path = found()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CHROMIUM IS NOT HERE: python -m tests.browser.chromium gets one.")
        pytest.skip(
            "CHROMIUM IS NOT HERE, the browser tests do not run: python -m tests.browser.chromium gets one."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo, as `leadloop demo` leaves it."""
    folder = tmp_path_factory.mktemp("demo")
    run(folder, "demo", "--leads", LEADS, "--no-serve")
    return folder


@pytest.fixture(scope="session")
def address(home: Path) -> Iterator[str]:
    """Where the demo is served, on a free port."""
    told = home / "serve.log"
    with told.open("w") as log:
        serving = subprocess.Popen(
            [COMMAND, "serve", "--port", "0"],
            env=environment(home),
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _told(told, serving)
    finally:
        serving.terminate()
        serving.wait(20)


def _told(log: Path, serving: subprocess.Popen[bytes]) -> str:
    """The address, once the server says it."""
    while (found := re.search(r"http://[\d.]+:\d+", log.read_text())) is None:
        assert serving.poll() is None, log.read_text()
        time.sleep(0.1)
    return found[0]


def environment(home: Path) -> dict[str, str]:
    """Of the demo's company."""
    own = {"LEADLOOP_HOME": str(home / "models"), "LEADLOOP_CONFIG": str(home / "models/demo/leadloop.toml")}
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LEADLOOP_", "DATABASE_"))
    }
    configured = (home / "models/demo/leadloop.toml").exists()
    return {**kept, **(own if configured else {"LEADLOOP_HOME": own["LEADLOOP_HOME"]})}


def run(home: Path, *words: str) -> str:
    """A command as a person gives it, in the demo's folder."""
    done = subprocess.run(
        [COMMAND, *words], env=environment(home), cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Look:
    """A page in a browser, and what it did that it should not."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, status: int = 200) -> Page:
        """Go to a page, and wait until all of it is there."""
        answer = self.page.goto(self.address + path, wait_until="networkidle")
        assert answer is not None
        assert answer.status == status, path
        return self.page

    def told(self, text: str) -> None:
        self.faults.append(f"{self.page.url}: {text}")


@pytest.fixture
def look(chromium: Browser, address: str) -> Iterator[Callable[..., Look]]:
    """Call it with a language and a width for a page; it fails in the end where anything went wrong in the browser."""
    made: list[Look] = []

    def new(lang: str = "en", width: int = 1280, **options: object) -> Look:
        context = chromium.new_context(
            locale=LOCALES[lang],
            viewport={"width": width, "height": 900},
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(20_000)
        one = Look(context.new_page(), address)
        one.page.on(
            "console", lambda said: one.told(said.text) if said.type in ("error", "warning") else None
        )
        one.page.on("pageerror", lambda error: one.told(str(error)))
        one.page.on("dialog", lambda dialog: (one.told(f"a dialog: {dialog.message}"), dialog.dismiss()))
        one.page.on("request", lambda asked: None if own(asked.url) else one.told(f"asked {asked.url}"))
        made.append(one)
        return one

    def own(url: str) -> bool:
        return url.startswith((address, "data:", "blob:", "file:"))

    yield new
    faults = [fault for one in made for fault in one.faults]
    for one in made:
        one.page.context.close()
    assert not faults, "\n".join(faults)
