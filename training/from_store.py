"""From what the store knows to labelled snapshots that can be learned from, every lead and column accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from scoring.audit import Finding
from scoring.categories import Categories
from scoring.clean import Column
from scoring.coverage import DAY
from scoring.errors import DataError
from scoring.event_forms import event_columns, events_of
from scoring.features import Feature, define, feature_columns
from scoring.label_state import Labels
from scoring.leads import typed_at
from scoring.ledger import Ledger
from scoring.observed import Ways, audit_ledger, guess_properties, labelled
from scoring.outcomes import Outcomes
from scoring.points import points_card
from scoring.scorecard import Meta
from scoring.snapshots import Snapshots
from scoring.stages import at_or_beyond
from training.choice import Leads
from training.intake import LEAST_OF_EACH, Asked, Intake, Origin
from training.own_points import OwnPoints

Floats = npt.NDArray[np.float64]
Vectors = dict[str, Floats | Categories]
THE_STORE = "the store"


def take_in_ledger(ledger: Ledger, asked: Asked, *, seed: int = 0) -> Intake:
    """Snapshots of the store's leads with what became of them.

    Parameters
    ----------
    ledger : Ledger
        All that is known.
    asked : Asked
        What is to be learned; a horizon must be set.
    seed : int
        Seed of the draw of snapshots.

    Raises
    ------
    DataError
        If there is too little to learn from, or too much of it cannot be read.
    """
    if asked.horizon_days is None:
        raise DataError(f"Target {asked.target} needs a horizon: set it under [targets], or give --horizon.")
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(asked.target))
    snapshots, labels = labelled(
        ledger, outcomes, asked.target, asked.horizon_days, time_zone=asked.time_zone, seed=seed
    )
    label = labels.y
    counted = np.flatnonzero(~np.isnan(label))
    _check_enough(labels, label[counted], asked)
    used_snapshots = snapshots.take(counted)
    ways = Ways(asked.types, asked.axes, asked.date_order, asked.time_zone, asked.missing)
    guesses = guess_properties(ledger, ways)
    columns = [guess.column for guess in guesses]
    _check_names(asked, [*(feature.name for feature in events_of(ledger)), *(c.name for c in columns)])
    typed, errors = typed_at(columns, ledger, used_snapshots.lead, used_snapshots.as_of)
    findings = audit_ledger(
        columns,
        typed,
        label[counted],
        used_snapshots,
        ledger,
        outcomes,
        keep=asked.keep,
        exclude=asked.exclude,
    )
    used = _used(columns, findings, asked)
    read = tuple(column for column in columns if not used[column.name])
    wrong, unread = _unreadable(errors, {column.name for column in read}, asked, len(counted))
    good = np.setdiff1d(np.arange(len(counted)), wrong)
    kept = used_snapshots.take(good)
    features, vectors = _features(
        ledger, kept, read, {c.name: _rows(typed[c.name], good) for c in read}, asked
    )
    leads = Leads(
        columns=vectors,
        label=label[counted][good].astype(int),
        weight=kept.weight,
        axes={feature.name: feature.axis for feature in features},
        time=kept.as_of,
        groups=kept.lead,
        free=tuple(feature.name for feature in features if feature.form == "age_band"),
    )
    return Intake(
        origin=Origin(THE_STORE, digest_of_ledger(ledger)),
        rows=len(snapshots),
        guesses=guesses,
        labels=labels,
        findings=findings,
        rejected=[],
        notes=[
            *_lead_notes(ledger, snapshots, labels), *labels.findings, *unread,
            *(note for guess in guesses for note in guess.findings),
        ],
        columns=read,
        features=features,
        leads=leads,
        lead_ids=ledger.lead_id[kept.lead].tolist(),
        known=kept.as_of + (asked.horizon_days + outcomes.recording_delay) * DAY,
        points=_points(asked, columns, typed, ledger, kept, good),
        used=used,
        id_column=None,
        use=np.where(kept.new, "creation", "open"),
    )  # fmt: skip


def _check_names(asked: Asked, names: Sequence[str]) -> None:
    """Refuse names that are neither a property nor made of events."""
    for flag, given in (("--exclude", asked.exclude), ("--keep", asked.keep)):
        for name in given:
            if name not in names:
                near = get_close_matches(name, names, n=1, cutoff=0.5)
                hint = f" Did you mean '{near[0]}'?" if near else " `leadloop check` lists what it holds."
                raise DataError(f"{flag} names '{name}', which the store does not know.{hint}")


def digest_of_ledger(ledger: Ledger) -> str:
    """Fingerprint of all that is known of the leads."""
    digest = blake2b(digest_size=16)
    digest.update("\x1f".join(map(str, ledger.lead_id)).encode())
    digest.update(ledger.created.tobytes())
    for name, values in sorted(ledger.properties.items()):
        digest.update(name.encode())
        for buffer in values.buffers():
            digest.update(buffer or b"")
    for name, events in ledger.tables.items():
        digest.update(name.encode())
        for array in (events.lead, events.occurred, events.recorded):
            digest.update(np.ascontiguousarray(array).tobytes())
        for column, cells in events.columns.items():
            digest.update(column.encode())
            coded = cells.codes if isinstance(cells, Categories) else cells
            digest.update(np.ascontiguousarray(coded).tobytes())
            digest.update("\x1f".join(cells.levels if isinstance(cells, Categories) else ()).encode())
    return digest.hexdigest()


def _check_enough(labels: Labels, label: Floats, asked: Asked) -> None:
    converted = int(label.sum())
    if min(converted, len(label) - converted) < LEAST_OF_EACH:
        counts = labels.counts
        raise DataError(
            f"The store has {converted:,} mature snapshots that reached {asked.target} within "
            f"{asked.horizon_days} days and {len(label) - converted:,} that did not "
            f"({counts['censored']:,} are too young, {counts['outside_coverage']:,} are from before outcomes were "
            "recorded). A model needs at least "
            f"{LEAST_OF_EACH} of each. `leadloop check` says what can be learned, and when."
        )


def _used(columns: Sequence[Column], findings: Sequence[Finding], asked: Asked) -> dict[str, str]:
    """Why each property is not read; empty for those that are."""
    used = {
        column.name: "identifier" if column.type == "id" and column.name not in asked.keep else ""
        for column in columns
    }
    for finding in findings:
        if finding.left_out and not used[finding.column]:
            used[finding.column] = finding.code
    return used


def _unreadable(
    errors: Mapping[int, str], read: set[str], asked: Asked, total: int
) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Snapshots that hold a value which cannot be read, and what to say of them."""
    wrong = {look: why for look, why in errors.items() if any(f"Column '{name}' " in why for name in read)}
    if not wrong:
        return np.zeros(0, dtype=np.intp), []
    common, count = Counter(wrong.values()).most_common(1)[0]
    said = f"{len(wrong):,} snapshots hold a value that cannot be read (most often: {common} {count:,} times)"
    if len(wrong) > asked.max_rejected * total:
        raise DataError(
            f"{said}, more than {asked.max_rejected:.1%} of {total:,}. Set --type for the column, leave it out with "
            "--exclude, or raise --max-rejected."
        )
    return np.array(sorted(wrong), dtype=np.intp), [f"{said}: left out."]


def _features(
    ledger: Ledger, snapshots: Snapshots, columns: Sequence[Column], typed: Vectors, asked: Asked
) -> tuple[tuple[Feature, ...], Vectors]:
    """The features, without those that say nothing or the same as another one."""
    of_properties = define(columns, as_of_column=THE_STORE)
    taken = {feature.name for feature in of_properties}
    of_events = [
        _renamed(feature, taken)
        for feature in events_of(ledger, asked.time_zone)
        if feature.name not in asked.exclude
    ]
    vectors = feature_columns(of_properties, typed, snapshots.as_of)
    vectors |= event_columns(of_events, ledger, snapshots.lead, snapshots.as_of)
    told: set[bytes] = set()
    kept = []
    for feature in (*of_properties, *of_events):
        print_ = _fingerprint(vectors[feature.name])
        if print_ is not None and print_ not in told:
            told.add(print_)
            kept.append(feature)
    return tuple(kept), {feature.name: vectors[feature.name] for feature in kept}


def _renamed(feature: Feature, taken: set[str]) -> Feature:
    name = feature.name
    while name in taken:
        name += "_"
    taken.add(name)
    return replace(feature, name=name)


def _fingerprint(vector: Floats | Categories) -> bytes | None:
    """What a vector says of the rows; None where it says the same of all."""
    array = vector.codes if isinstance(vector, Categories) else vector
    if not len(array) or bool(np.all((array == array[0]) | ((array != array) & (array[0] != array[0])))):
        return None
    return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).digest()


def _points(
    asked: Asked,
    columns: Sequence[Column],
    typed: Mapping[str, Floats | Categories],
    ledger: Ledger,
    kept: Snapshots,
    rows: npt.NDArray[np.intp],
) -> OwnPoints | None:
    """What the user's own rule gives each snapshot."""
    if not asked.points:
        return None
    card = points_card(
        asked.points, columns, Meta("", asked.target, asked.horizon_days), events_of(ledger, asked.time_zone)
    )
    known = {column.name: _rows(typed[column.name], rows) for column in card.columns}
    features = feature_columns(card.of_properties, known, kept.as_of)
    features |= event_columns(card.of_events, ledger, kept.lead, kept.as_of)
    return OwnPoints(card, features, len(rows))


def _lead_notes(ledger: Ledger, snapshots: Snapshots, labels: Labels) -> list[str]:
    """What became of each lead's first snapshot, in words."""
    states = Counter(labels.state[snapshots.new].tolist())
    mature = states["mature_positive"] + states["mature_negative"]
    return [
        f"{len(ledger):,} leads: {mature:,} mature, {states['censored']:,} censored, "
        f"{states['outside_coverage']:,} outside coverage, as of their creation. They give {len(snapshots):,} "
        f"snapshots: {int(snapshots.new.sum()):,} at creation and {int((~snapshots.new).sum()):,} while open."
    ]


def _rows(values: Floats | Categories, rows: npt.NDArray[np.intp]) -> Floats | Categories:
    return values[rows] if isinstance(values, np.ndarray) else Categories(values.codes[rows], values.levels)
