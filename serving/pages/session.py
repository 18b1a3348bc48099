"""Who looks at the pages: a signed cookie that says which key somebody came with, and a token for their forms.

The cookie holds the number of a key, never the key; a key that is revoked ends every login with it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from scoring.io.store.keys import Key
from serving.keys import Keys

COOKIE: Final = "leadloop_session"
SECRET: Final = "LEADLOOP_SESSION_SECRET"
HOURS: Final = 12
FIELD: Final = "csrf"
# What a browser says of where a request comes from, when it comes from our own page or was typed in.
OWN: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that looks at pages.

    Parameters
    ----------
    token : str
        What its forms carry, so that no other site can fill them in.
    key : Key or None
        The key that somebody logged in with, as long as it holds.
    """

    token: str
    key: Key | None = None


class Sessions:
    """Reads and writes the cookie.

    Parameters
    ----------
    secret : str
        What cookies are signed with.
    keys : Keys
        The keys there are.
    """

    def __init__(self, secret: str, keys: Keys) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="leadloop.session")
        self._keys = keys

    def read(self, connection: HTTPConnection) -> Session | None:
        """The session of a request; None where it has none, or one that does not hold any more."""
        told = self._told(connection.cookies.get(COOKIE, ""))
        if not isinstance(told, dict) or not isinstance(told.get("token"), str):
            return None
        return Session(told["token"], self._keys.numbered(told.get("key")))

    def key(self, connection: HTTPConnection) -> Key | None:
        """The key that somebody has logged in with; None for nobody."""
        found = self.read(connection)
        return None if found is None else found.key

    def _told(self, cookie: str) -> Any:
        try:
            return self._signer.loads(cookie, max_age=HOURS * 3600) if cookie else None
        except BadData:
            return None

    def write(self, response: Response, session: Session, *, secure: bool) -> None:
        """Give the browser its session.

        Parameters
        ----------
        response : Response
            What takes the cookie along.
        session : Session
            What it says.
        secure : bool
            Whether the browser is to send it over TLS alone, as it came.
        """
        told = {"token": session.token, "key": None if session.key is None else session.key.id}
        response.set_cookie(
            COOKIE,
            self._signer.dumps(told),
            max_age=HOURS * 3600,
            httponly=True,
            samesite="lax",
            secure=secure,
        )


def new_session(key: Key | None = None) -> Session:
    """A session with a token of its own; whoever logs in gets another than before."""
    return Session(token_urlsafe(24), key)


def genuine(connection: HTTPConnection, session: Session | None, presented: object) -> bool:
    """Whether a form was sent from a page of ours.

    Parameters
    ----------
    connection : HTTPConnection
        The request.
    session : Session or None
        Of the browser that sent it.
    presented : object
        The token in the form.
    """
    headers = connection.headers
    if headers.get("sec-fetch-site", "none") not in OWN:
        return False
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return False
    return (
        session is not None
        and isinstance(presented, str)
        and compare_digest(presented.encode(), session.token.encode())
    )
