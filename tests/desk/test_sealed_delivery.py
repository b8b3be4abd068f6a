"""Copies by sealed link: the office seals them, the reader opens them, the receipt comes back."""

import html
import re
from collections.abc import Callable

import pytest

from chartpost.delivery import queries as delivery
from chartpost.formats import sealedbox as box
from chartpost.kernel import blobs
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as sequencing
from chartpost.rights.models import AccessRequest
from chartpost.shares import models, services
from chartpost.shares.errors import Gone
from chartpost.shares.types import Opened
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
Ready = Callable[[AccessRequest], AccessRequest]


@pytest.fixture
def released(world: World, ready: Ready) -> AccessRequest:
    row = ready(world.request(delivery="sealed"))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    return row


def seal(world: World, row: AccessRequest) -> tuple[box.Link, str]:
    """What the page shows once: link and password."""
    page = world.post("clerk", row, "seal").content.decode()
    link = re.search(r'id="sealed-link">([^<]+)<', page)
    password = re.search(r'id="sealed-password">([^<]+)<', page)
    assert link
    assert password
    return box.parse_link(html.unescape(link[1])), password[1]


def prove(link: box.Link, password: str) -> tuple[box.Keys, Opened, box.Params]:
    """Open the share as a reader does."""
    header = services.header(link.recipient)
    params = box.parse_params(header.params)
    keys = box.keys_for(link.secret, password, header.salt, params, link.recipient)
    return keys, services.open_link(link.recipient, keys.auth), params


def read(opened: Opened, share_key: bytes, index: int) -> bytes:
    (found,) = [one for one in opened.objects if one.index == index]
    grant = models.Open.objects.get(pk=opened.grant_id)
    whole = services.stream(services.readable(grant, found.object), 0, found.size)
    return b"".join(box.open_stream(whole, share_key, opened.share, index, found.object))


def test_every_file_comes_out_as_it_was_and_the_receipt_closes_the_circle(
    world: World, released: AccessRequest
) -> None:
    link, password = seal(world, released)
    assert len(password.split("-")) == 5
    keys, opened, params = prove(link, password)
    assert opened.zero_knowledge is False
    share_key = box.unwrap_share_key(keys, opened.wrapped, params)
    sealed_manifest = read(opened, share_key, 0)
    manifest = box.parse_manifest(sealed_manifest)
    (found,) = delivery.deliveries(released.ref)
    assert [entry.name for entry in manifest.files] == [part.name for part in found.package.parts]
    for entry, part in zip(manifest.files, found.package.parts, strict=True):
        data = read(opened, share_key, entry.index)
        assert data == blobs.read(delivery.part(part.ref)[2])
        assert entry.hash == box.file_hash([data])
    grant = models.Open.objects.get(pk=opened.grant_id)
    proof, mac = box.opened_proof(keys, sealed_manifest), box.receipt_mac(keys, opened.grant_id, sealed_manifest)
    services.receive(grant, proof, mac)
    services.receive(grant, proof, mac)
    (found,) = delivery.deliveries(released.ref)
    assert [(r.kind, r.by_name) for r in found.receipts] == [("opened", world.person.name)]
    page = world.get("clerk", world.url(released, "deliveries")).content.decode()
    assert "opened whole on" in page
    sequencing.sequence()
    said = [entry.action for entry in ledger.for_person(world.person.id)]
    assert {"share.make", "share.send", "share.open", "share.receive", "delivery.open"} <= set(said)


def test_a_new_link_ends_the_one_before(world: World, released: AccessRequest) -> None:
    first, word = seal(world, released)
    second, other = seal(world, released)
    with pytest.raises(Gone):
        prove(first, word)
    assert prove(second, other)[1].objects


def test_neither_secret_nor_password_is_kept(world: World, released: AccessRequest) -> None:
    link, password = seal(world, released)
    kept = b""
    for model in (models.Share, models.Recipient, models.Object, models.Part):
        for row in model.objects.all():
            kept += b" ".join(
                bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in vars(row).values()
            )
    assert link.secret not in kept
    assert password.encode() not in kept
    assert box.b64u(link.secret).encode() not in kept


def test_the_page_says_that_it_is_not_zero_knowledge(world: World, released: AccessRequest) -> None:
    assert "not zero-knowledge" in world.get("clerk", world.url(released, "deliveries")).content.decode()
    assert "Not zero-knowledge" in world.post("clerk", released, "seal").content.decode()


def test_the_link_is_printed_without_its_password(world: World, released: AccessRequest) -> None:
    link, password = seal(world, released)
    page = world.post("clerk", released, "seal_sheet", {"link": link.render()}).content.decode()
    assert html.escape(link.render()) in page
    assert 'class="qr"' in page
    assert world.person.name in page
    assert password not in page


def test_no_sheet_for_links_of_others(world: World, released: AccessRequest) -> None:
    seal(world, released)
    stranger = box.Link("https://evil.example", box.new_id(), bytes(32)).render()
    for other in (stranger, "javascript:alert(1)", ""):
        assert world.post("clerk", released, "seal_sheet", {"link": other}).status_code == 302


def test_a_link_that_was_taken_back_opens_nothing(world: World, released: AccessRequest) -> None:
    link, password = seal(world, released)
    assert "Take the link back" in world.get("clerk", world.url(released, "deliveries")).content.decode()
    assert world.post("approver", released, "seal_end").status_code == 302  # not only who made it
    with pytest.raises(Gone):
        prove(link, password)
    page = world.get("clerk", world.url(released, "deliveries")).content.decode()
    assert "taken back" in page
    assert "Take the link back" not in page
    assert not models.Object.objects.exists()
