"""Copies by access code: a sheet, a date of birth, a call, the files - and all the wrong tries."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.delivery import codes, models
from chartpost.delivery import queries as delivery
from chartpost.kernel import blobs, clock
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as sequencing
from chartpost.rights.models import AccessRequest
from tests.delivery.support import words
from tests.desk.conftest import World, day

pytestmark = pytest.mark.django_db
Ready = Callable[[AccessRequest], AccessRequest]
PHONE = "916 555 0177"


@pytest.fixture
def released(world: World, ready: Ready) -> AccessRequest:
    row = ready(world.request(delivery="access_code", delivery_address={"phone": PHONE}))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    assert row.state == "delivered"
    return row


def sheet(world: World, row: AccessRequest) -> str:
    """The code on a newly printed sheet."""
    answer = world.post("clerk", row, "code_sheet")
    assert answer["Content-Type"] == "application/pdf"
    found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", words(answer.content))
    assert found
    return found[0]


def password(world: World, row: AccessRequest) -> str:
    """The one-time password that staff see, beside the number to call."""
    page = world.post("clerk", row, "code_password").content.decode()
    assert PHONE in page
    found = re.search(r'id="one-time-password">(\d{3} \d{3})<', page)
    assert found
    return found[1]


def enter(reader: Client, world: World, code: str, **birth: Any) -> Any:
    data = {"code": code, **day("birth_date", world.person.birth_date), **birth}
    return reader.post(reverse("portal:code"), data, secure=True)


def see(reader: Client, name: str, *args: str) -> Any:
    return reader.get(reverse(f"portal:{name}", args=args), secure=True)


def say(reader: Client, digits: str) -> Any:
    return reader.post(reverse("portal:code_password"), {"password": digits}, secure=True)


def test_code_birth_date_and_call_open_the_copies(world: World, released: AccessRequest) -> None:
    code, reader = sheet(world, released), Client()
    assert enter(reader, world, code.lower().replace("-", " ")).url == reverse("portal:code_password")
    assert see(reader, "code_files").status_code == 302  # not without the password
    reader.post(reverse("portal:code_password"), {"call": "1"}, secure=True)
    assert "We will call you" in see(reader, "code_password").content.decode()
    calls = world.get("clerk", reverse("desk:calls")).content.decode()
    assert released.number in calls
    assert say(reader, password(world, released)).url == reverse("portal:code_files")
    page = see(reader, "code_files").content.decode()
    assert "This is not a sealed share" in page
    (found,) = delivery.deliveries(released.ref)
    for part in found.package.parts:
        answer = see(reader, "code_file", part.ref)
        assert b"".join(answer.streaming_content) == blobs.read(delivery.part(part.ref)[2])
    (found,) = delivery.deliveries(released.ref)
    assert {r.kind for r in found.receipts} == {"opened"}
    assert found.receipts[0].by_name == world.person.name
    sequencing.sequence()
    said = [entry.action for entry in ledger.for_person(world.person.id)]
    for action in ("code.make", "code.call", "code.password", "code.open", "package.open", "delivery.open"):
        assert action in said
    assert released.number not in world.get("clerk", reverse("desk:calls")).content.decode()


def test_five_wrong_dates_lock_the_code_and_the_desk_sees_it(world: World, released: AccessRequest) -> None:
    code, reader = sheet(world, released), Client()
    for _ in range(codes.TRIES):
        wrong = enter(reader, world, code, birth_date_year=1931)
        assert wrong.status_code == 422
    locked = enter(reader, world, code)
    assert (locked.status_code, locked.content.count(b"do not open anything")) == (
        422,
        wrong.content.count(b"do not open anything"),
    )
    assert "locked after wrong tries" in world.get("clerk", world.url(released, "deliveries")).content.decode()
    assert enter(reader, world, sheet(world, released)).status_code == 302  # a new sheet works


def test_five_wrong_passwords_lock_the_code(world: World, released: AccessRequest) -> None:
    reader = Client()
    enter(reader, world, sheet(world, released))
    right = password(world, released)
    for _ in range(codes.TRIES):
        say(reader, "000 000" if right != "000 000" else "111 111")
    assert say(reader, right).url == reverse("portal:code")
    assert see(reader, "code_files").status_code == 302


def test_a_password_works_once_and_for_fifteen_minutes(
    world: World, released: AccessRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = sheet(world, released)
    first, second = Client(), Client()
    enter(first, world, code)
    enter(second, world, code)
    digits = password(world, released)
    assert say(first, digits).status_code == 302
    assert say(second, digits).status_code == 422
    late = password(world, released)
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=codes.PASSWORD_MINUTES + 1))
    assert say(second, late).status_code == 422


def test_copies_close_after_half_an_hour_and_when_the_code_ends(
    world: World, released: AccessRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Client()
    enter(reader, world, sheet(world, released))
    say(reader, password(world, released))
    assert see(reader, "code_files").status_code == 200
    sheet(world, released)  # ends the code before it
    assert see(reader, "code_files").status_code == 302
    enter(reader, world, sheet(world, released))
    say(reader, password(world, released))
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=31))
    assert see(reader, "code_files").status_code == 302


def test_neither_code_nor_password_is_kept(world: World, released: AccessRequest) -> None:
    code = sheet(world, released)
    digits = password(world, released).replace(" ", "")
    (row,) = models.AccessCode.objects.all()
    kept = " ".join(str(value) for value in vars(row).values())
    assert code not in kept
    assert digits not in kept


def test_a_file_of_another_delivery_is_not_there(world: World, released: AccessRequest, ready: Ready) -> None:
    other = ready(world.request(delivery="access_code", delivery_address={"phone": PHONE}))
    world.post("clerk", other, "make_letter", {"kind": "grant", "language": "en"})
    world.post("approver", other, "release")
    reader = Client()
    enter(reader, world, sheet(world, released))
    say(reader, password(world, released))
    (foreign,) = delivery.deliveries(other.ref)
    assert see(reader, "code_file", foreign.package.parts[0].ref).status_code == 404


def test_no_release_without_a_number_to_call(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="access_code"))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    answer = world.post("approver", row, "release")
    assert answer.status_code == 422
    assert "telephone number to call" in answer.content.decode()


def test_guessing_from_one_address_is_slowed(world: World, released: AccessRequest) -> None:
    from chartpost.portal.views.code import TRIES

    code, guesser = sheet(world, released), Client()
    for _ in range(TRIES):
        enter(guesser, world, "2222-2222-2222")
    assert enter(guesser, world, code).status_code == 422
    assert enter(Client(REMOTE_ADDR="192.0.2.7"), world, code).status_code == 302


def test_the_desk_says_that_a_sheet_is_still_to_go(world: World, released: AccessRequest) -> None:
    page = world.get("clerk", world.url(released)).content.decode()
    assert "To be opened with a code; the sheet goes to the person" in page
    assert "Open in the portal" not in page
    assert "Send it and keep the receipt" in page[page.index("summary-box") :][:600], "it is next"
