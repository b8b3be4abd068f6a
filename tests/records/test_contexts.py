"""Binaries of an import belong to what their securityContext names, through merges too."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel.facts import record
from chartpost.records import models, on_write, reindex, services
from chartpost.records.types import Incoming, kind_of
from tests.records.builders import bundle, condition, patient, person, take
from tests.records.test_moving import clerk as clerk

pytestmark = pytest.mark.django_db
PSY = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}]}


def binary(identity: str, context: str) -> dict[str, Any]:
    named = {"securityContext": {"reference": context}}
    return {"resourceType": "Binary", "id": identity, "contentType": "text/plain", "data": "QUJD", **named}


def row(resource_type: str, identity: str) -> models.Resource:
    return models.Resource.objects.get(kind=kind_of(resource_type), fhir_id=identity)


def save(person_id: int, *resources: dict[str, Any]) -> None:
    some = [Incoming(resource, resource["id"], person_id) for resource in resources]
    services.save(some, services.source_id("test"), SYSTEM)


def facts(one: models.Resource) -> tuple[object, ...]:
    return one.person_id, one.filed_person_id, one.category, one.labels, one.date_ms, one.deleted


def test_imported_binaries_are_like_what_they_belong_to() -> None:
    take(bundle(patient(), binary("b1", "Condition/c1"), condition("c1", meta=PSY), binary("b2", "Patient/p1")))
    kept = row("Condition", "c1")
    assert kept.labels == Label.MENTAL_HEALTH
    assert facts(row("Binary", "b1")) == facts(kept)
    assert row("Binary", "b2").person_id == kept.person_id
    services.label(kept.person_id, "Condition", "c1", Label.HIV, SYSTEM)
    assert row("Binary", "b1").labels == Label.MENTAL_HEALTH | Label.HIV
    services.delete(kept.person_id, "Condition", "c1", SYSTEM)
    assert row("Binary", "b1").deleted
    assert not row("Binary", "b2").deleted


def test_a_binary_that_comes_before_what_it_belongs_to_is_like_it_from_then_on() -> None:
    take(bundle(patient(), binary("b1", "Condition/c1"), binary("b2", "Condition/c9")), "first.json")
    assert row("Binary", "b1").labels == 0
    take(bundle(patient(), condition("c1", meta=PSY)), "second.json")
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))
    assert (row("Binary", "b1").labels, row("Binary", "b2").labels) == (Label.MENTAL_HEALTH, 0)


def test_a_binary_goes_with_what_it_belongs_to_when_persons_come_apart(clerk: Actor) -> None:
    kept, gone = person([("urn:a", "1")]), person([("urn:a", "2")])
    source = services.source_id("test")
    services.save([Incoming(condition("c1", "Patient/x"), "c1", gone.id)], source, SYSTEM)
    merge = persons.merge(kept.id, gone.id, "same person", clerk)
    services.save([Incoming(binary("b1", "Condition/c1"), "b1", kept.id)], source, SYSTEM)
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))
    persons.unmerge(merge, clerk)
    assert row("Condition", "c1").person_id == gone.id
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))


def test_a_binary_that_was_there_is_like_what_comes_back(clerk: Actor) -> None:
    one = person([("urn:a", "1")])
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    services.delete(one.id, "Condition", "c1", clerk)
    save(one.id, binary("b1", "Condition/c1"))
    assert row("Binary", "b1").labels == 0
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))


def test_labels_of_what_comes_late_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(on_write, "_on_label", [lambda *given: told.append(given)])
    one = person([("urn:a", "1")])
    save(one.id, binary("b1", "Condition/c1"))
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    assert told == [(one.id, int(Label.MENTAL_HEALTH))]


def test_a_binary_that_is_nobodys_goes_with_what_it_names() -> None:
    one = person([("urn:a", "1")])
    save(0, binary("b1", "Condition/c1"), binary("b2", "Condition/c2"))
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))
    assert row("Binary", "b2").person_id == 0


def test_no_file_takes_over_a_binary_of_another_person() -> None:
    one, other = person([("urn:a", "1")]), person([("urn:a", "2")])
    save(other.id, binary("b1", "Condition/c1"))
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    services.label(one.id, "Condition", "c1", Label.HIV, SYSTEM)
    assert (row("Binary", "b1").person_id, row("Binary", "b1").labels) == (other.id, 0)


@pytest.mark.parametrize("nobodys", [False, True])
def test_binaries_of_an_earlier_release_become_like_what_they_name(
    nobodys: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "PAUSE_SECONDS", 0)
    one, other = person([("urn:a", "1")]), person([("urn:a", "2")])
    save(one.id, condition("c1", "Patient/x", meta=PSY))
    save(0 if nobodys else one.id, binary("b1", "Condition/c9"), binary("b9", "Condition/c9"))
    save(other.id, binary("b2", "Condition/c9"))
    for name in ("b1", "b2"):
        kept = row("Binary", name)
        kept.body = bytes(kept.body).replace(b"Condition/c9", b"Condition/c1")
        kept.save()
    record(reindex.FACT, "0")
    reindex.go_on()
    assert facts(row("Binary", "b1")) == facts(row("Condition", "c1"))
    assert (row("Binary", "b2").person_id, row("Binary", "b2").labels) == (other.id, 0)
    assert (row("Binary", "b9").labels, row("Binary", "b9").deleted) == (0, False)
    services.label(one.id, "Condition", "c1", Label.HIV, SYSTEM)
    assert row("Binary", "b1").labels == Label.HIV | Label.MENTAL_HEALTH
