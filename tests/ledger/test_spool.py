"""The read spool: nothing lost, nothing twice, nothing readable on the disk."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chartpost.kernel import room
from chartpost.ledger import services, spool
from chartpost.ledger.errors import SpoolUnavailableError
from chartpost.ledger.types import Event
from chartpost.ledger.verify import verify

from .support import rows

KEY = bytes(range(32))
WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from chartpost.ledger.spool import Writer
writer = Writer(Path(sys.argv[1]), bytes(range(32)))
for number in range(10_000_000):
    writer.write(b"entry %d" % number)
    print(number, flush=True)
"""


def refs() -> list[str]:
    return [row[0] for row in rows("SELECT ref FROM ledger_entry ORDER BY id")]


def test_a_read_is_filed_once_and_its_file_goes(event: Event, home: Path, sequence: Callable[[], int]) -> None:
    for _ in range(3):
        services.note_read(event)
    assert sequence() == 3
    assert sequence() == 0
    services.note_read(event)
    assert sequence() == 1
    spool.writer().close()
    assert sequence() == 0
    assert len(set(refs())) == 4
    assert list((home / "ledger" / "spool").iterdir()) == []
    assert verify().ok


@pytest.mark.django_db
def test_a_sequencer_killed_after_its_commit_files_nothing_twice(event: Event) -> None:
    services.note_read(event)
    spool.writer().close()
    assert services.sequence() == 1
    assert len(spool.files(spool.folder())) == 1, "the file goes only after the commit"
    assert services.sequence() == 0
    assert len(refs()) == 1


def test_the_file_tells_nothing(event: Event, home: Path) -> None:
    services.note_read(event)
    (path,) = spool.files(home / "ledger" / "spool")
    assert b"Ruiz" not in path.read_bytes() and b"record" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_kill_9_loses_no_write_that_was_answered(tmp_path: Path) -> None:
    where = tmp_path / "spool"
    writer = subprocess.Popen([sys.executable, "-c", WRITES_UNTIL_KILLED, where], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    answered = [int(writer.stdout.readline()) for _ in range(2000)]
    os.kill(writer.pid, signal.SIGKILL)
    answered += [int(line) for line in writer.stdout.read().splitlines()]
    writer.stdout.close()
    writer.wait()
    batches = [spool.read(path, KEY) for path in spool.files(where)]
    kept = [body for batch in batches for body in batch.bodies]
    assert all(batch.finished and not batch.damaged for batch in batches)
    assert kept[: len(answered)] == [b"entry %d" % number for number in answered]
    assert len(kept) - len(answered) in (0, 1)


def test_a_torn_tail_is_left_out(tmp_path: Path) -> None:
    writer = spool.Writer(tmp_path, KEY)
    writer.write(b"one")
    writer.write(b"two")
    writer.close()
    (path,) = spool.files(tmp_path)
    whole = path.read_bytes()
    for cut in range(1, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        batch = spool.read(path, KEY)
        assert batch.bodies == [b"one"] and not batch.damaged
    path.write_bytes(whole[:5])
    assert spool.read(path, KEY).bodies == []


@pytest.mark.parametrize("place", [0, 20])
def test_a_damaged_file_is_kept_and_reported(place: int, event: Event, home: Path, sequence: Callable[[], int]) -> None:
    services.note_read(event)
    (path,) = spool.files(home / "ledger" / "spool")
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    assert sequence() == 0
    spool.writer().close()
    assert sequence() == 0
    assert [p.suffix for p in (home / "ledger" / "spool").iterdir()] == [".damaged"]
    report = verify()
    assert report.first is not None and "cannot be read" in report.first.text


def test_records_cannot_move_to_another_file(tmp_path: Path) -> None:
    writer = spool.Writer(tmp_path, KEY)
    writer.write(b"one")
    writer.close()
    (path,) = spool.files(tmp_path)
    moved = path.rename(path.with_name("1-other.spool"))
    assert spool.read(moved, KEY).damaged


def test_a_live_file_is_not_finished_and_goes_on(tmp_path: Path) -> None:
    writer = spool.Writer(tmp_path, KEY)
    writer.write(b"one")
    (path,) = spool.files(tmp_path)
    first = spool.read(path, KEY)
    writer.write(b"two")
    second = spool.read(path, KEY, first.offset)
    assert (first.bodies, second.bodies) == ([b"one"], [b"two"])
    assert not second.finished
    writer.close()
    assert spool.read(path, KEY).finished


def test_a_file_is_left_for_a_new_one_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "FILE_BYTES", 100)
    writer = spool.Writer(tmp_path, KEY)
    for number in range(9):
        writer.write(b"entry %d" % number)
    writer.close()
    found = spool.files(tmp_path)
    assert len(found) == 3
    assert sorted(body for path in found for body in spool.read(path, KEY).bodies) == [
        b"entry %d" % number for number in range(9)
    ]


def test_a_write_that_fails_is_an_error(event: Event, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services.note_read(event)
    monkeypatch.setattr(os, "write", lambda _fd, data: len(data) - 1)
    with pytest.raises(SpoolUnavailableError) as told:
        services.note_read(event)
    monkeypatch.undo()
    assert room.none_left(told.value)


def test_a_spool_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolUnavailableError):
        spool.Writer(tmp_path / "file" / "spool", KEY).write(b"one")


def test_a_forked_child_writes_to_a_file_of_its_own(event: Event, home: Path) -> None:
    services.note_read(event)
    child = os.fork()
    if child == 0:
        services.note_read(event)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    services.note_read(event)
    counts = [len(spool.read(path, spool.spool_key()).bodies) for path in spool.files(home / "ledger" / "spool")]
    assert sorted(counts) == [1, 2]
