"""Words of entries that apps wrote: made searchable by the worker, or by who searches first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chartpost.identity.types import RowFilter
from chartpost.records import models, preparing, queries, services, store, wording
from chartpost.records.types import Incoming
from tests.records import builders

pytestmark = pytest.mark.django_db
OPEN = RowFilter()


def write(name: str, words: str, person: int = 1) -> None:
    """As the FHIR door writes."""
    resource = builders.condition(name, code={"text": words})
    ready = preparing.prepare([Incoming(resource, name, person)])
    store.write(ready, services.source_id("app:x", "An app"), words=False)


def found(words: str, person: int = 1) -> list[str]:
    return [item.stored.id for item in queries.search_text(person, words, OPEN).items]


def test_who_searches_finds_what_was_just_written() -> None:
    write("a", "Asthma")
    assert models.Wordless.objects.count() == 1
    assert found("asthma") == ["a"]
    assert models.Wordless.objects.count() == 0


def test_the_worker_does_all_that_waits_once() -> None:
    for number in range(3):
        write(f"c{number}", "Gout", person=number)
    assert wording.go_on() == 3
    assert wording.go_on() == 0
    assert [found("gout", person) for person in range(3)] == [["c0"], ["c1"], ["c2"]]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other planners need no word of it")
def test_looking_for_what_waits_does_not_go_through_all_entries() -> None:
    for number in range(3):
        write(f"c{number}", "Gout", person=number)
    assert wording.go_on() == 3
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE records_resource")  # SQLite then takes what waits, of which it knows nothing, for more
    with CaptureQueriesContext(connection) as asked:
        wording.go_on()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked[0]["sql"])
        assert cursor.fetchall()[0][3] == "SCAN w"


def test_a_changed_entry_is_found_by_its_new_words_only() -> None:
    write("a", "Asthma")
    assert found("asthma") == ["a"]
    write("a", "Migraine")
    assert (found("migraine"), found("asthma")) == (["a"], [])


def test_an_entry_deleted_while_it_waits_is_never_found() -> None:
    write("a", "Asthma")
    store.delete(models.Resource.objects.get(fhir_id="a").rid)
    assert found("asthma") == []
    assert wording.go_on() == 0


def test_what_an_import_stores_anew_waits_no_longer() -> None:
    write("a", "Asthma")
    resource = builders.condition("a", code={"text": "Asthma, mild"})
    store.save([Incoming(resource, "a", 1, words="scanned page")], services.source_id("test", "Test"))
    assert (wording.go_on(), found("scanned")) == (0, ["a"])
