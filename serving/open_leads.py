"""Rescoring: every open lead of the store, as it was known at one time, into a file and the score log."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.categories import Categories
from scoring.errors import DataError, ModelError
from scoring.io.files import open_output
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.rescorings import Rescoring, already, begin, finish, keep
from scoring.io.store.scores import Role, ScoreRow
from scoring.labels import MAX_OPEN
from scoring.leads import ledger_features
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.reasons import LEAST, Lang, Phrases
from scoring.scorecard import GRADES, Scorecard, Scores, settle_array
from scoring.stages import at_or_beyond
from scoring.value import AMOUNT
from serving.answers import DECIMALS
from serving.batch.kept import Order, kept_rows, kept_schema
from serving.batch.out import out_rows, out_schema
from serving.decision import Handoff
from serving.logged import digest_of_features
from serving.worth import BELOW_MONEY, CENTS, Worth

ROWS_AT_ONCE = 20_000
LOGGED_REASONS = 5
YOUNG = 24 * 3600.0
log = logging.getLogger("leadloop.serving")
Floats = npt.NDArray[np.float64]
Columns = Mapping[str, Floats | Categories]
Reason = dict[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a rescoring did.

    Parameters
    ----------
    run : Rescoring
        The rescoring.
    target : Path
        OUT.
    open : int
        Open leads.
    scored, logged : int
        How many of them were scored, and how many scores were new to the log.
    grades : dict of str to int
        Leads per grade.
    why : dict of str to int
        Why leads were not scored.
    """

    run: Rescoring
    target: Path
    open: int
    scored: int
    logged: int
    grades: dict[str, int]
    why: dict[str, int]


def open_leads(ledger: Ledger, target: str, as_of: float, max_open: float = MAX_OPEN) -> npt.NDArray[np.intp]:
    """The leads that were open at a time, as positions; what became known later plays no part.

    Parameters
    ----------
    ledger : Ledger
        What was known at that time.
    target : str
        A lead that has reached it is not open.
    as_of : float
        Seconds since 1970 UTC.
    max_open : float
        Days after which a lead without an end is no longer open.
    """
    everyone = np.arange(len(ledger))
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(target))
    return np.flatnonzero(outcomes.open_at(everyone, np.full(len(ledger), as_of), max_open))


def challenger_of(store: Store, target: str) -> Scorecard | None:
    """The challenger of a target, to score beside the champion; None where there is none.

    Parameters
    ----------
    store : Store
        Where models are.
    target : str
        Whose. A challenger that cannot be read is told to the log, and hinders nobody.
    """
    found = store.challenger(target)
    try:
        return None if found is None else Scorecard.from_json(found.scorecard)
    except ModelError as error:
        log.error("The challenger for %s cannot score beside the champion: %s", target, error)
        return None


def score_open(
    store: Store,
    card: Scorecard,
    target: Path,
    *,
    as_of: float | None,
    now: float,
    lang: Lang = "en",
    reasons: int = 3,
    worth: Worth | None = None,
    handoff: Handoff | None = None,
    shadow: Scorecard | None = None,
    told: Callable[[int, int], None] = lambda *_: None,
) -> Rescored:
    """Score every open lead as it was known at one time.

    Parameters
    ----------
    store : Store
        Where leads come from, and scores are kept.
    card : Scorecard
        The model.
    target : Path
        OUT: CSV or Parquet by suffix.
    as_of : float or None
        The time; None: that of a rescoring that was interrupted, else now.
    now : float
        Seconds since 1970 UTC.
    lang : {"en", "ja"}
        The language of the reasons in OUT.
    reasons : int
        At most so many of them per lead.
    worth : Worth, optional
        Gives the expected value, by which leads are then ranked.
    handoff : Handoff, optional
        Decides which leads are handed over; without it nothing is decided.
    shadow : Scorecard, optional
        A challenger: its scores are logged, and shown nowhere.
    told : callable
        Told how many leads are done, and of how many.

    Raises
    ------
    DataError
        If the store holds no leads, or OUT cannot be written.
    """
    with writing(store.engine) as connection:
        run = begin(connection, card.meta.target, card.meta.version, as_of, now, YOUNG)
    ledger = store.ledger().known_at(run.as_of)
    if not len(ledger):
        raise DataError("The store holds no lead that was known then. Fill it with `leadloop import LEADS`.")
    lead = open_leads(ledger, card.meta.target, run.as_of)
    with reading(store.engine) as connection:
        done = already(connection, run)
    tally = _Tally(len(lead))
    try:
        with open_output(target, out_schema(target), bom=lang == "ja") as output:
            kept = list(
                _kept(
                    store,
                    card,
                    ledger,
                    lead,
                    run,
                    now,
                    reasons,
                    lang,
                    worth,
                    handoff,
                    shadow,
                    done,
                    tally,
                    told,
                )
            )
            order = Order()
            for _, keys in kept:
                order.add(keys)
            ranks, phrases, start = order.ranks(), Phrases(card, lang), 0
            for rows, _ in kept:
                some = ranks[start : start + rows.num_rows]
                output.write(out_rows(output.schema, rows, some, phrases, card.meta.version))
                start += rows.num_rows
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}.") from error
    with writing(store.engine) as connection:
        finish(connection, run, len(lead), now)
    return Rescored(run, target, len(lead), tally.scored, tally.logged, dict(tally.grades), dict(tally.why))


@dataclass
class _Tally:
    """What was done so far."""

    total: int
    scored: int = 0
    logged: int = 0

    def __post_init__(self) -> None:
        self.grades: Counter[str] = Counter()
        self.why: Counter[str] = Counter()

    def add(self, scores: Scores) -> None:
        """Count some leads."""
        good = scores.score >= 0
        self.scored += int(good.sum())
        for grade, count in zip(GRADES, np.bincount(scores.grade[good], minlength=4).tolist(), strict=True):
            self.grades[grade] += count
        self.why.update(scores.errors.values())


def _kept(
    store: Store,
    card: Scorecard,
    ledger: Ledger,
    lead: npt.NDArray[np.intp],
    run: Rescoring,
    now: float,
    reasons: int,
    lang: Lang,
    worth: Worth | None,
    handoff: Handoff | None,
    shadow: Scorecard | None,
    done: set[tuple[str, str]],
    tally: _Tally,
    told: Callable[[int, int], None],
) -> Iterator[tuple[pa.RecordBatch, Floats]]:
    """Score some leads after the other; each part is in the log before the next begins."""
    phrases, schema = Phrases(card, lang), kept_schema(reasons)
    for start in range(0, len(lead), ROWS_AT_ONCE):
        some = lead[start : start + ROWS_AT_ONCE]
        ids = ledger.lead_id[some]
        features, scores = score_leads(card, ledger, some, run.as_of)
        logged = list(_rows(card, ids, features, scores, run, now, "champion", done))
        if shadow is not None:
            seen, said = score_leads(shadow, ledger, some, run.as_of)
            logged += _rows(shadow, ids, seen, said, run, now, "challenger", done)
        with writing(store.engine) as connection:
            tally.logged += keep(connection, logged)
        tally.add(scores)
        value, keys = worth_of_leads(worth, card, ledger, some, run.as_of, scores)
        sentences = phrases.codes(scores, reasons)
        named = pa.array(ids, pa.string())
        decided = _decided(handoff, card, ledger, some, run.as_of, scores, named)
        yield kept_rows(schema, named, scores, value, sentences, decided), keys
        told(min(start + ROWS_AT_ONCE, len(lead)), len(lead))


def score_leads(
    card: Scorecard, ledger: Ledger, lead: npt.NDArray[np.intp], as_of: float
) -> tuple[Columns, Scores]:
    """What a model reads of some leads as they were known at a time, and what it says of them."""
    features, errors = ledger_features(card, ledger, lead, np.full(len(lead), as_of))
    return features, card.score_columns(features, errors, len(lead))


def _decided(
    handoff: Handoff | None,
    card: Scorecard,
    ledger: Ledger,
    lead: npt.NDArray[np.intp],
    as_of: float,
    scores: Scores,
    names: pa.Array,
) -> npt.NDArray[np.int8] | None:
    """What the policy says of leads, by the model of its own target."""
    if handoff is None:
        return None
    said = scores if handoff.card is card else score_leads(handoff.card, ledger, lead, as_of)[1]
    return handoff.of_leads(said.likelihood, names)


def worth_of_leads(
    worth: Worth | None,
    card: Scorecard,
    ledger: Ledger,
    lead: npt.NDArray[np.intp],
    as_of: float,
    scores: Scores,
) -> tuple[Floats | None, Floats]:
    """What leads are worth, and by what they are ranked."""
    if worth is None:
        return None, settle_array(scores.log_odds)
    won = scores if worth.card is card else score_leads(worth.card, ledger, lead, as_of)[1]
    values = [*ledger.values_of(AMOUNT).to_pylist(), None]
    amounts = [values[place] for place in ledger.places_at(AMOUNT, lead, np.full(len(lead), as_of))]
    known = pa.RecordBatch.from_pydict({AMOUNT: pa.array(amounts, pa.string())})
    value, _ = worth.of_leads(known, won.likelihood)
    cents = np.rint(value * CENTS)
    return value, np.where(np.isnan(cents), settle_array(scores.log_odds) - BELOW_MONEY, cents)


def _rows(
    card: Scorecard,
    ids: npt.NDArray[np.object_],
    features: Columns,
    scores: Scores,
    run: Rescoring,
    now: float,
    role: Role,
    done: set[tuple[str, str]],
) -> Iterator[ScoreRow]:
    """Rows of the score log for the leads that are not in it yet."""
    names = [term.feature for term in card.terms]
    cells = [_cells(features[name]) for name in names]
    reasons = reasons_of_leads(card, features, scores, LOGGED_REASONS)
    for at, lead_id in enumerate(ids):
        if (lead_id, card.meta.version) in done:
            continue
        read = {name: cell[at] for name, cell in zip(names, cells, strict=True)}
        why = scores.errors.get(at)
        common = {
            "lead_id": lead_id, "target": card.meta.target, "version": card.meta.version, "role": role,
            "source": "open", "run": run.id, "as_of": run.as_of, "scored_at": now,
            "features": digest_of_features(read),
        }  # fmt: skip
        if why is not None:
            yield ScoreRow(**common, status=f"not_scored: {why}")
            continue
        grade, fit, engagement = (int(column[at]) for column in (scores.grade, scores.fit, scores.engagement))
        yield ScoreRow(
            **common,
            log_odds=float(scores.log_odds[at]),
            likelihood=round(float(scores.likelihood[at]), DECIMALS) if card.has_likelihood else None,
            score=int(scores.score[at]),
            grade=GRADES[grade],
            label=f"{GRADES[fit]}{engagement + 1}" if fit >= 0 and engagement >= 0 else None,
            reasons=reasons[at],
        )


def reasons_of_leads(card: Scorecard, features: Columns, scores: Scores, most: int) -> list[list[Reason]]:
    """Why each lead has its score, the strongest first, as the store keeps it.

    Parameters
    ----------
    card : Scorecard
        The model.
    features, scores
        Of :func:`score_leads`.
    most : int
        At most so many of each.
    """
    names = [term.feature for term in card.terms]
    cells = [_cells(features[name]) for name in names]
    parts = np.abs(scores.contributions)
    order = np.argsort(-parts, axis=1, kind="stable")[:, :most]
    return [
        [
            {
                "feature": names[place],
                "value": _short(cells[place][at]),
                "contribution": round(float(scores.contributions[at, place]), DECIMALS),
            }
            for place in order[at].tolist()
            if parts[at, place] >= LEAST
        ]
        for at in range(len(parts))
    ]


def _cells(values: Floats | Categories) -> list[float | str | None]:
    if isinstance(values, Categories):
        return list(values.to_list())
    return [None if value != value else value for value in values.tolist()]


def _short(value: float | str | None) -> float | str | None:
    return round(value, DECIMALS) if isinstance(value, float) else value
