"""Portal, post and hand-over: rules, papers, receipts, and the line both sides see."""

import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.utils import translation

from chartpost.delivery import channels, models, on_receipt, queries, services
from chartpost.delivery.channels import hand_over, post
from chartpost.delivery.errors import BadRecipient, NoSuchChannel, NotReady, NotThere, WrongStep
from chartpost.delivery.types import DeliveryView
from chartpost.formats.pdf.sandbox import page_text
from chartpost.formats.pdf.types import LetterDocument, Office, Paragraph
from chartpost.formats.pdf.typeset import render_letter
from chartpost.kernel import clock
from chartpost.ledger import queries as ledger
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

WHO = "edith-marsh"
MONDAY = datetime(2026, 11, 16, 10, 0, 0, 123456, tzinfo=ZoneInfo("America/Los_Angeles"))
HOME = {
    "name": "Edith Marsh",
    "address_line": "9 Chapel Lane",
    "city": "Alameda",
    "state": "CA",
    "postal_code": "94502",
}


LONG = {"name": "E", "address": "9 Chapel Lane" * 5}


@pytest.fixture
def world() -> worlds.World:
    return worlds.build(WHO)


def release(world: worlds.World, channel: str, *formats: str, recipient: dict[str, str] | None = None) -> str:
    package = support.make(world, WHO, *(formats or ("pdf",)), request="r1")
    with clock.at(MONDAY):
        return services.deliver(package.ref, channel, recipient or HOME, world.actor("approver"))


def now(ref: str) -> DeliveryView:
    return queries.known_delivery(ref)


def actions(world: worlds.World) -> list[str]:
    return [e.action for e in ledger.for_person(world.people[WHO].id, limit=500)]


def test_what_the_person_opens_leaves_one_receipt_per_file_with_its_hash(world: worlds.World) -> None:
    ref = release(world, "portal")
    package = now(ref).package
    person, part = world.actor(WHO), package.parts[0]
    assert queries.status_line(now(ref)) == ("Ready to open since November 16, 2026. Not opened yet.", "info")
    services.opened(ref, part.ref, part.sha256, world.actor("clerk"))
    assert now(ref).receipts == (), "staff checking it is no receipt"
    with pytest.raises(NotThere):
        services.opened(ref, part.ref, "0" * 64, person)
    with clock.at(MONDAY + timedelta(days=1)):
        services.opened(ref, part.ref, part.sha256, person)
        services.opened(ref, part.ref, part.sha256, person)
        services.opened(ref, package.parts[1].ref, package.parts[1].sha256, person)
    found = now(ref).receipts
    assert [(r.kind, r.part_ref, r.sha256, r.by_name) for r in found] == [
        ("opened", p.ref, p.sha256, person.name) for p in package.parts[:2]
    ]
    assert actions(world).count("delivery.open") == 2
    with translation.override("es"):
        line = queries.status_line(now(ref))
    assert line == (f"Abierto por primera vez el 17 de noviembre de 2026 por {person.name}.", "success")


def test_post_needs_an_address_before_anything_is_released(world: worlds.World) -> None:
    for recipient in ({"name": "Edith"}, {**HOME, "name": " "}, {"name": "E", "address": "1\n2\n3\n4\n5"}, LONG):
        with pytest.raises(BadRecipient) as caught:
            release(world, "post", recipient=recipient)
        assert caught.value.todo
    assert not models.Delivery.objects.exists()
    assert "delivery.release" not in actions(world)
    with pytest.raises(NoSuchChannel):
        release(world, "pigeon")
    with pytest.raises(NotReady):
        services.deliver("nothing", "portal", HOME, world.actor("approver"))


def test_post_prints_sheet_letter_and_record_and_keeps_the_day(world: worlds.World) -> None:
    ref = release(world, "post")
    sheet = page_text(post.address_sheet(ref))
    assert len(sheet) == 1
    for line in ("Edith Marsh", "9 Chapel Lane", "Alameda, CA 94502"):
        assert line in sheet[0]
    letter = LetterDocument(
        Office("Office"), ("Edith Marsh",), date(2026, 11, 16), "Your copies", (Paragraph("Hello."),)
    )
    packet = post.print_all(ref, [render_letter(letter)])
    pages = page_text(packet.data)
    assert "9 Chapel Lane" in pages[0]
    assert pages[1] == "", "the back of the address sheet stays empty"
    assert "Your copies" in pages[2]
    assert "Health record" in pages[4]
    record = len(page_text(support.data(now(ref).package, ".pdf")))
    for said in (
        "Letter: 1 page",
        f"Copies of health records: {record} page",
        f"{packet.sheets} sheets with this one",
    ):
        assert said in pages[0].replace("\r\n", " ")
    assert (len(pages), packet.pages, packet.sheets) == (packet.pages, 2 * packet.sheets, 2 + -(-record // 2))
    with pikepdf.open(io.BytesIO(packet.data)) as pdf:
        wishes = pdf.Root.ViewerPreferences
        assert (wishes.Duplex, wishes.PrintScaling) == (pikepdf.Name.DuplexFlipLongEdge, pikepdf.Name("/None"))
        assert {tuple(float(n) for n in page.mediabox) for page in pdf.pages} == {(0, 0, 612, 792)}
    assert queries.status_line(now(ref))[0].startswith("Released on November 16, 2026. The letter is not")
    with clock.at(MONDAY + timedelta(days=1)):
        for wrong in (date(2026, 11, 15), date(2026, 11, 18)):
            with pytest.raises(WrongStep):
                services.posted(ref, wrong, "", world.actor("clerk"))
        services.posted(ref, date(2026, 11, 17), " 9400 1 ", world.actor("clerk"))
    assert (now(ref).posted_on, now(ref).tracking) == (date(2026, 11, 17), "9400 1")
    assert queries.status_line(now(ref))[0] == "Mailed on November 17, 2026. Tracking number: 9400 1."
    with pytest.raises(WrongStep):
        services.handed_over(ref, "Edith", world.actor("clerk"))
    with pytest.raises(WrongStep):
        hand_over.pick_up_receipt(ref)


def test_a_package_without_pdf_cannot_be_printed(world: worlds.World) -> None:
    ref = release(world, "post", "fhir")
    with pytest.raises(NotReady) as caught:
        post.print_all(ref)
    assert "PDF" in caught.value.todo


def test_hand_over_has_a_receipt_to_sign_and_keeps_who_signed(world: worlds.World) -> None:
    ref = release(world, "hand_over")
    (page,) = page_text(hand_over.pick_up_receipt(ref))
    for text in ("Edith Marsh", "Signature", now(ref).package.parts[0].sha256[:16]):
        assert text in page
    told: list[tuple[str, str, str]] = []
    on_receipt.register(lambda *what: told.append(what))
    with pytest.raises(NotThere):
        services.handed_over(ref, "  ", world.actor("clerk"))
    with clock.at(MONDAY + timedelta(days=2)):
        services.handed_over(ref, "Rose Marsh", world.actor("clerk"))
    assert queries.status_line(now(ref)) == ("Picked up on November 18, 2026. Rose Marsh signed for it.", "success")
    assert told == [("r1", ref, "handed_over")]
    with pytest.raises(WrongStep):
        services.handed_over(ref, "Someone Else", world.actor("clerk"))


def test_the_answer_counts_once_and_no_reopens(world: worlds.World) -> None:
    ref = release(world, "portal")
    person = world.actor(WHO)
    services.confirm(ref, arrived=True, problem="ignored", actor=person)
    services.confirm(ref, arrived=True, problem="", actor=person)
    assert [r.kind for r in now(ref).receipts] == ["arrived"]
    assert now(ref).problem == ""
    services.confirm(ref, arrived=False, problem="x" * 900, actor=person)
    assert (now(ref).state, len(now(ref).problem)) == ("problem", 500)
    assert queries.status_line(now(ref))[1] == "warning"
    assert {"delivery.confirm", "delivery.fail"} <= set(actions(world))


def test_three_channels_are_known() -> None:
    assert channels.names()[:3] == ("portal", "post", "hand_over")
