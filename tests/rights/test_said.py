"""What leaves with the copies says what is so on that day: way, address, fee, and what is held back."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chartpost.desk.tasks import owed
from chartpost.desk.views.workbench import work_of
from chartpost.rights import letters, services
from chartpost.rights.errors import GuardFailed
from chartpost.rights.models import AccessRequest, ItemDecision, Letter
from tests.rights import office
from tests.rights.office import Small

pytestmark = pytest.mark.django_db
POST = {"delivery_channel": "post", "delivery_address": {"address": "5 Elm Street\nOakland, CA 94601"}}


def refused(small: Small, row: AccessRequest, kinds: list[str]) -> None:
    """The release is refused, and the desk names the letters that are owed."""
    row.refresh_from_db()
    assert owed(work_of(row)) == kinds
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "release", small.actor("approver"))
    assert caught.value.guard == "letters_ready"
    assert ", ".join(kinds) in caught.value.seen


def other_package(row: AccessRequest) -> None:
    change(row, package_ref=office.add_package(row).ref)


def change(row: AccessRequest, **fields: Any) -> None:
    AccessRequest.objects.filter(pk=row.pk).update(**fields)


def held_back(row: AccessRequest, **fields: Any) -> None:
    ItemDecision.objects.create(request=row, key="Condition/c9", **fields)


DENIED = {"decision": "deny", "ground": "524(a)(3)(i)", "reviewable": True}
CHANGES: dict[str, Callable[[AccessRequest], None]] = {
    "another way": lambda row: change(row, delivery_channel="hand_over", delivery_address={}),
    "another address": lambda row: change(row, delivery_address={"address": "9 Oak Street\nOakland, CA 94601"}),
    "a fee agreed to": lambda row: change(row, fee={"total_cents": 400, "told_at": "x", "accepted_at": "x"}),
    "another package": other_package,
    "a result on hold": lambda row: held_back(row, decision="hold", release_on=date(2030, 1, 1)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_cover_letter_that_says_what_was_is_made_again_before_the_release(name: str) -> None:
    small = office.build("OH")
    row = office.complete(small, "ready", **POST)
    CHANGES[name](row)
    refused(small, row, ["grant"])
    letters.make(row.ref, "grant", "en", small.actor("clerk"))
    assert services.transition(row.ref, "release", small.actor("approver")).state == "delivered"


def test_a_letter_about_what_is_held_back_names_all_of_it() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready", **POST)
    office.add_denial(row, reviewable=False)
    letters.make(row.ref, "partial_denial", "en", small.actor("clerk"))
    held_back(row, **DENIED)
    refused(small, row, ["grant", "partial_denial"])
    for kind in ("grant", "partial_denial"):
        letters.make(row.ref, kind, "en", small.actor("clerk"))
    done = services.transition(row.ref, "release", small.actor("approver"))
    assert done.decision["outcome"] == "partly granted"


def test_a_second_release_that_holds_more_back_owes_a_letter_of_its_own() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready")
    office.add_denial(row, reviewable=False)
    office.add_letter(row, "partial_denial")
    services.transition(row.ref, "release", small.actor("approver"))
    services.transition(row.ref, "send_more", small.actor("clerk"), reason="A part was missing.")
    held_back(row, **DENIED)
    row.refresh_from_db()
    other_package(row)
    change(row, state="ready")
    refused(small, row, ["grant", "partial_denial"])


def test_a_letter_kept_without_its_facts_is_asked_for_anew_and_then_goes() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready")
    Letter.objects.filter(request=row).update(values={})
    refused(small, row, ["grant"])
    letters.make(row.ref, "grant", "en", small.actor("clerk"))
    assert services.transition(row.ref, "release", small.actor("approver")).state == "delivered"


def test_the_same_copies_sent_again_go_with_the_letter_that_was_sent() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready")
    services.transition(row.ref, "release", small.actor("approver"))
    services.transition(row.ref, "delivery_failed", small.actor("clerk"), reason="Wrong door")
    services.transition(row.ref, "deliver_again", small.actor("clerk"))
    assert services.transition(row.ref, "release", small.actor("approver")).state == "delivered"


def test_a_letter_about_entries_that_are_released_after_all_stays_here() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready")
    denied = office.add_denial(row)
    office.add_letter(row, "partial_denial")
    denied.delete()
    office.add_letter(row, "grant")
    services.transition(row.ref, "release", small.actor("approver"))
    assert Letter.objects.get(request=row, kind="partial_denial").sent_at is None


def test_a_request_answered_long_ago_owes_no_letter() -> None:
    small = office.build("OH")
    row = office.complete(small, "ready")
    services.transition(row.ref, "release", small.actor("approver"))
    Letter.objects.filter(request=row).update(values={})
    row.refresh_from_db()
    assert owed(work_of(row)) == []


def test_a_refusal_goes_with_a_letter_about_its_own_ground() -> None:
    small = office.build("OH")
    row = office.complete(small, "retrieving")
    services.set_ground(row.ref, "524(a)(2)(i)", False, "Notes of a therapist.", small.actor("clerk"))
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "deny", small.actor("approver"))
    assert "says something else" in caught.value.seen
    letters.make(row.ref, "denial", "en", small.actor("clerk"))
    assert services.transition(row.ref, "deny", small.actor("approver")).state == "denied"
