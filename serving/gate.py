"""Who is let in: by key, and without one only callers on this machine, as long as no key was ever made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from scoring.io.store.keys import Key
from serving.keys import Keys, good_for
from serving.keys import Scope as Scopes
from serving.pages import door
from serving.problems import problem, responses

# Whoever watches the service needs no key to ask whether it lives.
OPEN: Final = frozenset({"/healthz", "/readyz"})
# Open on this machine; from elsewhere they need a key that may read.
NEAR: Final = frozenset({"/metrics", "/docs", "/docs.css", "/openapi.json"})
FACTS: Final = frozenset({"leads", "activities", "touches", "outcomes", "handoffs", "overrides"})
# Who changed what is told to whoever may change everything.
GUARDED: Final = frozenset({"trail"})
# Asked with a body, and changing nothing.
ASKED: Final = frozenset({"/v1/policy/propose"})
CALLER: Final = "leadloop.caller"
_MAKE = "Make one where the service runs: leadloop keys create --name NAME --scope SCOPE."


def needed(method: str, path: str) -> Scopes:
    """What a key must be good for; whatever is not named here needs ``admin``.

    Parameters
    ----------
    method, path : str
        Of the request.

    Examples
    --------
    >>> str(needed("POST", "/v1/score/batch")), str(needed("POST", "/v1/outcomes"))
    ('score', 'write')
    >>> str(needed("GET", "/v1/leads/L-1")), str(needed("DELETE", "/v1/leads/L-1"))
    ('read', 'admin')
    >>> str(needed("POST", "/v1/policy/propose")), str(needed("PUT", "/v1/policy"))
    ('read', 'admin')
    """
    if path in NEAR:
        return Scopes.READ
    _, root, subject, *_ = (*path.split("/", 3), "", "")
    if root != "v1":
        return Scopes.ADMIN
    if subject == "score":
        return Scopes.SCORE
    if method in ("GET", "HEAD") or (method == "POST" and path in ASKED):
        return Scopes.ADMIN if subject in GUARDED else Scopes.READ
    return Scopes.WRITE if subject in FACTS and method in ("POST", "PUT") else Scopes.ADMIN


def caller(request: Request) -> str:
    """The name of the key that a call came with; ``api`` for one that needed none."""
    return str(request.scope.get(CALLER, "api"))


def listens_here(host: str) -> bool:
    """Whether only this machine reaches an address.

    Examples
    --------
    >>> listens_here("127.0.0.1"), listens_here("localhost"), listens_here("0.0.0.0")
    (True, True, False)
    """
    return names_loopback((f"[{host}]" if ":" in host else host).encode())


def with_security(document: Mapping[str, Any], closed: bool) -> dict[str, Any]:
    """An OpenAPI document that says what each call needs a key for.

    Parameters
    ----------
    document : mapping
        The document without it.
    closed : bool
        Whether a key is needed; else it may be shown, and nothing is refused without one.
    """
    described: dict[str, Any] = json.loads(json.dumps(document))
    described["components"]["securitySchemes"] = {"key": _SCHEME}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if path in OPEN | NEAR:
                continue
            scope = needed(method.upper(), path)
            operation["security"] = [{"key": [scope.value]}] if closed else [{}, {"key": [scope.value]}]
            refusals = responses(*((401, 403) if closed else (401, 403, 421)))
            operation["responses"] |= {str(status): answer for status, answer in refusals.items()}
    return described


_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of `leadloop keys create`, with the scope that the operation names; `admin` is good for all. "
    "As long as no key was ever made, callers on the machine of the service need none.",
}


class Gate:
    """Lets a request pass, or says what it lacks.

    Parameters
    ----------
    app : ASGI application
        What answers.
    keys : Keys
        The keys there are.
    loopback : bool
        Whether only this machine reaches the service.
    looks : callable
        Whose key somebody who looks at pages has logged in with; None for nobody's.
    refuse : callable
        How a request is refused: its scope, the status, why, and further headers.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: Keys,
        loopback: bool,
        looks: Callable[[HTTPConnection], Key | None],
        refuse: Callable[..., Response],
    ) -> None:
        self.app, self.keys, self.loopback = app, keys, loopback
        self._looks, self._refuse = looks, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if path in OPEN:
            return None
        near = self.loopback and _asked_as_here(scope)
        if near and (path in NEAR or not self.keys.now.closed):
            return None
        if self.loopback and not self.keys.now.closed:
            return problem(421, _NOT_HERE)
        if door.is_page(path):
            return None if door.is_free(path) else self._without_login(scope)
        return self._without_key(scope)

    def _without_login(self, scope: Scope) -> Response | None:
        """The way in for whoever has not logged in, or what their key is not good for."""
        method, path = scope["method"], scope["path"]
        key = self._looks(HTTPConnection(scope))
        if key is None:
            reads = method in ("GET", "HEAD")
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(door.way_in(path, query) if reads else door.LOGIN, 303)
        scope[CALLER] = key.name
        asked = door.needed(method, path)
        if good_for(key, asked):
            return None
        return self._refuse(scope, 403, f"{_NOT_GOOD.format(asked=asked)} {_MAKE}")

    def _without_key(self, scope: Scope) -> Response | None:
        """What is wrong with the key, if anything is."""
        kind, _, presented = _header(scope, b"authorization").partition(" ")
        if kind.lower() != "bearer" or not presented:
            return problem(401, f"This call needs a key, as `Authorization: Bearer …`. {_MAKE}", headers=_ASK)
        key = self.keys.of(presented.strip())
        if key is None:
            return problem(401, f"This key is not known here, or was revoked. {_MAKE}", headers=_ASK_AGAIN)
        scope[CALLER] = key.name
        asked = needed(scope["method"], scope["path"])
        if good_for(key, asked):
            return None
        return problem(403, f"{_NOT_GOOD.format(asked=asked)} {_MAKE}")


_NOT_GOOD = "This key is not good for this call, which needs the scope `{asked}`."
_ASK = {"WWW-Authenticate": 'Bearer realm="leadloop"'}
_ASK_AGAIN = {"WWW-Authenticate": 'Bearer realm="leadloop", error="invalid_token"'}
_NOT_HERE = (
    "Without keys the service answers this machine alone, and only under a name of it: ask 127.0.0.1 or localhost. "
    f"Others need a key. {_MAKE}"
)


def _asked_as_here(scope: Scope) -> bool:
    """Whether the call names this machine as its own; a page elsewhere that had its name point here does not."""
    named = False
    for name, value in scope["headers"]:
        if name == b"host":
            if not names_loopback(value):
                return False
            named = True
    return named


@lru_cache(maxsize=256)
def names_loopback(host: bytes) -> bool:
    """Whether a ``Host`` header means the machine that reads it.

    Examples
    --------
    >>> names_loopback(b"127.0.0.1:8000"), names_loopback(b"[::1]:8000"), names_loopback(b"localhost")
    (True, True, True)
    >>> names_loopback(b"evil.example:8000"), names_loopback(b"127.0.0.1.evil.example"), names_loopback(b"")
    (False, False, False)
    """
    found = _HOST.fullmatch(host.decode("latin-1").lower())
    if found is None:
        return False
    name = found[1] or found[2]
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


_HOST = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::\d*)?")


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
