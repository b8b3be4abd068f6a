"""Merging and un-merging moves a record there and back; deleting leaves a tombstone; counts stay true."""

import time
from typing import Any

import pytest
from django.db import connection

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import models as identity_models
from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor, RowFilter
from chartpost.kernel import blobs
from chartpost.records import models, queries, services
from chartpost.records.errors import NotStored
from chartpost.records.types import Incoming, kind_of
from tests.records.builders import condition, person

pytestmark = pytest.mark.django_db
OPEN = RowFilter()


@pytest.fixture
def clerk() -> Actor:
    account = identity_models.Account.objects.create_user("clerk@example.org", None)
    return Actor(kind="staff", account_id=account.pk, ref=account.ref)


def save(person_id: int, *resources: dict[str, Any]) -> None:
    incoming = [Incoming(r, r["id"], person_id) for r in resources]
    services.save(incoming, services.source_id("test"), SYSTEM)


def posted(person_id: int) -> int:
    with connection.cursor() as cursor:
        values = [person_id, kind_of("Condition")]
        cursor.execute("SELECT count(*) FROM records_terms WHERE person_id = %s AND kind = %s", values)
        found: int = cursor.fetchone()[0]
        return found


def seen(person_id: int) -> tuple[set[str], set[str], int, int]:
    """What is listed, found by text, found by posting, and counted."""
    listed = {i.stored.id for i in queries.timeline(person_id, OPEN, limit=100).items}
    found = {i.stored.id for i in queries.search_text(person_id, "condition", OPEN, limit=100).items}
    return listed, found, posted(person_id), sum(queries.counts(person_id, OPEN).values())


def nothing() -> tuple[set[str], set[str], int, int]:
    return set(), set(), 0, 0


def both(*ids: str) -> tuple[set[str], set[str], int, int]:
    return set(ids), set(ids), len(ids), len(ids)


def test_there_and_back(clerk: Actor) -> None:
    kept, gone = person(), person(family="Lopes")
    save(kept.id, condition("k1"))
    save(gone.id, condition("g1"), condition("g2"))
    merge = persons.merge(kept.id, gone.id, "same person", clerk)
    assert (seen(kept.id), seen(gone.id)) == (both("k1", "g1", "g2"), nothing())
    save(kept.id, condition("g2", recordedDate="2026-07-07"), condition("later"))
    persons.unmerge(merge, clerk)
    assert seen(kept.id) == both("k1", "later")
    assert seen(gone.id) == both("g1", "g2")


def test_a_chain_of_merges_comes_apart_in_order(clerk: Actor) -> None:
    one, two, three = person(), person(family="Lopes"), person(family="Lopess")
    for who, name in ((one, "a"), (two, "b"), (three, "c")):
        save(who.id, condition(name))
    first = persons.merge(two.id, three.id, "same", clerk)
    second = persons.merge(one.id, two.id, "same", clerk)
    assert seen(one.id) == both("a", "b", "c")
    persons.unmerge(second, clerk)
    assert (seen(one.id), seen(two.id)) == (both("a"), both("b", "c"))
    persons.unmerge(first, clerk)
    assert (seen(two.id), seen(three.id)) == (both("b"), both("c"))


def test_documents_move_with_their_keys(clerk: Actor) -> None:
    from datetime import date

    kept, gone = person(), person(family="Lopes")
    source = services.source_id("office")
    view = services.file_document(gone.id, "Note", "text/plain", b"hello", date(2026, 1, 1), Label.NONE, source, SYSTEM)
    merge = persons.merge(kept.id, gone.id, "same", clerk)
    assert list(blobs.iter_ids(f"person:{kept.id}")) == [view.blob]
    assert queries.document(kept.id, view.rid) == view
    persons.unmerge(merge, clerk)
    assert list(blobs.iter_ids(f"person:{gone.id}")) == [view.blob]
    assert queries.document(kept.id, view.rid) is None


def test_5000_rows_move_in_a_few_statements(clerk: Actor) -> None:
    kept, gone = person(), person(family="Lopes")
    save(gone.id, *(condition(f"c{n}") for n in range(5000)))
    start = time.process_time()
    persons.merge(kept.id, gone.id, "same", clerk)
    assert time.process_time() - start < 4
    assert queries.counts(kept.id, OPEN) == {Category.PROBLEMS: 5000}
    assert posted(kept.id) == 5000


def test_deleting_leaves_a_tombstone_and_history() -> None:
    who = person().id
    save(who, condition("a"), condition("b"))
    services.delete(who, "Condition", "a", SYSTEM)
    assert seen(who) == both("b")
    with pytest.raises(NotStored):
        queries.item(who, "Condition", "a", OPEN)
    with pytest.raises(NotStored):
        services.delete(who, "Condition", "a", SYSTEM)
    row = models.Resource.objects.get(fhir_id="a")
    assert (row.deleted, row.version) == (True, 2)
    assert list(models.Version.objects.filter(rid=row.rid).values_list("version", "deleted")) == [(1, False)]


def test_what_was_deleted_comes_back_with_a_new_version() -> None:
    who = person().id
    save(who, condition("a"))
    services.delete(who, "Condition", "a", SYSTEM)
    save(who, condition("a"))
    assert seen(who) == both("a")
    assert queries.item(who, "Condition", "a", OPEN).stored.version == 3


def test_labels_keep_counts_true_and_never_take_away_what_an_entry_carries() -> None:
    who = person().id
    hiv = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "B20"}]}
    save(who, condition("a", code=hiv), condition("b"))
    for labels in (Label.HIV, Label.HIV, Label.NONE):
        services.label(who, "Condition", "a", labels, SYSTEM)
    assert queries.item(who, "Condition", "a", OPEN).stored.labels == int(Label.HIV)
    assert queries.counts(who, OPEN) == {Category.PROBLEMS: 2}
    assert queries.counts(who, RowFilter(hidden_labels=int(Label.HIV))) == {Category.PROBLEMS: 1}
