"""A request goes from receipt to receipt by the pages of the desk."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from chartpost.delivery import queries as delivery
from chartpost.formats.readable.words import full_date
from chartpost.identity.models import Facility
from chartpost.kernel import clock
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.rights import clocks
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World, day

pytestmark = pytest.mark.django_db
Ready = Callable[[AccessRequest], AccessRequest]


def test_request_by_mail_is_delivered_and_posted(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="post", delivery_address={"address": "12 Oak Street\nSacramento, CA 95814"}))
    assert world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"}).status_code == 302
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    assert row.state == "delivered"
    assert row.decision["outcome"] == "granted"
    posted = world.post(
        "clerk", row, "deliveries", {**day("posted_on", clock.today("America/Los_Angeles")), "tracking": "9400"}
    )
    assert posted.status_code == 302
    found = delivery.deliveries(row.ref)[0]
    assert (found.state, found.tracking) == ("posted", "9400")
    assert "posted" in {receipt.kind for receipt in found.receipts}


def test_workbench_names_the_next_task_at_each_step(world: World) -> None:
    row = world.request()
    first = world.get("clerk", world.url(row)).content.decode()
    assert "Acknowledge the request" in first
    world.post("clerk", row, "make_letter", {"kind": "acknowledgement", "language": "en"})
    world.post("clerk", row, "identity", {"method": "signature"})
    page = world.get("clerk", world.url(row)).content.decode()
    assert "Choose the scope" in page.split("Do this next")[0]


def test_clerk_cannot_approve_own_release(world: World, ready: Ready) -> None:
    row = ready(world.request())
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    answer = world.post("clerk", row, "release")
    assert answer.status_code == 422
    assert "Ask another approver to release it" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "ready"


def test_approver_who_prepared_it_needs_a_second_person(world: World, ready: Ready) -> None:
    row = ready(world.request())
    row.prepared_by = world.staff["approver"].pk
    row.save()
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert "a second person releases it" in world.get("approver", world.url(row, "release")).content.decode()
    assert world.post("approver", row, "release").status_code == 422
    assert world.post("privacy", row, "release").status_code == 302


def test_withheld_therapy_notes_need_their_letter(world: World, ready: Ready, therapy: str) -> None:
    row = ready(world.request())
    assert row.items.get(key=therapy).decision == "deny"
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    refused = world.post("approver", row, "release")
    assert refused.status_code == 422
    assert "partial_denial" in refused.content.decode()
    assert world.post("clerk", row, "make_letter", {"kind": "partial_denial", "language": "en"}).status_code == 302
    assert world.post("approver", row, "release").status_code == 302
    row.refresh_from_db()
    assert row.decision["outcome"] == "partly granted"
    package = delivery.package(row.package_ref)
    assert package is not None
    assert package.withheld == ("524(a)(2)(i)",)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("CA", ["The law of CA gives no more time. This request cannot be extended.", "45 CFR 160.203(b)"]),
        ("WA", ["The letter must be sent by {until}.", "no later than {last}.", "45 CFR 160.203(b)"]),
        ("OR", ["The letter must be sent by {until}.", "no later than {last}."]),
    ],
)
def test_who_extends_is_told_what_federal_and_state_law_allow(world: World, state: str, said: list[str]) -> None:
    Facility.objects.update(state=state)
    row = world.request(days_ago=5)
    page = " ".join(world.get("clerk", world.url(row, "extend")).content.decode().split())
    days = {"until": clocks.notice_until(row), "last": clocks.last_day(row)}
    for words in said:
        assert words.format(**{name: full_date(day, "en") for name, day in days.items()}) in page
    assert ("45 CFR 160.203(b)" in page) == ("45 CFR 160.203(b)" in said)


def test_a_new_day_out_of_all_time_is_refused_in_words(world: World) -> None:
    Facility.objects.update(state="OR")
    row = world.request(days_ago=5)
    answer = world.post("clerk", row, "extend", {"reason": "The archive is slow.", **day("promised", date.min)})
    assert answer.status_code == 422
    row.refresh_from_db()
    assert row.extension == {}
    assert world.get("clerk", world.url(row)).status_code == 200


def test_second_extension_is_refused_with_the_rule(world: World) -> None:
    Facility.objects.update(state="OR")
    row = world.request(days_ago=5)
    later = clock.today("America/Los_Angeles") + timedelta(days=35)
    first = world.post("clerk", row, "extend", {"reason": "The archive is slow.", **day("promised", later)})
    assert first.status_code == 302
    row.refresh_from_db()
    assert row.extension["promised"] == later.isoformat()
    assert row.due_on == later
    again = world.post("clerk", row, "extend", {"reason": "Still slow.", **day("promised", later)})
    assert again.status_code == 422
    text = again.content.decode()
    assert "it was extended before" in text
    assert "164.524(b)(2)(ii)" in text
    row.refresh_from_db()
    assert row.letters.filter(kind="extension").count() == 1


def test_a_copy_is_free_for_what_the_law_of_the_state_names(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="post", delivery_address={"address": "12 Oak Street\nSacramento, CA 95814"}))
    page = world.get("clerk", world.url(row, "fee")).content.decode()
    assert "It is for an appeal about a public benefit" in page
    assert "It is the first copy of these records" not in page, "that is a law of other states"
    facts = {"method": "actual", "labor_minutes": "10", "pages": "30"}
    assert world.post("clerk", row, "fee", {**facts, "free_when": ["first_copy"]}).status_code == 422
    assert world.post("clerk", row, "fee", {**facts, "free_when": ["public_benefit_appeal"]}).status_code == 302
    row.refresh_from_db()
    assert (row.fee["total_cents"], row.fee["reasons"]) == (0, ["STATE_CAP_APPLIED"])
    Facility.objects.update(state="OH")
    assert "By the law of this state" not in world.get("clerk", world.url(row, "fee")).content.decode()


def test_flat_fee_above_the_limit_is_refused(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="hand_over"))
    answer = world.client("clerk").post(
        world.url(row, "fee"), {"method": "flat", "flat": "25"}, secure=True, follow=True
    )
    text = answer.content.decode()
    assert "above the limit of $6.50" in text
    assert "#FEE-8" in text
    row.refresh_from_db()
    assert row.fee["allowed"] is False
    told = world.post("clerk", row, "fee", {"tell": "1"})
    assert told.status_code == 422


def test_allowed_fee_is_told_with_its_letter(world: World, ready: Ready) -> None:
    row = ready(world.request(delivery="hand_over"))
    world.post("clerk", row, "fee", {"method": "actual", "labor_minutes": "10"})
    row.refresh_from_db()
    assert row.fee["total_cents"] == 300
    assert world.post("clerk", row, "fee", {"tell": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "fee_estimated"
    assert row.letters.filter(kind="fee_estimate").exists()


def test_full_refusal_needs_ground_letter_and_approver(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    harm = world.post("clerk", row, "deny", {"ground": "524(a)(3)(i)", "reason": "Danger."})
    assert harm.status_code == 422
    assert "licensed reviewer" in harm.content.decode()
    assert world.post("reviewer", row, "deny", {"ground": "524(a)(3)(i)", "reason": "Danger."}).status_code == 302
    assert world.post("clerk", row, "deny", {"refuse": "1"}).status_code == 422
    assert world.post("approver", row, "deny", {"refuse": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.decision["ground"]) == ("denied", "524(a)(3)(i)")


def test_files_of_the_package_are_opened_with_a_ledger_entry(world: World, ready: Ready) -> None:
    row = ready(world.request())
    package = delivery.package(row.package_ref)
    assert package is not None
    answer = world.get("clerk", world.url(row, "part", part_ref=package.parts[0].ref))
    assert b"".join(answer.streaming_content)[:5] == b"%PDF-"
    entries = ledger.search(Filter(person_id=world.person.id, action="package.open"))
    assert row.number in entries[0].why


def test_file_of_another_request_is_not_found(world: World, ready: Ready) -> None:
    row, other = ready(world.request()), world.request()
    package = delivery.package(row.package_ref)
    assert package is not None
    assert world.get("clerk", world.url(other, "part", part_ref=package.parts[0].ref)).status_code == 404
