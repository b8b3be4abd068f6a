"""Filling a share: every step may be repeated, cut anywhere, or done by two at once, and nothing is lost or mixed."""

import hashlib
import os
import threading
from datetime import timedelta

import pytest
from django.db import connection

from chartpost.kernel import clock, parts
from chartpost.kernel.parts import PART, staging
from chartpost.kernel.parts.stores import FolderParts
from chartpost.shares import models, services
from chartpost.shares.errors import NotThere
from chartpost.shares.ids import encode, new_id, object_name
from tests.shares.door import Door, fetch, open_link, send
from tests.shares.sealing import Link, Sealed, digest_header

pytestmark = pytest.mark.django_db


def begun(shell: Door, *files: bytes, links: int = 1) -> tuple[Sealed, Door, list[Link]]:
    sealed = Sealed({f"file {n}": data for n, data in enumerate(files)})
    made = [Link(f"password {n}", label=str(n + 1)) for n in range(links)]
    door = shell.make(sealed, *made)
    door.announce(sealed)
    return sealed, door, made


def stored(sealed: Sealed, name: str) -> bytes:
    size = len(sealed.objects[name])
    return b"".join(parts.store().read(object_name(name), size, 0, size))


def test_the_same_part_again_is_fine_and_other_bytes_are_refused(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(100))
    name = list(sealed.objects)[1]
    part = sealed.objects[name]
    assert [door.put(sealed, name, 0, part).status for _ in range(2)] == [204, 204]
    other = os.urandom(len(part))
    answer = door.put(sealed, name, 0, other)
    assert (answer.status, answer.json["error"]) == (409, "part_differs")
    assert stored(sealed, name) == part


@pytest.mark.parametrize("change", [-1, 1, -100])
def test_a_part_of_a_wrong_length_is_refused(shell: Door, change: int) -> None:
    sealed, door, _ = begun(shell, os.urandom(1000))
    name = list(sealed.objects)[1]
    part = (sealed.objects[name] + b"x")[: len(sealed.objects[name]) + change]
    answer = door.put(sealed, name, 0, part)
    assert (answer.status, answer.json["error"]) == (400, "wrong_length")
    assert not models.Part.objects.filter(object_id=name).exists()


def test_a_body_that_is_cut_or_altered_on_its_way_is_not_kept(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(1000))
    name = list(sealed.objects)[1]
    part = sealed.objects[name]
    path = f"shares/{sealed.share}/objects/{name}/parts/0"
    headers = {"Content-Digest": digest_header(part)}
    cut = door.ask("PUT", path, part[:500], **headers, **{"Content-Length": str(len(part))})
    altered = door.ask("PUT", path, part[:-1] + bytes([part[-1] ^ 1]), **headers)
    assert [(a.status, a.json["error"]) for a in (cut, altered)] == [(400, "bad_bytes")] * 2
    assert not models.Part.objects.filter(object_id=name).exists()
    assert list((staging.folder()).iterdir()) == []
    assert door.put(sealed, name, 0, part).status == 204


@pytest.mark.parametrize("header", ["", "sha-256=abc", "md5=:abc:", "sha-256=:!!!!:"])
def test_a_part_without_a_digest_is_refused(shell: Door, header: str) -> None:
    sealed, door, _ = begun(shell, b"x")
    name = list(sealed.objects)[1]
    path = f"shares/{sealed.share}/objects/{name}/parts/0"
    answer = door.ask("PUT", path, sealed.objects[name], **{"Content-Digest": header})
    assert (answer.status, answer.json["error"]) == (400, "malformed")


def test_parts_an_object_does_not_have_are_refused(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(100))
    name = list(sealed.objects)[1]
    assert door.put(sealed, name, 1, sealed.objects[name]).status == 400
    assert door.put(sealed, new_id(), 0, b"x" * 100).status == 404


def test_what_came_is_told_so_that_a_sender_goes_on_after_a_break(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(2 * PART + 10))
    name = list(sealed.objects)[1]
    cut = dict(sealed.parts(name))
    assert len(cut) == 3
    assert door.put(sealed, name, 2, cut[2]).status == 204
    told = door.ask("GET", f"shares/{sealed.share}").json
    found = next(one for one in told["objects"] if one["object"] == name)
    assert found["parts"] == [[2, encode(hashlib.sha256(cut[2]).digest()), len(cut[2])]]
    assert (told["state"], found["complete"]) == ("uploading", False)


def test_a_share_with_missing_parts_is_not_completed(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(PART + 10))
    first, second = sealed.objects
    door.put(sealed, first, 0, sealed.objects[first])
    door.put(sealed, second, 0, dict(sealed.parts(second))[0])
    answer = door.complete(sealed)
    assert (answer.status, answer.json["error"], answer.json["missing"]) == (409, "incomplete", {second: [1]})
    assert door.put(sealed, second, 1, dict(sealed.parts(second))[1]).status == 204
    assert [door.complete(sealed).json for _ in range(2)] == [{"state": "ready"}] * 2


def test_parts_a_power_cut_took_are_asked_for_again(shell: Door) -> None:
    sealed, door, links = begun(shell, os.urandom(PART + 10))
    door.fill(sealed)
    name = list(sealed.objects)[1]
    (FolderParts().path(object_name(name)) / "00001").unlink()
    answer = door.complete(sealed)
    assert (answer.status, answer.json["missing"]) == (409, {name: [1]})
    door.fill(sealed)
    assert door.complete(sealed).status == 200
    assert fetch(links[0], open_link(links[0]).json)[1] == sealed.files["file 0"]


def test_a_share_without_manifest_or_link_is_not_completed(shell: Door) -> None:
    sealed = Sealed({"a": b"1"})
    door = shell.make(sealed)
    assert door.complete(sealed).json["error"] == "incomplete"
    door.fill(sealed)
    assert door.complete(sealed).json["error"] == "incomplete"
    answer = door.ask("POST", f"shares/{sealed.share}/recipients", Link("late").asked(sealed))
    assert answer.status == 201
    assert door.complete(sealed).status == 200


def test_ids_in_use_are_refused_and_the_same_object_again_is_fine(shell: Door) -> None:
    sealed, door, links = begun(shell, b"x")
    again = Sealed({"y": b"y"}, share=sealed.share)
    assert shell.ask("POST", "shares", {"share": again.share}).status == 409
    assert door.ask("POST", f"shares/{sealed.share}/recipients", links[0].asked(sealed)).status == 409
    name, data = next(iter(sealed.objects.items()))
    path = f"shares/{sealed.share}/objects"
    assert door.ask("POST", path, {"object": name, "index": 0, "size": len(data)}).status == 200
    assert door.ask("POST", path, {"object": name, "index": 0, "size": len(data) + 1}).status == 409
    assert door.ask("POST", path, {"object": new_id(), "index": 0, "size": len(data)}).status == 409


def test_an_object_begun_anew_takes_the_place_of_the_one_removed(shell: Door) -> None:
    sealed, door, _ = begun(shell, b"first")
    old, data = list(sealed.objects.items())[1]
    assert door.put(sealed, old, 0, data).status == 204
    path = f"shares/{sealed.share}/objects"
    assert door.ask("DELETE", f"{path}/{old}").status == 204
    assert door.ask("DELETE", f"{path}/{old}").status == 204
    assert (object_name(old), "") not in {(name, upload) for name, upload, _ in parts.store().stored()}
    new = new_id()
    assert door.ask("POST", path, {"object": new, "index": 1, "size": len(data)}).status == 201


def test_a_complete_share_takes_no_more_objects(shell: Door) -> None:
    sealed, link = Sealed({"a": b"1"}), Link("words")
    door = send(shell, sealed, link)
    answer = door.ask("POST", f"shares/{sealed.share}/objects", {"object": new_id(), "index": 9, "size": 100})
    assert (answer.status, answer.json["error"]) == (409, "wrong_state")
    name = list(sealed.objects)[1]
    assert door.ask("DELETE", f"shares/{sealed.share}/objects/{name}").status == 409
    assert door.put(sealed, name, 0, sealed.objects[name]).status == 204
    assert fetch(link, open_link(link).json)[1] == b"1"


@pytest.mark.parametrize("token", ["", "wrong", "cps_wrong"])
def test_without_its_token_nobody_fills_or_sees_a_share(shell: Door, token: str) -> None:
    sealed, _, _ = begun(shell, b"x")
    for share in (sealed.share, new_id()):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/complete"), ("POST", "/objects")):
            assert Door(token).ask(method, f"shares/{share}{path}").status == 401
    assert Door(token).ask("POST", "shares", {"share": new_id()}).status == 401


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("share", "short"),
        ("share", "A" * 21 + "B"),
        ("expires_at", "tomorrow"),
        ("expires_at", "2000-01-01T00:00:00Z"),
        ("expires_at", "2999-01-01T00:00:00Z"),
        ("max_opens", 0),
        ("max_opens", True),
        ("recipients", "x"),
        ("recipients", [1]),
        ("recipients", [{}]),
    ],
)
def test_a_malformed_share_is_refused_in_plain_words(shell: Door, member: str, value: object) -> None:
    answer = shell.ask("POST", "shares", {"share": new_id(), member: value})
    assert (answer.status, answer.json["error"]) == (400, "malformed")
    assert all(answer.json[part] for part in ("seen", "expected", "todo"))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("params", "1.599999"),
        ("params", "1.10000001"),
        ("params", "2.1024.3.1"),
        ("params", "3.1.1.1"),
        ("salt", encode(bytes(15))),
        ("verifier", encode(bytes(33))),
        ("wrapped", ""),
        ("receipt_check", None),
        ("label", "Dr. Lee"),
    ],
)
def test_a_malformed_link_is_refused(shell: Door, member: str, value: object) -> None:
    sealed = Sealed({"a": b"1"})
    asked = Link("words").asked(sealed) | {member: value}
    assert shell.ask("POST", "shares", {"share": sealed.share, "recipients": [asked]}).status == 400
    assert not models.Share.objects.exists()


def test_a_body_that_is_no_json_object_is_refused(shell: Door) -> None:
    for body in (b"{", b"[]", b"1", b"\xff"):
        assert shell.ask("POST", "shares", body).status == 400
    assert shell.ask("POST", "shares", b" " * (1024 * 1024 + 1)).status == 413


def test_addresses_and_methods_that_are_not_there(shell: Door) -> None:
    assert shell.ask("GET", "nothing").status == 404
    assert shell.ask("GET", "shares").status == 405
    assert shell.ask("GET", "shares/not-an-id").status == 400


def test_an_upload_nobody_goes_on_with_is_over_after_a_week(shell: Door) -> None:
    sealed, door, _ = begun(shell, b"x")
    name = list(sealed.objects)[1]
    assert door.put(sealed, name, 0, sealed.objects[name]).status == 204
    with clock.at(clock.now() + timedelta(days=6)):
        assert services.expire() == 0
    with clock.at(clock.now() + timedelta(days=8)):
        assert services.expire() == 1
    assert door.ask("GET", f"shares/{sealed.share}").json["state"] == "expired"
    assert door.put(sealed, name, 0, sealed.objects[name]).status == 410
    assert object_name(name) not in {name for name, _, _ in parts.store().stored()}


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_send_one_object_at_once_leave_one_version(shell: Door) -> None:
    sealed, door, _ = begun(shell, os.urandom(50_000))
    name = list(sealed.objects)[1]
    versions = [sealed.objects[name], os.urandom(len(sealed.objects[name]))] * 4
    statuses: list[int] = []

    def tab(part: bytes) -> None:
        statuses.append(door.put(sealed, name, 0, part).status)
        connection.close()

    threads = [threading.Thread(target=tab, args=(part,)) for part in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {204, 409}
    kept = bytes(models.Part.objects.get(object_id=name).sha256)
    assert hashlib.sha256(stored(sealed, name)).digest() == kept
    assert statuses.count(204) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["object", "share"])
def test_a_part_whose_object_goes_while_it_comes_is_not_kept(shell: Door, what: str) -> None:
    sealed, door, _ = begun(shell, os.urandom(100))
    name = list(sealed.objects)[1]
    part = sealed.objects[name]

    def read(size: int) -> bytes:
        path = f"shares/{sealed.share}" + (f"/objects/{name}" if what == "object" else "")
        assert door.ask("DELETE", path).status == 204
        return part[:size]

    share = services.sender(sealed.share, door.token)
    with pytest.raises(NotThere):
        services.put_part(share, name, 0, services.Incoming(hashlib.sha256(part).digest(), len(part), read))
    assert object_name(name) not in {name for name, _, _ in parts.store().stored()}
    assert list(staging.folder().iterdir()) == []
