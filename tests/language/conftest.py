"""No language is left over from the test before."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page leaves its language active in the thread; the next test starts in none."""
    yield
    translation.deactivate()
