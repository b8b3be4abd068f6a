"""Links over time: the record changes, labels are set, rights end, persons are merged, accounts close."""

import base64
from datetime import date
from typing import Any

import pytest
from django.test import Client

from chartpost.formats.fhirjson.terms import Label
from chartpost.gateways.shl import models, queries
from chartpost.gateways.shl.errors import TooBig
from chartpost.gateways.shl.services import building
from chartpost.gateways.shl.services import bundle as bundle_module
from chartpost.identity import queries as queries_of_identity
from chartpost.identity import services as identity
from chartpost.identity.models import Representation
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, jobs
from chartpost.kernel.models import Blob
from chartpost.records import services as records
from chartpost.records.types import Selection
from tests.gateways.shl.asking import ask, bundle_of
from tests.gateways.shl.conftest import PASSWORD, Make, World, resource, save

pytestmark = pytest.mark.django_db


def titles(bundle: dict[str, Any]) -> set[str]:
    resources = [entry["resource"] for entry in bundle["entry"]]
    return {r["code"]["text"] for r in resources if "code" in r}


def run_all() -> None:
    """Run waiting jobs, those asked for later included."""
    from django_tasks_db.models import DBTaskResult

    DBTaskResult.objects.update(run_after=clock.now())
    jobs.run_waiting()


def test_a_long_term_link_follows_the_record(api: Client, make: Make, world: World) -> None:
    link = make(long_term=True)
    first = ask(api, link).json()["files"][0]
    assert first["status"] == "can-change"
    assert "Gout" not in titles(bundle_of(api, link))
    save(world.ana, resource("Condition", "gout", "Gout", recordedDate="2026-10-01"))
    run_all()
    assert "Gout" in titles(bundle_of(api, link))
    assert models.Link.objects.get().entries == 5
    assert "Retry-After" in ask(api, link).headers


def test_every_version_has_a_nonce_of_its_own_and_the_old_file_goes(api: Client, make: Make, world: World) -> None:
    link = make(long_term=True)
    nonces = set()
    for n in range(3):
        nonces.add(ask(api, link).json()["files"][0]["embedded"].split(".")[2])
        save(world.ana, resource("Condition", f"more-{n}", f"More {n}"))
        run_all()
    assert len(nonces) == 3
    assert Blob.objects.filter(media_type=building.MEDIA_TYPE).count() == 1


def test_other_links_stay_as_they_were(api: Client, make: Make, world: World) -> None:
    link = make()
    save(world.ana, resource("Condition", "gout", "Gout"))
    run_all()
    assert "Gout" not in titles(bundle_of(api, link))


def test_a_label_set_later_is_honoured_before_the_next_use(api: Client, make: Make, world: World) -> None:
    link = make(long_term=True)
    assert "Asthma" in titles(bundle_of(api, link))
    records.label(world.ana.id, "Condition", "asthma", Label.PSYCHOTHERAPY, SYSTEM)
    assert ask(api, link).status_code == 503
    run_all()
    assert "Asthma" not in titles(bundle_of(api, link))


def test_a_link_ends_with_the_right_it_was_made_by(api: Client, make: Make, world: World) -> None:
    link = make(by=world.helper_account)
    location = ask(api, link, embeddedLengthMax=0).json()["files"][0]["location"]
    Representation.objects.update(ends_on=date(2020, 1, 1), starts_on=date(2019, 1, 1))
    assert ask(api, link).status_code == 404
    assert api.get(location.partition("8443")[2], secure=True).status_code == 404


@pytest.mark.parametrize("label", [Label.MINOR_CONFIDENTIAL, Label.PSYCHOTHERAPY])
def test_a_link_that_stays_as_it_was_ends_when_its_maker_may_no_longer_see_an_entry(
    api: Client, make: Make, world: World, label: Label
) -> None:
    guardian = identity.add_account("guardian@example.org", "Guardian", PASSWORD)
    identity.represent(guardian, world.ana.id, "guardian", SYSTEM)
    theirs, own = make(by=guardian), make()
    records.label(world.ana.id, "Condition", "asthma", label, SYSTEM)
    assert ask(api, theirs).status_code == 404
    assert queries.links_of(guardian.pk)[0].state == "expired"
    assert ask(api, own).status_code == (200 if label == Label.MINOR_CONFIDENTIAL else 404)


@pytest.mark.parametrize("long_term", [False, True])
@pytest.mark.parametrize("terms", [{"categories": 4}, {"basis": "guardian"}])
def test_a_link_made_with_more_than_its_maker_may_see_now_leads_nowhere(
    api: Client, make: Make, world: World, long_term: bool, terms: dict[str, Any]
) -> None:
    agent = identity.add_account("agent@example.org", "Agent", PASSWORD)
    row = identity.represent(agent, world.ana.id, "health_care_agent", SYSTEM)
    link = make(by=agent, long_term=long_term)
    location = ask(api, link, embeddedLengthMax=0).json()["files"][0]["location"]
    identity.end_representation(row.ref, SYSTEM)
    identity.represent(agent, world.ana.id, actor=SYSTEM, **{"basis": "caregiver", **terms})
    assert api.get(location.partition("8443")[2], secure=True).status_code == 404
    assert ask(api, link).status_code == (503 if long_term else 404)


def test_a_link_ends_with_its_account(api: Client, make: Make, world: World) -> None:
    link = make()
    world.ana_account.is_active = False
    world.ana_account.save()
    assert ask(api, link).status_code == 404


def test_links_move_with_a_merged_person(api: Client, make: Make, world: World) -> None:
    link = make(long_term=True)
    other = identity.add_person({"given": "Anna", "family": "Ruiz", "birth_date": date(1986, 4, 28)}, [], SYSTEM)
    clerk = identity.add_account("clerk@example.org", "Carla Clerk", PASSWORD, staff=True)
    identity.merge(other.id, world.ana.id, "same person", queries_of_identity.actor_of(clerk))
    row = models.Link.objects.get()
    assert row.person_id == other.id
    assert Blob.objects.get(id=row.blob).owner == f"person:{row.person_id}"
    run_all()
    assert "Asthma" in titles(bundle_of(api, link))


def test_files_inside_are_whole(api: Client, make: Make) -> None:
    bundle = bundle_of(api, make(formats=("pdf", "ccda"), language="es"))
    papers = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "DocumentReference"]
    held = {p["content"][0]["attachment"]["contentType"]: p["content"][0]["attachment"] for p in papers}
    data = {kind: base64.b64decode(one["data"]) for kind, one in held.items()}
    assert data["application/pdf"].startswith(b"%PDF-")
    assert b"<ClinicalDocument" in data["text/xml"]
    assert all(held[kind]["size"] == len(data[kind]) for kind in data)
    assert held["application/pdf"]["title"] == "El expediente para leer e imprimir (PDF)"
    assert {p["status"] for p in papers} == {"current"}


def test_papers_go_in_as_they_came_when_chosen(api: Client, make: Make, world: World) -> None:
    source = records.source_id("test", "Riverside Clinic")
    day = date(2025, 5, 4)
    records.file_document(world.ana.id, "Letter", "text/plain", b"Dear Ana", day, Label(0), source, SYSTEM)
    assert b"Dear Ana" not in b"".join(papers(bundle_of(api, make())))
    assert papers(bundle_of(api, make(formats=("originals",)))) == [b"Dear Ana"]
    early = Selection(date_to=date(2025, 5, 3))
    assert papers(bundle_of(api, make(formats=("originals",), selection=early))) == []


def test_papers_over_the_limit_are_refused_before_memory_fills(
    api: Client, make: Make, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = records.source_id("test", "Riverside Clinic")
    records.file_document(world.ana.id, "Scan", "text/plain", b"x" * 900, date(2025, 5, 4), Label(0), source, SYSTEM)
    monkeypatch.setattr(bundle_module, "LARGEST", 1000)
    link = make(formats=("originals",), built=False)
    with pytest.raises(TooBig):
        building.build(models.Link.objects.latest("id").ref)
    assert ask(api, link).status_code == 503


def papers(bundle: dict[str, Any]) -> list[bytes]:
    """The bytes that are inside the papers of a Bundle."""
    held = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "DocumentReference"]
    data = [one["content"][0]["attachment"].get("data") for one in held]
    return [base64.b64decode(one) for one in data if one]


def test_what_cannot_be_built_is_said_and_leads_nowhere(
    api: Client, make: Make, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "LARGEST", 100)
    link = make(built=False)
    for _ in range(4):
        with pytest.raises(Exception, match="Choose fewer parts"):
            run_all()
    assert queries.links_of(world.ana_account.pk)[0].state == "failed"
    assert ask(api, link).status_code == 404


def test_building_twice_is_building_once(make: Make) -> None:
    make()
    row = models.Link.objects.get()
    building.build(row.ref)
    assert models.Link.objects.get().blob == row.blob
