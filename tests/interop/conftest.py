"""One live office for all tests of this folder that speak to it."""

from collections.abc import Iterator

import pytest

from tests.interop.checklist.office import Office
from tests.support.live import running


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """A demo office over TLS."""
    with running() as live:
        yield Office(live)
