"""A model with all that a review looks at: its held-out predictions, its rivals', and what its leads were like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from scoring.attributes import Attributes, attributes_at, attributes_of
from scoring.errors import NoChampion
from scoring.feature_words import feature_said
from scoring.io.files import read_table
from scoring.io.settings import Settings
from scoring.io.store import Model, Promotion, Store, open_store
from scoring.policy import Policy
from scoring.reasons import Lang
from scoring.scorecard import Scorecard, logistic_array
from scoring.segments import Segment, segments
from scoring.terms import Term
from training.intake import digest_of
from training.review_words import WORDS

RIVALS: Final = 3
# Forms of the features that make a persona.
PERSONA: Final = ("job_rank", "job_department")
# Beside what a model reads, by what fairness is judged first.
WHERE: Final = ("country", "prefecture", "region")


@dataclass(frozen=True)
class Reviewed:
    """A model under review.

    Get one from :func:`reviewed`.

    Parameters
    ----------
    model : Model
        As the store keeps it.
    card : Scorecard
        What it says.
    live : Promotion or None
        Since when it is in service, and why; None where it is not.
    held : DataFrame
        Its held-out predictions: ``lead_id, as_of, use, fold, likelihood, label, weight``.
    rivals : mapping of str to DataFrame
        Those of the newest other models of its stage, by version.
    known : DataFrame
        The rows of `held` whose leads are known.
    attributes : Attributes or None
        What these were like when they were scored, in the same order; None where no lead is known.
    policy : Policy or None
        The handoff rule in force, if it is of this stage.
    lang : {"en", "ja"}
        In which language it is told.
    """

    model: Model
    card: Scorecard
    live: Promotion | None
    held: pd.DataFrame
    rivals: Mapping[str, pd.DataFrame]
    known: pd.DataFrame
    attributes: Attributes | None
    policy: Policy | None
    lang: Lang

    @property
    def version(self) -> str:
        """Its version."""
        return self.model.version

    @property
    def threshold(self) -> float:
        """The likelihood from which leads are handed over; without a policy, that of a B."""
        return self.cuts[1] if self.policy is None else self.policy.threshold

    @property
    def cuts(self) -> tuple[float, ...]:
        """The likelihoods from which A, B and C are given."""
        knots = logistic_array(np.array(self.card.ranks.score))
        return tuple(float(knots[cut]) for cut in self.card.meta.grades)

    @property
    def terms(self) -> dict[str, Term]:
        """Its parts by feature, the strongest first."""
        own = {term.feature: term for term in self.card.terms}
        strongest = [one["feature"] for one in self.card.report.get("drivers", []) if one["feature"] in own]
        return {name: own[name] for name in dict.fromkeys((*strongest, *own))}

    @property
    def fits(self) -> list[str]:
        """The categories that say who a lead is, the strongest first."""
        axis = {one["feature"]: one["axis"] for one in self.card.report.get("drivers", [])}
        return [
            name for name, term in self.terms.items() if axis.get(name) == "fit" and term.kind == "category"
        ]

    @property
    def persona(self) -> tuple[str, ...]:
        """What makes a persona: rank and department where it reads job titles, else the two strongest of fit."""
        titles = [one.name for one in self.card.features if one.form in PERSONA and one.name in self.terms]
        return tuple(titles or self.fits[:2])

    @property
    def attribute(self) -> str | None:
        """By what fairness can be judged: the first of place and fit by which there are two groups to compare."""
        names = () if self.attributes is None else self.attributes.names
        wanted = (name for name in (*WHERE, *self.fits) if name in names)
        return next((name for name in wanted if len(self.groups(name)) > 2), None)

    def said(self, name: str) -> str:
        """What people call a feature."""
        found = next((feature for feature in self.card.features if feature.name == name), None)
        return name if found is None else feature_said(found, self.lang)

    def groups(self, *names: str) -> list[Segment]:
        """The groups that some attributes make together, judged; the small ones counted as one.

        Parameters
        ----------
        *names : str
            Features or properties.

        Raises
        ------
        DataError
            If leads have no such attribute.
        """
        if self.attributes is None:
            return []
        return segments(
            self.known["label"],
            self.known["likelihood"],
            self.attributes.groups(*names, lang=self.lang),
            weight=self.known["weight"],
            lead=self.known["lead_id"].to_numpy(),
            threshold=self.threshold,
            others=WORDS[self.lang]["others"],
        )


def reviewed(settings: Settings, version: str | None = None, lang: Lang | None = None) -> Reviewed:
    """A model, with all that a review of it looks at.

    Parameters
    ----------
    settings : Settings
        Where the store is.
    version : str, optional
        That which is live for the primary stage by default.
    lang : {"en", "ja"}, optional
        That of the settings by default.

    Raises
    ------
    NoChampion
        If no version is named and no model is live.
    ModelError
        If there is no such version.
    """
    with open_store(settings.database_url, settings.primary) as store:
        model = store.model(version or _live(store))
        card, held = Scorecard.from_json(model.scorecard), store.backtest(model.version)
        live = next(iter(store.champions(model.target)), None)
        rivals = [one.version for one in store.models(model.target) if one.version != model.version]
        policy = store.policy()
        known, attributes = _attributes(store, model, card, held)
        return Reviewed(
            model=model,
            card=card,
            live=live if live is not None and live.version == model.version else None,
            held=held,
            rivals={rival: store.backtest(rival) for rival in rivals[:RIVALS]},
            known=known,
            attributes=attributes,
            policy=policy if policy is not None and policy.target == model.target else None,
            lang=lang or settings.language.default,
        )


def _live(store: Store) -> str:
    champion = store.champion()
    if champion is None:
        raise NoChampion("No model is live yet, so there is nothing to review. Train one: leadloop train.")
    return champion.version


def _attributes(
    store: Store, model: Model, card: Scorecard, held: pd.DataFrame
) -> tuple[pd.DataFrame, Attributes | None]:
    """The rows whose leads are known, and what these were like: from the file that it learned from, else the store."""
    path = Path(model.source["path"]) if model.source.get("path") else None
    if path is not None:
        if not path.is_file() or digest_of(path) != model.source["digest"]:
            return held.iloc[:0], None
        read = read_table(path)
        known, lead = _found(held, _ids(read.table, card.meta.id_column, read.numbers))
        return known, attributes_of(card, read.table, lead) if len(known) else None
    ledger = store.ledger()
    known, lead = _found(held[held["as_of"].notna()], ledger.lead_id.tolist())
    if known.empty:
        return known, None
    when = known["as_of"].to_numpy("datetime64[us]").astype(np.int64) / 1e6
    return known, attributes_at(card, ledger, lead, when)


def _found(held: pd.DataFrame, ids: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray]:
    place = {lead_id: at for at, lead_id in enumerate(ids)}
    known = held[held["lead_id"].isin(place)]
    return known, known["lead_id"].map(place).to_numpy(dtype=np.intp)


def _ids(table: pa.Table, column: str | None, numbers: Sequence[int]) -> list[str]:
    """The id of each row; its number where it has none."""
    if column is None or column not in table.schema.names:
        return [str(number) for number in numbers]
    shown = table.column(column).cast(pa.string()).to_pylist()
    return [cell or str(number) for cell, number in zip(shown, numbers, strict=True)]
