"""Errors as problem details (RFC 9457): what is wrong and where, never the value that was sent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from scoring.errors import DataError, ModelError
from serving.lead_schemas import MANY, ONE
from serving.schemas import MOST_LEADS, MOST_PROPERTIES

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("leadloop.serving")


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or the name of a parameter.")
    detail: str = Field(description="The rule that it breaks.")


class Problem(BaseModel):
    """Why a request was not answered."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


class UnknownTarget(ModelError):
    """The target asked for has no champion, others have."""


class UnclearTarget(ModelError):
    """No target is named, and none goes without saying."""


class UnreadableLead(DataError):
    """A lead holds values that the model cannot read; ``faults`` names each of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The model cannot read every property of this lead.")
        self.faults = tuple(faults)


def problem(
    status: int, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer that says what is wrong.

    Parameters
    ----------
    status : int
        The HTTP status.
    detail : str
        What is wrong and what to do, in words.
    errors : sequence of Fault
        Every single fault, where there are several.
    headers : mapping of str to str, optional
        Further headers, such as ``Retry-After``.
    """
    content = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors) or None
    )
    return JSONResponse(content.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its documentation."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def pointer(*steps: object) -> str:
    """A JSON pointer as a fragment, each step escaped.

    Examples
    --------
    >>> pointer("leads", 3, "properties", "a/b")
    '#/leads/3/properties/a~1b'
    """
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def refusal(statuses: Mapping[type[Exception], int]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """The handler of our own errors: the status that the table gives to the nearest class.

    Parameters
    ----------
    statuses : mapping of exception class to int
        The table; a class that is not in it has the status of its parent.
    """

    async def refused(_: Request, error: Exception) -> Response:
        if isinstance(error.__cause__, DBAPIError):
            return unanswered(error)
        status = next(statuses[kind] for kind in type(error).__mro__ if kind in statuses)
        return problem(status, str(error), getattr(error, "faults", ()), RETRY if status == 503 else None)

    return refused


RETRY = {"Retry-After": "5"}


def unanswered(error: Exception) -> Response:
    """Answer where the store did not: the log is told why, the client neither its address nor what it holds."""
    outage = isinstance(error.__cause__, OperationalError | InterfaceError)
    log.error("The store did not answer: %s", error if outage else type(error.__cause__).__name__)
    return problem(
        503,
        "The store does not answer; the log of the service says why. Ask again in a moment.",
        headers=RETRY,
    )


async def not_served(_: Request, error: Exception) -> Response:
    """Answer what the framework refuses: no such path, no such method, an unreadable body."""
    assert isinstance(error, HTTPException)
    detail = _FRAMEWORK.get(error.status_code, str(error.detail))
    return problem(error.status_code, detail, headers=error.headers)


_FRAMEWORK = {
    400: "The body cannot be read as JSON in UTF-8.",
    404: "Nothing is served at this path. /docs lists what is.",
    405: "This path does not take this method. /docs lists those it takes.",
}


def broken(error: Exception) -> Response:
    """Answer a fault of ours: the log has the place, the client gets no detail, nobody gets the values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("A request failed with %s at\n%s", type(error).__name__, frames)
    return problem(500, "The service failed on this request; its log says where. Nothing was changed.")


async def invalid(_: Request, error: Exception) -> Response:
    """Answer a request that breaks the rules of its model, every fault with its place and its rule."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400, "The body is not valid JSON.")
    errors = faults(found)
    shown = errors[:MOST_FAULTS]
    more = (
        f" The first {MOST_FAULTS} of {len(errors)} faults are listed." if len(errors) > MOST_FAULTS else ""
    )
    return problem(422, f"The request breaks the rules of this route.{more}", shown)


MOST_FAULTS = 100


def faults(errors: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """What a validation found, one fault for each place.

    Parameters
    ----------
    errors : sequence of mapping
        As Pydantic gives them, each location beginning with ``body`` or the kind of parameter.
    """
    rules: dict[str, str] = {}
    for one in errors:
        place, rule = _place(one["loc"]), _rule(one)
        # Of the complaints of several types about one value, the one that says more counts.
        if rules.get(place, _SCALAR) == _SCALAR:
            rules[place] = rule
    return [Fault(pointer=place, detail=rule) for place, rule in rules.items()]


# A property's value is one of several types; each of them complains under its own name.
_TYPES = {"str", "int", "float", "bool"}


def _place(location: Sequence[object]) -> str:
    """A JSON pointer to what is wrong in the body; elsewhere the parameter's name."""
    source, *steps = location
    if steps and steps[0] in (ONE, MANY):
        steps = steps[1:]
    if source != "body":
        return ".".join(str(step) for step in location)
    if len(steps) > 2 and "properties" in steps and steps[-1] in _TYPES:
        steps = steps[:-1]
    if steps and steps[-1] == "[key]":
        steps = steps[:-2]  # the name itself is what cannot be read
    return pointer(*steps)


def _rule(error: Mapping[str, Any]) -> str:
    """The rule that is broken, in words, without the value."""
    location = error["loc"]
    if "properties" in location[:-2] and error["type"] in _SCALAR_FAULTS:
        return _SCALAR_FAULTS[error["type"]]
    if error["type"] in _RULES:
        return _RULES[error["type"]]
    limit = error.get("ctx", {}).get("max_length")
    if error["type"] == "string_too_long":
        return f"must hold at most {limit:,} characters"
    if error["type"] == "too_long":
        what = "events" if location[-1] == "events" else _MOST.get(limit, "entries")
        return f"must hold at most {limit:,} {what}"
    return str(error["msg"]).replace("Input should", "must", 1)


_MOST = {MOST_LEADS: "leads", MOST_PROPERTIES: "properties"}
_SCALAR = "must be text, a number, true, false or null"
_SCALAR_FAULTS = {
    "string_type": _SCALAR,
    "int_type": _SCALAR,
    "float_type": _SCALAR,
    "bool_type": _SCALAR,
    "finite_number": "must be a finite number",
    "string_unicode": "must be text that is valid Unicode",
}
_RULES = {
    "missing": "must be given",
    "extra_forbidden": "is not known here; remove it, or put it under `properties`",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_unicode": "must be text that is valid Unicode",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "model_attributes_type": "must be an object; send it as application/json",
    "model_type": "must be an object; send it as application/json",
}
