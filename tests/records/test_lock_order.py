"""Whoever locks several rows on PostgreSQL does so in one order: none of two who meet is thrown out."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import models as identity_models
from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import facts
from chartpost.kernel.db import raw
from chartpost.records import models, reindex, services, store, writing
from chartpost.records.app_events import event
from chartpost.records.changes import Change
from chartpost.records.types import Incoming, kind_of
from tests.formats.ccda_intake.papers import MEDICATIONS, medicine, paper, section
from tests.records.builders import MRN, condition, patient, person
from tests.records.test_at_once import beside
from tests.records.test_clinical import bring, rows, the_person
from tests.records.test_contexts import binary
from tests.records.test_meanwhile import PATIENT, STAFF, clerk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
__all__ = ["clerk"]


def meet(keys: list[store.Key], work: Callable[[], object]) -> None:
    """Lock rows one after the other as the store does, while somebody else is at work on them."""
    errors: list[Exception] = []
    other = threading.Thread(target=lambda: errors.extend(beside(work)))
    with transaction.atomic():
        store.existing(keys[:1])
        other.start()
        other.join(0.7)
        store.existing(keys[1:])
    other.join(60)
    assert errors == []


def two(who: int) -> list[store.Key]:
    """Two entries stored against the order in which they are locked."""
    for name in ("b", "a"):
        services.save([Incoming(condition(name), name, who)], services.source_id("x"), SYSTEM)
    return [(kind_of("Condition"), "a"), (kind_of("Condition"), "b")]


def test_an_entry_is_labelled_with_its_document_while_both_are_written() -> None:
    bring(paper(section(MEDICATIONS, medicine())))
    (medication,), (document,) = rows("MedicationRequest"), rows("DocumentReference")
    keys = [(row.kind, row.fhir_id) for row in (document, medication)]
    assert keys == sorted(keys)
    meet(keys, partial(services.label, the_person(), "MedicationRequest", medication.fhir_id, Label.HIV, SYSTEM))
    assert {row.staff_labels for row in (*rows("MedicationRequest"), *rows("DocumentReference"))} == {int(Label.HIV)}


def test_the_index_is_made_anew_while_entries_are_written() -> None:
    keys = two(person().id)
    facts.record(reindex.FACT, "0")
    meet(keys, reindex.go_on)
    assert facts.recorded(reindex.FACT) is None


def test_persons_are_merged_while_their_entries_are_labelled(clerk: Actor) -> None:
    kept, gone = person(), person(family="Lopes")
    meet(two(gone.id), partial(persons.merge, kept.id, gone.id, "same", clerk))
    assert set(models.Resource.objects.values_list("person_id", flat=True)) == {kept.id}


@pytest.mark.parametrize("labels", [True, False])
def test_a_binary_is_locked_with_what_it_belongs_to(labels: bool) -> None:
    who, source = person().id, services.source_id("x")
    for incoming in (Incoming(condition("c1"), "c1", who), Incoming(binary("b1", "Condition/c1"), "b1", who)):
        services.save([incoming], source, SYSTEM)
    keys = [(kind_of("Binary"), "b1"), (kind_of("Condition"), "c1")]
    assert keys == sorted(keys)
    label = partial(services.label, who, "Condition", "c1", Label.HIV, SYSTEM)
    meet(keys, label if labels else partial(services.delete, who, "Condition", "c1", SYSTEM))
    (found,) = models.Resource.objects.filter(fhir_id="b1")
    assert (found.labels, found.deleted) == ((int(Label.HIV), False) if labels else (0, True))


def test_the_number_of_tokens_is_locked_after_rows() -> None:
    """Who brings another Patient of a person waits for a row of theirs, and has not moved the number before."""
    who, source = person(), services.source_id("x")
    for name in ("p1", "p2"):
        persons.add_source(who.id, "x", name, [(MRN, "p1")])
        services.save([Incoming(patient(name), name, who.id)], source, SYSTEM)
    third = Change("POST", "Patient", "p3", "", {**patient("p3"), "identifier": [{"system": MRN, "value": "p1"}]})
    changes = [third, Change("PUT", "Patient", "p1", "", patient("p1", language="es"))]
    errors: list[Exception] = []
    work = partial(writing.write, changes, STAFF, partial(event, STAFF))
    other = threading.Thread(target=lambda: errors.extend(beside(work)))
    with transaction.atomic():
        store.existing([(PATIENT, "p1")])
        other.start()
        other.join(0.7)
        before = raw.django().one("SELECT value FROM identity_tokenepoch FOR UPDATE NOWAIT")
    other.join(60)
    assert errors == []
    assert identity_models.PersonSource.objects.filter(person_id=who.id).count() == 3
    assert raw.django().one("SELECT value FROM identity_tokenepoch") != before


def test_the_number_of_tokens_is_locked_after_rows_that_go_with_deletions() -> None:
    who, source = person(), services.source_id("x")
    for name in ("p1", "p2"):
        persons.add_source(who.id, "x", name, [(MRN, "p1")])
        services.save([Incoming(patient(name), name, who.id)], source, SYSTEM)
    for one in (Incoming(condition("c1"), "c1", who.id), Incoming(binary("b1", "Condition/c1"), "b1", who.id)):
        services.save([one], source, SYSTEM)
    changes = [Change("DELETE", "Patient", "p1", ""), Change("DELETE", "Condition", "c1", "")]
    errors: list[Exception] = []
    work = partial(writing.write, changes, STAFF, partial(event, STAFF))
    other = threading.Thread(target=lambda: errors.extend(beside(work)))
    with transaction.atomic():
        store.existing([(kind_of("Binary"), "b1")])
        other.start()
        other.join(0.7)
        before = raw.django().one("SELECT value FROM identity_tokenepoch FOR UPDATE NOWAIT")
    other.join(60)
    assert errors == []
    assert raw.django().one("SELECT value FROM identity_tokenepoch") != before
    assert {row.fhir_id for row in models.Resource.objects.filter(deleted=True)} == {"p1", "c1", "b1"}
