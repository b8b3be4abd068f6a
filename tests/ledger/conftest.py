"""A ledger of its own for each test: private folders, and an empty set of rows afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chartpost.ledger import sequencer, services, spool
from chartpost.ledger.types import Event
from tests.support.ledger import emptied


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder the ledger writes its files under."""
    for module in (spool, sequencer):
        monkeypatch.setattr(module, "config", lambda: SimpleNamespace(home=tmp_path))
    yield tmp_path
    spool.writer().close()


@pytest.fixture
def event() -> Event:
    """A read of person 7 by a clerk."""
    return Event("staff:s1", "Ana Ruiz", "staff", "record.read", 7, "person:p7", "treatment", "10.0.0.9")


@pytest.fixture
def sequence(db: None, django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[[], int]:
    """`services.sequence`, with what follows a commit."""

    def run() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return services.sequence()

    return run


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """Real transactions; the ledger's rows, which no flush removes, are removed afterwards."""
    yield
    emptied()
