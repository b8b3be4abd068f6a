"""Encrypted files: readable through their owner's key only, whole or absent, gone when shredded."""

import hashlib
import io
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from chartpost.kernel import blobs
from chartpost.kernel.blobs import hold, outgoing, stores, writing
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.kernel.ids import new_id
from chartpost.kernel.keys import UnwrapError, keyring
from chartpost.kernel.models import Blob, OwnerKey

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = b"Zebulon Quartermaine, lab report. " * 3000
PREFIX = [""]
AT_ONCE = timedelta(seconds=-5)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home for files; the database and its keys stay the session's."""
    keyring()
    monkeypatch.setenv("CHARTPOST_HOME", str(tmp_path))
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    config.cache_clear()
    stores.store.cache_clear()


@pytest.fixture(params=["folder", "s3"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs with the folder and with a bucket."""
    if request.param == "s3":
        request.getfixturevalue("bucket")
    yield request.param


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    boto3 = pytest.importorskip("boto3")
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="records")
    PREFIX[0] = new_id()
    monkeypatch.setenv("CHARTPOST_BLOB_URL", f"s3://records/office/{PREFIX[0]}?endpoint={endpoint}&region=us-east-1")
    _forget()
    yield client
    server.stop()


def files(home: Path) -> list[Path]:
    return [path for path in (home / "blobs").rglob("*") if path.is_file()]


def test_what_was_put_comes_back(anywhere: str, home: Path) -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    assert (ref.size, ref.sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
    assert blobs.ref(ref.id) == ref
    assert blobs.read(ref.id) == TEXT
    assert blobs.exists(ref.id)
    streamed = blobs.put(io.BytesIO(TEXT), owner="person:1", media_type="text/plain")
    assert streamed.sha256 == ref.sha256
    assert list(blobs.iter_ids("person:1")) == [ref.id, streamed.id]
    assert (len(files(home)) == 0) == (anywhere == "s3")


def test_streams_seek_and_read_anywhere(anywhere: str) -> None:
    ref = blobs.put(TEXT, owner="office", media_type="text/plain")
    with blobs.open(ref.id) as file:
        file.seek(50_001)
        assert file.read(10) == TEXT[50_001:50_011]
        assert file.seek(-4, os.SEEK_END) == len(TEXT) - 4
        assert file.read() == TEXT[-4:]
        file.seek(0)
        assert file.read() == TEXT
    with pytest.raises(ValueError, match="0 or more"):
        blobs.open(ref.id).seek(-1)


def test_what_leaves_is_what_was_put(anywhere: str) -> None:
    whole = TEXT * 13
    found = blobs.put(whole, owner="office", media_type="text/plain")
    end = len(whole) - 1
    for first, last in ((0, end), (1, end), (16384, 16384), (16383, 40_000), (600_000, 1_200_001), (end, end), (5, 4)):
        pieces = list(blobs.leaving(found.id, first, last, raw.django()))
        assert b"".join(pieces) == whole[first : last + 1]
        assert max(map(len, pieces), default=0) <= outgoing.PIECE
    stopped = blobs.leaving(found.id, 0, end, raw.django())
    assert whole.startswith(next(stopped))
    stopped.close()
    blobs.shred("office")
    with pytest.raises(blobs.BlobShreddedError):
        blobs.leaving(found.id, 0, end, raw.django())
    with pytest.raises(blobs.BlobMissingError):
        blobs.leaving(new_id(), 0, end, raw.django())


def test_an_empty_file_is_a_file(anywhere: str) -> None:
    assert blobs.read(blobs.put(b"", owner="office", media_type="text/plain").id) == b""


def test_nothing_readable_is_stored(home: Path, bucket: Any) -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    stored = bucket.get_object(Bucket="records", Key=f"office/{PREFIX[0]}/{ref.id}")["Body"].read()
    assert len(stored) > len(TEXT)
    assert b"Zebulon" not in stored


def test_nothing_readable_is_stored_in_the_folder(home: Path) -> None:
    blobs.put(TEXT, owner="person:1", media_type="text/plain")
    (only,) = files(home)
    assert b"Zebulon" not in only.read_bytes()
    assert only.stat().st_mode & 0o077 == 0


def test_the_same_content_twice_is_not_seen_from_outside(home: Path) -> None:
    blobs.put(TEXT, owner="person:1", media_type="text/plain")
    blobs.put(TEXT, owner="person:1", media_type="text/plain")
    one, two = (path.read_bytes() for path in files(home))
    assert one != two


def test_delete_removes_row_and_file(anywhere: str) -> None:
    ref = blobs.put(TEXT, owner="office", media_type="text/plain")
    blobs.delete(ref.id)
    assert not blobs.exists(ref.id)
    assert list(stores.store().stored()) == []
    with pytest.raises(blobs.BlobMissingError):
        blobs.read(ref.id)
    blobs.delete(ref.id)


def test_a_lost_file_is_said_to_be_missing(anywhere: str) -> None:
    ref = blobs.put(TEXT, owner="office", media_type="text/plain")
    stores.store().delete(ref.id)
    with pytest.raises(blobs.BlobMissingError, match="backup verify"):
        blobs.read(ref.id)


def test_a_bucket_that_fails_is_told(bucket: Any, home: Path) -> None:
    ref = blobs.put(TEXT, owner="office", media_type="text/plain")
    bucket.delete_object(Bucket="records", Key=f"office/{PREFIX[0]}/{ref.id}")
    broken = stores.store()
    broken._bucket = "nowhere"  # type: ignore[attr-defined]
    with pytest.raises(blobs.BlobError, match="the bucket answered"):
        blobs.put(TEXT, owner="office", media_type="text/plain")
    assert files(home) == []
    assert Blob.objects.count() == 1


def test_shredding_an_owner_leaves_the_others(home: Path) -> None:
    gone = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    kept = blobs.put(TEXT, owner="person:2", media_type="text/plain")
    wrapped = bytes(Blob.objects.get(id=gone.id).wrapped)
    copy = stores.FolderStore(home / "blobs").path(gone.id).read_bytes()
    assert blobs.shred("person:1") == 1
    with pytest.raises(blobs.BlobShreddedError, match="gone for good"):
        blobs.read(gone.id)
    assert blobs.read(kept.id) == TEXT
    assert not blobs.exists(gone.id)
    assert list(blobs.iter_ids("person:1")) == []
    blobs.put(b"new", owner="person:1", media_type="text/plain")
    target = stores.FolderStore(home / "blobs").path(gone.id)
    target.write_bytes(copy)
    Blob.objects.filter(id=gone.id).update(wrapped=wrapped)
    with pytest.raises(UnwrapError):
        blobs.read(gone.id)


def test_a_rolled_back_shred_destroys_nothing() -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    with pytest.raises(RuntimeError), transaction.atomic():
        blobs.shred("person:1")
        raise RuntimeError
    assert blobs.read(ref.id) == TEXT


def test_a_file_moves_to_another_owner_and_back() -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    blobs.reassign(ref.id, "person:2")
    blobs.shred("person:1")
    assert blobs.read(ref.id) == TEXT
    blobs.reassign(ref.id, "person:1")
    OwnerKey.objects.filter(owner="person:2").delete()
    assert blobs.read(ref.id) == TEXT


@pytest.mark.parametrize("cut", [slice(0, -1), slice(0, 30), slice(0, 56 + 16400)])
def test_damaged_files_are_refused(home: Path, cut: slice) -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    path = stores.FolderStore(home / "blobs").path(ref.id)
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(blobs.BlobDamagedError, match="does not decrypt"):
        blobs.read(ref.id)


def test_a_changed_byte_is_refused_where_it_is_read(home: Path) -> None:
    ref = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    path = stores.FolderStore(home / "blobs").path(ref.id)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(blobs.BlobDamagedError):
        blobs.open(ref.id).read()
    with pytest.raises(blobs.BlobDamagedError):
        blobs.read(ref.id)
    with pytest.raises(blobs.BlobDamagedError):
        next(blobs.leaving(ref.id, 0, 9, raw.django()))


def test_another_files_bytes_are_refused(home: Path) -> None:
    one = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    two = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    where = stores.FolderStore(home / "blobs").path
    where(one.id).write_bytes(where(two.id).read_bytes())
    with pytest.raises(blobs.BlobDamagedError):
        blobs.read(one.id)


class Endless(io.RawIOBase):
    """A source that never ends and cannot tell its size."""

    given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return bytes(size)


def test_two_gigabytes_are_refused_before_a_byte_is_written(tmp_path: Path, home: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(2 * 1024**3)
    started = time.process_time()
    with big.open("rb") as file, pytest.raises(blobs.BlobTooLargeError, match=r"2,147,483,648 bytes.*1,073,741,824"):
        blobs.put(file, owner="office", media_type="text/plain")
    assert time.process_time() - started < 1
    assert files(home) == []
    assert Blob.objects.count() == 0


def test_a_stream_of_unknown_size_stops_at_its_limit(home: Path) -> None:
    source = Endless()
    with pytest.raises(blobs.BlobTooLargeError):
        blobs.put(source, owner="office", media_type="text/plain", limit=3 * 1024 * 1024)  # type: ignore[arg-type]
    assert source.given <= 5 * 1024 * 1024
    assert files(home) == []


def test_a_full_disk_is_told_before_writing(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    usage = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(blobs.StorageFullError, match="free space"):
        blobs.put(TEXT, owner="office", media_type="text/plain")
    assert files(home) == []


def test_the_sweep_takes_what_no_row_names(anywhere: str) -> None:
    kept = blobs.put(TEXT, owner="person:1", media_type="text/plain")
    with pytest.raises(RuntimeError), transaction.atomic():
        blobs.put(TEXT, owner="person:1", media_type="text/plain")
        raise RuntimeError
    (stores.staging() / "left-by-a-kill").write_bytes(b"x")
    assert blobs.sweep() == 0
    assert blobs.sweep(AT_ONCE) == 2
    assert [name for name, _ in stores.store().stored()] == [kept.id]
    assert blobs.read(kept.id) == TEXT


def test_the_sweep_leaves_other_peoples_objects(bucket: Any) -> None:
    other = f"office/{PREFIX[0]}/thesis.pdf"
    bucket.put_object(Bucket="records", Key=other, Body=b"x")
    assert blobs.sweep(AT_ONCE) == 0
    assert bucket.get_object(Bucket="records", Key=other)["Body"].read() == b"x"


def test_nothing_is_removed_while_a_backup_holds(home: Path) -> None:
    ref = blobs.put(TEXT, owner="office", media_type="text/plain")
    with hold.holding():
        blobs.delete(ref.id)
        assert blobs.sweep(AT_ONCE) == 0
        assert len(files(home)) == 1
    assert blobs.sweep(AT_ONCE) == 1
    assert files(home) == []


@pytest.mark.parametrize("bad", ["../../etc/passwd", "", "a" * 25, "a" * 25 + "/", "ü" * 26])
def test_ids_never_become_other_paths(home: Path, bad: str) -> None:
    with pytest.raises(blobs.BlobMissingError):
        stores.FolderStore(home / "blobs").path(bad)
    with pytest.raises(blobs.BlobMissingError):
        blobs.read(bad)


KILLED = """
    import os, signal, sys
    import django
    from django.conf import settings
    settings.configure(INSTALLED_APPS=["django_tasks", "chartpost.kernel"])
    django.setup()
    from chartpost.kernel.blobs import writing

    class Source:
        given = 0
        def seekable(self): return False
        def read(self, size):
            self.given += 1
            if self.given == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            return bytes(size)

    writing.write("0" * 26, Source(), bytes(32), b"", 10**9)
"""


def test_kill_in_the_middle_leaves_no_half_file(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, str(script)], env=environment, check=False).returncode == -9
    assert list(stores.store().stored()) == []
    assert len(files(home)) == 1
    assert blobs.sweep(AT_ONCE) == 1
    assert files(home) == []


def ended(file: blobs.Growing) -> blobs.BlobRef:
    file.store()
    return file.name()


def test_a_growing_file_is_what_was_written_to_it(anywhere: str, home: Path) -> None:
    pieces = [b"a", b"", TEXT[:100], TEXT * 5, b"z" * (128 * 1024), b"\n"]
    one, other = (blobs.Growing(blobs.Owner("export:x"), "text/plain") for _ in range(2))
    for piece in pieces:
        one.write(piece)
        other.write(piece[::-1])
    dropped = blobs.Growing(blobs.Owner("export:x"), "text/plain")
    dropped.write(TEXT * 10)
    dropped.drop()
    empty = ended(blobs.Growing(blobs.Owner("export:x"), "text/plain"))
    whole = b"".join(pieces)
    found = ended(one)
    assert (found.size, found.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert blobs.read(found.id) == whole
    assert blobs.read(ended(other).id) == b"".join(piece[::-1] for piece in pieces)
    assert blobs.read(empty.id) == b""
    assert list(stores.staging().iterdir()) == []
    blobs.shred("export:x")
    with pytest.raises(blobs.BlobShreddedError):
        blobs.read(found.id)


def test_a_growing_file_on_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    one = blobs.Growing(blobs.Owner("office"), "text/plain")
    one.write(TEXT)
    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(blobs.StorageFullError):
        one.store()
    assert list(stores.staging().iterdir()) == []
    assert not Blob.objects.exists()
