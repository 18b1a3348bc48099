"""One thread for each test: on small data, threads only wait for each other."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Numeric libraries run on one thread."""
    with threadpool_limits(limits=1):
        yield
