"""Copies on a stick or a disc, at the desk: make it, save its files, print the sheet, mail it or hand it over."""

import io
import re
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pikepdf
import pycdlib
import pytest

from chartpost.delivery import boxes, models
from chartpost.delivery import queries as delivery
from chartpost.formats import media
from chartpost.formats.sealedbox import WrongKeyError, new_password
from chartpost.kernel import blobs, clock
from chartpost.kernel.blobs import BlobMissingError
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as sequencing
from chartpost.rights.models import AccessRequest
from tests.delivery.support import words
from tests.desk.conftest import World, day

pytestmark = pytest.mark.django_db
Ready = Callable[[AccessRequest], AccessRequest]
ADDRESS = {"address": "12 Oak Street\nSacramento, CA 95814"}


@pytest.fixture
def release(world: World, ready: Ready) -> Callable[..., AccessRequest]:
    """Release a request by stick: picked up, unless an address is given."""

    def bring(**address: str) -> AccessRequest:
        row = ready(world.request(delivery="media", delivery_address=address))
        world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
        answer = world.post("approver", row, "release")
        assert answer.status_code == 302, answer.content.decode()[:2000]
        row.refresh_from_db()
        return row

    return bring


def make(world: World, row: AccessRequest) -> str:
    """Make the box; the password as the page carries it."""
    page = world.post("clerk", row, "media_make").content.decode()
    found = re.search(r'name="password" value="([a-z]+(?:-[a-z]+){4})"', page)
    assert found, page[:3000]
    return found[1]


def files(world: World, row: AccessRequest) -> dict[str, bytes]:
    """The archive for the stick, unpacked."""
    answer = world.get("clerk", world.url(row, "media_box"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: archive.read(name) for name in archive.namelist()}


def sheet(world: World, row: AccessRequest, password: str) -> Any:
    return world.post("clerk", row, "media_sheet", {"password": password})


def test_the_stick_holds_what_was_released_and_the_sheet_opens_it(
    world: World, release: Callable[..., AccessRequest]
) -> None:
    row = release()
    password = make(world, row)
    stick = files(world, row)
    assert sorted(stick) == ["OPEN-ME.html", "README.txt", "SUMMARY.pdf", "records.cps"]
    printed = words(sheet(world, row, password).content).replace(" ", "")
    assert re.search("Password" + ".".join(password.split("-")) + "Check", printed)
    for name in ("OPEN-ME.html", "records.cps"):
        assert sha256(stick[name]).hexdigest() in printed
    opened = media.open_box(io.BytesIO(stick["records.cps"]), password)
    (found,) = delivery.deliveries(row.ref)
    assert found.state == "made"
    assert [entry.name for entry in opened.manifest.files] == [part.name for part in found.package.parts]
    for entry, part in zip(opened.manifest.files, found.package.parts, strict=True):
        assert b"".join(opened.plain(entry)) == blobs.read(delivery.part(part.ref)[2])
    assert "Haga doble clic en OPEN-ME.html" in stick["README.txt"].decode()


def test_the_disc_holds_the_same_files_as_the_stick(world: World, release: Callable[..., AccessRequest]) -> None:
    row = release()
    assert world.get("clerk", world.url(row, "media_disc")).status_code == 302, "nothing was made yet"
    make(world, row)
    answer = world.get("clerk", world.url(row, "media_disc"))
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer["Content-Length"])
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(data))
    for name, wanted in files(world, row).items():
        out = io.BytesIO()
        disc.get_file_from_iso_fp(out, joliet_path=f"/{name}")
        assert out.getvalue() == wanted, name
    assert disc.pvd.volume_identifier.strip() == b"HEALTH_RECORDS", "the disc's own name names nobody"
    sequencing.sequence()
    assert [entry.action for entry in ledger.for_person(world.person.id)].count("media.take") == 2


def test_the_paper_on_the_stick_opens_with_the_same_password(
    world: World, release: Callable[..., AccessRequest]
) -> None:
    row = release()
    password = make(world, row)
    stick = files(world, row)
    assert "SUMMARY.pdf es un resumen" in stick["README.txt"].decode()
    assert "The whole record is in the locked files" in stick["README.txt"].decode()
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(stick["SUMMARY.pdf"]))
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(stick["SUMMARY.pdf"]), password=password) as pdf:
        pdf.save(out)
    (part,) = [p for p in delivery.deliveries(row.ref)[0].package.parts if p.format == "summary"]
    assert words(out.getvalue()) == words(blobs.read(delivery.part(part.ref)[2]))
    assert "SUMMARY.pdf" in words(sheet(world, row, password).content)


def test_nothing_on_the_stick_can_be_read_without_the_password(
    world: World, release: Callable[..., AccessRequest]
) -> None:
    row = release()
    make(world, row)
    for name, data in files(world, row).items():
        for text in (b"Asthma", b"Ruiz", b"PDF-1"):
            assert text not in data.removeprefix(b"%PDF-1"), name


def test_the_password_is_kept_nowhere(world: World, release: Callable[..., AccessRequest]) -> None:
    row = release()
    password = make(world, row)
    (box,) = models.Box.objects.all()
    (kept,) = models.Delivery.objects.all()
    assert password not in f"{vars(box)}{vars(kept)}"
    page = world.get("clerk", world.url(row, "deliveries")).content.decode()
    assert password not in page


def test_a_new_stick_has_a_new_password_and_ends_the_one_before(
    world: World, release: Callable[..., AccessRequest]
) -> None:
    row = release()
    first = make(world, row)
    before = boxes.current(row.delivery_ref)
    assert before
    second = make(world, row)
    assert first != second
    with pytest.raises(BlobMissingError):
        blobs.open(before.blob)
    with pytest.raises(WrongKeyError):
        media.open_box(io.BytesIO(files(world, row)["records.cps"]), first)


def test_a_stick_that_is_picked_up(world: World, release: Callable[..., AccessRequest]) -> None:
    row = release()
    assert "Stick or disc to be made" in world.get("clerk", world.url(row, "deliveries")).content.decode()
    assert world.post("clerk", row, "deliveries", {"signed_by": "Ana Ruiz"}).status_code == 422  # nothing to give yet
    make(world, row)
    box = boxes.current(row.delivery_ref)
    assert box
    assert world.post("clerk", row, "deliveries", {"signed_by": "Ana Ruiz"}).status_code == 302
    (found,) = delivery.deliveries(row.ref)
    assert (found.state, found.receipts[-1].kind) == ("handed_over", "handed_over")
    row.refresh_from_db()
    assert row.state == "confirmed"
    with pytest.raises(BlobMissingError):
        blobs.open(box.blob)
    assert world.get("clerk", world.url(row, "media_box")).status_code == 302
    sequencing.sequence()
    said = {entry.action for entry in ledger.for_person(world.person.id)}
    assert {"media.make", "delivery.release", "delivery.hand_over"} <= said


def test_a_stick_that_goes_by_mail(world: World, release: Callable[..., AccessRequest]) -> None:
    row = release(**ADDRESS)
    make(world, row)
    page = world.get("clerk", world.url(row, "deliveries")).content.decode()
    assert world.url(row, "sheet") in page
    today = clock.today("America/Los_Angeles")
    assert world.post("clerk", row, "deliveries", {**day("posted_on", today), "tracking": "9400"}).status_code == 302
    (found,) = delivery.deliveries(row.ref)
    assert (found.state, found.tracking) == ("posted", "9400")
    assert delivery.status_line(found)[0].startswith("Mailed on")


def test_once_it_left_no_other_is_made(world: World, release: Callable[..., AccessRequest]) -> None:
    row = release()
    make(world, row)
    world.post("clerk", row, "deliveries", {"signed_by": "Ana Ruiz"})
    assert world.post("clerk", row, "media_make").status_code == 302
    assert models.Box.objects.count() == 1


def test_a_sheet_is_printed_for_drawn_passwords_of_a_stick_only(
    world: World, release: Callable[..., AccessRequest]
) -> None:
    row = release()
    assert sheet(world, row, new_password()).status_code == 302  # no stick yet
    make(world, row)
    assert sheet(world, row, "<script>alert(1)</script>").status_code == 302
    assert sheet(world, row, "").status_code == 302


def test_other_channels_have_no_stick(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="hand_over"))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    world.post("approver", row, "release")
    row.refresh_from_db()
    assert world.post("clerk", row, "media_make").status_code == 302
    assert not models.Box.objects.exists()
    assert world.get("clerk", world.url(row, "media_box")).status_code == 302
