"""From what was fitted to the artifact: trunk and tables become terms, the calibration is folded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scoring.clean import Column
from scoring.features import Feature
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Pair, Term
from training.calibration import Sigmoid
from training.choice import Leads
from training.encoding import encode
from training.recipe import Learned, Recipe
from training.tables import Tables, purify

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """What models that had not seen the leads said of them.

    Parameters
    ----------
    rows : array of int
        Which leads.
    log_odds : array of float, shape (len(rows),)
        Calibrated log-odds.
    reference : array of bool, shape (len(rows),)
        Those that scores are ranked among.
    """

    rows: npt.NDArray[np.intp]
    log_odds: Floats
    reference: npt.NDArray[np.bool_]


def assemble(
    learned: Learned,
    recipe: Recipe,
    leads: Leads,
    sigmoid: Sigmoid,
    interval: Interval,
    held: Held,
    meta: Meta,
    columns: Sequence[Column] = (),
    features: Sequence[Feature] = (),
    report: dict[str, object] | None = None,
) -> Scorecard:
    """The scorecard of a recipe: equal to what was fitted, on every lead, calibration included.

    Parameters
    ----------
    learned : Learned
        What was fitted to all leads.
    recipe : Recipe
        The chosen recipe.
    leads : Leads
        All leads.
    sigmoid, interval
        The calibration, and how surely it is known.
    held : Held
        Predictions for leads that the models had not seen.
    meta : Meta
        What is predicted.
    columns, features : sequence
        How a raw lead is read.
    report : dict, optional
        What was found in training.
    """
    encoded = encode(learned.encoded.terms, leads.columns, len(leads))
    terms, pairs, base = _parts(learned, recipe, leads, sigmoid)
    among = held.rows[held.reference]
    parts = _contributions(terms, pairs, encoded.bins[among], encoded.numbers[among])
    means = [float(np.average(part, weights=leads.weight[among])) for part in parts]
    terms = [
        replace(
            observed(term, encoded.bins[:, position], leads.label), table=tuple(v - mean for v in term.table)
        )
        for position, (term, mean) in enumerate(zip(terms, means, strict=True))
    ]
    for mean in means:
        base += mean
    parts -= np.array(means)[:, None] if means else 0.0
    ranks = Ranks.of(held.log_odds[held.reference], _axis_sums(terms, parts), meta.grades)
    used = [position for position, term in enumerate(terms) if _matters(position, term, pairs)]
    place = {position: index for index, position in enumerate(used)}
    names = {terms[position].feature for position in used}
    sources = {source for feature in features if feature.name in names for source in feature.sources}
    return Scorecard(
        meta=meta,
        base=base,
        terms=tuple(terms[position] for position in used),
        pairs=tuple(replace(pair, first=place[pair.first], second=place[pair.second]) for pair in pairs),
        interval=interval,
        ranks=ranks,
        columns=tuple(c for c in columns if c.name in sources or c.name == meta.as_of_column),
        features=tuple(feature for feature in features if feature.name in names),
        report=report or {},
    )


def _parts(
    learned: Learned, recipe: Recipe, leads: Leads, sigmoid: Sigmoid
) -> tuple[list[Term], list[Pair], float]:
    """Terms, pairs and base with the calibration folded in, not yet centred."""
    trunk, tables = learned.trunk(recipe), learned.tables(recipe)
    if tables is None:
        tables = Tables(0.0, [np.zeros(term.size) for term in learned.encoded.terms], {})
    purify(tables, learned.encoded, leads.weight)
    base = tables.base + (learned.base if trunk is None else trunk.base)
    terms = []
    for position, term in enumerate(learned.encoded.terms):
        table, slope = tables.ones[position], 0.0
        if trunk is not None:
            table, slope = table + trunk.weights[position], float(trunk.slopes[position])
        terms.append(
            replace(term, table=tuple((sigmoid.slope * table).tolist()), slope=sigmoid.slope * slope)
        )
    pairs = [
        Pair(first, second, tuple(map(tuple, (sigmoid.slope * table).tolist())))
        for (first, second), table in sorted(tables.pairs.items())
    ]
    return terms, pairs, sigmoid.shift + sigmoid.slope * base


def _contributions(
    terms: Sequence[Term], pairs: Sequence[Pair], bins: npt.NDArray[np.int16], numbers: Floats
) -> Floats:
    """What each feature adds to each lead, shape (n_features, n_leads)."""
    parts = np.zeros((len(terms), len(bins)))
    for position, term in enumerate(terms):
        parts[position] = np.asarray(term.table)[bins[:, position]]
        if term.slope:
            parts[position] += term.line_array(numbers[:, position])
    for pair in pairs:
        half = np.asarray(pair.table)[bins[:, pair.first], bins[:, pair.second]] / 2
        parts[pair.first] += half
        parts[pair.second] += half
    return parts


def observed(term: Term, bins: npt.NDArray[np.int16], label: npt.NDArray[np.int_]) -> Term:
    """The term with how many leads were seen in each bin, and how many of them converted.

    Parameters
    ----------
    term : Term
        A term.
    bins, label : array of int, shape (n_leads,)
        The bin of each lead, and whether it converted.
    """
    support = np.bincount(bins, minlength=term.size)
    won = np.bincount(bins, label, minlength=term.size)
    rates = tuple(float(w / n) if n else None for w, n in zip(won, support, strict=True))
    return replace(term, support=tuple(support.tolist()), rates=rates)


def _axis_sums(terms: Sequence[Term], parts: Floats) -> dict[str, Floats]:
    sums: dict[str, Floats] = {}
    for axis in ("fit", "engagement"):
        mine = [position for position, term in enumerate(terms) if term.axis == axis]
        if mine:
            total = np.zeros(parts.shape[1])
            for position in mine:
                total += parts[position]
            sums[axis] = total
    return sums


def _matters(position: int, term: Term, pairs: Sequence[Pair]) -> bool:
    """Whether a feature changes any likelihood."""
    return bool(term.slope) or len(set(term.table)) > 1 or any(position in (p.first, p.second) for p in pairs)
