"""Intake, ledger, rules and settings; and what the desk says to wrong input."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.law.rules import all_rules
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World, day

pytestmark = pytest.mark.django_db


def intake(world: World, **more: Any) -> Any:
    """Take a request in as a clerk."""
    today = clock.today("America/Los_Angeles")
    given = {
        "facility": world.facility_ref,
        "channel": "fax",
        **day("received_on", today - timedelta(days=3)),
        "signed": "on",
        "subject_name": "Ana Ruiz",
        "relation": "self",
        "mode": "copy",
        "formats": ["pdf"],
        "delivery": "post",
        "address": "12 Oak Street\nSacramento, CA 95814",
        "language": "es",
    }
    return world.client("clerk").post(reverse("desk:intake"), {**given, **more}, secure=True)


def test_fax_starts_the_clock_the_day_it_arrived_and_is_tied_to_a_person(world: World) -> None:
    answer = intake(world)
    row = AccessRequest.objects.get()
    assert (row.channel, row.language, row.person_id) == ("fax", "es", None)
    assert row.received_on == clock.today("America/Los_Angeles") - timedelta(days=3)
    assert row.delivery_address["address"].startswith("12 Oak Street")
    assert answer["Location"] == world.url(row, "tie")
    found = world.post("clerk", row, "tie", {"text": "ruiz"})
    assert "This is the person" in found.content.decode()
    assert world.post("clerk", row, "tie", {"choose": world.person.ref}).status_code == 302
    row.refresh_from_db()
    assert row.person_id == world.person.id


def test_intake_from_the_page_of_a_person_is_tied_at_once(world: World) -> None:
    address = reverse("desk:intake") + f"?person={world.person.ref}"
    assert "Ana Ruiz" in world.get("clerk", address).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subject_name": ""}, "This field is required"),
        ({"relation": "parent"}, "Write the name of who asks"),
        ({"received_on_year": "2099"}, "in the future"),
        ({"received_on_month": "13"}, "real date"),
        ({"facility": "elsewhere"}, "Select a valid choice"),
        ({"channel": "portal"}, "Select a valid choice"),
    ],
)
def test_wrong_intake_is_said_and_nothing_is_received(world: World, wrong: dict[str, str], said: str) -> None:
    answer = intake(world, **wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not AccessRequest.objects.exists()


def test_unknown_person_cannot_be_tied(world: World) -> None:
    row = world.request(person_id=None)
    answer = world.post("clerk", row, "tie", {"choose": "nobody"})
    assert answer.status_code == 422
    assert "Search for the name again" in answer.content.decode()


def test_identity_needs_a_person_and_a_known_method(world: World) -> None:
    row = world.request(person_id=None)
    assert world.post("clerk", row, "identity", {"method": "gut feeling"}).status_code == 422
    answer = world.post("clerk", row, "identity", {"method": "signature"})
    assert answer.status_code == 422
    assert "Find the person first" in answer.content.decode()


def test_step_that_is_not_possible_now_is_refused(world: World) -> None:
    row = world.request()
    for event in ("close", "waive_fee", "nonsense", ""):
        answer = world.post("clerk", row, "step", {"event": event})
        assert answer.status_code == 422, event
        assert "one of:" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "received"


def test_quality_check_needs_every_tick(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    world.post("clerk", row, "package", {})
    answer = world.post("clerk", row, "qa", {"checks": ["QA-1"]})
    assert answer.status_code == 422
    assert "6 check(s) not done" in answer.content.decode()


def test_the_check_counts_for_the_package_that_was_on_the_page(world: World) -> None:
    row = world.request()
    for name, data in (("identity", {"method": "known"}), ("scope", {}), ("package", {})):
        world.post("clerk", row, name, data)
    jobs.run_waiting()
    page = world.get("privacy", world.url(row, "qa")).content.decode()
    seen = dict(re.findall(r'<input type="hidden" name="(package_ref)" value="([^"]*)"', page))
    ticked = {"checks": [f"QA-{n}" for n in range(1, 8)]}
    world.post("clerk", row, "package", {})
    jobs.run_waiting()
    for given in ({}, seen):
        answer = world.post("privacy", row, "qa", {**ticked, **given})
        assert answer.status_code == 422
        assert "not the one you looked at" in answer.content.decode()
    row.refresh_from_db()
    assert row.package_ref != seen["package_ref"]
    assert world.post("privacy", row, "qa", {**ticked, "package_ref": row.package_ref}).status_code == 302


@pytest.mark.parametrize("number", ["²", "٣", "9" * 30, "9" * 5000, "\0"])
def test_a_place_in_the_queue_that_cannot_be_is_its_beginning(world: World, number: str) -> None:
    row = world.request()
    for act in (world.client("clerk").get, world.client("clerk").post):
        answer = act("/desk/", {"after": f"2026-01-01_{number}", "text": "a\0"}, secure=True)
        assert answer.status_code == 200
        assert row.number in answer.content.decode()


@pytest.mark.parametrize("page", ["note", "message"])
def test_words_that_cannot_be_kept_are_refused_in_words(world: World, page: str) -> None:
    row = world.request()
    for text, said in (("a\0b", "a character without meaning"), ("x" * 10_001, "10001 characters")):
        answer = world.post("clerk", row, page, {"text": text})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not row.notes.filter(by_name="Clerk Staff").exists()
    assert not row.messages.exists()


def test_an_entry_that_names_none_is_not_left_out(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    answer = world.post("clerk", row, "entries", {"leave_out": ["Condition/\0"], "reason": "Not wanted"})
    assert answer.status_code == 422
    row.refresh_from_db()
    assert row.selection["exclude"] == []


def test_scope_refuses_dates_in_the_wrong_order(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    today = clock.today("UTC")
    wrong = {**day("date_from", today), **day("date_to", today - timedelta(days=9))}
    assert "before the first day" in world.post("clerk", row, "scope", wrong).content.decode()


def test_entries_are_left_out_only_with_a_reason(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    data = {"shown": ["Condition/c1", "Condition/c2"], "leave_out": ["Condition/c2"]}
    assert world.post("clerk", row, "entries", data).status_code == 422
    row.refresh_from_db()
    assert row.selection["exclude"] == []
    assert world.post("clerk", row, "entries", {**data, "reason": "Not wanted"}).status_code == 302
    row.refresh_from_db()
    assert row.selection["exclude"] == ["Condition/c2"]
    assert "Not wanted" in row.notes.get().text


def test_clinical_review_by_a_reviewer_decides_an_entry(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    world.post("clerk", row, "ask_review", {"reason": "Please look at the sprain."})
    address = world.url(row, "decide", kind="Condition", fhir_id="c2")
    given = {"finding": "life", "reason": "Danger to another."}
    assert world.client("clerk").post(address, given, secure=True).status_code == 403
    assert world.client("reviewer").post(address, given, secure=True).status_code == 302
    item = row.items.get(key="Condition/c2")
    assert (item.decision, item.ground, item.reviewable) == ("deny", "524(a)(3)(i)", True)
    assert world.client("reviewer").post(world.url(row, "step"), {"event": "reviewed"}, secure=True).status_code == 302
    row.refresh_from_db()
    assert row.state == "qa"


def test_decision_after_the_package_was_built_asks_for_a_new_one(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    world.post("clerk", row, "scope", {})
    world.post("clerk", row, "package", {})
    address = world.url(row, "decide", kind="Condition", fhir_id="c2")
    world.client("reviewer").post(address, {"finding": "life", "reason": "Danger."}, secure=True)
    row.refresh_from_db()
    assert row.package_ref == ""
    checks = {"checks": ["QA-1", "QA-2", "QA-3", "QA-4", "QA-5", "QA-6", "QA-7"]}
    assert "no finished package" in world.post("clerk", row, "qa", checks).content.decode()


def test_withdrawal_and_redirect_end_a_request(world: World) -> None:
    row = world.request()
    assert world.post("clerk", row, "withdraw", {"reason": ""}).status_code == 422
    assert world.post("clerk", row, "withdraw", {"reason": "Called today."}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.open) == ("withdrawn", False)
    other = world.request()
    world.post("clerk", other, "identity", {"method": "known"})
    given = {"holder": "County Hospital", "holder_contact": "1 Hill Road", "reason": "Care was there."}
    assert world.post("clerk", other, "redirect", given).status_code == 302
    assert other.letters.filter(kind="redirect").exists()


def test_no_records_found_sends_its_letter(world: World) -> None:
    row = world.request()
    world.post("clerk", row, "identity", {"method": "known"})
    assert world.post("clerk", row, "no_records", {}).status_code == 302
    row.refresh_from_db()
    assert row.state == "no_records"
    assert row.letters.get(kind="not_held").sent_at is not None


def test_question_to_the_person_waits_and_is_a_message(world: World) -> None:
    row = world.request()
    assert world.post("clerk", row, "ask_info", {"reason": "Which years?"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "needs_info"
    assert row.messages.get().text == "Which years?"
    letter = row.letters.get(kind="more_information")
    assert letter.sent_at is not None
    assert letter.values == {"needed": "Which years?"}
    page = world.get("clerk", world.url(row)).content.decode()
    assert "print the letter below and mail it" in page, "who wrote by mail reads no messages"
    assert "Question to the person" in page
    assert world.post("clerk", row, "message", {"text": " "}).status_code == 422
    world.post("reviewer", row, "note", {"text": "Called."})
    assert row.notes.get().text == "Called."


def test_text_of_people_is_never_markup(world: World) -> None:
    row = world.request(subject_name="<script>alert(1)</script>", details="<b>bold</b>")
    page = world.get("clerk", world.url(row)).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page


def test_privacy_officer_searches_the_ledger_and_checks_it(world: World) -> None:
    world.get("clerk", reverse("desk:person", args=[world.person.ref]))
    client = world.client("privacy")
    found = client.post(reverse("desk:ledger"), {"who": "MRN-1001", "action": "person.read"}, secure=True)
    assert "Clerk Staff" in found.content.decode()
    assert {entry.action for entry, *_names in found.context["entries"]} == {"person.read"}
    checked = client.post(reverse("desk:ledger_verify"), secure=True)
    assert "Nothing was changed" in checked.content.decode()
    assert world.client("clerk").post(reverse("desk:ledger_verify"), secure=True).status_code == 403


def test_the_ledger_of_a_person_tells_what_was_before_a_merge(world: World) -> None:
    world.get("clerk", reverse("desk:person", args=[world.person.ref]))
    kept = services.add_person({"given": "Kept", "family": "Person"}, [], SYSTEM)
    services.merge(kept.id, world.person.id, "same", world.actor("clerk"))
    asked = {"who": kept.name, "action": "person.read"}
    found = world.client("privacy").post(reverse("desk:ledger"), asked, secure=True)
    assert [entry.person_id for entry, *_names in found.context["entries"]] == [world.person.id]


def test_every_rule_has_its_anchor(world: World) -> None:
    page = world.get("imaging", reverse("desk:rules")).content.decode()
    assert [rule for rule in all_rules() if f'id="{rule}"' not in page] == []


def test_office_refuses_a_flat_fee_above_the_limit(world: World, fresh: Callable[[str], Client]) -> None:
    client = fresh("admin")
    given = {
        "name": "Riverside Records",
        "address": "1 Main Street",
        "phone": "1",
        "complaint_name": "Pat",
        "complaint_phone": "2",
        "fee_method": "flat",
        "flat": "9.00",
    }
    assert "at most $6.50" in client.post(reverse("desk:office"), given, secure=True).content.decode()
    assert client.post(reverse("desk:office"), {**given, "flat": "5.00"}, secure=True).status_code == 302
    office = identity.office()
    assert office is not None
    assert (office.flat_cents, office.two_person_release) == (500, False)


def test_place_needs_a_real_time_zone(world: World, fresh: Callable[[str], Client]) -> None:
    client = fresh("admin")
    given = {"name": "North", "state": "wa", "zone": "Mars/Olympus"}
    assert "no time zone" in client.post(reverse("desk:facility_new"), given, secure=True).content.decode()
    assert (
        client.post(reverse("desk:facility_new"), {**given, "zone": "America/Los_Angeles"}, secure=True).status_code
        == 302
    )
    assert identity.facilities()[-1].state == "WA"


def test_the_number_of_a_place_must_be_one_and_is_published(world: World, fresh: Callable[[str], Client]) -> None:
    browser, address = fresh("admin"), reverse("desk:facility", args=[world.facility_ref])
    given = {"name": "Main", "state": "CA", "zone": "America/Los_Angeles"}
    wrong = browser.post(address, {**given, "npi": "1234567890"}, secure=True)
    assert (wrong.status_code, "This is no NPI" in wrong.content.decode()) == (422, True)
    assert browser.post(address, {**given, "npi": "1234567893"}, secure=True).status_code == 302
    assert 'value="1234567893"' in browser.get(address, secure=True).content.decode()
    published = Client().get("/brands.json", secure=True).json()
    numbers = [
        (one["resource"]["id"], name["value"])
        for one in published["entry"]
        for name in one["resource"].get("identifier", ())
        if name["system"] == "http://hl7.org/fhir/sid/us-npi"
    ]
    assert numbers == [(world.facility_ref, "1234567893")]


def test_staff_are_invited_and_the_last_administrator_stays(world: World, fresh: Callable[[str], Client]) -> None:
    client = fresh("admin")
    answer = client.post(reverse("desk:invite_staff"), {"roles": ["clerk", "imaging"]}, secure=True)
    account = services.add_account("new@office.test", "Newton New", None)
    services.accept_invitation(answer.context["code"], account, identity.actor_of(account))
    assert identity.actor_of(account).roles == {"clerk", "imaging"}
    end = reverse("desk:end_role", args=[account.ref])
    assert client.post(end, {"role": "clerk"}, secure=True).status_code == 302
    assert identity.actor_of(account).roles == {"imaging"}
    admin = world.staff["admin"]
    last = client.post(reverse("desk:end_role", args=[admin.ref]), {"role": "admin"}, secure=True)
    assert last.status_code == 422
    assert "admin" in identity.actor_of(admin).roles


def test_mail_test_is_remembered(world: World, mailoutbox: list[Any]) -> None:
    assert world.client("admin").post(reverse("desk:mail_test"), secure=True).status_code == 302
    assert mailoutbox[0].to == ["admin@office.test"]
    assert "Last tested on" in world.get("admin", reverse("desk:settings")).content.decode()
