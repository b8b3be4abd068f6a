"""The office seals a delivery: files over the border of a part, files without bytes, and room that is not there."""

import hashlib
from typing import Any

import pytest

from chartpost.delivery import codes
from chartpost.delivery import models as delivery_models
from chartpost.delivery import services as deliveries
from chartpost.delivery.errors import WrongStep
from chartpost.formats import sealedbox as box
from chartpost.kernel import blobs, clock
from chartpost.shares import models, sealing, services
from chartpost.shares.errors import Gone
from chartpost.shares.ids import object_name
from chartpost.shares.types import Range
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"


@pytest.fixture
def world() -> worlds.World:
    return worlds.build(WHO)


def release(world: worlds.World, files: dict[str, bytes], channel: str = "sealed") -> str:
    """A released package with more files."""
    package = support.make(world, WHO, "pdf", request="r1")
    row = delivery_models.Package.objects.get(ref=package.ref)
    for name, data in files.items():
        kept = blobs.put(data, owner=f"person:{row.person_id}", media_type="application/dicom")
        row.parts.create(
            format="document",
            name=name,
            media_type="application/dicom",
            blob=kept.id,
            sha256=kept.sha256,
            size=kept.size,
        )
    return deliveries.deliver(
        package.ref, channel, {"name": "Edith Marsh", "phone": "555 0100"}, world.actor("approver")
    )


def opened(made: sealing.SealedByOffice) -> dict[str, bytes]:
    """Everything, read as a recipient's program does."""
    link = box.parse_link(made.link)
    header = services.header(link.recipient)
    params = box.parse_params(header.params)
    keys = box.keys_for(link.secret, made.password, header.salt, params, link.recipient)
    grant = services.open_link(link.recipient, keys.auth)
    key = box.unwrap_share_key(keys, grant.wrapped, params)
    row = models.Open.objects.get(pk=grant.grant_id)

    def read(index: int) -> bytes:
        (one,) = [each for each in grant.objects if each.index == index]
        pieces = services.stream(services.readable(row, one.object), 0, one.size)
        return b"".join(box.open_stream(pieces, key, grant.share, index, one.object))

    manifest = box.parse_manifest(read(0))
    manifest.check_params(link.recipient, params)
    manifest.check_objects({one.index: (one.object, one.size) for one in grant.objects if one.index})
    found = {entry.name: read(entry.index) for entry in manifest.files}
    assert all(entry.hash == box.file_hash([found[entry.name]]) for entry in manifest.files)
    return found


def test_files_over_the_border_of_a_part_and_without_bytes(world: worlds.World) -> None:
    files = {
        "empty.dcm": b"",
        "one part.dcm": bytes(8 * 1024 * 1024),
        "three parts.dcm": bytes(range(256)) * 4096 * 17,
    }
    found = opened(sealing.seal(release(world, files), world.actor("approver")))
    assert {name: found[name] for name in files} == files


def test_the_store_holds_nothing_that_can_be_read(world: worlds.World) -> None:
    mark = b"PATIENT^EDITH" * 1000
    ref = release(world, {"study.dcm": mark})
    sealing.seal(ref, world.actor("approver"))
    (share,) = sealing.shares_of(ref)
    assert share.zero_knowledge is False
    for one in models.Object.objects.all():
        data = b"".join(services.stream(Range(object_name(one.id), one.size), 0, one.size))
        assert b"PATIENT" not in data
        assert b"study" not in data
        assert len(data) == one.size
        assert hashlib.sha256(data).digest() in {bytes(part.sha256) for part in one.parts.all()}


def test_other_channels_are_not_sealed(world: worlds.World) -> None:
    ref = release(world, {}, channel="hand_over")
    with pytest.raises(WrongStep):
        sealing.seal(ref, world.actor("approver"))
    with pytest.raises(WrongStep):
        sealing.take_back(ref, world.actor("approver"))
    assert not models.Share.objects.exists()


def test_sealing_again_deletes_what_was_sealed_before(world: worlds.World) -> None:
    ref = release(world, {"study.dcm": b"x" * 1000})
    sealing.seal(ref, world.actor("approver"))
    before = set(models.Object.objects.values_list("pk", flat=True))
    second = sealing.seal(ref, world.actor("approver"))
    assert not before & set(models.Object.objects.values_list("pk", flat=True))
    assert [share.state for share in sealing.shares_of(ref)] == ["ready", "revoked"]
    assert opened(second)["study.dcm"] == b"x" * 1000


def test_a_closed_delivery_is_not_sealed_again(world: worlds.World) -> None:
    ref = release(world, {"a.dcm": b"x"})
    made = sealing.seal(ref, world.actor("approver"))
    deliveries.close(ref)
    with pytest.raises(WrongStep, match="a delivery that failed"):
        sealing.seal(ref, world.actor("approver"))
    assert models.Share.objects.count() == 1
    with pytest.raises(Gone):
        opened(made)


@pytest.mark.parametrize("place", ["before the share is there", "while its files are sent"])
def test_a_delivery_that_closes_while_it_is_sealed_gives_no_link(
    place: str, world: worlds.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, closed = release(world, {"a.dcm": b"x"}), []
    module, name = (box, "file_hash") if place == "before the share is there" else (sealing, "_put")
    real = getattr(module, name)

    def closing(*given: Any) -> Any:
        if not closed:
            closed.append(deliveries.close(ref))
        return real(*given)

    monkeypatch.setattr(module, name, closing)
    with pytest.raises(WrongStep, match="a delivery that failed"):
        sealing.seal(ref, world.actor("approver"))
    live = [share for share in sealing.shares_of(ref) if share.expires_at > clock.now()]
    assert live == []


def test_a_delivery_that_failed_lets_nobody_in_any_more(world: worlds.World) -> None:
    """It may have gone to somebody else; the copies go out anew by another way."""
    sealed, coded = release(world, {}), release(world, {}, "access_code")
    made = sealing.seal(sealed, world.actor("approver"))
    assert opened(made)
    codes.make(coded, world.actor("clerk"))
    for ref in (sealed, coded):
        deliveries.close(ref)
    with pytest.raises(Gone):
        opened(made)
    found = codes.current(coded)
    assert found is not None
    assert found.state == "ended"
    assert services.expire() == 1
