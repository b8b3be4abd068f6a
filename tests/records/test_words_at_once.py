"""Words of entries made searchable while somebody changes, merges or searches: none are lost, none stay behind."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from chartpost.identity import services as persons
from chartpost.identity.types import PersonView, RowFilter
from chartpost.records import models, preparing, queries, scans, services, store, text, wording
from chartpost.records.types import Incoming
from tests.records.builders import condition, person
from tests.records.test_at_once import beside
from tests.records.test_meanwhile import clerk

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["clerk"]


def put(name: str, words: str, who: int, *, with_words: bool = False) -> int:
    """Store an entry as the FHIR door does, or as an import does; its row."""
    ready = preparing.prepare([Incoming(condition(name, code={"text": words}), name, who)])
    store.warm(ready)
    with transaction.atomic():
        return store.write(ready, services.source_id("x"), words=with_words).rids[0]


def found(words: str, who: int) -> list[str]:
    return [item.stored.id for item in queries.search_text(who, words, RowFilter()).items]


class Beside:
    """Does something on another thread in the middle of a step, with time to come between; then the step goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._threads: list[threading.Thread] = []
        self.errors: list[Exception] = []

    def during(self, place: Any, name: str, work: Callable[[], object]) -> None:
        real = getattr(place, name)

        def call(*given: Any, **named: Any) -> Any:
            if not self._threads:
                self._threads.append(threading.Thread(target=lambda: self.errors.extend(beside(work))))
                self._threads[0].start()
                self._threads[0].join(0.5 if connection.vendor == "postgresql" else 0.1)
            return real(*given, **named)

        self._patch.setattr(place, name, call)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(60)
        assert (len(self._threads), self.errors) == (1, [])


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    made = Beside(monkeypatch)
    yield made
    made.end()


@pytest.fixture
def who() -> PersonView:
    return person()


@pytest.mark.parametrize("with_words", [False, True])
@pytest.mark.parametrize("step", ["remove", "add"])
def test_an_entry_changed_while_its_words_are_made_is_found_by_the_new_ones(
    step: str, with_words: bool, who: PersonView, aside: Beside
) -> None:
    put("c1", "alpha", who.id)
    aside.during(text, step, partial(put, "c1", "omega", who.id, with_words=with_words))
    wording.go_on()
    aside.end()
    assert (found("omega", who.id), found("alpha", who.id)) == (["c1"], [])
    assert models.Wordless.objects.count() == 0


def test_an_entry_deleted_while_its_words_are_made_leaves_none(who: PersonView, aside: Beside) -> None:
    rid = put("c1", "alpha", who.id)

    @transaction.atomic
    def delete() -> None:
        store.delete(rid)

    aside.during(text, "add", delete)
    wording.go_on()
    aside.end()
    with connection.cursor() as cursor:
        key = "rid" if connection.vendor == "postgresql" else "rowid"
        cursor.execute(f"SELECT count(*) FROM records_text WHERE {key} = %s", [rid])
        assert cursor.fetchone()[0] == 0


def test_an_entry_merged_while_its_words_are_made_is_found_in_the_record_kept(
    who: PersonView, aside: Beside, clerk: Any
) -> None:
    other = person(given="Bo")
    put("c1", "alpha", other.id)
    aside.during(text, "add", partial(persons.merge, who.id, other.id, "same", clerk))
    wording.go_on()
    aside.end()
    assert (found("alpha", who.id), found("alpha", other.id)) == (["c1"], [])


def test_many_who_search_a_record_at_the_same_moment_all_find_what_waited(who: PersonView) -> None:
    for number in range(120):
        put(f"c{number}", "alpha", who.id)
    seen: list[int] = []

    def search() -> None:
        seen.append(len(queries.search_text(who.id, "alpha", RowFilter(), limit=200).items))

    assert beside(*[search] * 4, wording.go_on) == []
    assert (seen, models.Wordless.objects.count()) == ([120] * 4, 0)


def test_who_searches_waits_for_the_worker(who: PersonView, aside: Beside) -> None:
    put("c1", "alpha", who.id)
    seen: list[str] = []
    aside.during(text, "add", lambda: seen.extend(found("alpha", who.id)))
    wording.go_on()
    aside.end()
    assert seen == ["c1"]


def test_the_words_of_a_scan_and_those_of_a_change_meanwhile_are_both_found(
    who: PersonView, aside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    rid = put("c1", "alpha", who.id, with_words=True)
    row = models.Document.objects.create(rid=rid, person_id=who.id, filed_person_id=who.id, blob="x", size=1)
    models.ScanPage.objects.create(rid=rid, page=0, words="scanned")
    aside.during(scans.text, "add", partial(put, "c1", "omega", who.id, with_words=True))
    scans._finish(row)
    aside.end()
    assert (found("omega", who.id), found("alpha", who.id)) == (["c1"], [])
