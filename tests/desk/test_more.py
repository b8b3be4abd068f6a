"""Standing, payments, sending letters and more records; the inbox of imports."""

import io
import json
from collections.abc import Callable
from datetime import date

import pytest
from django.urls import reverse

from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.records import ingest
from chartpost.records import queries as records
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
Ready = Callable[[AccessRequest], AccessRequest]


def test_agent_without_a_paper_cannot_receive_until_it_was_seen(world: World, ready: Ready) -> None:
    row = ready(world.request(requester_name="Leo Ruiz", relation="health_care_agent"))
    assert "Before a release is needed" in world.get("clerk", world.url(row)).content.decode()
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    refused = world.post("approver", row, "release")
    assert refused.status_code == 422
    assert "may not get these records yet" in refused.content.decode()
    paper = {"basis": "health_care_agent", "document": "Power of attorney, March 2026"}
    assert world.post("reviewer", row, "standing", paper).status_code == 403
    assert world.post("clerk", row, "standing", {**paper, "document": ""}).status_code == 422
    assert world.post("clerk", row, "standing", paper).status_code == 302
    assert world.post("approver", row, "release").status_code == 302


def test_fee_is_told_accepted_charged_and_paid(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="hand_over"))
    world.post("clerk", row, "fee", {"method": "actual", "labor_minutes": "10", "disc": "2.50"})
    world.post("clerk", row, "fee", {"tell": "1"})
    assert world.post("clerk", row, "step", {"event": "accept_fee"}).status_code == 302
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    assert row.fee["charged_cents"] == 550
    too_much = world.post("clerk", row, "fee", {"paid": "1", "amount": "9.00", "how": "cash"})
    assert too_much.status_code == 422
    assert "from 1 to 550 cents" in too_much.content.decode()
    assert world.post("clerk", row, "fee", {"paid": "1", "amount": "", "how": "barter"}).status_code == 422
    assert world.post("clerk", row, "fee", {"paid": "1", "amount": "5.50", "how": "cash"}).status_code == 302
    row.refresh_from_db()
    assert [(p["cents"], p["how"]) for p in row.fee["payments"]] == [(550, "cash")]


def test_acknowledgement_is_sent_alone_and_other_letters_are_not(world: World, ready: Ready) -> None:
    row = ready(world.request())
    for kind in ("acknowledgement", "grant"):
        world.post("clerk", row, "make_letter", {"kind": kind, "language": "es"})
    letters = {letter.kind: letter for letter in row.letters.all()}
    assert letters["acknowledgement"].language == "es"
    assert world.post("clerk", row, "make_letter", {"send": letters["acknowledgement"].ref}).status_code == 302
    assert world.post("clerk", row, "make_letter", {"send": letters["grant"].ref}).status_code == 422
    assert world.post("clerk", row, "make_letter", {"send": "nothing"}).status_code == 404
    assert row.letters.get(kind="acknowledgement").sent_at is not None
    assert row.letters.get(kind="grant").sent_at is None
    pdf = world.get("reviewer", reverse("desk:letter", args=[letters["grant"].ref]))
    assert pdf.content.startswith(b"%PDF-")


def test_more_can_be_sent_without_a_new_request(world: World, ready: Ready) -> None:
    row = ready(world.request())
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    world.post("approver", row, "release")
    assert world.post("clerk", row, "send_more", {"reason": "A result came in."}).status_code == 302
    row.refresh_from_db()
    assert row.state == "retrieving"


def test_same_ask_is_shown_with_the_earlier_number(world: World) -> None:
    first, second = world.request(days_ago=4), world.request()
    page = world.get("clerk", world.url(second)).content.decode()
    assert "The earliest receipt counts" in page
    assert world.url(first) in page


def test_pick_up_needs_the_name_of_who_signed(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="hand_over"))
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    world.post("approver", row, "release")
    assert world.post("clerk", row, "deliveries", {"signed_by": ""}).status_code == 422
    assert world.post("clerk", row, "deliveries", {"signed_by": "Leo Ruiz"}).status_code == 302
    assert "Leo Ruiz" in world.get("clerk", world.url(row, "deliveries")).content.decode()


@pytest.fixture
def unsure(world: World) -> str:
    """An import whose patient may be one of two persons; returns the address of its inbox item."""
    twin = {"given": "Ana", "family": "Ruiz", "birth_date": date(1984, 3, 5)}
    services.add_person(twin, [], SYSTEM)
    patient = {
        "resourceType": "Patient",
        "id": "new1",
        "name": [{"given": ["Ana"], "family": "Ruiz"}],
        "birthDate": "1984-03-05",
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
    data = io.BytesIO(json.dumps(bundle).encode())
    ingest.import_stream(data, "from-county.json", SYSTEM)
    return reverse("desk:inbox_item", args=[records.inbox()[0].ref])


def test_unsure_import_waits_until_staff_choose(world: World, unsure: str) -> None:
    assert "Ana Ruiz" in world.get("clerk", reverse("desk:inbox")).content.decode()
    page = world.get("clerk", unsure).content.decode()
    assert page.count("It is theirs") >= 2
    assert world.client("clerk").post(unsure, {"answer": "nobody"}, secure=True).status_code == 422
    assert world.client("clerk").post(unsure, {"answer": world.person.ref}, secure=True).status_code == 302
    assert records.inbox() == []
    assert identity.person(world.person.ref).sources


def test_unsure_import_is_thrown_away_only_with_a_reason(world: World, unsure: str) -> None:
    assert world.client("clerk").post(unsure, {"answer": "discard"}, secure=True).status_code == 422
    assert len(records.inbox()) == 1
    kept = {"answer": "discard", "reason": "Sent to us by mistake."}
    assert world.client("clerk").post(unsure, kept, secure=True).status_code == 302
    assert records.inbox() == []
    assert world.client("approver").post(unsure, {"answer": "new"}, secure=True).status_code == 422


def test_the_way_of_delivery_can_be_changed_until_the_release(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="access_code"))
    page = world.get("clerk", world.url(row, "way")).content.decode()
    assert "Change how they get the copies" in world.get("clerk", world.url(row)).content.decode()
    assert "For an access code" in page
    missing = world.post("clerk", row, "way", {"delivery": "access_code", "address": "", "phone": ""})
    assert missing.status_code == 422
    assert "Write the number to call" in missing.content.decode()
    given = {"delivery": "post", "address": "7 Elm Road\nSacramento, CA 95814", "phone": "916 555 0123"}
    assert world.post("clerk", row, "way", given).status_code == 302
    row.refresh_from_db()
    assert (row.delivery_channel, row.delivery_address) == ("post", {"address": given["address"]})
    assert row.state == "ready"
    assert "7 Elm Road, Sacramento, CA 95814" in world.get("approver", world.url(row, "release")).content.decode()
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.post("approver", row, "release").status_code == 302
    late = world.post("clerk", row, "way", {"delivery": "portal", "address": "", "phone": ""})
    assert late.status_code == 422
    row.refresh_from_db()
    assert row.delivery_channel == "post"
