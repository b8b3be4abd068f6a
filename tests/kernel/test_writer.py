"""Writes of many requests go together, and each is answered as if it had come alone."""

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from chartpost.identity.models import PersonSource
from chartpost.kernel import facts, transfers, writer
from chartpost.kernel.config import config

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20


class Office:
    """Requests, each with a write, on threads of their own."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.undone: list[str] = []
        self.answers: dict[str, Any] = {}
        self._door = self.door(self._answer)
        self._threads: list[threading.Thread] = []

    def door(self, answer: Callable[..., Any]) -> transfers.Application:
        """Where requests come in that `answer` answers."""
        return transfers.attended(transfers.beside(answer, transfers.Turns(2)))

    def ask(self, name: str, work: Callable[[], Any]) -> None:
        """Send a request that writes."""
        environ = {"work": work, "name": name}
        thread = threading.Thread(target=lambda: self._door(environ, lambda *_: None))
        self._threads.append(thread)
        thread.start()

    def wait(self) -> dict[str, Any]:
        """Until all are answered."""
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
        return self.answers

    def _answer(self, environ: dict[str, Any], start_response: object) -> list[bytes]:
        del start_response
        name = environ["name"]
        try:
            self.answers[name] = writer.together(environ["work"], lambda: self.undone.append(name))
        except Exception as error:
            self.answers[name] = error
        return []

    def keeps(self, name: str) -> Callable[[], str]:
        """A write that succeeds, and says when it was made and when it was committed."""

        def work() -> str:
            facts.record(name, "kept")
            self.told.append(name)
            transaction.on_commit(lambda: self.told.append(f"{name} committed"))
            return name.upper()

        return work


@pytest.fixture
def office() -> Iterator[Office]:
    found = Office()
    yield found
    found.wait()


@contextmanager
def another_writes() -> Iterator[None]:
    """Another process has its turn."""
    folder = config().home / "run"
    folder.mkdir(exist_ok=True)
    with (folder / writer.LOCK).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        yield


def gathered(office: Office, works: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """The answers to writes that come while another process has its turn, so that they wait together."""
    with another_writes():
        for name, work in works.items():
            office.ask(name, work)
        until = time.monotonic() + SECONDS
        while writer.waiting() < len(works) - 1:  # the first one has been taken already
            assert time.monotonic() < until
            time.sleep(0.01)
        assert not office.answers
    return office.wait()


def test_writes_that_wait_are_committed_together_and_answered_each(office: Office) -> None:
    names = ["one", "two", "three", "four"]
    answers = gathered(office, {name: office.keeps(name) for name in names})
    assert answers == {name: name.upper() for name in names}
    assert all(facts.recorded(name) for name in names)
    assert sorted(office.told[:4]) == sorted(names)
    assert sorted(office.told[4:]) == sorted(f"{name} committed" for name in names)


def test_one_that_fails_is_undone_alone(office: Office) -> None:
    def fails() -> None:
        facts.record("bad", "half done")
        raise ValueError("no")

    answers = gathered(office, {"one": office.keeps("one"), "bad": fails, "two": office.keeps("two")})
    assert (answers["one"], answers["two"]) == ("ONE", "TWO")
    assert isinstance(answers["bad"], ValueError)
    assert facts.recorded("bad") is None
    assert facts.recorded("one") is not None
    assert facts.recorded("two") is not None
    assert "bad" in office.undone


def test_one_that_no_commit_takes_does_not_take_the_others_along(office: Office) -> None:
    def orphan() -> None:
        PersonSource.objects.create(person_id=4711, patient_id="orphan")

    answers = gathered(office, {"one": office.keeps("one"), "orphan": orphan, "two": office.keeps("two")})
    assert isinstance(answers["orphan"], IntegrityError)
    assert (answers["one"], answers["two"]) == ("ONE", "TWO")
    assert facts.recorded("one") is not None
    assert facts.recorded("two") is not None
    assert not PersonSource.objects.exists()


def test_what_follows_a_commit_and_fails_takes_nothing_back(office: Office) -> None:
    def follows() -> str:
        facts.record("told", "kept")
        transaction.on_commit(lambda: 1 // 0)
        return "TOLD"

    answers = gathered(office, {"one": office.keeps("one"), "told": follows})
    assert answers == {"one": "ONE", "told": "TOLD"}
    assert facts.recorded("told") is not None


def test_what_follows_a_commit_and_fails_takes_nothing_back_of_one_alone(office: Office) -> None:
    def follows() -> str:
        facts.record("told", "kept")
        transaction.on_commit(lambda: 1 // 0)
        return "TOLD"

    office.ask("told", follows)
    assert office.wait() == {"told": "TOLD"}


def test_all_are_told_at_once_when_none_can_begin(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def kept_by_somebody() -> None:
        asked.append(None)
        raise OperationalError("database is locked")

    monkeypatch.setattr("chartpost.kernel.writer.transaction.atomic", kept_by_somebody)
    answers = gathered(office, {name: office.keeps(name) for name in ("one", "two", "three")})
    assert [type(found) for found in answers.values()] == [OperationalError] * 3
    assert len(asked) == 1, "each try waits as long as SQLite waits for its lock"
    assert not office.told


def test_outside_of_a_request_a_write_is_made_here_and_now() -> None:
    found = writer.together(lambda: (threading.get_ident(), connection.in_atomic_block), lambda: None)
    assert found == (threading.get_ident(), True)
