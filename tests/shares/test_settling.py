"""What becomes of shares after a restore that lacks some of their bytes."""

import os
from typing import Any

import pytest
from django.core import mail

from chartpost.kernel import jobs, parts
from chartpost.kernel.backup import restored
from chartpost.kernel.config import config
from chartpost.kernel.parts import PART
from chartpost.kernel.parts.stores import FolderParts
from chartpost.shares import ids, models, telling
from chartpost.shares.services import settling
from tests.shares.door import Door, fetch, open_link, send
from tests.shares.sealing import Link, Sealed, digest_header
from tests.shares.test_bucket import bucket

pytestmark = pytest.mark.django_db
__all__ = ["bucket"]


def where(object_id: str) -> Any:
    return FolderParts().path(ids.object_name(object_id))


def test_a_share_that_is_whole_stays_as_it_is(shell: Door) -> None:
    sealed, link = Sealed({"scan": os.urandom(PART + 9)}), Link("words")
    send(shell, sealed, link)
    settling.settle()
    assert fetch(link, open_link(link).json)[1] == sealed.files["scan"]


@pytest.mark.parametrize("how", ["gone", "short", "one part gone"])
def test_a_share_that_lost_bytes_ends_and_its_sender_is_told(
    how: str, shell: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    monkeypatch.setattr(jobs, "enqueue", lambda _, **named: told.append(named))
    sealed, link = Sealed({"scan": os.urandom(PART + 9)}), Link("words")
    send(shell, sealed, link)
    folder = where(list(sealed.objects)[1])
    if how == "gone":
        parts.store().delete(folder.name)
    elif how == "short":
        (folder / "00001").write_bytes(b"x")
    else:
        (folder / "00000").unlink()
    settling.settle()
    assert models.Share.objects.get(pk=sealed.share).state == "lost"
    assert open_link(link).status in {403, 404, 410}
    assert not where(next(iter(sealed.objects))).exists(), "what is left of it goes too"
    (letter,) = (one for one in told if one["kind"] == "lost")
    telling.deliver(letter["kind"], letter.get("recipient_id", ""), letter["share_id"])
    assert "Send them again" in mail.outbox[-1].body


def test_an_upload_goes_on_with_what_is_there(shell: Door) -> None:
    sealed, link = Sealed({"scan": os.urandom(PART + 9)}), Link("words")
    made = shell.ask("POST", "shares", {"share": sealed.share, "recipients": [link.asked(sealed)]})
    sender = Door(made.json["upload_token"])
    for index, (name, data) in enumerate(sealed.objects.items()):
        sender.ask("POST", f"shares/{sealed.share}/objects", {"object": name, "index": index, "size": len(data)})
        for number, part in sealed.parts(name):
            put(sender, sealed, name, number, part)
    scan = list(sealed.objects)[1]
    (where(scan) / "00000").unlink()
    settling.settle()
    there = {
        one["object"]: [n for n, _, _ in one["parts"]]
        for one in sender.ask("GET", f"shares/{sealed.share}").json["objects"]
    }
    assert there[scan] == [1]
    put(sender, sealed, scan, 0, dict(sealed.parts(scan))[0])
    assert sender.ask("POST", f"shares/{sealed.share}/complete", {}).json == {"state": "ready"}


def put(sender: Door, sealed: Sealed, name: str, number: int, part: bytes) -> None:
    path = f"shares/{sealed.share}/objects/{name}/parts/{number}"
    assert sender.ask("PUT", path, part, Content_Digest=digest_header(part)).status == 204


def test_objects_move_from_a_restored_folder_into_the_bucket_in_use(
    bucket: Any,
    shell: Door,
) -> None:
    sealed, link = Sealed({"scan": os.urandom(PART + 9)}), Link("words")
    send(shell, sealed, link)
    for name, data in sealed.objects.items():
        folder = where(name)
        folder.mkdir(parents=True)
        for number in range(parts.part_count(len(data))):
            (folder / f"{number:05d}").write_bytes(data[number * PART : (number + 1) * PART])
        copied = list(parts.store().copied(folder.name))
        assert b"".join(b"".join(pieces) for _, _, pieces in parts.store().copied(folder.name)) == data
        assert [number for number, _, _ in copied] == list(range(parts.part_count(len(data))))
        parts.store().delete(folder.name)
        assert not parts.store().whole(folder.name, len(data))
    settling.settle()
    assert fetch(link, open_link(link).json)[1] == sealed.files["scan"]
    assert list(FolderParts().stored()) == []
    for name in sealed.objects:
        parts.store().delete(where(name).name)


def test_it_is_done_once_at_the_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(restored, "_settle", [lambda: done.append(1)])
    restored.settle(config().home)
    restored.mark(config().home)
    restored.settle(config().home)
    restored.settle(config().home)
    assert done == [1]
