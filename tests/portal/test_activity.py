"""Who looked: the person reads their own history in plain words."""

import re
from typing import Any

import pytest

from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event
from chartpost.rights import services as rights
from tests.portal.test_apps import connect

from .conftest import World, condition, release, save, signed_in, submit


def test_the_person_reads_who_did_what_and_why(world: World) -> None:
    save(world.ana, condition("asthma", "2019", "Asthma"))
    browser = signed_in(world.ana_account)
    browser.get("/record/")
    row = submit(world)
    rights.write_message(row.ref, "Hello", world.actor(world.clerk_account))
    page = browser.get("/activity/").content.decode()
    assert "Looked at the record" in page
    assert "To see their own record" in page
    assert "Carla Clerk" in page
    assert "Asthma" not in page


def test_inner_work_of_the_office_is_left_out(world: World) -> None:
    row = submit(world)
    rights.assign(row.ref, world.clerk_account.pk, world.actor(world.clerk_account))
    found = signed_in(world.ana_account).get("/activity/").context["rows"]
    assert found
    assert not [r for r in found if r.entry.action.startswith("request.assign")]


def test_long_histories_have_pages(world: World) -> None:
    row = submit(world)
    for number in range(60):
        rights.write_message(row.ref, f"Message {number}", world.actor(world.ana_account))
    browser = signed_in(world.ana_account)
    first = browser.get("/activity/")
    second = browser.get("/activity/" + first.context["older"])
    assert first.context["older"]
    refs = [r.entry.ref for r in (*first.context["rows"], *second.context["rows"])]
    assert len(refs) == len(set(refs))
    assert refs == sorted(refs, reverse=True)
    assert sum(r.count for r in (*first.context["rows"], *second.context["rows"])) >= 60


def test_each_reader_of_the_list_is_in_the_list(world: World) -> None:
    browser = signed_in(world.ana_account)
    browser.get("/activity/")
    assert "Looked at the list of who looked" in browser.get("/activity/").content.decode()


def test_looks_in_a_row_are_one_line_that_names_the_parts_read(world: World) -> None:
    save(world.ana, condition("asthma", "2019", "Asthma"))
    browser = signed_in(world.ana_account)
    for address in ("/record/problems/", "/record/results/", "/record/problems/"):
        browser.get(address)
    page = browser.get("/activity/")
    (row,) = [r for r in page.context["rows"] if r.entry.action == "record.read"]
    assert (row.count, row.sections, row.mine) == (3, ["Health problems", "Test results"], True)
    assert "3 times since" in page.content.decode()
    assert "on this site" in page.content.decode()


def test_what_an_app_read_is_named_in_words(world: World) -> None:
    for kind in ("Observation", "MedicationRequest", "Observation"):
        read = {"person_id": world.ana.id, "object": f"{kind}/1", "why": "own access", "where": "fhir"}
        ledger.append(Event("app:pocket", "Pocket", "app", "record.read", **read, detail={"type": kind, "count": 1}))
    page = signed_in(world.ana_account).get("/activity/")
    (row,) = [r for r in page.context["rows"] if r.entry.action == "record.read"]
    assert sorted(row.sections) == ["Medicines", "Tests and measurements"]


@pytest.mark.parametrize(("terms", "told"), [({}, True), ({"hides_minor_confidential": True}, False)])
def test_who_acts_for_a_part_does_not_hear_of_own_apps(world: World, terms: dict[str, Any], told: bool) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, **terms)
    for app, why in (("hers", "own access"), ("theirs", "representative access")):
        ledger.append(Event(f"app:{app}", app, "app", "record.read", world.ana.id, "Condition/1", why, "fhir"))
    rows = signed_in(world.stranger_account).get("/activity/").context["rows"]
    assert {row.entry.who for row in rows if row.entry.actor.startswith("app:")} == {"theirs", *["hers"] * told}


def test_what_happened_to_apps_names_each(world: World) -> None:
    for name in ("Pocket", "Diary"):
        connect(world, world.ana_account, world.ana, name=name)
    rows = signed_in(world.ana_account).get("/activity/").context["rows"]
    assert {row.app for row in rows if row.entry.action == "app.approve"} == {"Diary", "Pocket"}


def test_you_means_the_account_that_reads_not_the_name_it_bears(world: World) -> None:
    world.clerk_account.name = world.ana_account.name
    world.clerk_account.save()
    row = submit(world)
    rights.write_message(row.ref, "Hello", world.actor(world.clerk_account))
    found = signed_in(world.ana_account).get("/activity/").context["rows"]
    (written,) = [r for r in found if r.entry.actor == world.actor(world.clerk_account).label]
    assert written.entry.who == world.ana_account.name
    assert not written.mine


def test_one_deed_is_told_once(world: World) -> None:
    row = release(world)
    browser = signed_in(world.ana_account)
    page = browser.get(f"/requests/{row.ref}/").content.decode()
    for address in re.findall(r'href="(/requests/[^"]+/copy/[^"]+)"', page):
        assert browser.get(address).status_code == 200
    browser.post(f"/requests/{row.ref}/arrived/", {"arrived-arrived": "yes"})
    lines = [r.entry.what for r in browser.get("/activity/").context["rows"]]
    assert lines.count("Said the copies arrived") == 1
    assert [line for line in lines if line.startswith("Opened the copies")] == ["Opened the copies for a request"]
    assert lines.count("Released the copies") == 1


def test_a_helper_for_a_part_does_not_hear_of_requests(world: World) -> None:
    submit(world)
    rights.write_message(submit(world).ref, "Hello", world.actor(world.clerk_account))
    signed_in(world.ana_account).get("/record/")
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, categories=6)
    helper = signed_in(world.stranger_account)
    helper.get("/record/")
    for browser, told in ((helper, False), (signed_in(world.ana_account), True)):
        rows = browser.get("/activity/").context["rows"]
        actions = {row.entry.action for row in rows}
        assert "record.read" in actions
        assert ("request.submit" in actions, "message.send" in actions) == (told, told)


def test_who_looked_before_a_merge_is_still_told_and_parts_with_it(world: World) -> None:
    save(world.ana, condition("asthma", "2019", "Asthma"))
    signed_in(world.ana_account).get("/record/")
    clerk = world.actor(world.clerk_account)
    kept = services.add_person({"given": "Anna", "family": "Ruiz"}, [], SYSTEM)
    merge = services.merge(kept.id, world.ana.id, "same", clerk)
    browser = signed_in(world.ana_account)
    browser.get("/record/problems/")
    rows = browser.get("/activity/").context["rows"]
    assert {r.entry.person_id for r in rows if r.entry.action == "record.read"} == {world.ana.id, kept.id}
    services.unmerge(merge, clerk)
    rows = signed_in(world.ana_account).get("/activity/").context["rows"]
    assert {r.entry.person_id for r in rows} == {world.ana.id}


def test_who_acts_for_a_part_hears_no_more_after_a_merge(world: World) -> None:
    services.represent(world.stranger_account, world.ana.id, "caregiver", SYSTEM, categories=2)
    submit(world)
    kept = services.add_person({"given": "Anna", "family": "Ruiz"}, [], SYSTEM)
    services.merge(kept.id, world.ana.id, "same", world.actor(world.clerk_account))
    rows = signed_in(world.stranger_account).get("/activity/").context["rows"]
    assert rows
    assert not [r for r in rows if r.entry.action.startswith("request.")]


def test_what_a_reader_is_not_told_of_neither_shortens_the_list_nor_stands_at_its_end(world: World) -> None:
    helper = services.add_account("helper@x.example", "Hal Helper", "pw-long-enough-1")
    services.represent(helper, world.ana.id, "caregiver", SYSTEM, categories=2)
    browser = signed_in(world.ana_account)
    for _ in range(3):
        browser.get("/record/")
    row = submit(world)
    for number in range(120):
        rights.write_message(row.ref, f"Message {number}", world.actor(world.ana_account))
    page = signed_in(helper).get("/activity/")
    assert "Nobody has opened this record here" not in page.content.decode()
    assert sum(row.count for row in page.context["rows"]) >= 3
    assert page.context["older"] == ""
