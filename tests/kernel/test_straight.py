"""Files past the system's cache: what is written is read again at any place, on file systems of every kind."""

import errno
import fcntl
import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import straight
from chartpost.kernel.straight import ALIGNED, BUFFER, In, Out

Os = Callable[..., Any]


def refusing(real: Os, flags_of: Callable[..., int]) -> Os:
    """A call of the system that wants blocks this program does not make."""

    def call(*given: Any) -> Any:
        if flags_of(*given) & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(*given)

    return call


def of_file(file: int, *_: Any) -> int:
    return fcntl.fcntl(file, fcntl.F_GETFL)


@pytest.fixture(params=["as it is", "none at open", "none at write", "none at read", "no such flag"])
def _system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "none at open":
        monkeypatch.setattr(os, "open", refusing(os.open, lambda _file, flags, _mode: flags))
    elif request.param == "none at write":
        monkeypatch.setattr(os, "write", refusing(os.write, of_file))
    elif request.param == "none at read":
        monkeypatch.setattr(os, "preadv", refusing(os.preadv, of_file))
    elif request.param == "no such flag":
        monkeypatch.setattr(straight, "_DIRECT", 0)


def written(file: Path, pieces: list[bytes], last: bytes) -> None:
    out = Out(file, b"head")
    for piece in pieces:

        def fill(view: memoryview, piece: bytes = piece) -> int:
            assert len(view) >= BUFFER
            view[: len(piece)] = piece
            return len(piece)

        out.append(fill)
    out.end(last)
    out.close()
    out.close()


@pytest.mark.usefixtures("_system")
@pytest.mark.parametrize("sizes", [[], [1], [ALIGNED - 4], [ALIGNED, 3 * ALIGNED - 1, 7], [BUFFER, BUFFER, 100_001]])
def test_what_was_written_is_read_at_any_place(tmp_path: Path, sizes: list[int]) -> None:
    chance = random.Random(7)
    pieces = [chance.randbytes(size) for size in sizes]
    whole = b"head" + b"".join(pieces) + b"the end"
    written(tmp_path / "one", pieces, b"the end")
    assert (tmp_path / "one").read_bytes() == whole
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0
    found = In(tmp_path / "one")
    assert found.size == len(whole)
    places = [
        (0, 4),
        (0, BUFFER),
        (len(whole) - 7, 7),
        (len(whole) - 7, 4000),
        (len(whole), 10),
        (len(whole) + 9_999, 10),
    ]
    places += [(chance.randrange(len(whole)), chance.randrange(1, BUFFER)) for _ in range(30)]
    with straight.buffer() as view:
        for offset, length in places:
            assert bytes(found.read(offset, length, view)) == whole[offset : offset + length]
    found.close()
    found.close()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    written(tmp_path / "one", [], b"first")
    with pytest.raises(FileExistsError):
        Out(tmp_path / "one", b"")
    assert (tmp_path / "one").read_bytes() == b"headfirst"


def test_another_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        In(tmp_path / "none")

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = Out(tmp_path / "one", b"")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        out.append(lambda _view: ALIGNED)
    out.close()


def test_few_buffers_are_kept() -> None:
    with ExitStack() as stack:
        views = [stack.enter_context(straight.buffer()) for _ in range(straight.SPARE + 3)]
        assert len({id(view) for view in views}) == len(views)
    assert len(straight._spare) == straight.SPARE
