"""Sticks and discs in the delivery room: many files, large ones, the page with and without them, and the rules."""

import io
import zipfile
from collections.abc import Callable
from hashlib import sha256

import pytest

from chartpost.delivery import boxes, models, queries, services
from chartpost.delivery.channels import media as channel
from chartpost.delivery.errors import BadRecipient, NotReady, NotThere, WrongStep
from chartpost.formats import media
from chartpost.kernel import blobs, clock
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"
NAME = {"name": "Edith Marsh"}


@pytest.fixture
def world() -> worlds.World:
    return worlds.build(WHO)


def release(world: worlds.World, recipient: dict[str, str] | None = None, extra: bytes = b"") -> str:
    """A released delivery; `extra` is one more file of the package."""
    package = support.make(world, WHO, "pdf", request="r1")
    if extra:
        row = models.Package.objects.get(ref=package.ref)
        kept = blobs.put(extra, owner=f"person:{row.person_id}", media_type="application/dicom")
        models.Part.objects.create(
            package=row,
            format="document",
            name="Study.dcm",
            media_type="application/dicom",
            blob=kept.id,
            sha256=kept.sha256,
            size=kept.size,
        )
    return services.deliver(package.ref, "media", recipient or NAME, world.actor("approver"))


def unpacked(delivery_ref: str) -> dict[str, bytes]:
    box = boxes.current(delivery_ref)
    assert box
    with blobs.open(box.blob) as stream:
        archive = zipfile.ZipFile(io.BytesIO(stream.read()))
    return {name: archive.read(name) for name in archive.namelist()}


def test_a_small_box_stands_in_the_page_too(world: worlds.World) -> None:
    ref = release(world)
    made = boxes.make(ref, world.actor("approver"))
    stick = unpacked(ref)
    assert stick["OPEN-ME.html"] == media.fill_page(boxes.VIEWER.read_bytes(), stick["records.cps"])
    assert (made.view.page_sha256, made.view.box_sha256) == tuple(
        sha256(stick[name]).hexdigest() for name in ("OPEN-ME.html", "records.cps")
    )


def test_a_large_box_lies_beside_a_page_that_is_always_the_same(world: worlds.World) -> None:
    study = bytes(range(256)) * 4096 * 51
    ref = release(world, extra=study)
    made = boxes.make(ref, world.actor("approver"))
    stick = unpacked(ref)
    assert stick["OPEN-ME.html"] == media.fill_page(boxes.VIEWER.read_bytes())
    opened = media.open_box(io.BytesIO(stick["records.cps"]), made.password)
    (entry,) = [one for one in opened.manifest.files if one.name == "Study.dcm"]
    assert sha256(b"".join(opened.plain(entry))).digest() == sha256(study).digest()


def test_who_gets_it_is_known_before_the_release(world: worlds.World) -> None:
    with pytest.raises(BadRecipient, match="name"):
        channel.check({})
    with pytest.raises(BadRecipient, match="at most"):
        channel.check({**NAME, "address": "1\n2\n3\n4\n5\n6"})
    channel.check({**NAME, "address": "9 Chapel Lane\nAlameda, CA 94502"})
    assert not channel.is_mailed(NAME)
    assert channel.is_mailed({**NAME, "address": "9 Chapel Lane"})


def test_nothing_is_given_away_before_it_is_made(world: worlds.World) -> None:
    ref = release(world)
    gives: tuple[Callable[[], None], ...] = (
        lambda: services.posted(ref, clock.today("UTC"), "", world.actor("approver")),
        lambda: services.handed_over(ref, "Edith Marsh", world.actor("approver")),
    )
    for give in gives:
        with pytest.raises(WrongStep):
            give()
    with pytest.raises(NotThere):
        channel.password_sheet(ref, "abacus-abdomen-abide-able-abnormal")
    found = queries.delivery(ref)
    assert found
    assert found.receipts == ()


def test_without_the_built_page_nothing_is_made(world: worlds.World, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = release(world)
    monkeypatch.setattr(boxes, "VIEWER", boxes.VIEWER.with_name("missing.html"))
    with pytest.raises(NotReady, match="built frontend"):
        boxes.make(ref, world.actor("approver"))
    found = queries.delivery(ref)
    assert found
    assert found.state == "to_make"


def test_the_readme_tells_both_languages_how(world: worlds.World) -> None:
    ref = release(world)
    boxes.make(ref, world.actor("approver"))
    text = unpacked(ref)["README.txt"].decode("utf-8-sig")
    assert text.count("OPEN-ME.html") == 2
    assert "Type the password" in text
    assert "Escriba la contraseña" in text
    assert "\r\n" in text
