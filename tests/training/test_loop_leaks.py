"""Columns that know the outcome are found in a simulated company, and honest ones stay however strong they are."""

import numpy as np
import pandas as pd
import pytest

from scoring.ranking import auc_of
from tests.worlds import ZONE, company, export, ledger_of_tables
from training.from_store import take_in_ledger
from training.intake import Asked, Intake
from training.simulate.crm import Crm

WON = Asked(target="won", horizon_days=90, time_zone=ZONE)
LOST_REASON = "失注理由"


def with_property(
    tables: dict[str, pd.DataFrame], name: str, values: np.ndarray, since: pd.Series | None = None
) -> dict[str, pd.DataFrame]:
    """The tables with one more property, blank where it has no value; with its history if it has one."""
    leads = tables["leads"].assign(**{name: values})
    if since is None:
        return tables | {"leads": leads}
    rows = pd.DataFrame(
        {"lead_id": leads["lead_id"], "occurred_at": since, "property": name, "value": values}
    )
    known = rows[(rows["value"] != "") & rows["occurred_at"].notna()]
    return tables | {"leads": leads, "changes": pd.concat([tables["changes"], known], ignore_index=True)}


def closings(tables: dict[str, pd.DataFrame], stages: list[str]) -> pd.Series:
    """When the end of each lead was written down; missing for those that have none."""
    ends = tables["outcomes"][tables["outcomes"]["stage"].isin(stages)]
    return tables["leads"]["lead_id"].map(ends.groupby("lead_id")["recorded_at"].max())


@pytest.fixture(scope="module")
def crm() -> Crm:
    return company(2_500, seed=5)


@pytest.fixture(scope="module")
def planted(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    """Beside the simulator's own leak: an honest strong number, and leaks of three other kinds."""
    tables = export(crm)
    rng = np.random.default_rng(0)
    won, ended = closings(tables, ["won"]), closings(tables, ["won", "lost", "disqualified"])
    told_at_first = np.round(rng.normal(1.6 * won.notna()), 2).astype(str).astype(object)
    offer = np.where(won.notna(), rng.choice(["梅", "竹", "松"], len(won)), "")
    visit = np.where(ended.notna(), rng.choice(["東", "西"], len(won)), "")
    tables = with_property(tables, "人数", told_at_first, tables["leads"]["created_at"])
    tables = with_property(tables, "品", offer)
    tables = with_property(tables, "様子", visit, ended)
    overwritten = np.where(won.notna(), "済", "済まず")
    tables = with_property(tables, "色", np.full(len(won), "青", dtype=object), tables["leads"]["created_at"])
    tables = with_property(tables, "色", overwritten, ended)
    return take_in_ledger(ledger_of_tables(tables, tmp_path_factory.mktemp("planted")), WON)


def codes(intake: Intake, column: str) -> dict[str, str]:
    return {finding.code: finding.severity for finding in intake.findings if finding.column == column}


def test_the_reason_of_a_loss_is_found_by_its_history(planted: Intake) -> None:
    assert codes(planted, LOST_REASON)["filled_after_outcome"] == "severe"
    assert planted.used[LOST_REASON] == "filled_after_outcome"


def test_a_column_written_with_any_outcome_is_found_by_its_history(planted: Intake) -> None:
    assert planted.used["様子"] == "filled_after_outcome"


def test_a_column_without_history_that_only_the_won_have_is_found(planted: Intake) -> None:
    assert planted.used["品"] in ("filled_only_after", "near_copy_of_label")
    assert codes(planted, "品")[planted.used["品"]] == "severe"


def test_no_leak_reaches_a_feature(planted: Intake) -> None:
    read = {source for feature in planted.features for source in feature.sources}
    assert not read & {LOST_REASON, "様子", "品", "customer_no"}
    assert {column.name for column in planted.columns}.isdisjoint({LOST_REASON, "様子", "品"})


def test_a_value_that_is_overwritten_at_the_end_is_learned_as_it_was_before(planted: Intake) -> None:
    """As it is today it would say all; only of leads that were lost and taken up again is the end known."""
    values = np.array(planted.leads.columns["色"].to_list())
    assert set(values) <= {"青", "済まず"}
    assert set(values[planted.leads.label == 1]) == {"青"}


def test_an_honest_column_stays_however_strong(planted: Intake) -> None:
    label, number = planted.leads.label, planted.leads.columns["人数"]
    _, place = np.unique(-number, return_inverse=True)
    won, lost = np.bincount(place, label), np.bincount(place, 1 - label)
    assert auc_of(won.astype(float), lost.astype(float)) > 0.82
    assert planted.used["人数"] == ""
    assert "severe" not in codes(planted, "人数").values()


def test_the_honest_columns_of_the_company_stay(planted: Intake) -> None:
    honest = ("source", "job_title", "industry", "employees", "newsletter", "prefecture", "campaign")
    assert {name: planted.used[name] for name in honest} == dict.fromkeys(honest, "")


def test_a_leak_stays_only_where_the_user_says_so(crm: Crm, tmp_path) -> None:
    tables = export(crm)
    won = closings(tables, ["won"])
    ledger = ledger_of_tables(with_property(tables, "品", np.where(won.notna(), "松", "")), tmp_path)
    kept = Asked(target="won", horizon_days=90, time_zone=ZONE, keep=("品",))
    assert take_in_ledger(ledger, kept).used["品"] == ""
    assert take_in_ledger(ledger, WON).used["品"] != ""
