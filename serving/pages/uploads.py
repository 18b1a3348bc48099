"""Import: a list is uploaded, checked, scored and given back; its leads go into the store where that is wanted."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import partial
from hashlib import blake2b
from io import StringIO
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from scoring.contract import LEADS
from scoring.errors import DataError
from serving.pages.desk import Desk
from serving.pages.handing_out import MARK, UnfitEncoding, attached, handed_out
from serving.pages.language import LANGUAGES
from serving.pages.list_choices import ENCODINGS, ORDERS, chosen
from serving.pages.list_sentences import retold
from serving.pages.site import Reader, back_to
from serving.pages.timeline import stage_said
from serving.pages.words import mark
from serving.uploads.clerk import Clerk
from serving.uploads.errands import Errand
from serving.uploads.folder import FOLDER, KEPT, UNDER_WAY, TooManyLists, Upload, Uploads, sweep
from serving.uploads.ranking import MOST, PAGE, read_ranking

TYPES: Final = {
    "number": mark("number"),
    "category": mark("category"),
    "boolean": mark("yes or no"),
    "date": mark("date"),
    "email": mark("e-mail address"),
    "phone": mark("telephone number"),
    "job_title": mark("job title"),
    "country": mark("country"),
    "text": mark("free text"),
    "id": mark("identifier"),
}
DELIMITERS: Final = {",": mark("comma"), ";": mark("semicolon"), "\t": mark("tab"), "|": mark("bar")}
STEPS: Final = {
    "wait": mark("Waiting for its turn"),
    "check": mark("Reading"),
    "score": mark("Scoring"),
    "write": mark("Writing the result"),
    "take": mark("Taking in"),
}
# So long a form waits for what it began, so that what is quick needs no page that says it is going on.
PATIENCE: Final = 0.3
LONGEST_NAME: Final = 120
NO_LIST: Final = mark(
    "There is no such list here: it was deleted, or removed after 24 hours, or somebody else uploaded it."
)


class NoSuchList(DataError):
    """There is no list of that address, or it is not the reader's."""


def router(desk: Desk) -> APIRouter:
    """The routes of the page.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    return _Lists(desk).router()


class _Lists:
    """The lists of a service, and what is done with them."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.site = desk, desk.site
        self.uploads = Uploads(desk.home, desk.deps.clock)
        self.clerk = Clerk(desk.deps, desk.store, desk.settings)
        if desk.home is not None:
            sweep(desk.home / FOLDER, desk.deps.clock())

    def router(self) -> APIRouter:
        routes = APIRouter(include_in_schema=False)
        get, post = routes.get, routes.post
        get("/import")(self.begin)
        post("/import")(self.upload)
        get("/import/columns.csv")(self.columns)
        get("/import/{token}")(self.check)
        post("/import/{token}/check")(self.check_again)
        post("/import/{token}/score")(self.score)
        get("/import/{token}/scores")(self.scores)
        get("/import/{token}/scored.csv")(self.download)
        get("/import/{token}/rejected.csv")(self.rejected)
        post("/import/{token}/take")(self.take)
        get("/import/{token}/take")(self.taken)
        get("/import/{token}/faults.csv")(self.faults)
        post("/import/{token}/delete")(self.delete)
        return routes

    # Not `async`: the disk is asked, and other requests must not wait for it.
    def begin(self, request: Request, done: str = "") -> Response:
        """Show the form, and the lists that the reader has here."""
        self.uploads.sweep()
        return self._begin(request, done=done)

    def _begin(self, request: Request, done: str = "", wrong: str = "", status: int = 200) -> Response:
        reader = self.site.reader(request)
        return self.site.page(
            request, "uploads.html", status=status, done=done, wrong=wrong,
            lists=self.uploads.of(owner(reader)), kib=self.desk.settings.serve.max_body_kib,
            choices={"lang": reader.lang}, stage=partial(stage_said, reader=reader), reads=self.clerk.reads(),
            **self._choosable(),
        )  # fmt: skip

    def columns(self) -> Response:
        """Hand out an empty list with the columns that the model reads."""
        header = StringIO()
        csv.writer(header).writerow(dict.fromkeys((*LEADS.required, *self.clerk.reads())))
        return Response(
            MARK + header.getvalue().encode(), media_type="text/csv", headers=attached("leads.csv")
        )

    async def upload(self, request: Request) -> Response:
        """Keep a list, and begin to check it."""
        form = await self.site.form(request)
        reader, file = self.site.reader(request), form.get("file")
        try:
            if not isinstance(file, UploadFile) or not file.filename:
                wrong = reader.say("Choose a file first.")
                return await run_in_threadpool(self._begin, request, wrong=wrong, status=422)
            add = partial(self.uploads.add, file.file, _name(file.filename), owner(reader))
            upload = await run_in_threadpool(add, chosen(form, reader.lang))
        except TooManyLists:
            wrong = reader.say(
                "You have as many lists here as one may have. Delete one that you need no more."
            )
            return await run_in_threadpool(self._begin, request, wrong=wrong, status=422)
        finally:
            await form.close()
        await self._do(upload, "check")
        return back_to(f"/import/{upload.token}")

    def check(self, request: Request, token: str, busy: str = "") -> Response:
        """Show what a list holds."""
        upload = self._found(request, token)
        model = self.clerk.model(upload.choices["target"])
        return self._page(
            request, "upload.html", upload, "check", busy=busy, choices=upload.choices, model=model,
            may_take=self._may_take(request), points=bool(self.desk.settings.points), **self._choosable(),
        )  # fmt: skip

    async def check_again(self, request: Request, token: str) -> Response:
        """Check a list that is to be read in another way."""
        form = await self.site.form(request)
        upload = self._found(request, token)
        if upload.busy:
            return back_to(f"/import/{token}", busy="yes")
        again = upload.choose(chosen(form, self.site.reader(request).lang))
        await self._do(again, "check")
        return back_to(f"/import/{token}")

    async def score(self, request: Request, token: str) -> Response:
        """Begin to score a list, with reasons in another language where that is wanted."""
        form = await self.site.form(request)
        upload = self._found(request, token)
        if self.clerk.model(upload.choices["target"]) is None:
            return back_to(f"/import/{token}")
        lang = str(form.get("lang", ""))
        if lang in LANGUAGES and not upload.busy:
            upload = upload.choose({**upload.choices, "lang": lang})
        await self._do(upload, "score")
        return back_to(f"/import/{token}/scores")

    def scores(self, request: Request, token: str, unfit: int = 0, page: int = 0) -> Response:
        """Show what came of scoring a list."""
        upload = self._found(request, token)
        score = upload.done("score")
        count = min(score["scored"], MOST) if score else 0
        leads = read_ranking(upload, page, self.desk.store) if count else []
        more = page + 1 if (page + 1) * PAGE < count else None
        as_of = datetime.fromisoformat(score["as_of"]) if score else None
        return self._page(
            request, "upload_scores.html", upload, "score", unfit=unfit, leads=leads, at=page, more=more,
            most=MOST, as_of=as_of,
        )  # fmt: skip

    def download(self, request: Request, token: str, form: str = "") -> Response:
        """Hand the scored list out."""
        upload = self._found(request, token)
        if upload.done("score") is None or not upload.scored.exists():
            raise NoSuchList(NO_LIST)
        try:
            return handed_out(upload.scored, f"{PurePosixPath(upload.name).stem}-scored.csv", form)
        except UnfitEncoding as error:
            return back_to(f"/import/{token}/scores", unfit=error.rows)

    def rejected(self, request: Request, token: str) -> Response:
        """Hand out the list of rows that did not split."""
        return self._beside(request, token, "scored.rejected.csv", "rejected")

    def faults(self, request: Request, token: str) -> Response:
        """Hand out the list of rows that were not taken in."""
        return self._beside(request, token, "leads.rejected.csv", "not-taken")

    def _beside(self, request: Request, token: str, name: str, called: str) -> Response:
        upload = self._found(request, token)
        if not (upload.folder / name).exists():
            raise NoSuchList(NO_LIST)
        return handed_out(upload.folder / name, f"{PurePosixPath(upload.name).stem}-{called}.csv")

    async def take(self, request: Request, token: str) -> Response:
        """Begin to take the leads of a list into the store, or to try what that would change."""
        form = await self.site.form(request)
        upload = self._found(request, token)
        if self._may_take(request):
            errand: Errand = "take" if form.get("do") in ("take", "skip") else "try"
            await self._do(upload, errand, skip=form.get("do") == "skip")
        return back_to(f"/import/{token}/take")

    def taken(self, request: Request, token: str) -> Response:
        """Show what came of it."""
        upload = self._found(request, token)
        may_take = self._may_take(request)
        return self._page(
            request, "upload_take.html", upload, "take", may_take=may_take, tried=upload.read("try")
        )

    async def delete(self, request: Request, token: str) -> Response:
        """Remove a list and all that was found out of it."""
        await self.site.form(request)
        upload = self._found(request, token)
        deleted = await run_in_threadpool(upload.delete)
        return back_to("/import", done="deleted") if deleted else back_to(f"/import/{token}", busy="yes")

    def _page(self, request: Request, name: str, upload: Upload, errand: str, **values: Any) -> Response:
        """A page of a list: what is being done with it, or what came of that."""
        reader = self.site.reader(request)
        # First whether it is worked on, then what came of it: whoever works writes that down before the end.
        under_way = upload.read(UNDER_WAY)
        going = upload.busy
        file = upload.list.name, upload.name
        return self.site.page(
            request, name, upload=upload, going=going, under_way=under_way if going else None,
            broken_off=not going and under_way is not None and upload.read(UNDER_WAY) is not None,
            rows=(upload.done("check") or {}).get("rows"), gone_at=upload.uploaded_at + KEPT,
            found=None if going else upload.read(errand),
            told=partial(retold, say=reader.say, file=file), step=_step, steps=STEPS, types=TYPES,
            delimiters=DELIMITERS, stage=partial(stage_said, reader=reader), **values,
        )  # fmt: skip

    def _found(self, request: Request, token: str) -> Upload:
        upload = self.uploads.find(token, owner(self.site.reader(request)))
        if upload is None:
            raise NoSuchList(NO_LIST)
        return upload

    def _may_take(self, request: Request) -> bool:
        """Whether somebody may not only score leads but keep them."""
        return self.site.reader(request).may("POST", "/leads")

    def _choosable(self) -> dict[str, Any]:
        models = self.desk.deps.live.now.models
        return {"encodings": ENCODINGS, "orders": ORDERS, "languages": LANGUAGES, "models": models}

    async def _do(self, upload: Upload, errand: Errand, *, skip: bool = False) -> None:
        begin = partial(self.clerk.begin, skip=skip, patience=PATIENCE)
        await run_in_threadpool(begin, upload, errand)


def owner(reader: Reader) -> str:
    """Who a list belongs to: a key, or without one the browser that sent it."""
    key, token = reader.session.key, reader.session.token
    return f"key {key.id}" if key is not None else blake2b(token.encode(), digest_size=16).hexdigest()


def _name(given: str) -> str:
    """What a file is called, without the folders that it lay in."""
    name = PureWindowsPath(given).name
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME] or "leads.csv"


def _step(told: str) -> str:
    """The step that somebody tells of, as one of ours."""
    return {"Reading": "check", "Writing": "take"}.get(told.split(" ")[0], told)
