"""The simulated CRM: repeatable, shaped like the data contract, and true to its own truth."""

import filecmp
from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.simulate import simulate

END = date(2026, 4, 1)
CONTRACT = {
    "leads": {"lead_id", "created_at", "email", "phone", "name", "company", "job_title", "country", "source",
              "campaign", "owner"},
    "changes": {"lead_id", "occurred_at", "property", "value"},
    "activities": {"lead_id", "occurred_at", "kind", "campaign", "value", "recorded_at"},
    "touches": {"lead_id", "occurred_at", "rep", "channel", "connected", "automatic"},
    "outcomes": {"lead_id", "occurred_at", "stage", "amount", "currency", "reason", "rep", "recorded_at"},
    "assignments": {"lead_id", "rep", "assigned_at"},
    "campaigns": {"campaign", "month", "cost", "currency", "channel"},
    "truth": {"lead_id", "as_of", "p_sql", "p_won"},
}  # fmt: skip
REACHED = {"sql": ["sql", "opportunity", "won"], "won": ["won"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("world"), end=END, leads=5_000, months=18, seed=3)


def table(world, name):
    return pd.read_csv(world.folder / f"{name}.csv", dtype=str, keep_default_na=False)


def times(column):
    return pd.to_datetime(column, format="%Y-%m-%dT%H:%M:%S%z")


def days_to(world, target):
    """Days from creation to the first outcome of the target, per lead; infinite if there is none."""
    leads, outcomes = table(world, "leads"), table(world, "outcomes")
    created = times(leads.set_index("lead_id")["created_at"])
    reached = outcomes[outcomes["stage"].isin(REACHED[target])]
    first = times(reached["occurred_at"]).groupby(reached["lead_id"]).min()
    days = (first - created[first.index]).dt.total_seconds() / 86_400
    return days.reindex(created.index).fillna(np.inf).to_numpy()


def age(world):
    return (
        pd.Timestamp(END, tz="Asia/Tokyo") - times(table(world, "leads")["created_at"])
    ).dt.days.to_numpy()


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    first = simulate(tmp_path / "a", end=END, leads=120, months=6, seed=5)
    second = simulate(tmp_path / "b", end=END, leads=120, months=6, seed=5)
    assert first.rows == second.rows
    assert filecmp.cmpfiles(first.folder, second.folder, first.rows, shallow=False)[0] == list(first.rows)
    simulate(tmp_path / "b", end=END, leads=120, months=6, seed=6)
    assert not filecmp.cmp(first.training_file, second.training_file, shallow=False)


@pytest.mark.parametrize(("leads", "months", "reps"), [(1, 1, 1), (40, 2, 15)])
def test_a_small_world_is_a_world(tmp_path, leads, months, reps):
    assert (
        simulate(tmp_path, end=date(2026, 2, 28), leads=leads, months=months, reps=reps).rows["leads.csv"]
        == leads
    )


def test_numbers_below_one_are_refused(tmp_path):
    with pytest.raises(ValueError, match="leads of 1 or more, got 0"):
        simulate(tmp_path, end=END, leads=0)


@pytest.mark.parametrize("name", CONTRACT)
def test_the_columns_of_the_data_contract_are_there(world, name):
    found = table(world, name)
    assert set(found) >= CONTRACT[name]
    assert len(found) == world.rows[f"{name}.csv"] > 0


def test_ids_keep_their_leading_zeros(world):
    leads = table(world, "leads")
    assert leads["lead_id"].str.fullmatch(r"L-\d{6}").all()
    assert leads["customer_no"].str.fullmatch(r"00\d{5}").all()
    assert leads["lead_id"].is_unique


def test_events_are_of_known_leads_and_nothing_is_recorded_after_the_end(world):
    known = set(table(world, "leads")["lead_id"])
    for name, column in {"activities": "recorded_at", "outcomes": "recorded_at", "touches": "occurred_at",
                         "changes": "occurred_at", "assignments": "assigned_at"}.items():  # fmt: skip
        events = table(world, name)
        assert set(events["lead_id"]) <= known
        assert times(events[column]).max() < pd.Timestamp(END, tz="Asia/Tokyo")


def test_stages_of_a_lead_are_in_order(world):
    outcomes = table(world, "outcomes")
    road = outcomes[outcomes["stage"].isin(["mql", "sal", "sql", "opportunity", "won"])]
    order = road["stage"].map({"mql": 0, "sal": 1, "sql": 2, "opportunity": 3, "won": 4})
    by_time = road.assign(order=order, at=times(road["occurred_at"])).sort_values(["lead_id", "at", "order"])
    assert (by_time.groupby("lead_id")["order"].diff().dropna() > 0).all()


@pytest.mark.parametrize(("target", "column", "horizon"), [("sql", "p_sql", 30), ("won", "p_won", 90)])
def test_the_truth_is_what_happens(world, target, column, horizon):
    truth = table(world, "truth")[column].astype(float).to_numpy()
    mature = age(world) > horizon + 20
    happened = days_to(world, target) <= horizon
    for low, high in [(0, 1), (0, 0.1), (0.1, 0.3), (0.3, 1)]:
        band = mature & (truth >= low) & (truth < high)
        noise = np.sqrt((truth[band] * (1 - truth[band])).sum()) / band.sum()
        assert abs(happened[band].mean() - truth[band].mean()) < 4 * noise


def test_labels_agree_with_the_outcomes_one_by_one(world):
    flat = pd.read_csv(world.training_file, dtype=str, keep_default_na=False)
    leads, outcomes = table(world, "leads"), table(world, "outcomes")
    assert flat["lead_id"].equals(leads["lead_id"])
    won = outcomes[outcomes["stage"] == "won"]
    start = times(won["occurred_at"]).min()
    delay = (times(won["recorded_at"]) - times(won["occurred_at"])).dt.total_seconds().quantile(0.95)
    end = pd.Timestamp(END, tz="Asia/Tokyo")
    first_win = dict(zip(won["lead_id"], times(won["occurred_at"]), strict=True))
    horizon = pd.Timedelta(days=90)
    expected = []
    for lead, created in zip(leads["lead_id"], times(leads["created_at"]), strict=True):
        if created < start or created + horizon + pd.Timedelta(seconds=delay) > end:
            expected.append("")
        else:
            expected.append("yes" if lead in first_win and first_win[lead] <= created + horizon else "no")
    assert flat["Converted"].tolist() == expected
    assert world.converted == expected.count("yes")
    assert 0.08 < world.won_rate < 0.13


def test_the_flat_file_holds_what_was_known_at_creation(world):
    flat = pd.read_csv(world.training_file, dtype=str, keep_default_na=False).set_index("lead_id")
    created = times(flat["created_at"])
    activities = table(world, "activities")
    known = activities[times(activities["recorded_at"]) <= activities["lead_id"].map(created)]
    for kind, column in {
        "page_view": "page_views",
        "pricing_view": "pricing_views",
        "download": "downloads",
    }.items():
        counted = known.loc[known["kind"] == kind, "lead_id"].value_counts().reindex(flat.index, fill_value=0)
        assert (counted == flat[column].astype(int)).all()
    changes = table(world, "changes")
    early = changes[times(changes["occurred_at"]) <= changes["lead_id"].map(created)]
    owner = (
        early[early["property"] == "owner"].set_index("lead_id")["value"].reindex(flat.index, fill_value="")
    )
    assert (owner == flat["owner"]).all()
    late = changes.loc[changes["property"] == "employees", "lead_id"]
    assert (flat.loc[late, "employees"] == "").all()


def test_open_leads_have_no_end_and_no_label(world):
    columns = pd.read_csv(world.training_file, nrows=0).columns
    open_leads = pd.read_csv(world.open_leads_file, dtype=str, keep_default_na=False)
    assert [*open_leads, "Converted"] == list(columns)
    outcomes = table(world, "outcomes").sort_values("occurred_at", kind="stable")
    last = outcomes.groupby("lead_id")["stage"].last().reindex(open_leads["lead_id"])
    assert not last.isin(["won", "lost", "disqualified"]).any()
    assert times(open_leads["created_at"]).min() >= pd.Timestamp(END, tz="Asia/Tokyo") - pd.Timedelta(
        days=180
    )
    assert len(open_leads) > 300


def test_the_leak_knows_the_loss_only_because_it_was_filled_later(world):
    flat = pd.read_csv(world.training_file, dtype=str, keep_default_na=False)
    filled = flat["失注理由"] != ""
    assert filled[flat["Converted"] == "no"].mean() > 0.5
    assert filled[flat["Converted"] == "yes"].mean() == 0
    changes = table(world, "changes")
    reasons = changes[changes["property"] == "失注理由"]
    created = times(table(world, "leads").set_index("lead_id")["created_at"])
    assert (times(reasons["occurred_at"]) > reasons["lead_id"].map(created)).all()
    assert set(flat.loc[filled, "lead_id"]) == set(reasons["lead_id"])


def test_the_dirt_of_a_real_crm_is_there(world):
    leads = table(world, "leads")
    for column, pattern in {
        "company": "㈱", "phone": "[０-９]", "employees": "未設定|[０-９]", "industry": "未設定",
        "job_title": "^-$", "first_visit_on": "年", "name": "\u3000", "source": "Ｗ|ｇ",
    }.items():  # fmt: skip
        assert leads[column].str.contains(pattern).any(), column
    assert leads["company"].str.endswith(" ").any()
    unreadable = (leads["employees"] == "数百名").mean()
    assert 0 < unreadable < 0.006
    late = table(world, "outcomes")
    created = times(leads.set_index("lead_id")["created_at"])
    assert (times(late["occurred_at"]) < late["lead_id"].map(created)).sum() in range(1, 40)


def test_the_same_person_comes_twice_spelled_differently(world):
    leads = table(world, "leads")
    leads = leads[leads["phone"] != ""]
    person = leads["phone"].str.normalize("NFKC").str.replace("-", "") + leads["name"].str.replace(
        r"\s", "", regex=True
    )
    twice = leads[person.duplicated(keep=False)]
    assert 0.02 < len(twice) / len(leads) < 0.09
    assert twice["phone"].nunique() > person[twice.index].nunique()


def test_one_column_mirrors_the_calendar_and_the_mix_of_sources_drifts(world):
    leads = table(world, "leads")
    when = times(leads["created_at"]).astype("int64")
    assert abs(np.corrcoef(when.rank(), leads["usd_jpy"].astype(float).rank())[0, 1]) > 0.5
    webinar = (leads["source"] == "Webinar").to_numpy()
    assert webinar[-1_500:].mean() > 1.3 * webinar[:1_500].mean()


def test_sales_misses_some_leads_and_answers_others_at_once(world):
    touches, leads = table(world, "touches"), table(world, "leads")
    human = touches[touches["automatic"] == "false"]
    first = times(human["occurred_at"]).groupby(human["lead_id"]).min()
    hours = (first - times(leads.set_index("lead_id")["created_at"])[first.index]).dt.total_seconds() / 3600
    assert (hours >= 0).all()
    assert (hours < 4).mean() > 0.2
    assert 0.02 < 1 - len(first) / len(leads) < 0.25
    won = set(table(world, "outcomes").query("stage == 'won'")["lead_id"])
    assert won <= set(first.index)


def test_two_open_leads_have_names_that_a_careless_program_does_not_survive(world):
    leads = table(world, "leads")
    named = {"<script>alert(1)</script>", "株式会社﨑山\u3000髙橋"}
    awkward = leads[leads["name"].isin(named)]
    assert set(awkward["company"]) == named
    assert set(awkward["lead_id"]) <= set(pd.read_csv(world.open_leads_file)["lead_id"])


def test_answers_say_what_sales_took_and_why_the_rest_ended(world):
    answers = table(world, "answers").set_index("lead_id")
    outcomes = table(world, "outcomes")
    assert (
        answers.loc[outcomes.loc[outcomes["stage"].isin(["sal", "sql"]), "lead_id"], "takes"] == "yes"
    ).all()
    ended = outcomes[outcomes["stage"] == "disqualified"]
    assert (answers.loc[ended["lead_id"], "reason"].to_numpy() == ended["reason"].to_numpy()).all()
    assert (answers["takes"] == "no").any()


def test_what_people_hand_over_themselves_stands_apart_where_leadloop_does_it(world, tmp_path):
    since = date(2026, 2, 2)
    handed = simulate(tmp_path, end=END, leads=5_000, months=18, seed=3, handed_since=since)
    day = pd.Timestamp(since, tz="Asia/Tokyo")
    before = table(world, "outcomes")
    own = before["stage"].isin(["mql", "sal"]) & (times(before["recorded_at"]) >= day)
    assert own.any()
    for name, rows in (("outcomes", ~own), ("picked", own)):
        apart = table(handed, name).drop(columns="rep")
        assert apart.equals(before[rows].drop(columns="rep").reset_index(drop=True)), name
    first = table(handed, "assignments").drop_duplicates("lead_id").set_index("lead_id")
    created = times(table(handed, "leads").set_index("lead_id")["created_at"])
    new = first.index[created[first.index] >= day]
    given = times(first.loc[new, "assigned_at"])
    assert set(given.dt.strftime("%H:%M:%S %a")) <= {
        f"09:00:00 {day}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")
    }
    assert (given > created[new]).all()
