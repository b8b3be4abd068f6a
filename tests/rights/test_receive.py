"""Receiving: what is wrong is told, what is missing is asked for, and the day of receipt is never lost."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from chartpost.delivery import on_receipt
from chartpost.delivery import services as deliveries
from chartpost.delivery.models import Package
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import queries as people
from chartpost.identity import services as identity
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.ledger import queries as ledger
from chartpost.ledger.types import Filter
from chartpost.rights import clocks, items, numbers, queries, services, standing, tally
from chartpost.rights.errors import GuardFailed, Incomplete, NotNow
from chartpost.rights.models import AccessRequest, NumberSeries
from chartpost.rights.types import Ask, Intake
from tests.rights import office
from tests.support.world import PASSWORD

pytestmark = pytest.mark.django_db


def notes(row: AccessRequest) -> str:
    return "\n".join(row.notes.order_by("pk").values_list("text", flat=True))


def taken_in(small: office.Small, signed: bool = True, days: int = 0, **more: Any) -> AccessRequest:
    how = Intake("fax", clock.now() - timedelta(days=days), signed=signed)
    return services.intake(office.asked(small, **more), how, small.actor("clerk"))


def test_an_unsigned_paper_is_received_and_flagged() -> None:
    small = office.build()
    row = taken_in(small, signed=False)
    assert row.state == "received"
    assert row.signature["kind"] == "none"
    assert "not signed" in notes(row)
    assert "not signed" not in notes(taken_in(small, date_from=date(2020, 1, 1)))


@pytest.mark.parametrize("signed_name", ["", "   ", "Rosa Alvarez"])
def test_the_portal_asks_for_the_signature_first(signed_name: str) -> None:
    small = office.build()
    with pytest.raises(Incomplete) as caught:
        office.submit(small, signed_name=signed_name)
    assert caught.value.field == "signed_name"
    assert AccessRequest.objects.count() == 0
    assert NumberSeries.objects.count() == 0
    assert office.submit(small, signed_name="rosa  ALVARADO").signature["kind"] == "electronic"


@pytest.mark.parametrize(
    ("field", "ask", "how"),
    [
        ("received_at", {}, {"days": -1}),
        ("received_at", {}, {"days": 400}),
        ("vendor_received_on", {}, {"vendor": -1}),
        ("channel", {}, {"channel": "portal"}),
        ("channel", {}, {"channel": "pigeon"}),
        ("date_to", {"date_from": date(2024, 1, 2), "date_to": date(2024, 1, 1)}, {}),
        ("mode", {"mode": "summary"}, {}),
        ("formats", {"formats": ("pdf", "docx")}, {}),
        ("formats", {"formats": ()}, {}),
        ("delivery", {"delivery": "email"}, {}),
        ("subject_name", {"subject_name": " "}, {}),
    ],
)
def test_wrong_answers_are_named_and_nothing_is_kept(field: str, ask: dict[str, Any], how: dict[str, Any]) -> None:
    small = office.build()
    moment = clock.now() - timedelta(days=how.get("days", 0))
    vendor = clock.today("America/Los_Angeles") - timedelta(days=how["vendor"]) if "vendor" in how else None
    with pytest.raises(Incomplete) as caught:
        services.intake(
            office.asked(small, **ask),
            Intake(how.get("channel", "mail"), moment, vendor_received_on=vendor),
            small.actor("clerk"),
        )
    assert caught.value.field == field
    assert AccessRequest.objects.count() == 0


def test_the_same_asked_twice_is_flagged_and_the_earliest_receipt_named() -> None:
    small = office.build()
    first = taken_in(small, days=5, categories=("RESULTS", "NOTES"))
    second = office.submit(small, categories=("NOTES", "RESULTS"))
    assert first.number in notes(second)
    assert first.received_on.isoformat() in notes(second)
    assert [row.ref for row in queries.same_ask(second)] == [first.ref]
    assert notes(office.submit(small, categories=("RESULTS",))) == "", "another scope is another request"
    services.transition(first.ref, "withdraw", small.actor("person"), reason="Found it.")
    assert queries.same_ask(second) == [], "an answered request is no repeat"


def test_a_repeat_is_seen_when_paper_is_tied_to_a_person() -> None:
    small = office.build()
    first = office.submit(small)
    second = taken_in(small, person_id=None, subject_name="R. Alvarado")
    assert first.number not in notes(second)
    services.tie_person(second.ref, small.person.id, small.actor("clerk"))
    assert first.number in notes(second)


STANDINGS = [
    ("self", {}, date(1968, 4, 2), "CA", "proceed", "WHO-1"),
    ("parent", {}, date(2015, 4, 2), "CA", "proceed", "WHO-3"),
    ("parent", {}, date(2008, 4, 2), "CA", "authorization_needed", "WHO-10"),
    ("parent", {}, date(2008, 4, 2), "AL", "proceed", "WHO-3"),
    ("parent", {}, None, "CA", "birth_date_needed", "WHO-3"),
    ("spouse", {}, date(1968, 4, 2), "CA", "authorization_needed", "WHO-8"),
    ("attorney", {}, date(1968, 4, 2), "CA", "authorization_needed", "WHO-9"),
    ("health_care_agent", {"document": "power of attorney"}, date(1968, 4, 2), "CA", "proceed", "WHO-2"),
    (
        "health_care_agent",
        {"document": "power of attorney", "ends_on": "2020-01-01"},
        date(1968, 4, 2),
        "CA",
        "authorization_needed",
        "WHO-8",
    ),
    ("health_care_agent", {}, date(1968, 4, 2), "CA", "authorization_needed", "WHO-8"),
    ("executor", {"document": "letters"}, date(1968, 4, 2), "CA", "authorization_needed", "WHO-8"),
    ("caregiver", {"basis": "caregiver"}, date(1968, 4, 2), "CA", "authorization_held", "WHO-8"),
]


@pytest.mark.parametrize(("relation", "authority", "born", "state", "decision", "rule"), STANDINGS)
def test_who_asks_is_ruled_by_law_and_kept(
    relation: str, authority: dict[str, str], born: date | None, state: str, decision: str, rule: str
) -> None:
    small = office.build(state, zone="America/Chicago")
    with clock.at(clock.now().replace(year=2026, month=11, day=21)):
        row = taken_in(small, person_id=None, relation=relation, authority=authority, birth_date=born)
    assert (row.standing["decision"], row.standing["rule"]) == (decision, rule)
    assert row.state == "received", "a request is received whoever asks"
    assert ("Before a release is needed" in notes(row)) == (decision not in {"proceed", "authorization_held"})


def test_the_executor_stands_in_the_place_of_a_person_who_died() -> None:
    small = office.build()
    dead = office.add_person("Edith", "Marsh", date(1930, 1, 1), deceased_on=date(2025, 2, 3))
    row = taken_in(small, person_id=dead.id, relation="executor", authority={"document": "letters testamentary"})
    assert (row.standing["decision"], row.standing["rule"]) == ("proceed", "WHO-5")
    row = taken_in(small, person_id=dead.id, relation="other")
    assert row.standing["decision"] == "authorization_needed"


def test_a_release_waits_for_the_paper_and_goes_on_with_it() -> None:
    small = office.build()
    row = office.complete(small, "ready", requester_relation="spouse")
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "release", small.actor("approver"))
    assert caught.value.guard == "may_receive"
    assert "WHO-8" in caught.value.seen
    found = services.check_authority(row.ref, "form signed by the person", "authorization", "", small.actor("clerk"))
    assert found.may_receive
    assert services.transition(row.ref, "release", small.actor("approver")).state == "delivered"
    shown = AccessRequest.objects.get(ref=row.ref).authority
    assert (shown["document"], shown["checked_by"]) == ("form signed by the person", small.staff["clerk"].pk)


def test_the_authority_on_file_wins_over_what_a_form_says() -> None:
    small = office.build()
    child = office.add_person("Maya", "Alvarado", date(2016, 5, 5))
    parent = identity.add_account("luz@people.example.org", "Luz Alvarado", PASSWORD)
    identity.represent(parent, child.id, "parent", SYSTEM)
    ask = Ask(
        requester_name="Luz Alvarado",
        subject_name=child.name,
        facility_id=small.facility_id,
        person_id=child.id,
        relation="parent",
        signed_name="Luz Alvarado",
        authority={"basis": "guardian", "ends_on": "2001-01-01"},
    )
    row = services.submit(ask, people.actor_of(parent))
    assert row.authority["basis"] == "parent"
    assert row.authority["ends_on"] == "2034-05-04", "the day before the child is of age"
    assert row.standing["decision"] == "proceed"


@pytest.mark.parametrize("basis", ["caregiver", "parent", "health_care_agent"])
def test_a_right_to_act_that_ended_meanwhile_receives_nothing(basis: str) -> None:
    small = office.build()
    born = date(2016, 5, 5) if basis == "parent" else date(1968, 4, 2)
    whose = office.add_person("Maya", "Alvarado", born)
    helper = identity.add_account("luz@people.example.org", "Luz Alvarado", PASSWORD)
    held = identity.represent(helper, whose.id, basis, SYSTEM)
    authority = {"ref": held.ref, "basis": basis, "categories": -1, "ends_on": ""}
    row = office.complete(small, "ready", requester_relation=basis, authority=authority, person_id=whose.id)
    Package.objects.update(person_id=whose.id)
    assert standing.of(row).may_receive
    identity.end_representation(held.ref, SYSTEM)
    with pytest.raises(GuardFailed) as caught:
        services.transition(row.ref, "release", small.actor("approver"))
    assert caught.value.guard == "may_receive"
    assert services.check_authority(row.ref, "a form signed", "authorization", "", small.actor("clerk")).may_receive


def test_a_request_by_two_rights_needs_both() -> None:
    small = office.build()
    whose = office.add_person("Maya", "Alvarado", date(1968, 4, 2))
    helper = identity.add_account("luz@people.example.org", "Luz Alvarado", PASSWORD)
    parts = (Category.RESULTS.bit, Category.DOCUMENTS.bit)
    held = [identity.represent(helper, whose.id, "caregiver", SYSTEM, categories=part) for part in parts]
    ask = Ask(
        requester_name="Luz Alvarado",
        subject_name=whose.name,
        facility_id=small.facility_id,
        person_id=whose.id,
        relation="caregiver",
        signed_name="Luz Alvarado",
    )
    row = services.submit(ask, people.actor_of(helper))
    assert items.release_rows(row).categories == sum(parts)
    assert standing.of(row).may_receive
    named = row.authority["ref"]
    identity.end_representation(next(one.ref for one in held if one.ref != named), SYSTEM)
    assert not standing.of(row).may_receive
    later = services.submit(replace(ask, key="later"), people.actor_of(helper))
    assert items.release_rows(later).categories in parts


@pytest.mark.parametrize("state", ["delivered", "denied", "retrieving"])
def test_an_answered_request_is_never_somebody_elses(state: str) -> None:
    """Whoever a request is tied to opens its letters and copies."""
    small = office.build()
    other = office.add_person("Rose", "Alvarado", date(1968, 4, 2))
    row = office.complete(small, state)
    AccessRequest.objects.filter(pk=row.pk).update(requester_account_id=None, channel="mail")
    row.items.create(key="Condition/c1", decision="release", labels=1, decided_by=small.staff["reviewer"].pk)
    if state == "retrieving":
        services.tie_person(row.ref, other.id, small.actor("clerk"))
        row.refresh_from_db()
        assert (row.person_id, row.package_ref, row.items.count()) == (other.id, "", 0)
        return
    with pytest.raises(NotNow, match="answered"):
        services.tie_person(row.ref, other.id, small.actor("clerk"))
    services.tie_person(row.ref, small.person.id, small.actor("clerk"))
    assert AccessRequest.objects.get(pk=row.pk).package_ref, "the same person again changes nothing"


@pytest.mark.parametrize(
    ("state", "after"), [("received", "received"), ("needs_info", "verifying"), ("ready", "verifying")]
)
def test_another_person_s_request_begins_with_the_check_of_identity(state: str, after: str) -> None:
    small = office.build()
    other = office.add_person("Rose", "Alvarado", date(1968, 4, 2))
    row = office.complete(small, state)
    AccessRequest.objects.filter(pk=row.pk).update(requester_account_id=None, channel="mail")
    services.tie_person(row.ref, other.id, small.actor("clerk"))
    row.refresh_from_db()
    assert (row.person_id, row.state, row.prepared_by) == (other.id, after, None)
    assert (row.identity_check, row.qa, row.decision, row.fee) == ({}, {}, {}, {})
    assert not row.letters.exists(), "no letter that was made for another person waits to be sent"
    step = row.steps.order_by("-pk")[0]
    assert (step.event, step.from_state, step.to_state) == ("tie_person", state, after)
    last = ledger.search(Filter(action="request.edit"))[0]
    assert (last.person_id, last.detail["state"]) == (other.id, after)


def test_a_request_with_a_letter_that_was_sent_stays_with_its_person() -> None:
    small = office.build()
    other = office.add_person("Rose", "Alvarado", date(1968, 4, 2))
    row = office.complete(small, "retrieving")
    AccessRequest.objects.filter(pk=row.pk).update(requester_account_id=None, channel="mail")
    row.letters.filter(kind="extension").update(sent_at=clock.now())
    with pytest.raises(NotNow, match="letter that was sent"):
        services.tie_person(row.ref, other.id, small.actor("clerk"))
    assert AccessRequest.objects.get(pk=row.pk).identity_check


def test_what_an_account_asked_for_itself_is_never_tied_to_another() -> None:
    small = office.build()
    other = office.add_person("Rose", "Alvarado", date(1968, 4, 2))
    with pytest.raises(NotNow, match="account"):
        services.tie_person(office.submit(small).ref, other.id, small.actor("clerk"))


def test_numbers_go_on_behind_those_given_before() -> None:
    small = office.build()
    row = office.submit(small)
    NumberSeries.objects.all().delete()
    AccessRequest.objects.filter(pk=row.pk).update(number=f"R-{row.received_on.year}-00041")
    assert numbers.following(row.received_on) == f"R-{row.received_on.year}-00042"
    assert numbers.following(date(2031, 1, 1)) == "R-2031-00001"


@pytest.mark.django_db(transaction=True)
def test_numbers_are_unique_under_many_writers() -> None:
    day, failures = date(2026, 11, 21), list[BaseException]()

    def work() -> None:
        try:
            for _ in range(5):
                with transaction.atomic():
                    AccessRequest.objects.create(
                        number=numbers.following(day), facility_id=1, channel="mail", **clocks.start(day, "OH", "copy")
                    )
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=work) for _ in range(6)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    assert not failures
    given = sorted(AccessRequest.objects.values_list("number", flat=True))
    assert [int(number[-5:]) for number in given] == list(range(1, 31)), "each once and without a gap"
    assert not tally.recount(), "the figures counted every writer"


def test_a_failed_delivery_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr(deliveries, "close", closed.append)
    small = office.build()
    row = office.complete(small, "delivered", delivery_ref="d1")
    services.transition(row.ref, "delivery_failed", small.actor("clerk"), reason="Wrong address.")
    assert closed == ["d1"]


def minor_and_parent() -> tuple[Any, Any, Any]:
    """A girl of fifteen, her own account, and that of her mother, who acts for her."""
    child = office.add_person("Maya", "Alvarado", clock.today("UTC") - timedelta(days=15 * 365))
    own = identity.add_account("maya@people.example.org", "Maya Alvarado", PASSWORD)
    identity.link_own(own, child.id, "invitation_code", SYSTEM)
    parent = identity.add_account("luz@people.example.org", "Luz Alvarado", PASSWORD)
    identity.represent(parent, child.id, "parent", SYSTEM)
    return child, own, parent


def test_of_a_minors_own_request_the_parents_hear_nothing() -> None:
    small = office.build()
    child, own, parent = minor_and_parent()
    mine = services.submit(
        office.asked(small, person_id=child.id, requester_name=child.name, signed_name=child.name), people.actor_of(own)
    )
    theirs = services.submit(office.asked(small, person_id=child.id, relation="parent"), people.actor_of(parent))
    for row, hear in ((mine, {own.email}), (theirs, {own.email, parent.email})):
        services.write_message(row.ref, "Which clinic?", small.actor("clerk"))
        services.transition(row.ref, "ask_info", small.actor("clerk"), reason="Which clinic?")
        jobs.run_waiting()
        assert {to for message in mail.outbox for to in message.to} == hear
        mail.outbox.clear()


def test_who_may_open_a_request_is_asked_whether_its_copies_arrived() -> None:
    small = office.build()
    child, own, _ = minor_and_parent()
    mine = services.submit(
        office.asked(small, person_id=child.id, requester_name=child.name, signed_name=child.name), people.actor_of(own)
    )
    jobs.run_waiting()
    mail.outbox.clear()
    on_receipt.tell(mine.ref, "d1", "asked")
    jobs.run_waiting()
    (sent,) = mail.outbox
    text = f"{sent.subject}\n{sent.body}"
    assert sent.to == [own.email]
    assert f"/requests/{mine.ref}/" in text
    assert not any(secret in text for secret in ("Maya", "Alvarado"))
