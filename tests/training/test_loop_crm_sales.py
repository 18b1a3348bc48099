"""Real opportunities of a hardware seller through the loop: open ones are censored, not lost, and all are counted."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.contract_cells import Customs
from scoring.dates import DAY
from scoring.io.mapping_file import read_meaning
from scoring.io.store import open_store
from scoring.ledger import Ledger
from scoring.observed import Ways, labelled
from scoring.outcomes import Outcomes
from scoring.readiness import readiness
from scoring.stages import at_or_beyond
from serving.importing import Imported, import_files
from training.from_store import take_in_ledger
from training.intake import Asked

REAL = Path(__file__).parents[3] / "shared" / "data" / "crm_sales"
NOW = datetime(2018, 1, 2, tzinfo=UTC)
HORIZON = 90

pytestmark = pytest.mark.skipif(
    not REAL.exists(), reason="the real data are not here: ../shared/data/crm_sales"
)


@pytest.fixture(scope="module")
def pipeline() -> pd.DataFrame:
    """Opportunities with their agents and accounts; those that nobody has engaged in are no leads yet."""
    deals = pd.read_csv(REAL / "sales_pipeline.csv", dtype=str, keep_default_na=False)
    agents = pd.read_csv(REAL / "sales_teams.csv", dtype=str, keep_default_na=False)
    accounts = pd.read_csv(REAL / "accounts.csv", dtype=str, keep_default_na=False)
    deals = (
        deals.merge(agents, on="sales_agent", how="left").merge(accounts, on="account", how="left").fillna("")
    )
    for name in ("engage_date", "close_date"):
        deals[name] = pd.to_datetime(deals[name], format="%m/%d/%Y")
    return deals


@pytest.fixture(scope="module")
def imported(pipeline: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Ledger]:
    folder = tmp_path_factory.mktemp("crm_sales")
    engaged = pipeline[pipeline["engage_date"].notna()]
    leads = engaged.rename(
        columns={"opportunity_id": "lead_id", "sales_agent": "owner", "account": "company"}
    )
    leads = leads.assign(created_at=engaged["engage_date"].dt.strftime("%Y-%m-%dT09:00:00Z"))
    closed = engaged[engaged["deal_stage"].isin(["Won", "Lost"])]
    outcomes = pd.DataFrame(
        {
            "lead_id": closed["opportunity_id"],
            "occurred_at": closed["close_date"].dt.strftime("%Y-%m-%dT18:00:00Z"),
            "stage": closed["deal_stage"].str.lower(),
            "amount": closed["close_value"].where(closed["deal_stage"] == "Won", ""),
            "currency": np.where(closed["deal_stage"] == "Won", "USD", ""),
            "rep": closed["sales_agent"],
        }
    )
    known_later = ["deal_stage", "engage_date", "close_date", "close_value"]
    leads.drop(columns=known_later).to_csv(folder / "leads.csv", index=False)
    outcomes.to_csv(folder / "outcomes.csv", index=False)
    files = {name: folder / f"{name}.csv" for name in ("leads", "outcomes")}
    with open_store(f"sqlite:///{folder / 'leadloop.db'}", "won") as store:
        done = import_files(store, files, read_meaning("csv"), Customs("UTC"), NOW)
        return done, store.ledger()


@pytest.fixture(scope="module")
def ledger(imported: tuple[Imported, Ledger]) -> Ledger:
    return imported[1]


def test_every_opportunity_and_its_end_is_kept(imported: tuple[Imported, Ledger]) -> None:
    done, ledger = imported
    assert done.written
    assert not done.refused
    assert (done.counts["leads"].new, done.counts["outcomes"].new) == (8_300, 6_711)
    stages = ledger.outcomes.category("stage").to_list()
    assert (stages.count("won"), stages.count("lost")) == (4_238, 2_473)


def test_amounts_arrive_with_the_outcomes(ledger: Ledger, pipeline: pd.DataFrame) -> None:
    won = np.array(ledger.outcomes.category("stage").to_list()) == "won"
    amount = ledger.outcomes.number("amount")
    paid = pipeline.loc[pipeline["deal_stage"] == "Won", "close_value"].astype(float)
    assert amount[won].sum() == paid.sum() == 10_005_534
    assert np.isnan(amount[~won]).all()
    assert set(np.array(ledger.outcomes.category("currency").to_list())[won]) == {"USD"}


def test_young_opportunities_are_censored_whether_open_or_closed(ledger: Ledger) -> None:
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond("won"))
    snapshots, labels = labelled(ledger, outcomes, "won", HORIZON)
    assert labels.coverage.end is not None
    young = snapshots.as_of + HORIZON * DAY > labels.coverage.end
    watched = (ledger.created >= labels.coverage.start)[snapshots.lead]
    is_open = outcomes.open_at(snapshots.lead, snapshots.as_of, 180)
    np.testing.assert_array_equal(labels.state == "censored", young & watched & is_open)
    assert not np.isin(labels.state[young], ["mature_positive", "mature_negative"]).any()
    assert sum(labels.counts.values()) == len(snapshots)


def test_what_is_ready_adds_up_to_all_opportunities(ledger: Ledger, pipeline: pd.DataFrame) -> None:
    found = readiness(ledger, {"won": HORIZON}, Ways())
    (won,) = found.targets
    assert found.leads == won.mature + won.censored + won.outside == 8_300
    assert won.reached == 4_238
    assert won.state == "forward"
    assert found.advised == "won"
    engaged = pipeline[pipeline["engage_date"].notna()]
    since, days = engaged["engage_date"], (engaged["close_date"] - engaged["engage_date"]).dt.days
    # Written down in the evening: the day of the first win is not covered whole, the 90th day is past.
    covered = since > pd.Timestamp(won.since)
    ripe = covered & (since + pd.Timedelta(days=HORIZON) <= pd.Timestamp(won.until))
    in_time = ripe & (engaged["deal_stage"] == "Won") & (days < HORIZON)
    assert (won.mature, won.converted) == (int(ripe.sum()), int(in_time.sum()))
    assert (won.outside, won.censored) == (int((~covered).sum()), int((covered & ~ripe).sum()))


def test_an_opportunity_that_is_only_open_is_never_a_loss_before_its_time(ledger: Ledger) -> None:
    intake = take_in_ledger(ledger, Asked(target="won", horizon_days=HORIZON))
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond("won"))
    place = {lead_id: at for at, lead_id in enumerate(ledger.lead_id)}
    lead = np.array([place[lead_id] for lead_id in intake.lead_ids])
    reached = outcomes.first[lead] <= intake.leads.time + HORIZON * DAY
    np.testing.assert_array_equal(intake.leads.label, reached)
    open_still = ~np.isin(np.arange(len(ledger)), ledger.outcomes.lead)[lead]
    assert (intake.leads.time[open_still] + HORIZON * DAY <= intake.labels.coverage.end).all()
    assert intake.rows == len(intake.leads) + sum(
        count for state, count in intake.labels.counts.items() if not state.startswith("mature")
    )
