"""Who does with a list what is wanted: by which model, by which customs, beside the requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from scoring.contract_cells import Customs
from scoring.dates import DateOrder
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.reasons import Lang
from serving.deps import Deps
from serving.live import LiveChampion
from serving.uploads.check import check_list, own_columns
from serving.uploads.errands import Do, Errand, Errands, Tell
from serving.uploads.folder import Upload
from serving.uploads.scores import score_upload
from serving.uploads.taking import take_upload


class Clerk:
    """Checks lists, scores them, and takes them in.

    Parameters
    ----------
    deps : Deps
        Champions and clock.
    store : Store
        Which leads are known, and where they go.
    settings : Sections
        What the team has set.
    """

    def __init__(self, deps: Deps, store: Store, settings: Sections) -> None:
        self._deps, self._store, self._settings = deps, store, settings
        self._errands = Errands()

    def model(self, wanted: str = "") -> LiveChampion | None:
        """What scores lists: the model of the target wanted, else of the primary one, else the only one."""
        live = self._deps.live
        models = live.now.models
        return next((models[name] for name in (wanted, *live.targets) if name in models), None)

    def reads(self) -> list[str]:
        """The columns of a list that count, where nothing is chosen; none where nothing is live."""
        model = self.model()
        return [] if model is None else own_columns(model.cards)

    def begin(self, upload: Upload, errand: Errand, *, skip: bool = False, patience: float = 0.0) -> bool:
        """Begin something, and wait a moment for it.

        Parameters
        ----------
        upload : Upload
            The list.
        errand : {"check", "score", "try", "take"}
            What is done.
        skip : bool
            When leads are taken in: whether the good rows are where others have faults.
        patience : float
            Seconds to wait for its end.

        Returns
        -------
        bool
            False where the list is worked on already.
        """
        work: dict[Errand, Callable[..., dict[str, Any]]] = {
            "check": self._check,
            "score": self._score,
            "try": partial(self._take, dry=True, skip=False),
            "take": partial(self._take, dry=False, skip=skip),
        }
        do: Do = partial(work[errand], upload)
        return self._errands.begin(upload, errand, do, patience)

    def _customs(self, upload: Upload) -> Customs:
        order = cast("DateOrder | None", upload.choices.get("date_order") or None)
        return Customs(self._settings.time.zone, order, self._settings.reading.missing)

    def _check(self, upload: Upload, tell: Tell) -> dict[str, Any]:
        model = self.model(upload.choices["target"])
        cards = () if model is None else model.cards
        encoding = upload.choices.get("encoding") or None
        return check_list(upload.list, cards, self._store, self._customs(upload), encoding, tell)

    def _score(self, upload: Upload, tell: Tell) -> dict[str, Any]:
        model = self.model(upload.choices["target"]) or self._deps.live.now.model(None, "")
        return score_upload(
            upload, model, as_of=self._deps.clock().replace(microsecond=0),
            lang=cast("Lang", upload.choices["lang"]), max_rejected=self._settings.reading.max_rejected, tell=tell,
        )  # fmt: skip

    def _take(self, upload: Upload, tell: Tell, *, dry: bool, skip: bool) -> dict[str, Any]:
        return take_upload(
            upload, self._store, self._settings, self._customs(upload), self._deps.clock(),
            skip_rejected=skip, dry_run=dry, tell=tell,
        )  # fmt: skip
