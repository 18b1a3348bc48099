import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from scoring.errors import LeadLoopError
from scoring.io.store import open_store
from scoring.io.store.engine import make_engine, reading, writing
from scoring.io.store.schema import HEAD, MIGRATIONS, REVISIONS, VERSION_TABLE, revision, to_head, upgrade
from scoring.io.store.tables import metadata

OPENERS = 4


def test_the_revisions_named_in_the_code_are_those_in_the_folder():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)

    assert scripts.get_current_head() == HEAD
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


@pytest.mark.parametrize("start", [None, *REVISIONS])
def test_from_empty_and_from_every_revision_the_migrations_lead_to_the_tables_in_the_code(store_url, start):
    engine = make_engine(store_url)
    if start:
        upgrade(engine, start)

    to_head(engine)

    with reading(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == HEAD
    engine.dispose()


def test_constraints_carry_the_names_of_the_convention(store_url):
    engine = make_engine(store_url)
    to_head(engine)
    found = inspect(engine)

    assert found.get_pk_constraint("models")["name"] == "pk_models"
    assert {key["name"] for key in found.get_foreign_keys("champions")} == {
        "fk_champions_version_models",
        "fk_champions_returns_to_champions",
    }
    assert [index["name"] for index in found.get_indexes("champions")] == ["ix_champions_target_id"]
    engine.dispose()


def _broken(tmp_path: Path) -> Path:
    """A copy of the migrations with one more that makes a table and then fails."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9999_broken.py").write_text(
        f"from alembic import op\nimport sqlalchemy as sa\nrevision = '9999'\ndown_revision = '{HEAD}'\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    raise RuntimeError('broken on purpose')\n"
    )
    return folder


def test_a_migration_that_raises_leaves_nothing_behind(store_url, tmp_path):
    engine = make_engine(store_url)

    with pytest.raises(RuntimeError, match="broken on purpose"):
        upgrade(engine, "9999", _broken(tmp_path))

    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_migration_that_raises_leaves_an_older_store_as_it_was(store_url, tmp_path):
    engine = make_engine(store_url)
    to_head(engine)
    before = inspect(engine).get_table_names()

    with pytest.raises(RuntimeError, match="broken on purpose"):
        upgrade(engine, "9999", _broken(tmp_path))

    assert inspect(engine).get_table_names() == before
    with reading(engine) as connection:
        assert revision(connection) == HEAD
    engine.dispose()


def test_a_store_of_a_newer_release_is_refused(store_url):
    open_store(store_url).close()
    engine = make_engine(store_url)
    with writing(engine) as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '8888'")
    engine.dispose()

    with pytest.raises(LeadLoopError, match=r"made by a newer LeadLoop \(schema 8888"):
        open_store(store_url)


def _open(url: str) -> str:
    with open_store(url) as store, reading(store.engine) as connection:
        return str(revision(connection))


def test_processes_that_start_at_once_on_an_empty_store_all_find_it_ready(store_url):
    with ProcessPoolExecutor(OPENERS, mp_context=get_context("spawn")) as processes:
        assert list(processes.map(_open, [store_url] * OPENERS)) == [HEAD] * OPENERS
