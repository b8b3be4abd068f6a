"""Opening a link: who gets in, how often, for how long, and what comes down."""

import os
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection

from chartpost.kernel import clock, jobs
from chartpost.kernel.parts import PART
from chartpost.ledger.models import Entry
from chartpost.shares import models
from chartpost.shares.ids import encode, new_id
from tests.shares.door import Answer, Door, fetch, open_link, receipt, send
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db


def wrong(link: Link) -> Answer:
    return Door().ask("POST", f"open/{link.recipient}", {"auth": encode(bytes(32))})


def actions(*wanted: str) -> list[str]:
    """The ledger's entries of these actions, oldest first."""
    return [one for one in Entry.objects.order_by("pk").values_list("action", flat=True) if one in wanted]


def download(link: Link, opened: Answer, name: str, method: str = "GET", **headers: str) -> Answer:
    return Door(opened.json["grant"]).ask(method, f"open/{link.recipient}/objects/{name}", **headers)


def test_the_header_is_what_the_sender_registered(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    answer = Door().ask("POST", f"open/{link.recipient}/header")
    assert answer.json == {"v": 1, "params": "1.600000", "salt": encode(link.salt)}
    assert answer.headers["cache-control"] == "no-store"


def test_an_opening_counts_once_however_much_is_read(shell: Door) -> None:
    sealed, link = Sealed({"a": os.urandom(50_000)}), Link("words")
    sender = send(shell, sealed, link)
    opened = open_link(link)
    for name in list(sealed.objects) * 3:
        assert download(link, opened, name, Range="bytes=0-99").status == 206
    told = sender.ask("GET", f"shares/{sealed.share}").json["recipients"][0]
    assert (told["opens"], len(told["opened"]), told["received"]) == (1, 1, [])
    assert actions("share.open") == ["share.open"]


def test_looking_at_the_header_or_a_wrong_method_counts_nothing(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    sender = send(shell, sealed, link)
    for _ in range(100):
        assert Door().ask("POST", f"open/{link.recipient}/header").status == 200
        assert Door().ask("GET", f"open/{link.recipient}").status == 405
    told = sender.ask("GET", f"shares/{sealed.share}").json["recipients"][0]
    assert (told["opens"], told["failures"]) == (0, 0)


def test_a_link_opens_as_often_as_its_sender_said(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link, max_opens=2)
    first = open_link(link)
    assert first.json["opens_left"] == 1
    assert open_link(link).status == 200
    answer = open_link(link)
    assert (answer.status, answer.json["error"]) == (410, "used_up")
    assert fetch(link, first.json)[1] == b"1"
    assert wrong(link).status == 403


@pytest.mark.django_db(transaction=True)
def test_openings_at_the_same_moment_never_exceed_the_count(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link, max_opens=3)
    statuses: list[int] = []

    def recipient() -> None:
        statuses.append(open_link(link).status)
        connection.close()

    threads = [threading.Thread(target=recipient) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 3 + [410] * 5
    assert models.Recipient.objects.get().opens == 3


def test_ten_wrong_proofs_lock_the_link_and_tell_the_sender(shell: Door) -> None:
    sealed, link = Sealed({"secret name": b"1"}), Link("words", label="7")
    sender = send(shell, sealed, link)
    answers = [wrong(link) for _ in range(10)]
    assert [a.status for a in answers] == [403] * 9 + [423]
    assert [a.json["tries_left"] for a in answers[:9]] == list(range(9, 0, -1))
    assert open_link(link).status == 423
    jobs.run_waiting()
    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["sender@office.example.org"]
    assert not any(word in mail.outbox[0].body for word in ("secret name", link.recipient, sealed.share))
    told = sender.ask("GET", f"shares/{sealed.share}").json["recipients"][0]
    assert (told["locked"], told["failures"]) == (True, 10)
    assert actions("share.refuse", "share.lock") == ["share.refuse"] * 10 + ["share.lock"]


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_all_counted(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    statuses: list[int] = []

    def guesser() -> None:
        statuses.extend(wrong(link).status for _ in range(4))
        connection.close()

    threads = [threading.Thread(target=guesser) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [403] * 9 + [423] * 7


def test_a_right_proof_forgives_the_wrong_ones(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    assert [wrong(link).status for _ in range(9)] == [403] * 9
    assert open_link(link).status == 200
    assert wrong(link).json["tries_left"] == 9


def test_a_share_that_is_not_complete_cannot_be_opened(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    door = shell.make(sealed, link)
    answer = open_link(link)
    assert (answer.status, answer.json["error"]) == (409, "not_ready")
    assert wrong(link).status == 403
    door.fill(sealed)
    door.complete(sealed)
    assert open_link(link).status == 200


def test_a_grant_is_over_after_a_quarter_hour_unless_it_is_used(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    opened, name, start = open_link(link), list(sealed.objects)[1], clock.now()
    for minutes in range(10, 24 * 60, 14):
        with clock.at(start + timedelta(minutes=minutes)):
            assert download(link, opened, name).status == 200
    with clock.at(start + timedelta(hours=24, seconds=1)):
        answer = download(link, opened, name)
        assert (answer.status, answer.json["error"]) == (401, "grant_over")
    again = open_link(link)
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert download(link, again, name).status == 401


def test_a_grant_reads_the_objects_of_its_own_share_alone(shell: Door) -> None:
    mine, other = Sealed({"a": b"1"}), Sealed({"b": b"2"})
    link, theirs = Link("words"), Link("others")
    send(shell, mine, link)
    send(shell, other, theirs)
    opened = open_link(link)
    assert download(link, opened, list(other.objects)[1]).status == 404
    assert download(theirs, opened, list(other.objects)[1]).status == 401
    assert Door("x").ask("GET", f"open/{link.recipient}/objects/{next(iter(mine.objects))}").status == 401
    assert Door().ask("GET", f"open/{link.recipient}/objects/{next(iter(mine.objects))}").status == 401
    assert Door(opened.json["grant"]).ask("GET", f"shares/{other.share}/objects/{list(other.objects)[1]}").status == 401


@pytest.fixture
def long(shell: Door) -> tuple[Link, Answer, str, bytes]:
    """A share of two parts, opened: link, grant, object, its ciphertext."""
    sealed, link = Sealed({"a": os.urandom(PART)}), Link("words")
    send(shell, sealed, link)
    name = list(sealed.objects)[1]
    return link, open_link(link), name, sealed.objects[name]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        (f"bytes={PART - 5}-{PART + 4}", PART - 5, PART + 5),
        (f"bytes={PART}-", PART, None),
        ("bytes=-7", -7, None),
        ("bytes=5-99999999999", 5, None),
    ],
)
def test_one_range_is_answered_with_its_bytes(
    long: tuple[Link, Answer, str, bytes], asked: str, start: int, end: int | None
) -> None:
    link, opened, name, data = long
    answer = download(link, opened, name, Range=asked)
    first, last = (start + len(data)) % len(data), (end or len(data)) - 1
    assert answer.status == 206
    assert answer.body == data[start:end]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(data)}"
    assert answer.headers["content-length"] == str(last - first + 1)


def test_what_is_no_single_range_is_answered_whole_or_not_at_all(long: tuple[Link, Answer, str, bytes]) -> None:
    link, opened, name, data = long
    for asked in ("", "bytes=0-1,3-4", "lines=1-2", "bytes=9-2", "bytes=-"):
        answer = download(link, opened, name, Range=asked)
        assert (answer.status, answer.body == data) == (200, True), asked
    for asked in (f"bytes={len(data)}-", "bytes=-0"):
        answer = download(link, opened, name, Range=asked)
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(data)}")
    tag = download(link, opened, name, "HEAD").headers["etag"]
    assert download(link, opened, name, Range="bytes=0-1", **{"If-Range": tag}).status == 206
    assert download(link, opened, name, Range="bytes=0-1", **{"If-Range": '"other"'}).status == 200


def test_head_tells_the_size_without_the_bytes(long: tuple[Link, Answer, str, bytes]) -> None:
    link, opened, name, data = long
    whole, part = download(link, opened, name, "HEAD"), download(link, opened, name, "HEAD", Range="bytes=0-9")
    assert (whole.status, whole.headers["content-length"], whole.body) == (200, str(len(data)), b"")
    assert (part.status, part.headers["content-length"], part.body) == (206, "10", b"")


def test_a_receipt_counts_only_with_the_right_proof_and_only_once(shell: Door) -> None:
    sealed, link = Sealed({"secret name": b"1"}), Link("words")
    sender = send(shell, sealed, link)
    opened = open_link(link).json
    path = f"open/{link.recipient}/receipt"
    false = Door(opened["grant"]).ask("POST", path, {"opened": encode(bytes(32)), "mac": encode(bytes(32))})
    assert (false.status, false.json["error"]) == (403, "bad_receipt")
    assert sender.ask("GET", f"shares/{sealed.share}").json["recipients"][0]["received"] == []
    assert [receipt(link, opened, sealed.manifest).status for _ in range(2)] == [204, 204]
    jobs.run_waiting()
    assert [message.subject for message in mail.outbox] == ["Your files arrived"]
    assert "secret name" not in mail.outbox[0].body
    assert actions("share.receive") == ["share.receive"]
    assert len(sender.ask("GET", f"shares/{sealed.share}").json["recipients"][0]["received"]) == 1
    assert bytes(models.Open.objects.get().mac) == link.mac(opened["grant_id"], sealed.manifest)


def test_bytes_lost_from_the_store_are_said_to_be_lost(shell: Door) -> None:
    from chartpost.kernel import parts
    from chartpost.shares.ids import object_name

    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    opened, name = open_link(link), list(sealed.objects)[1]
    parts.store().delete(object_name(name))
    answer = download(link, opened, name)
    assert (answer.status, answer.json["error"]) == (410, "lost")


def test_an_unknown_object_is_not_found(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    send(shell, sealed, link)
    assert download(link, open_link(link), new_id()).status == 404
