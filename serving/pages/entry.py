"""The way in and out, the language switch, and the files that pages need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from serving.pages.door import inside
from serving.pages.language import COOKIE, LANGUAGES
from serving.pages.session import new_session
from serving.pages.site import Site, back_to

_YEAR = 365 * 24 * 3600
STATIC = {"leadloop.css": "text/css", "report.css": "text/css", "leadloop.js": "text/javascript"}


def router(site: Site) -> APIRouter:
    """The routes that every page needs.

    Parameters
    ----------
    site : Site
        What renders pages.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def login(request: Request, next: str = "/") -> Response:
        return site.page(request, "login.html", back=inside(next), wrong=False)

    @routes.post("/login")
    async def enter(request: Request) -> Response:
        form = await site.form(request)
        back = inside(str(form.get("next", "/")))
        key = site.keys.of(str(form.get("key", "")).strip())
        if key is None:
            return site.page(request, "login.html", status=403, back=back, wrong=True)
        response = back_to(back)
        site.remember(request, response, new_session(key))
        return response

    @routes.post("/logout")
    async def leave(request: Request) -> Response:
        await site.form(request)
        response = back_to("/login" if site.keys.now.closed else "/")
        site.remember(request, response, new_session())
        return response

    @routes.get("/language")
    def language(request: Request, lang: str = "", next: str = "/") -> Response:
        response = RedirectResponse(inside(next), 303)
        if lang in LANGUAGES:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, lang, max_age=_YEAR, samesite="lax", secure=secure, httponly=True)
        return response

    for name, kind in STATIC.items():
        content = files("serving.pages").joinpath("static", name).read_bytes()
        routes.add_api_route(f"/static/{name}", _file(content, kind))
    return routes


def _file(content: bytes, kind: str) -> Callable[[], Awaitable[Response]]:
    async def served() -> Response:
        return Response(content, media_type=kind)

    return served
