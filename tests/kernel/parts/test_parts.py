"""Sealed objects in a folder and in a bucket: parts in any order, ranges, ends, what is left over."""

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import parts
from chartpost.kernel.blobs.errors import StorageFullError
from chartpost.kernel.config import config
from chartpost.kernel.parts import PART, PartBrokenError, PartMissingError, part_count, part_length, part_size, staging
from chartpost.kernel.parts.stores import store
from chartpost.kernel.parts.unfinished import Unfinished

NAME = "0123456789abcdef" * 2
MIB = 1024 * 1024
FIRST = Unfinished(NAME, 0)


def _forget() -> None:
    config.cache_clear()
    store.cache_clear()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own for each test."""
    monkeypatch.setenv("CHARTPOST_HOME", str(tmp_path))
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("boto3")
    module = pytest.importorskip("moto.server")
    running = module.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    running.stop()


@pytest.fixture(params=["folder", "s3"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs with a folder and with a bucket."""
    if request.param == "s3":
        import boto3

        endpoint, bucket = request.getfixturevalue("server"), f"b{os.urandom(8).hex()}"
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        client: Any = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        client.create_bucket(Bucket=bucket)
        monkeypatch.setenv("CHARTPOST_BLOB_URL", f"s3://{bucket}/office?endpoint={endpoint}&region=us-east-1")
        _forget()
    return str(request.param)


def put(data: bytes, upload: str, number: int) -> str:
    digest = hashlib.sha256(data).digest()
    with parts.received(io.BytesIO(data).read, len(data), digest, Unfinished(NAME, number)) as staged:
        return store().put(NAME, upload, number, staged)


def read(size: int, start: int, length: int) -> bytes:
    return b"".join(store().read(NAME, size, start, length))


def whole(data: bytes) -> None:
    """Store an object, its parts backwards."""
    upload, tags = store().begin(NAME), {}
    each = part_size(len(data))
    for number in reversed(range(part_count(len(data)))):
        tags[number] = put(data[number * each : (number + 1) * each], upload, number)
    store().finish(NAME, upload, [tags[number] for number in sorted(tags)])


def test_an_object_is_read_back_whole_and_in_ranges(anywhere: str) -> None:
    data = os.urandom(PART + 5 * MIB)
    whole(data)
    assert read(len(data), 0, len(data)) == data
    for start, length in ((0, 1), (PART - 3, 6), (PART, 10), (len(data) - 5, 100), (len(data), 5), (7, 2 * MIB)):
        assert read(len(data), start, length) == data[start : start + length], (start, length)


def test_the_same_part_and_the_same_end_again_change_nothing(anywhere: str) -> None:
    upload = store().begin(NAME)
    tags = [put(b"sealed", upload, 0) for _ in range(2)]
    assert tags[0] == tags[1]
    for _ in range(2):
        store().finish(NAME, upload, tags[:1])
    assert read(6, 0, 6) == b"sealed"


def test_a_deleted_object_is_gone_finished_or_not(anywhere: str) -> None:
    whole(b"sealed")
    store().delete(NAME)
    store().delete(NAME)
    with pytest.raises(PartMissingError):
        read(6, 0, 6)
    upload = store().begin(NAME)
    put(b"half", upload, 0)
    assert [(name, begun) for name, begun, _ in store().stored()] == [(NAME, upload)]
    store().delete(NAME, upload)
    store().delete(NAME, upload)
    assert list(store().stored()) == []


def test_a_part_that_comes_after_its_object_went_is_not_kept(home: Path) -> None:
    upload = store().begin(NAME)
    store().delete(NAME, upload)
    with pytest.raises(PartMissingError):
        put(b"late", upload, 1)
    assert list(staging.folder().iterdir()) == []


def test_an_object_with_missing_parts_is_not_finished(anywhere: str) -> None:
    upload = store().begin(NAME)
    put(b"second", upload, 1)
    with pytest.raises(parts.PartError):
        store().finish(NAME, upload, ["", ""])


def test_what_nobody_names_is_swept(anywhere: str) -> None:
    whole(b"sealed")
    assert parts.sweep(lambda names: names, timedelta(0)) == 0
    assert parts.sweep(lambda _: (), timedelta(hours=1)) == 0
    assert parts.sweep(lambda _: (), timedelta(seconds=-5)) == 1
    assert list(store().stored()) == []


def test_bytes_that_are_not_the_announced_ones_leave_nothing(home: Path) -> None:
    data = os.urandom(3 * MIB)
    for given, length, digest in ((data, len(data), bytes(32)), (b"", 1, hashlib.sha256(b"").digest())):
        with pytest.raises(PartBrokenError), parts.received(io.BytesIO(given).read, length, digest, FIRST):
            pass
    assert list(staging.folder().iterdir()) == []


def test_the_beginning_of_a_part_is_kept_until_the_rest_of_it_comes(home: Path) -> None:
    data = os.urandom(3 * MIB)
    digest = hashlib.sha256(data).digest()
    with pytest.raises(PartBrokenError), parts.received(io.BytesIO(data[:-1]).read, len(data), digest, FIRST):
        pass
    there = FIRST.size
    assert 2 * MIB <= there < len(data)
    with parts.received(io.BytesIO(data[there:]).read, len(data), digest, FIRST, there) as staged:
        assert staged.file.read_bytes() == data
    assert list(staging.folder().iterdir()) == []


def test_memory_stays_flat_while_a_part_comes(home: Path) -> None:
    asked: list[int] = []

    def trickle(size: int) -> bytes:
        asked.append(size)
        return bytes(min(size, 300_000))

    length = 20 * MIB
    digest = hashlib.sha256(bytes(length)).digest()
    with parts.received(trickle, length, digest, FIRST) as staged:
        assert staged.file.stat().st_size == length
        assert staged.file.stat().st_mode & 0o777 == 0o600
    assert max(asked) <= MIB
    assert not staged.file.exists()


def test_a_full_disk_is_said_before_and_while_writing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full, pytest.raises(StorageFullError):
        full.setattr("shutil.disk_usage", lambda _: usage(1, 1, 0))
        parts.check_room(1)

    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full, pytest.raises(StorageFullError):
        full.setattr("os.write", no_space)
        with parts.received(io.BytesIO(b"x").read, 1, hashlib.sha256(b"x").digest(), FIRST):
            pass
    assert list(staging.folder().iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 32, "g" * 32, "0" * 31, "0" * 33])
def test_no_name_but_hexadecimal_letters_becomes_a_path(name: str) -> None:
    with pytest.raises(PartMissingError):
        store().begin(name)


@pytest.mark.parametrize("size", [72, PART - 1, PART, PART + 1, 10_000 * PART, 10_000 * PART + 1, 200 * 10**9])
def test_parts_cover_an_object_exactly_and_are_never_too_many(size: int) -> None:
    count = part_count(size)
    assert count <= 10_000
    assert part_size(size) % PART == 0
    assert part_length(size, 0) * (count - 1) + part_length(size, count - 1) == size
    assert part_length(size, count) == part_length(size, -1) == 0
    assert part_length(size, count - 1) > 0
