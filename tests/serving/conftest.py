"""A service with one champion."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.cards import Shelf, champion
from tests.service import served


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of a service whose champion is the small scorecard, of *sql*."""
    with served(Shelf(champion())) as client:
        yield client
