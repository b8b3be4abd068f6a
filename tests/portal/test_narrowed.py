"""Copies made when their reader could see more: they open no longer, and no list offers them."""

from typing import Any

import pytest
from django.test import Client

from chartpost.delivery.models import Package
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.gateways.sealed.from_record import picks
from chartpost.identity import policies, services
from chartpost.identity.types import SYSTEM
from chartpost.kernel import blobs, jobs
from chartpost.records import services as records

from .conftest import World, entries, release, signed_in
from .test_downloads import make

RESULTS = {"basis": "caregiver", "categories": policies.mask(Category.RESULTS)}
GUARDIAN = {"basis": "guardian"}


@pytest.fixture
def helper(records_of_ana: World) -> Client:
    """Somebody who may see all of Ana's record."""
    services.represent(records_of_ana.stranger_account, records_of_ana.ana.id, "health_care_agent", SYSTEM)
    return signed_in(records_of_ana.stranger_account)


def narrow(world: World, **terms: Any) -> None:
    """Give the helper less from now on."""
    for authority in world.actor(world.stranger_account).authorities:
        services.end_representation(authority.ref, SYSTEM)
    services.represent(world.stranger_account, world.ana.id, actor=SYSTEM, **terms)


def file_of(address: str) -> str:
    """The address of the FHIR file of the newest copy."""
    return f"{address}{Package.objects.latest('pk').parts.filter(format='fhir').earliest('pk').ref}/"


def offered(world: World) -> int:
    """How many files of copies the helper could send on."""
    return len(picks(world.actor(world.stranger_account), world.ana))


@pytest.mark.parametrize("terms", [RESULTS, GUARDIAN])
def test_a_helper_given_less_does_not_open_copies_made_before(
    records_of_ana: World, helper: Client, terms: dict[str, Any]
) -> None:
    address = make(helper)
    jobs.run_waiting()
    assert helper.get(file_of(address)).status_code == 200
    assert address in helper.get("/").content.decode()
    assert offered(records_of_ana)
    narrow(records_of_ana, **terms)
    assert helper.get(file_of(address)).status_code == 404
    assert helper.get(address).status_code == 404
    assert address not in helper.get("/downloads/").content.decode()
    assert address not in helper.get("/").content.decode()
    assert not offered(records_of_ana)
    again = make(helper)
    jobs.run_waiting()
    assert helper.get(file_of(again)).status_code == 200


def test_a_helper_given_more_still_opens_what_they_made(records_of_ana: World, helper: Client) -> None:
    narrow(records_of_ana, **RESULTS)
    address = make(helper)
    jobs.run_waiting()
    narrow(records_of_ana, basis="caregiver")
    assert helper.get(file_of(address)).status_code == 200


@pytest.mark.parametrize("terms", [RESULTS, GUARDIAN])
def test_a_helper_given_less_does_not_open_what_a_request_brought_before(
    records_of_ana: World, helper: Client, terms: dict[str, Any]
) -> None:
    world = records_of_ana
    actor = world.actor(world.stranger_account)
    row = release(world, requester_name="Sam Stone", relation="health_care_agent", signed_name="Sam Stone", by=actor)
    address = file_of(f"/requests/{row.ref}/copy/")
    assert helper.get(address).status_code == 200
    assert address in helper.get(f"/requests/{row.ref}/").content.decode()
    narrow(world, **terms)
    assert helper.get(address).status_code == 404
    page = helper.get(f"/requests/{row.ref}/").content.decode()
    assert address not in page
    assert "These copies hold more than you may see now." in page
    assert signed_in(world.ana_account).get(address).status_code == 200


def test_what_a_reviewer_let_through_is_opened_by_who_asked(records_of_ana: World, helper: Client) -> None:
    world = records_of_ana
    actor = world.actor(world.stranger_account)
    row = release(world, requester_name="Sam Stone", relation="health_care_agent", signed_name="Sam Stone", by=actor)
    package = Package.objects.get()
    package.rows = {**package.rows, "hidden_labels": int(Label.LITIGATION)}
    package.save()
    address = file_of(f"/requests/{row.ref}/copy/")
    assert helper.get(address).status_code == 404
    psychotherapy = int(Label.PSYCHOTHERAPY)
    row.items.create(key="Condition/asthma", labels=psychotherapy, decision="release", decided_by=1)
    assert helper.get(address).status_code == 200


@pytest.mark.parametrize("label", [Label.MINOR_CONFIDENTIAL, Label.PSYCHOTHERAPY])
def test_a_copy_ends_when_something_in_it_may_no_longer_be_seen(
    records_of_ana: World, helper: Client, label: Label, django_capture_on_commit_callbacks: Any
) -> None:
    world = records_of_ana
    narrow(world, **GUARDIAN)
    address = make(helper)
    jobs.run_waiting()
    part = Package.objects.get().parts.filter(format="fhir").earliest("pk")
    with django_capture_on_commit_callbacks(execute=True):
        records.label(world.ana.id, "Condition", "asthma", label, world.actor(world.clerk_account))
    assert helper.get(f"{address}{part.ref}/").status_code == 404
    assert address not in helper.get("/downloads/").content.decode()
    assert Package.objects.get().state == "expired"
    assert entries(world.ana, "package.recall") == 1
    assert not blobs.exists(part.blob)


@pytest.mark.parametrize(("label", "before"), [(Label.HIV, Label.NONE), (Label.PSYCHOTHERAPY, Label.PSYCHOTHERAPY)])
def test_a_copy_stays_when_a_label_hides_nothing_more(
    records_of_ana: World, helper: Client, label: Label, before: Label
) -> None:
    actor = records_of_ana.actor(records_of_ana.clerk_account)
    records.label(records_of_ana.ana.id, "Condition", "asthma", before, actor)
    address = make(helper)
    jobs.run_waiting()
    records.label(records_of_ana.ana.id, "Condition", "asthma", label, actor)
    assert helper.get(file_of(address)).status_code == 200


def test_a_copy_of_a_request_stays_when_a_label_comes(records_of_ana: World) -> None:
    row = release(records_of_ana)
    actor = records_of_ana.actor(records_of_ana.clerk_account)
    records.label(records_of_ana.ana.id, "Condition", "asthma", Label.PSYCHOTHERAPY, actor)
    browser = signed_in(records_of_ana.ana_account)
    assert browser.get(file_of(f"/requests/{row.ref}/copy/")).status_code == 200


def test_a_copy_being_made_while_a_label_comes_is_made_without_the_entry(
    records_of_ana: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chartpost.delivery import packages

    world = records_of_ana
    browser = signed_in(world.ana_account)
    make(browser)
    real = packages.gather

    def gather(*args: Any) -> Any:
        found = real(*args)
        monkeypatch.setattr(packages, "gather", real)
        records.label(world.ana.id, "Condition", "asthma", Label.PSYCHOTHERAPY, world.actor(world.clerk_account))
        return found

    monkeypatch.setattr(packages, "gather", gather)
    with pytest.raises(packages.NotReady):
        packages.build(Package.objects.get().ref)
    packages.build(Package.objects.get().ref)
    package = Package.objects.get()
    assert (package.state, package.entries) == ("ready", 4)
