"""What happens to every request, in plain ASGI: a limit, a count, safe headers, and a last resort."""

from __future__ import annotations

from time import perf_counter

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics
from serving.problems import broken, problem

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; "
    b"base-uri 'none'; frame-ancestors 'none'",
)


class Edge:
    """Adds the headers, counts the answer, and answers where nobody else did.

    Parameters
    ----------
    app : ASGI application
        What answers.
    metrics : Metrics
        Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

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
                message["headers"] = [*message.get("headers", ()), *_HEADERS, _POLICY]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if status:
                raise  # half an answer is out; only breaking off the connection says so
            await broken(error)(scope, receive, answer)
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
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if declared is None:
            await self.app(scope, self._counted(receive), send)
        elif not declared.isdigit() or int(declared) > self.most:
            await problem(413, self._rule)(scope, receive, send)
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
