"""From a ledger to labelled snapshots: nothing from the future, nothing lost without a word."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from scoring.contract_cells import Customs
from scoring.dates import DAY
from scoring.errors import DataError
from scoring.io.mapping_file import read_meaning
from scoring.io.store import open_store
from scoring.ledger import Ledger, OneLead, ledger_of
from scoring.observed import Ways
from scoring.outcomes import Outcomes
from scoring.readiness import readiness
from scoring.stages import at_or_beyond
from serving.importing import import_files
from training.from_store import take_in_ledger
from training.intake import Asked, Intake
from training.simulate import simulate

ASKED = Asked(target="won", horizon_days=90, time_zone="Asia/Tokyo")
TABLES = ("leads", "activities", "touches", "outcomes", "changes")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A simulated CRM as the store knows it after an import."""
    folder: Path = tmp_path_factory.mktemp("crm")
    simulate(folder, end=date(2026, 10, 1), leads=1500, seed=3)
    with open_store(f"sqlite:///{folder / 'leadloop.db'}", "won") as store:
        files = {name: folder / f"{name}.csv" for name in TABLES}
        import_files(
            store, files, read_meaning("csv"), Customs("Asia/Tokyo"), datetime(2026, 10, 2, tzinfo=UTC)
        )
        return store.ledger()


@pytest.fixture(scope="module")
def intake(ledger: Ledger) -> Intake:
    return take_in_ledger(ledger, ASKED)


def test_every_snapshot_is_learned_from_or_has_a_state(intake: Intake) -> None:
    left_out = sum(count for state, count in intake.labels.counts.items() if not state.startswith("mature"))
    unread = sum("cannot be read" in note and "snapshots" in note for note in intake.notes)
    assert intake.rows - left_out - len(intake.leads) >= 0
    assert unread or intake.rows == left_out + len(intake.leads)


def test_the_planted_leak_is_left_out_and_honest_columns_stay(intake: Intake) -> None:
    assert intake.used["失注理由"] == "filled_after_outcome"
    assert intake.used["customer_no"] == "identifier"
    assert not any(intake.used[name] for name in ("source", "job_title", "employees", "newsletter"))


def test_no_label_was_known_later_than_it_is_said_to_be(intake: Intake, ledger: Ledger) -> None:
    assert intake.leads.time is not None
    delay = Outcomes.of_ledger(ledger, at_or_beyond("won")).recording_delay
    assert delay > 0
    np.testing.assert_allclose(intake.known, intake.leads.time + (90 + delay) * DAY)
    assert (intake.leads.time >= ledger.created[intake.leads.groups]).all()


def test_what_happens_later_changes_no_snapshot_that_both_have(ledger: Ledger) -> None:
    """Learned at an earlier time, each snapshot that was mature then has the features that it has now."""
    cut = float(np.quantile(ledger.created, 0.8))
    then, now = take_in_ledger(ledger.known_at(cut), ASKED), take_in_ledger(ledger, ASKED)
    place = {key: row for row, key in enumerate(zip(now.lead_ids, now.leads.time, strict=True))}
    common = [
        (row, place[key])
        for row, key in enumerate(zip(then.lead_ids, then.leads.time, strict=True))
        if key in place
    ]
    assert len(common) > 300
    early, late = np.array(common).T
    for name in set(then.leads.columns) & set(now.leads.columns):
        first, second = then.leads.take(early).columns[name], now.leads.take(late).columns[name]
        if isinstance(first, np.ndarray):
            np.testing.assert_allclose(first, second, atol=1e-6)
        else:
            assert first.to_list() == second.to_list()


def test_weights_are_weeks_open_over_weeks_drawn(ledger: Ledger) -> None:
    intake = take_in_ledger(ledger, ASKED)
    weights = intake.leads.weight
    assert (weights[intake.use == "creation"] == 1).all()
    assert (weights[intake.use == "open"] >= 1).all()


def test_too_little_is_said_with_the_way_to_find_out_more() -> None:
    leads = [OneLead(str(at), at * DAY) for at in range(30)]
    with pytest.raises(DataError, match="leadloop check"):
        take_in_ledger(ledger_of(leads), ASKED)


def test_readiness_counts_what_there_is_and_advises_the_stage_furthest_down(ledger: Ledger) -> None:
    found = readiness(ledger, {"sql": 30, "won": 90}, Ways(time_zone="Asia/Tokyo"))
    won = found.targets[1]
    assert found.leads == len(ledger) == 1500
    assert won.mature + won.censored + won.outside <= 1500
    assert won.reached >= won.converted > 0
    assert found.advised in ("sql", "won")
    assert found.duplicates > 0
    assert "source" in found.without_history
    few = ledger.known_at(float(ledger.created.min() + 60 * DAY))
    cold = readiness(few, {"won": 90}, Ways())
    assert (cold.advised, cold.targets[0].state) == (None, "cold")
    assert cold.targets[0].missing > 0


def test_a_ledger_without_events_has_no_features_of_them(ledger: Ledger) -> None:
    bare = replace(ledger, activities=ledger.activities.take(np.zeros(0, dtype=np.intp)))
    assert not [name for name in take_in_ledger(bare, ASKED).leads.columns if name.startswith("page_view")]


@pytest.mark.parametrize("flag", ["exclude", "keep"])
def test_a_name_that_the_store_does_not_know_is_refused_with_the_nearest(ledger: Ledger, flag: str) -> None:
    with pytest.raises(DataError, match=f"--{flag} names 'sorce', .* Did you mean 'source'"):
        take_in_ledger(ledger, replace(ASKED, **{flag: ("sorce",)}))


def test_what_is_made_of_events_can_be_left_out_by_name(ledger: Ledger) -> None:
    intake = take_in_ledger(ledger, replace(ASKED, exclude=("stage", "source")))
    assert not {"stage", "source"} & {feature.name for feature in intake.features}
