"""Watching: drift is seen, promises are held against what came, and only on what is mature."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.drift import MOVED, STABLE
from scoring.ledger import Events, Ledger
from scoring.outcomes import Outcomes
from scoring.scorecard import Scorecard
from scoring.stages import at_or_beyond
from scoring.watching import PastScores, feature_drift, wants_retraining, watch_model
from tests.cards import small_card

NOW = 400 * DAY
RNG = np.random.default_rng(0)


def world(rate: float = 0.2, moved: bool = False, until: float = 400.0) -> Ledger:
    """Two thousand leads over 400 days; one in five is won ten days later."""
    created = np.sort(RNG.uniform(0, until, 2000)) * DAY
    late = created > NOW - 28 * DAY
    source = np.where(late & moved, "Referral", np.where(RNG.random(2000) < 0.3, "Referral", "Web"))
    won = np.flatnonzero(RNG.random(2000) < rate)
    when = created[won] + 10 * DAY
    known = when < until * DAY
    stage = Categories(np.zeros(int(known.sum()), dtype=np.int32), ("won",))
    return Ledger(
        np.array([str(at) for at in range(2000)], dtype=object),
        created,
        {"source": pa.array(source.tolist()), "visits": pa.array(["3"] * 2000)},
        outcomes=Events.of(won[known], when[known], when[known], {"stage": stage}),
    )


def card() -> Scorecard:
    made = small_card(target="won")
    return replace(made, features=made.features[:2], terms=made.terms[:2])


def promised(ledger: Ledger, likelihood: float) -> PastScores:
    """Every lead was scored on the day of its creation."""
    lead = np.arange(len(ledger))
    return PastScores(
        lead, ledger.created + 600, np.full(len(lead), likelihood), np.zeros(len(lead), dtype=np.intp)
    )


def found(ledger: Ledger, past: PastScores, until: float = 350.0) -> dict[str, str]:
    findings = watch_model(card(), ledger, past, NOW, until * DAY)
    return {f"{finding.code} {finding.subject}": finding.severity for finding in findings}


def test_likelihoods_that_hold_are_left_alone() -> None:
    ledger = world()
    assert found(ledger, promised(ledger, 0.2))["calibration all leads"] == "note"


@pytest.mark.parametrize("likelihood", [0.4, 0.1])
def test_broken_promises_ask_for_training(likelihood: float) -> None:
    ledger = world()
    findings = watch_model(card(), ledger, promised(ledger, likelihood), NOW, 350 * DAY)
    assert findings[0].code == "calibration"
    assert findings[0].severity == "severe"
    assert wants_retraining(findings)


def test_a_lead_that_is_scored_every_day_is_one_lead() -> None:
    """Sixty leads with ten scores each: what chance does to sixty must not pass for six hundred proofs."""
    ledger, alarms = world(), 0
    for some in np.random.default_rng(0).choice(np.arange(400, 1400), (40, 60)):
        lead, age = np.repeat(np.sort(some), 10), np.tile(np.arange(10), 60) * DAY + 600
        past = PastScores(lead, ledger.created[lead] + age, np.full(600, 0.2), np.zeros(600, dtype=np.intp))
        severity = found(ledger, past)["calibration all leads"]
        alarms += severity == "severe"
    assert alarms <= 2


def test_scores_that_are_not_mature_say_nothing() -> None:
    ledger = world()
    past = promised(ledger, 0.9)
    young = ledger.created > NOW - 30 * DAY
    some = PastScores(past.lead[young], past.as_of[young], past.likelihood[young], past.grade[young])
    assert "calibration all leads" not in found(ledger, some)


def test_a_market_that_moved_is_seen_and_one_that_did_not_is_not() -> None:
    nothing = PastScores(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.intp))
    assert found(world(moved=True), nothing).get("drift source") == "warning"
    assert "drift source" not in found(world(), nothing)


def test_data_that_stopped_coming_are_told() -> None:
    nothing = PastScores(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.intp))
    assert found(world(until=300.0), nothing, until=250.0)["stale leads"] == "warning"


def test_drift_is_measured_for_every_feature_and_only_where_there_are_leads_to_compare() -> None:
    ledger = world(moved=True)
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond("won"))

    source, visits = feature_drift(card(), ledger, outcomes, NOW, 350 * DAY)

    assert (source.feature, visits.feature) == ("source", "visits")
    assert source.psi > MOVED
    assert visits.psi < STABLE
    assert (source.missing_before, source.missing_now) == (0.0, 0.0)
    assert feature_drift(card(), ledger, outcomes, NOW, 10 * DAY) == []
