import contextlib
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from subprocess import run
from threading import Thread

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy.exc import IntegrityError

from scoring.errors import LeadLoopError, ModelError, NoChampion, SettingsError
from scoring.io.store import Model, Store, open_store
from scoring.io.store.engine import reading, writing

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def model(version: str = "v1", target: str = "sql", **other) -> Model:
    given = {
        "horizon_days": 30,
        "scorecard": f'{{"of": "{version}"}}',
        "digest": f"digest-{version}",
        "trained_until": NOON - timedelta(days=30),
        "created_at": NOON,
        "metrics": {"log_loss": 0.42},
        "recipe": {"kind": "trunk"},
        "source": {"file": "リード.csv"},
    }
    return Model(version=version, target=target, **given | other)


def promote(store: Store, version: str, minutes: int = 0):
    return store.promote(version, by="aya", reason="better", at=NOON + timedelta(minutes=minutes))


def rollback(store: Store, target: str | None = "sql"):
    return store.rollback(target, by="ben", reason="worse calls", at=NOON + timedelta(hours=1))


def stocked(store: Store, *versions: str) -> Store:
    for version in versions:
        store.save_model(model(version))
        promote(store, version)
    return store


def test_a_model_comes_back_as_it_was_kept(store):
    store.save_model(model())

    assert store.model("v1") == model()


def test_saving_a_model_twice_changes_nothing(store):
    store.save_model(model())
    store.save_model(model(metrics={}))

    assert store.model("v1") == model()


def test_a_version_is_never_overwritten_by_another_model(store):
    store.save_model(model())

    with pytest.raises(ModelError, match="already kept with digest digest-v1, got other"):
        store.save_model(model(digest="other"))


def test_a_metric_that_is_not_finite_is_refused(store):
    with pytest.raises(ModelError, match="What is known of model v1 must be finite JSON"):
        store.save_model(model(metrics={"auc": float("nan")}))

    assert store.models() == []


def test_models_are_listed_newest_first_and_by_target(store):
    store.save_model(model("old", created_at=NOON - timedelta(days=1)))
    store.save_model(model("new"))
    store.save_model(model("deal", target="won", created_at=NOON - timedelta(days=2)))

    assert [line.version for line in store.models()] == ["new", "old", "deal"]
    assert [line.version for line in store.models("won")] == ["deal"]


def test_an_unknown_version_is_answered_with_the_nearest(store):
    store.save_model(model("2026-11-24-1a2b3c"))
    store.save_model(model("2026-10-01-9f8e7d"))

    with pytest.raises(ModelError, match=r"version '2026-11-24-1a2b3x'. The nearest: 2026-11-24-1a2b3c"):
        promote(store, "2026-11-24-1a2b3x")


def test_before_anything_is_trained_an_unknown_version_says_so(store):
    with pytest.raises(
        ModelError, match=r"No model has the version 'v1'\. None is kept yet: train one first"
    ):
        store.model("v1")


def test_nothing_is_live_in_an_empty_store(store):
    assert store.champion("sql") is None
    assert store.champion() is None
    assert store.champion_stamp("sql") is None
    assert store.champions() == []


def test_a_promoted_version_is_live_with_all_that_serving_needs(store):
    store.save_model(model())
    promote(store, "v1")

    live = store.champion("sql")

    assert (live.target, live.horizon_days, live.version) == ("sql", 30, "v1")
    assert (live.scorecard, live.digest) == ('{"of": "v1"}', "digest-v1")
    assert live.trained_until == NOON - timedelta(days=30)
    assert (live.promoted_at, live.by, live.reason, live.returns_to) == (NOON, "aya", "better", None)


def test_times_come_back_aware_and_in_utc_whatever_offset_they_had(store):
    tokyo = timezone(timedelta(hours=9))
    store.save_model(model(created_at=datetime(2026, 11, 24, 21, tzinfo=tokyo), trained_until=None))

    kept = store.model("v1")

    assert kept.created_at == NOON
    assert kept.created_at.utcoffset() == timedelta(0)
    assert kept.trained_until is None


def test_promoting_what_is_live_adds_no_line(store):
    stocked(store, "v1")

    again = promote(store, "v1", minutes=5)

    assert again.promoted_at == NOON
    assert len(store.champions()) == 1


def test_each_target_has_its_own_champion(store):
    stocked(store, "v1")
    store.save_model(model("deal", target="won", horizon_days=None))
    promote(store, "deal")

    assert store.champion("sql").version == "v1"
    assert store.champion("won").version == "deal"
    assert store.champion("won").horizon_days is None
    assert [line.version for line in store.champions("won")] == ["deal"]


def test_the_stamp_changes_with_a_promotion_and_with_nothing_else(store):
    first = stocked(store, "v1").champion_stamp("sql")
    store.save_model(model("v2"))
    store.save_model(model("deal", target="won"))
    promote(store, "deal")

    assert store.champion_stamp("sql") == first
    promote(store, "v2")
    assert store.champion_stamp("sql") not in (None, first)


def test_without_a_target_the_only_champion_is_meant(store):
    store.save_model(model("deal", target="won"))
    promote(store, "deal")

    assert store.champion().version == "deal"


def test_without_a_target_the_primary_one_is_meant(store):
    stocked(store, "v1").save_model(model("deal", target="won"))
    promote(store, "deal")

    assert Store(store.engine, primary="won").champion().version == "deal"
    with pytest.raises(ModelError, match=r"Several targets have a champion: sql, won. Name one"):
        store.champion()


def test_a_rollback_returns_to_what_was_live_before_and_is_a_line_of_its_own(store):
    stocked(store, "v1", "v2")

    back = rollback(store)

    assert store.champion("sql") == back
    assert (back.version, back.scorecard, back.by) == ("v1", '{"of": "v1"}', "ben")
    lines = store.champions("sql")
    assert [line.version for line in lines] == ["v1", "v2", "v1"]
    assert lines[0].returns_to == lines[2].id


def test_rolling_back_again_goes_one_further_back(store):
    stocked(store, "v1", "v2", "v3")

    assert [rollback(store).version, rollback(store).version] == ["v2", "v1"]
    with pytest.raises(ModelError, match="Nothing was live for sql before v1"):
        rollback(store)


def test_a_rollback_after_a_later_promotion_skips_what_was_undone(store):
    stocked(store, "v1", "v2")
    rollback(store)
    stocked(store, "v3")

    assert rollback(store).version == "v1"


def test_a_version_that_was_live_twice_is_returned_to_step_by_step(store):
    stocked(store, "v1", "v2")
    promote(store, "v1")

    assert [rollback(store).version, rollback(store).version] == ["v2", "v1"]


def later(version: str, minutes: int, target: str = "sql") -> Model:
    return model(version, target, created_at=NOON + timedelta(minutes=minutes))


def test_the_challenger_is_the_newest_model_trained_since_the_promotion(store):
    for kept in (later("v1", -9), later("v2", -5), later("v3", 5), later("v4", 6), later("w1", 7, "won")):
        store.save_model(kept)
    assert store.challenger("sql") is None  # nothing is live that it could challenge

    promote(store, "v1")

    assert store.challenger("sql") == later("v4", 6)
    assert store.challenger("won") is None


def test_what_was_live_once_challenges_nothing_any_more(store):
    for kept in (later("v1", -9), later("v2", 5)):
        store.save_model(kept)
    promote(store, "v1")
    promote(store, "v2", 10)
    assert store.challenger("sql") is None

    rollback(store)

    assert store.challenger("sql") is None


def test_the_number_of_models_grows_with_each_that_is_trained(store):
    assert store.model_count() == 0
    stocked(store, "v1", "v2")
    assert store.model_count() == 2


def test_there_is_nothing_to_roll_back_where_nothing_is_live(store):
    with pytest.raises(NoChampion, match="No model is live for sql"):
        rollback(store)


def test_a_failed_transaction_leaves_the_live_model_alone(store):
    stocked(store, "v1")

    with contextlib.suppress(ZeroDivisionError), writing(store.engine) as connection:
        connection.exec_driver_sql("DELETE FROM champions")
        _ = 1 / 0

    assert store.champion("sql").version == "v1"


def test_a_line_of_the_history_never_names_a_model_that_is_not_kept(store):
    stocked(store, "v1")

    with pytest.raises(LeadLoopError, match="cannot be used") as refused, writing(store.engine) as connection:
        connection.exec_driver_sql("UPDATE champions SET version = 'gone'")

    assert isinstance(refused.value.__cause__, IntegrityError)


def _promote_all(url: str, versions: list[str]) -> None:
    with open_store(url) as store:
        for version in versions:
            promote(store, version)


def test_promotions_of_several_processes_leave_one_order_without_repeats(store, store_url):
    versions = [f"v{number}" for number in range(12)]
    for version in versions:
        store.save_model(model(version))

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        list(processes.map(_promote_all, [store_url] * 2, [versions, versions[::-1]]))

    lines = store.champions("sql")
    assert store.champion("sql").version == lines[0].version
    assert {line.version for line in lines} == set(versions)
    assert all(newer.version != older.version for newer, older in pairwise(lines))


def test_threads_that_promote_the_same_version_add_one_line(store):
    store.save_model(model())
    threads = [Thread(target=promote, args=(store, "v1")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(store.champions()) == 1


def test_a_reader_is_not_held_up_by_a_writer(store):
    stocked(store, "v1").save_model(model("v2"))

    with writing(store.engine) as connection:
        connection.exec_driver_sql("UPDATE champions SET reason = 'not yet'")
        assert store.champion("sql").reason == "better"


def predictions(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": [f"{number:04}" for number in range(rows)],
            "as_of": pd.date_range(NOON, periods=rows, freq="s"),
            "use": ["creation", "open", "open"] * (rows // 3),
            "fold": [0, 1, 1] * (rows // 3),
            "likelihood": [0.1, 1 / 3, 0.9] * (rows // 3),
            "label": [0, 1, 1] * (rows // 3),
            "weight": [1.0, 2.5, 0.5] * (rows // 3),
        }
    ).astype({"as_of": "datetime64[us, UTC]"})


def test_held_out_predictions_come_back_exactly_and_in_order(store):
    store.save_model(model())
    shuffled = predictions(300).sample(frac=1, random_state=1).reset_index(drop=True)

    store.write_backtest("v1", shuffled)

    assert_frame_equal(store.backtest("v1"), shuffled)


def test_held_out_predictions_without_a_time_stay_without(store):
    store.save_model(model())
    store.write_backtest("v1", predictions().assign(as_of=None))

    assert store.backtest("v1")["as_of"].isna().all()


def test_writing_predictions_again_replaces_them(store):
    store.save_model(model())
    store.write_backtest("v1", predictions(6))
    store.write_backtest("v1", predictions(3))

    assert_frame_equal(store.backtest("v1"), predictions(3))


def test_a_version_without_predictions_has_an_empty_frame_of_the_same_types(store):
    store.save_model(model())

    assert_frame_equal(store.backtest("v1"), predictions().iloc[:0])


def test_predictions_need_a_model_every_column_and_every_value(store):
    with pytest.raises(ModelError, match="No model has the version 'v1'"):
        store.write_backtest("v1", predictions())
    store.save_model(model())
    with pytest.raises(ModelError, match="backtest of v1 must have the columns use, weight"):
        store.write_backtest("v1", predictions().drop(columns=["use", "weight"]))
    with pytest.raises(ModelError, match="backtest of v1 has missing values in likelihood"):
        store.write_backtest("v1", predictions().assign(likelihood=[0.1, None, 0.2]))


def test_by_default_the_store_is_a_file_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "deep" / "home"))

    with open_store() as store:
        stocked(store, "v1")

    assert (tmp_path / "deep" / "home" / "leadloop.db").is_file()


def test_the_environment_names_another_store(store_url, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", store_url)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))

    with open_store() as store:
        stocked(store, "v1")
    with open_store(store_url) as store:
        assert store.champion("sql").version == "v1"
    assert not (tmp_path / "home").exists()


def test_a_password_is_shown_in_no_message(tmp_path):
    # An address in the temporary folder at which no server listens.
    for address in (
        f"postgresql://aya:s3cret@/crm?host={tmp_path}",
        f"postgresql://aya@/crm?host={tmp_path}&password=s3cret",
        "postgresql://aya:s3cret@localhost:1/crm",
    ):
        with pytest.raises(
            LeadLoopError, match=r"The store at postgresql\+psycopg://aya.* cannot be used"
        ) as e:
            open_store(address)
        assert "s3cret" not in str(e.value)


@pytest.mark.parametrize(
    "address", ["s3cret", "mysql://aya:s3cret@host/crm", "postgresql://aya:s3cret@host:x/crm"]
)
def test_an_address_of_another_kind_is_refused_without_quoting_it(address):
    with pytest.raises(SettingsError, match="DATABASE_URL must be like sqlite:") as refused:
        open_store(address)

    assert "s3cret" not in str(refused.value)


def test_a_store_in_memory_is_refused():
    with pytest.raises(SettingsError, match="in memory would be lost"):
        open_store("sqlite://")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(LeadLoopError, match=r"The folder .*file/home of the store cannot be made"):
        open_store(f"sqlite:///{tmp_path}/file/home/leadloop.db")


def test_a_file_that_is_no_store_is_named(tmp_path):
    (tmp_path / "leadloop.db").write_text("this is a list of leads, not a database" * 100)

    with pytest.raises(LeadLoopError, match=r"leadloop\.db cannot be used: file is not a database"):
        open_store(f"sqlite:///{tmp_path}/leadloop.db")


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "leadloop.db").mkdir()

    with pytest.raises(LeadLoopError, match="cannot be used: unable to open database file"):
        open_store(f"sqlite:///{tmp_path}/leadloop.db")


def test_an_up_to_date_store_opens_without_alembic_or_pandas(store_url):
    open_store(store_url).close()
    script = (
        "import sys; from scoring.io.store import open_store\n"
        "with open_store(sys.argv[1]) as store: store.champion()\n"
        "print({'alembic', 'pandas', 'pydantic', 'mlflow'} & set(sys.modules))"
    )

    done = run(
        [sys.executable, "-W", "error", "-c", script, store_url],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_a_store_that_is_used_after_its_database_went_away_says_so(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/leadloop.db") as store:
        with reading(store.engine) as connection:
            connection.exec_driver_sql("SELECT 1")
        with writing(store.engine) as connection:
            connection.exec_driver_sql("DROP TABLE champions")

        with pytest.raises(LeadLoopError, match="cannot be used: no such table: champions"):
            store.champion("sql")
