"""What happens to every request, in plain ASGI: a limit, a count, safe headers, and a last resort."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics
from serving.pages.door import is_page

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NOT_KEPT: Final = (b"cache-control", b"no-store")
_KEPT: Final = (b"cache-control", b"public, max-age=31536000, immutable")
_CLOSED: Final = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
)
# Calls answer with data, so nothing may be sent or run; pages have forms and one script, both of this service.
_CALLS: Final = (b"content-security-policy", _CLOSED + b"form-action 'none'")
_PAGES: Final = (
    b"content-security-policy",
    _CLOSED + b"form-action 'self'; script-src 'self'; connect-src 'self'; font-src 'self'",
)


def headers(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer of a path carries, so that a browser does with it what is meant and nothing else."""
    lasting = path.startswith("/static/")
    return (*_HEADERS, _KEPT if lasting else _NOT_KEPT, _PAGES if is_page(path) else _CALLS)


class Edge:
    """Adds the headers, counts the answer, and answers where nobody else did.

    Parameters
    ----------
    app : ASGI application
        What answers.
    metrics : Metrics
        Where it is counted.
    broken : callable
        How a fault of ours is answered: the scope of the request, and the fault.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, broken: Callable[[Scope, Exception], Response]
    ) -> None:
        self.app, self.metrics, self._broken = app, metrics, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                named = {name for name, _ in own}
                # What an answer says of itself holds: a notebook may do other things in a browser than a page.
                message["headers"] = [*own, *(one for one in headers(scope["path"]) if one[0] not in named)]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if status:
                raise  # half an answer is out; only breaking off the connection says so
            await self._broken(scope, error)(scope, receive, answer)
        finally:
            self._count(scope, status, perf_counter() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        # Paths that nobody serves, and methods nobody knows, must not grow the table.
        route = scope.get("route")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        path = getattr(route, "path", "unmatched")
        self.metrics.answered(method, path, status or 499, seconds)


class BodyLimit:
    """Refuses a body that is too large, before it is read where its length is declared.

    Parameters
    ----------
    app : ASGI application
        What answers.
    most : int
        Bytes.
    refuse : callable
        How a request is refused: its scope, the status and why.
    """

    def __init__(self, app: ASGIApp, most: int, refuse: Callable[..., Response]) -> None:
        self.app, self.most, self._refuse = app, most, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if declared is None:
            await self.app(scope, self._counted(receive), send)
        elif not declared.isdigit() or int(declared) > self.most:
            await self._refuse(scope, 413, self._rule)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @property
    def _rule(self) -> str:
        return f"The body must hold at most {self.most // 1024:,} KiB. Send fewer leads at a time."

    def _counted(self, receive: Receive) -> Receive:
        total = 0

        async def counted() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.most:
                raise HTTPException(413, self._rule)
            return message

        return counted
