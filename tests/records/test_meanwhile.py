"""A label, a merge and an export that come while an entry is being written: nothing of either is lost."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import models as identity_models
from chartpost.identity import services as persons
from chartpost.identity.types import SYSTEM, Actor, PersonView, RowFilter
from chartpost.kernel import clock
from chartpost.kernel.db import meeting
from chartpost.records import bulk, documents, models, notices, queries, services, store, writing
from chartpost.records.app_events import event
from chartpost.records.bulk_types import Asked
from chartpost.records.bulk_types import kept as reached
from chartpost.records.changes import Change
from chartpost.records.types import Incoming, kind_of
from tests.gateways.fhir.door import access
from tests.records.builders import MRN, condition, patient, person
from tests.records.test_at_once import beside, between

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = RowFilter()
ASKER = {"actor": "app:x", "actor_name": "X", "actor_kind": "app", "why": "operations", "where": "fhir"}
PATIENT = kind_of("Patient")
STAFF = access("system/*.cruds", everyone=OPEN)


class Paused:
    """Writes on another thread, stopped where all has been looked at and nothing is stored yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._there, self._go = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._main = threading.current_thread()
        self.errors: list[Exception] = []
        real = store.put

        def put(*given: Any, **named: Any) -> list[store.Put]:
            if threading.current_thread() is self._threads[0]:
                self._there.set()
                self._go.wait(30)
            return real(*given, **named)

        monkeypatch.setattr(store, "put", put)

    def begin(self, work: Callable[[], object]) -> None:
        """Start the first, which is stopped, or one beside it."""
        thread = threading.Thread(target=self._run, args=(work,))
        self._threads.append(thread)
        thread.start()
        if len(self._threads) == 1:
            assert self._there.wait(30)

    def end(self) -> None:
        """Let the first go on once the others have had time to come between, and wait for all."""
        self._threads[-1].join(0.5)
        self._go.set()
        for thread in self._threads:
            thread.join(60)
        assert self.errors == []

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Paused:
    return Paused(monkeypatch)


@pytest.fixture
def clerk() -> Actor:
    account = identity_models.Account.objects.create_user("clerk@example.org", None)
    return Actor(kind="staff", account_id=account.pk, ref=account.ref)


@pytest.fixture
def people() -> Iterator[tuple[PersonView, PersonView]]:
    """Two persons; the second is known by the Patient p2 and has a Condition c."""
    kept, gone = person(), person(family="Lopes")
    identity_models.PersonSource.objects.create(person_id=gone.id, source="test", patient_id="p2")
    services.save([Incoming(patient("p2"), "p2", gone.id)], services.source_id("test"), SYSTEM)
    services.save([Incoming(condition("c", "Patient/p2"), "c", gone.id)], services.source_id("test"), SYSTEM)
    yield kept, gone


def write(method: str, name: str, **more: Any) -> Callable[[], object]:
    change = Change(method, "Condition", name, "", condition(name, "Patient/p2", **more))
    return partial(writing.write, [change], STAFF, partial(event, STAFF))


def listed(person_id: int) -> set[str]:
    """The entries of a record but its Patient, by the timeline and by the index; documents by their row."""
    items = queries.timeline(person_id, OPEN, limit=100).items
    found = {str(i.stored.rid) if i.stored.type == "DocumentReference" else i.stored.id for i in items} - {"p2"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_terms WHERE person_id = %s AND kind <> %s", [person_id, PATIENT])
        assert cursor.fetchone()[0] == len(found - {"p3"})
    return found


def test_a_label_given_while_an_entry_is_changed_stays(
    people: tuple[PersonView, PersonView], paused: Paused, clerk: Actor
) -> None:
    paused.begin(write("PUT", "c", recordedDate="2026-02-02"))
    paused.begin(partial(services.label, people[1].id, "Condition", "c", Label.HIV, clerk))
    paused.end()
    row = models.Resource.objects.get(fhir_id="c")
    assert row.version == 2
    assert (row.labels & Label.HIV, row.staff_labels) == (Label.HIV, Label.HIV)


@pytest.mark.parametrize("how", [("PUT", "c"), ("POST", "new")])
def test_what_is_written_while_its_person_is_merged_is_in_the_record_kept(
    how: tuple[str, str], people: tuple[PersonView, PersonView], paused: Paused, clerk: Actor
) -> None:
    kept, gone = people
    paused.begin(write(*how, recordedDate="2026-02-02"))
    paused.begin(partial(persons.merge, kept.id, gone.id, "same", clerk))
    paused.end()
    assert listed(kept.id) == {"c", how[1]}
    assert listed(gone.id) == set()


def test_a_new_patient_of_somebody_being_merged_is_of_the_record_kept(
    people: tuple[PersonView, PersonView], paused: Paused, clerk: Actor
) -> None:
    kept, gone = people
    again = {**patient("p3"), "identifier": [{"system": MRN, "value": "p2"}]}
    identity_models.PersonIdentifier.objects.create(person_id=gone.id, system=MRN, value="p2")
    both = [
        Change("POST", "Patient", "p3", "", again),
        Change("POST", "Condition", "new", "", condition("new", "Patient/p3")),
    ]
    paused.begin(partial(writing.write, both, STAFF, partial(event, STAFF)))
    paused.begin(partial(persons.merge, kept.id, gone.id, "same", clerk))
    paused.end()
    assert listed(kept.id) - {"p3"} == {"c", "new"}
    assert listed(gone.id) == set()


def test_an_import_under_way_goes_on_in_the_record_kept_and_comes_back(
    people: tuple[PersonView, PersonView], clerk: Actor
) -> None:
    kept, gone = people
    merge = persons.merge(kept.id, gone.id, "same", clerk)
    services.save([Incoming(condition("late", "Patient/p2"), "late", gone.id)], services.source_id("test"), SYSTEM)
    day = clock.now().date()
    source = services.source_id("test")
    letter = documents.file_document(gone.id, "Letter", "text/plain", b"Dear", day, Label.NONE, source, SYSTEM)
    paper = f"{letter.rid}"
    assert listed(kept.id) == {"c", "late", paper}
    persons.unmerge(merge, clerk)
    assert listed(kept.id) == set()
    assert listed(gone.id) == {"c", "late", paper}
    assert documents.open_document(gone.id, letter.rid, OPEN, original=True)[0].read() == b"Dear"


def test_an_export_begins_once_what_is_being_written_is_there(
    people: tuple[PersonView, PersonView], paused: Paused
) -> None:
    asked = Asked("https://localhost/fhir/$export", "system", ("Condition",), reached(STAFF), ASKER)
    stored: list[bool] = []

    def export() -> None:
        bulk.start(asked, "someone")
        stored.append(models.Resource.objects.filter(fhir_id="new").exists())

    paused.begin(write("POST", "new"))
    paused.begin(export)
    paused.end()
    assert stored == [True], "what is of an earlier moment than the export is there when it begins"


@pytest.mark.usefixtures("people")
def test_a_new_subscription_misses_nothing_that_somebody_was_about_to_store(
    paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = {"criteria": "Condition", "asked": [], "topic": False, "endpoint": "", "content": "empty"}
    row = models.Subscription.objects.create(grant_ref="g", type="Condition", state="active", **wishes)
    found: list[int] = []
    monkeypatch.setattr(notices, "ask", lambda _ref, rids: found.extend(rids))
    since = clock.now_ms()
    paused.begin(write("POST", "new"))
    paused.begin(partial(notices.catch_up, row.ref, since))
    paused.end()
    assert found == [models.Resource.objects.get(fhir_id="new").rid]


def about(target: str, **more: Any) -> dict[str, Any]:
    """A Provenance."""
    told = {"recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "A clinic"}}]}
    return {"resourceType": "Provenance", "id": "v", "target": [{"reference": target}], **told, **more}


def told_of(resource: dict[str, Any]) -> object:
    change = Change("PUT", "Provenance", "v", "", resource)
    return writing.write([change], STAFF, partial(event, STAFF))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere one writes at a time")
def test_a_provenance_changed_while_its_person_is_merged_waits_for_the_person_only(
    people: tuple[PersonView, PersonView], clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = people
    told_of(about("Condition/c"))
    errors: list[Exception] = []
    merge = partial(persons.merge, kept.id, gone.id, "same", clerk)
    merging = threading.Thread(target=lambda: errors.extend(beside(merge)))
    monkeypatch.setattr(meeting, "TRIES", 1)

    def begin() -> None:
        merging.start()
        merging.join(1)

    between(monkeypatch, writing, "_meet", begin, after=True)
    told_of(about("Condition/c", recorded="2026-02-02T00:00:00Z"))
    merging.join(60)
    assert errors == []
    rows = models.Resource.objects.filter(fhir_id="v")
    assert [(row.version, row.person_id) for row in rows] == [(2, kept.id)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere one writes at a time")
@pytest.mark.parametrize("same", [True, False])
def test_an_update_that_creates_what_is_imported_at_the_same_moment(
    same: bool, people: tuple[PersonView, PersonView], monkeypatch: pytest.MonkeyPatch
) -> None:
    who = people[1].id
    imported = condition("new", "Patient/p2", **({} if same else {"note": [{"text": "n"}]}))
    save = partial(services.save, [Incoming(imported, "new", who)], services.source_id("test"), SYSTEM)
    errors: list[Exception] = []
    between(monkeypatch, writing, "_meet", lambda: errors.extend(beside(save)), after=True)
    change = Change("PUT", "Condition", "new", "", condition("new", "Patient/p2"))
    (done,) = writing.write([change], STAFF, partial(event, STAFF))
    assert errors == []
    assert (done.status, done.version) == (200, 1 if same else 2)
    assert models.Resource.objects.get(fhir_id="new").version == done.version
