"""Which paths are pages, what a key must be good for to change something there, and how one is shown the way in."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from scoring.io.store.keys import Key
from serving.keys import Scope

# Whatever is not a page: the calls, and what machines ask.
_OTHERS: Final = frozenset({"v1", "docs", "docs.css", "openapi.json", "healthz", "readyz", "metrics"})
# Shown to whoever asks: what logging in takes.
_FREE: Final = frozenset({"login", "logout", "language", "static"})
LOGIN: Final = "/login"
# What a form of each page changes, by the first part of its path; reading needs `read`.
_CHANGES: Final = {
    "handoffs": Scope.WRITE,
    "leads": Scope.WRITE,
    "forget": Scope.ADMIN,
    "import": Scope.SCORE,
    "loop": Scope.READ,
    "handoff": Scope.ADMIN,
    "model": Scope.ADMIN,
}


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else path


def is_page(path: str) -> bool:
    """Whether people look at what a path serves.

    Examples
    --------
    >>> is_page("/"), is_page("/leads/L-1"), is_page("/v1/leads/L-1"), is_page("/healthz")
    (True, True, False, False)
    """
    return _first(path) not in _OTHERS


def is_free(path: str) -> bool:
    """Whether a page needs no login.

    Examples
    --------
    >>> is_free("/login"), is_free("/static/leadloop.css"), is_free("/")
    (True, True, False)
    """
    return _first(path) in _FREE


def needed(method: str, path: str) -> Scope:
    """What a key must be good for, to look at a page or to send its form.

    Examples
    --------
    >>> str(needed("GET", "/handoff")), str(needed("POST", "/handoff")), str(needed("POST", "/handoffs/4/accept"))
    ('read', 'admin', 'write')
    """
    return Scope.READ if method in ("GET", "HEAD") else _CHANGES.get(_first(path), Scope.ADMIN)


def may(key: Key | None, closed: bool, method: str, path: str) -> bool:
    """Whether somebody may send a form, so that a page need not offer what it would then refuse.

    Parameters
    ----------
    key : Key or None
        What they logged in with.
    closed : bool
        Whether a key is needed at all.
    method, path : str
        What the form does.
    """
    if key is None:
        return not closed
    return needed(method, path) in key.scopes or Scope.ADMIN in key.scopes


def way_in(path: str, query: str) -> str:
    """The address of the login that leads back to a page."""
    back = path + (f"?{query}" if query else "")
    return f"{LOGIN}?next={quote(back, safe='/')}"


def inside(address: str | None) -> str:
    r"""An address to go on to, if it is one of ours; else the first page.

    Examples
    --------
    >>> inside("/loop?month=2026-10"), inside("https://evil.example/"), inside("//evil.example"), inside(None)
    ('/loop?month=2026-10', '/', '/', '/')
    >>> inside("/\\evil.example"), inside("/%0d%0a")
    ('/', '/%0d%0a')
    """
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(address)
    plain = not parts.scheme and not parts.netloc and address.isprintable() and "\\" not in address
    return address if plain and is_page(parts.path) else "/"
