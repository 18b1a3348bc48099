"""A real Chromium for the tests: the machine's own, else Debian's, else Playwright's.

``python -m tests.browser.chromium`` gets one where there is none, and says so loudly where none can be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these it asks hosts that a test must not ask.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)
DEBIAN = ("chromium", "fonts-ipafont-gothic")


def found() -> str | None:
    """Where a browser is; None where there is none."""
    own = next((path for name in NAMES if (path := shutil.which(name))), None)
    return own or _of_playwright()


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def ways() -> Iterator[list[list[str]]]:
    """The ways to get one, each a few commands."""
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        quietly = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        yield [
            [*quietly, "update"],
            [*quietly, "install", "--yes", "--no-install-recommends", *DEBIAN],
        ]
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]


def get() -> str | None:
    """A browser, installed where there is none."""
    if (path := found()) is not None:
        return path
    for commands in ways():
        sys.stderr.write(f"Getting a browser: {' '.join(commands[-1])}\n")
        if all(_done(command) for command in commands) and (path := found()) is not None:
            return path
    return None


def _done(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    if get() is None:
        sys.stderr.write("CHROMIUM CANNOT BE HAD HERE, the browser tests do not run. Install it by hand.\n")
        sys.exit(1 if os.environ.get("CI") else 0)
