"""Python in the home of the office a module runs commands against."""

from collections.abc import Iterator

import pytest

from tests.gateways.sealed.shell import Shell
from tests.support.inside import Inside, inside


@pytest.fixture(scope="module")
def within(at: Shell) -> Iterator[Inside]:
    """The home of the office that the module's `at` has."""
    with inside(at.office.environment()) as found:
        yield found
