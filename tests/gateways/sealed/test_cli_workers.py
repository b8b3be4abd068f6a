"""The processes that help with much work: what they do comes back, and they end with whoever ordered it."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chartpost.formats.sealedbox import BoxError, box_error
from chartpost.gateways.sealed.command import workers
from chartpost.gateways.sealed.command.errors import AnswerError, ChangedError, CommandError

LITTLE, MUCH = 1, workers.MUCH + 1
ORDERS = """
import os, sys, time
from pathlib import Path
from chartpost.gateways.sealed.command import workers

def work(number):
    Path(sys.argv[1], str(os.getpid())).touch()
    time.sleep(600)

workers.each(range(4), work, lambda *_: None, workers.MUCH + 1)
"""


@pytest.mark.parametrize("size", [LITTLE, MUCH])
def test_all_of_it_is_done_once_and_comes_back(size: int) -> None:
    found: dict[int, tuple[int, int]] = {}

    def took(number: int, made: tuple[int, int]) -> None:
        assert number not in found
        found[number] = made

    workers.each(range(50), lambda number: (number * number, os.getpid()), took, size)
    assert {number: made for number, (made, _) in found.items()} == {n: n * n for n in range(50)}
    assert all((pid == os.getpid()) == (size == LITTLE) for _, pid in found.values())


@pytest.mark.parametrize("size", [LITTLE, MUCH])
@pytest.mark.parametrize(
    "error",
    [
        AnswerError(409, "part_differs", seen="a", expected="b", todo="c"),
        ChangedError(7),
        box_error(3),
        OSError(errno.ENOSPC, "No space left on device", "file"),
    ],
)
def test_a_failure_is_raised_as_it_was_and_nothing_further_is_begun(error: Exception, size: int) -> None:
    begun = iter(range(1000))

    def work(number: int) -> None:
        if number == 5:
            raise error

    with pytest.raises(type(error)) as raised:
        workers.each(begun, work, lambda *_: None, size)
    assert str(raised.value) == str(error)
    assert raised.value.__dict__ == error.__dict__
    assert getattr(raised.value, "errno", None) == getattr(error, "errno", None)
    assert next(begun) < 20
    assert isinstance(error, BoxError | CommandError | OSError)


def test_where_processes_cannot_talk_threads_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    found: list[int] = []
    monkeypatch.setattr(workers, "ProcessPoolExecutor", refused)
    workers.each(range(20), lambda _: os.getpid(), lambda _, pid: found.append(pid), MUCH)
    assert found == [os.getpid()] * 20


def test_a_helper_that_is_ended_is_told_of() -> None:
    def work(number: int) -> None:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(CommandError, match="--resume"):
        workers.each(range(100), work, lambda *_: None, MUCH)


def test_helpers_end_when_who_they_help_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ORDERS, str(tmp_path)])
    try:
        until = time.monotonic() + 60
        while len(found := [int(path.name) for path in tmp_path.iterdir()]) < workers.AT_ONCE:
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait(120)
    until = time.monotonic() + 20
    while any(map(_runs, found)):
        assert time.monotonic() < until, "a helper goes on by itself"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
