"""Pages put together: the template, the reader's language and formats, who looks, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scoring.errors import DataError
from scoring.io.sections import Sections
from scoring.reasons import Lang
from serving.gate import CALLER
from serving.keys import Keys
from serving.pages.door import may
from serving.pages.drawing import Drawing
from serving.pages.formats import Formats
from serving.pages.language import LANGUAGES, language
from serving.pages.session import FIELD, Session, Sessions, genuine, new_session
from serving.pages.typesetting import typeset
from serving.pages.words import mark, words

WEB: Final = "web"
NAVIGATION: Final = (
    ("/", mark("Today")),
    ("/loop", mark("Loop")),
    ("/handoff", mark("Handoff")),
    ("/model", mark("Model")),
    ("/import", mark("Import")),
)


class ForeignForm(DataError):
    """A form did not come from a page of this service, or the page is older than its login."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page.

    Parameters
    ----------
    lang : {"en", "ja"}
        Their language.
    formats : Formats
        How numbers and times are written for them.
    session : Session
        Of their browser.
    closed : bool
        Whether a key is needed to change something.
    """

    lang: Lang
    formats: Formats
    session: Session
    closed: bool

    def say(self, text: str, **values: Any) -> str:
        """Words in the reader's language, with values in place of ``{names}``."""
        said = words(self.lang).gettext(text)
        return said.format(**values) if values else said

    def may(self, method: str, path: str) -> bool:
        """Whether they may send a form."""
        return may(self.session.key, self.closed, method, path)

    @property
    def name(self) -> str:
        """Under which name what they do is kept."""
        return WEB if self.session.key is None else self.session.key.name


class Site:
    """Renders pages.

    Parameters
    ----------
    settings : Sections
        The team's zone, currency and language.
    keys : Keys
        Who may do what.
    secret : str
        What cookies are signed with.
    """

    def __init__(self, settings: Sections, keys: Keys, secret: str) -> None:
        self.settings, self.keys = settings, keys
        self.sessions = Sessions(secret, keys)
        self.drawing = Drawing()
        self._environments = {lang: self._environment(lang) for lang in LANGUAGES}

    def _environment(self, lang: Lang) -> Environment:
        made = Environment(
            loader=PackageLoader("serving.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        made.install_gettext_translations(words(lang), newstyle=True)  # type: ignore[attr-defined]
        made.filters |= self.formats(lang).filters
        made.globals |= {
            "lang": lang,
            "draw": self.drawing.svg,
            "can_draw": self.drawing.able,
            "static": static_address,
            "with_query": with_query,
            "lead_address": lead_address,
            "navigation": NAVIGATION,
            "version": version("leadloop"),
            "csrf_field": FIELD,
        }
        return made

    def formats(self, lang: Lang) -> Formats:
        """How a language writes things for this team."""
        return Formats(lang, ZoneInfo(self.settings.time.zone), self.settings.value.currency)

    def reader(self, request: Request) -> Reader:
        """Who looks; a browser without a session gets one with the page that it is shown."""
        known: Reader | None = getattr(request.state, "reader", None)
        if known is None:
            lang = language(
                request.cookies, request.headers.get("accept-language", ""), self.settings.language.default
            )
            session = self.sessions.read(request) or new_session()
            known = Reader(lang, self.formats(lang), session, self.keys.now.closed)
            request.state.reader = known
            request.scope.setdefault(CALLER, known.name)
        return known

    def text(self, name: str, lang: Lang, /, **values: Any) -> str:
        """A template filled in for no reader in particular: what is written to a file."""
        return typeset(self._environments[lang].get_template(name).render(**values), lang)

    def page(self, request: Request, name: str, /, status: int = 200, **values: Any) -> Response:
        """A page as its reader sees it.

        Parameters
        ----------
        request : Request
            Of the reader.
        name : str
            The template.
        status : int
            The HTTP status.
        values
            What the template is filled with.
        """
        reader = self.reader(request)
        seen = {"path": request.url.path, "here": _here(request), "query": request.query_params}
        response = HTMLResponse(self.text(name, reader.lang, reader=reader, **seen, **values), status)
        response.headers["content-language"] = reader.lang
        response.headers["vary"] = "Accept-Language, Cookie"
        self.remember(request, response)
        return response

    def remember(self, request: Request, response: Response, session: Session | None = None) -> None:
        """Give the browser its session, where it is new or another than it was."""
        if session is not None or self.sessions.read(request) is None:
            kept = session or self.reader(request).session
            self.sessions.write(response, kept, secure=request.url.scheme == "https")

    async def form(self, request: Request) -> FormData:
        """What a form holds; only from a page of ours.

        Raises
        ------
        ForeignForm
            If it came from elsewhere.
        """
        sent = await request.form(max_files=10, max_fields=1_000)
        if not genuine(request, self.sessions.read(request), sent.get(FIELD)):
            await sent.close()
            raise ForeignForm(
                "This form did not come from a page that is open here, or the page is too old. Open the page again "
                "and repeat what you did; nothing was changed."
            )
        self.reader(request)
        return sent


def back_to(address: str, **said: Any) -> RedirectResponse:
    """Go on to a page after a form was sent, so that reloading sends nothing twice.

    Parameters
    ----------
    address : str
        The page.
    said
        What its address carries, such as ``done="accepted"``.
    """
    return RedirectResponse(with_query(address, **said), 303)


def with_query(address: str, **said: Any) -> str:
    """An address with further parameters; those that are None are left out."""
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}"


def lead_address(lead_id: str) -> str:
    """The address of a lead's page.

    Examples
    --------
    >>> lead_address("L-1"), lead_address("a/b c"), lead_address("<b>")
    ('/leads/L-1', '/leads/a/b%20c', '/leads/%3Cb%3E')

    Browsers take dots for steps in a path, so what has such an id is asked for by name:

    >>> lead_address("..")
    '/leads?lead=..'
    """
    if any(step in (".", "..") for step in lead_id.split("/")):
        return with_query("/leads", lead=lead_id)
    return f"/leads/{quote(lead_id)}"


def _here(request: Request) -> str:
    """The address of the page itself, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


@cache
def static_address(name: str) -> str:
    """The address of a file that pages need: it changes with its content, so that browsers may keep it."""
    content = files("serving.pages").joinpath("static", name).read_bytes()
    return f"/static/{name}?{blake2b(content, digest_size=6).hexdigest()}"
