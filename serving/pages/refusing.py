"""A page that says why something was not done, for people; problem details stay what programs get."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response
from starlette.types import Scope

from serving.pages.door import is_page
from serving.pages.retelling import Sentences, retell
from serving.pages.site import Reader, Site
from serving.pages.words import mark
from serving.problems import broken, problem

Handler = Callable[[Request, Exception], Awaitable[Response]]
#: What an address is refused with that carries something of its own, or is said by the core.
SENTENCES: Final[Sentences] = {
    mark("A month must be written like 2026-10, and be from 1970-01 to 2200-12."): None,
    mark("must be a month such as 2026-10"): None,
    mark(
        "The month {month} has not begun, so there is no report of it; the newest there is: {newest}."
    ): None,
    mark("There is no report of {month}: the first lead came in {first}."): None,
}


class Refusals:
    """Answers what is refused in the form that whoever asked can read.

    Parameters
    ----------
    site : Site or None
        What renders pages; None in a service that has none.
    """

    def __init__(self, site: Site | None) -> None:
        self._site = site

    def refuse(
        self, scope: Scope, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Say why a request is refused.

        Parameters
        ----------
        scope : mapping
            Of the request.
        status : int
            The HTTP status.
        detail : str
            What is wrong and what to do.
        headers : mapping of str to str, optional
            Further headers.
        """
        return self._told(scope, problem(status, detail, headers=headers))

    def broken(self, scope: Scope, error: Exception) -> Response:
        """Say that a fault of ours prevented an answer."""
        return self._told(scope, broken(error))

    def handler(self, answer: Handler) -> Any:
        """A handler of errors that shows people a page where programs get what it answers."""

        async def handled(request: Request, error: Exception) -> Response:
            return self._told(request.scope, await answer(request, error))

        return handled

    def _told(self, scope: Scope, response: Response) -> Response:
        request = Request(scope)
        if self._site is None or not is_page(scope["path"]) or not _reads(request):
            return response
        told, reader = json.loads(bytes(response.body)), self._site.reader(request)
        for said in (told, *told.get("errors", ())):
            said["detail"] = _in_words(reader, said["detail"])
        page = self._site.page(request, "error.html", status=response.status_code, told=told)
        if "retry-after" in response.headers:
            page.headers["retry-after"] = response.headers["retry-after"]
        return page


def _in_words(reader: Reader, detail: str) -> str:
    told = retell(detail, SENTENCES, reader.say, lambda _, part: part)
    return reader.say(detail) if told is None else told


def _reads(request: Request) -> bool:
    """Whether it is a person's browser that asks."""
    return "text/html" in request.headers.get("accept", "")
