"""Parts whose connection broke: what came of them is kept for their sender, and proved like the rest."""

import hashlib
import os
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from chartpost.gateways.sealed import limits
from chartpost.kernel import parts
from chartpost.kernel.parts import PART, staging
from chartpost.kernel.parts.unfinished import LEAST
from chartpost.shares import models, services
from chartpost.shares.ids import new_id, object_name
from tests.shares.door import Answer, Door, fetch, open_link
from tests.shares.sealing import Link, Sealed, digest_header

pytestmark = pytest.mark.django_db
MB = 1024 * 1024
CUT = 5 * MB + 12_345


class Sending:
    """A share with one file of two parts, and what a sender does with the first of them."""

    def __init__(self, shell: Door) -> None:
        self.sealed, self.link = Sealed({"scan": os.urandom(PART + 1000)}), Link("words")
        self.door = shell.make(self.sealed, self.link)
        self.door.announce(self.sealed)
        self.name = list(self.sealed.objects)[1]
        self.part = dict(self.sealed.parts(self.name))[0]

    def path(self, number: int = 0) -> str:
        return f"shares/{self.sealed.share}/objects/{self.name}/parts/{number}"

    def cut(self, count: int = CUT, part: bytes = b"") -> Answer:
        """Send a part of which only the first bytes arrive."""
        part = part or self.part
        stated = {"Content-Length": str(len(part)), "Content-Digest": digest_header(part)}
        return self.door.ask("PUT", self.path(), part[:count], **stated)

    def begun(self) -> int:
        answer = self.door.ask("HEAD", self.path())
        assert (answer.status, answer.body) == (204, b"")
        return int(answer.headers["upload-offset"])

    def rest(self, offset: int, part: bytes = b"", arrives: int | None = None) -> Answer:
        part = part or self.part
        left = part[offset:]
        stated = {"Upload-Offset": str(offset), "Repr-Digest": digest_header(part), "Content-Length": str(len(left))}
        return self.door.ask("PATCH", self.path(), left[:arrives], **stated)

    def arrives(self) -> None:
        """All else is sent, and the file comes out as it was."""
        self.door.fill(self.sealed)
        assert self.door.complete(self.sealed).status == 200
        assert fetch(self.link, open_link(self.link).json)[1] == self.sealed.files["scan"]
        assert kept() == []


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    _empty()
    yield
    _empty()


def _empty() -> None:
    for path in staging.folder().iterdir():
        path.unlink()


@pytest.fixture
def sending(shell: Door) -> Sending:
    return Sending(shell)


def kept() -> list[int]:
    """Bytes of every file of the folder for parts on their way."""
    return [path.stat().st_size for path in staging.folder().iterdir()]


def test_a_part_that_was_cut_goes_on_where_it_was(sending: Sending) -> None:
    assert sending.begun() == 0
    assert sending.cut().json["error"] == "bad_bytes"
    assert sending.begun() == CUT
    assert sending.rest(CUT).status == 204
    assert sending.begun() == PART
    assert kept() == []
    sending.arrives()


def test_it_is_cut_again_and_again_and_only_the_last_beginning_is_kept(sending: Sending) -> None:
    sending.cut(2 * MB)
    for more in (1, 300_000, 2 * MB):
        before = sending.begun()
        sending.rest(before, arrives=more)
        assert sending.begun() == before + more
        assert kept() == [before + more]
    sending.cut(3 * MB)
    assert kept() == [3 * MB], "a sender that begins anew takes the place of what came before"
    assert sending.rest(2 * MB).status == 204, "less than came may be built on too"
    sending.arrives()


def test_all_of_it_that_came_without_being_stored_needs_no_more_bytes(sending: Sending) -> None:
    sending.cut(PART - 1)
    (path,) = staging.folder().iterdir()
    path.write_bytes(sending.part)
    assert sending.begun() == PART
    assert sending.rest(PART).status == 204
    assert sending.rest(PART).status == 204, "and so does one that is stored"
    sending.arrives()


def test_an_offset_after_what_came_is_refused(sending: Sending) -> None:
    sending.cut()
    answer = sending.rest(CUT + 1)
    assert (answer.status, answer.json["error"]) == (409, "wrong_offset")
    assert sending.rest(CUT).status == 204


def test_a_beginning_of_other_bytes_is_noticed_and_forgotten(sending: Sending) -> None:
    sending.cut(part=os.urandom(PART))
    answer = sending.rest(CUT)
    assert (answer.status, answer.json["error"]) == (400, "bad_bytes")
    assert (sending.begun(), kept()) == (0, [])
    assert not models.Part.objects.filter(object_id=sending.name).exists()
    sending.arrives()


def test_going_on_with_other_bytes_than_were_stored_is_refused(sending: Sending) -> None:
    assert sending.door.put(sending.sealed, sending.name, 0, sending.part).status == 204
    other = sending.part[:-1] + bytes([sending.part[-1] ^ 1])
    for offset in (PART, CUT):
        answer = sending.rest(offset, other)
        assert (answer.status, answer.json["error"]) == (409, "part_differs")
    sending.arrives()


@pytest.mark.parametrize("offset", ["", "-1", "1.5", "1" * 20, "²"])
def test_offsets_that_are_none_are_refused(sending: Sending, offset: str) -> None:
    sending.cut()
    answer = sending.door.ask(
        "PATCH", sending.path(), b"", **{"Upload-Offset": offset, "Repr-Digest": digest_header(sending.part)}
    )
    assert (answer.status, answer.json["error"]) == (400, "malformed")


def test_only_the_sender_learns_and_goes_on(sending: Sending) -> None:
    sending.cut()
    token, sending.door.token = sending.door.token, "wrong"
    assert [sending.door.ask("HEAD", sending.path()).status, sending.rest(CUT).status] == [401, 401]
    sending.door.token = token
    assert sending.door.ask("HEAD", sending.path(2)).status == 400
    gone = f"shares/{sending.sealed.share}/objects/{new_id()}/parts/0"
    assert sending.door.ask("HEAD", gone).status == 404


@pytest.mark.parametrize("what", ["object", "share"])
def test_what_is_taken_back_leaves_nothing(sending: Sending, what: str) -> None:
    sending.cut()
    path = f"shares/{sending.sealed.share}" + (f"/objects/{sending.name}" if what == "object" else "")
    assert sending.door.ask("DELETE", path).status == 204
    assert kept() == []


def test_nobody_who_goes_on_keeps_it_longer_than_a_day(sending: Sending) -> None:
    sending.cut()
    assert services.sweep() == 0
    (path,) = staging.folder().iterdir()
    old = path.stat().st_mtime - timedelta(hours=25).total_seconds()
    os.utime(path, (old, old))
    assert services.sweep() == 1
    assert sending.begun() == 0
    sending.arrives()


def test_short_parts_are_not_kept(shell: Door) -> None:
    sending = Sending(shell)
    sending.sealed = Sealed({"short": os.urandom(LEAST - 5000)})
    sending.door = shell.make(sending.sealed)
    sending.door.announce(sending.sealed)
    sending.name = list(sending.sealed.objects)[1]
    sending.part = sending.sealed.objects[sending.name]
    sending.cut(len(sending.part) - 1)
    assert (sending.begun(), kept()) == (0, [])


def test_a_disk_that_fills_up_keeps_nothing(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", _failing(write, after=3))
    assert sending.door.put(sending.sealed, sending.name, 0, sending.part).json["error"] == "disk_full"
    monkeypatch.setattr(os, "write", write)
    assert kept() == []
    sending.arrives()


def _failing(write: Callable[..., int], after: int) -> Callable[..., int]:
    calls = iter(range(after))

    def full(*args: object) -> int:
        if next(calls, None) is None:
            raise OSError(28, "No space left on device")
        return write(*args)

    return full


def test_a_full_disk_refuses_before_anything_is_copied(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    sending.cut()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, PART))
    assert sending.rest(CUT).status == 507
    monkeypatch.undo()
    assert sending.rest(CUT).status == 204


def test_few_bytes_cannot_have_many_copied_for_ever(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "go_on", (3, 600))
    sending.cut()
    told = [sending.rest(CUT, arrives=0).status for _ in range(4)]
    assert told == [400, 400, 400, 429]


@pytest.mark.django_db(transaction=True)
def test_two_who_go_on_with_one_part_at_once_leave_one_whole(shell: Door) -> None:
    sending = Sending(shell)
    sending.cut()
    statuses: list[int] = []

    def tab(part: bytes) -> None:
        statuses.append(sending.rest(CUT, part).status)
        connection.close()

    other = sending.part[:-1] + bytes([sending.part[-1] ^ 1])
    threads = [threading.Thread(target=tab, args=(part,)) for part in [sending.part, other] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(204) >= 1
    assert set(statuses) <= {204, 400, 409}
    assert kept() == []
    size = len(sending.sealed.objects[sending.name])
    stored = b"".join(parts.store().read(object_name(sending.name), size, 0, PART))
    assert hashlib.sha256(stored).digest() == bytes(models.Part.objects.get(object_id=sending.name).sha256)
    assert stored in {sending.part, other}
