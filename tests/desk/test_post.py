"""Copies by mail, at the desk: everything for the envelope as one PDF, then the day and the tracking number."""

from collections.abc import Callable

import pytest

from chartpost.delivery import queries as delivery
from chartpost.formats.pdf.sandbox import page_text
from chartpost.kernel import clock
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as sequencing
from chartpost.rights import services
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World, day

pytestmark = pytest.mark.django_db
ADDRESS = {"address": "12 Oak Street\nSacramento, CA 95814"}


def test_an_envelope_is_printed_posted_and_tracked(
    world: World, ready: Callable[[AccessRequest], AccessRequest]
) -> None:
    row = ready(world.request(delivery="post", delivery_address=ADDRESS))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.get("clerk", world.url(row, "papers")).status_code == 302, "nothing was released yet"
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    page = world.get("clerk", world.url(row, "deliveries")).content.decode()
    assert world.url(row, "papers") in page
    answer = world.get("clerk", world.url(row, "papers"))
    pages = page_text(answer.content)
    assert "12 Oak Street" in pages[0]
    assert "Letter: 1 page" in pages[0]
    assert pages[1] == ""
    assert row.requester_name.split()[0] in pages[2]
    assert "Health record" in pages[4]
    today = clock.today("America/Los_Angeles")
    assert world.post("clerk", row, "deliveries", {**day("posted_on", today), "tracking": "9400 1"}).status_code == 302
    (found,) = delivery.deliveries(row.ref)
    assert (found.state, found.tracking) == ("posted", "9400 1")
    sequencing.sequence()
    said = [entry.action for entry in ledger.for_person(world.person.id)]
    assert "package.open" in said
    assert "delivery.post" in said


def enclosed(world: World, row: AccessRequest) -> list[str]:
    """The pages of what goes into the envelope that bear words, in order."""
    return [page for page in page_text(world.get("clerk", world.url(row, "papers")).content) if page]


def test_copies_sent_again_go_with_the_newest_letter_alone(
    world: World, ready: Callable[[AccessRequest], AccessRequest]
) -> None:
    row = ready(world.request(delivery="post", delivery_address=ADDRESS))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    world.post("approver", row, "release")
    services.transition(row.ref, "delivery_failed", world.actor("clerk"), reason="Came back")
    services.transition(row.ref, "deliver_again", world.actor("clerk"))
    AccessRequest.objects.filter(pk=row.pk).update(
        delivery_address={"address": "7 Elm Street\nFresno, CA 93650"}, language="es"
    )
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "es"})
    world.post("clerk", row, "make_letter", {"kind": "acknowledgement", "language": "es"})
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    assert row.letters.exclude(sent_at=None).count() == 3
    pages = enclosed(world, row)
    assert "7 Elm Street" in pages[0]
    assert "12 Oak Street" not in " ".join(pages[:3])
    assert "Tenemos su solicitud de expediente" in pages[1]
    assert "Aquí está el expediente médico que pidió." in pages[2]
    assert "Health record" in pages[3]
