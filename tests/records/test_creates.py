"""Creates that come at one moment are made at once, and each is answered as if it had come alone."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection

from chartpost.identity.models import Person, PersonSource
from chartpost.identity.types import Access, RowFilter
from chartpost.kernel.db import raw
from chartpost.ledger.models import Entry
from chartpost.records import models, store, writing
from chartpost.records.app_events import event
from chartpost.records.changes import Change
from chartpost.records.errors import Dangling, WriteRefused
from tests.gateways.fhir.door import access
from tests.kernel.test_writer import Office, gathered

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere each write is made in its own transaction"),
]
STAFF = access("system/*.cruds", everyone=RowFilter())


@pytest.fixture
def office() -> Iterator[Office]:
    found = Office()
    yield found
    found.wait()


@pytest.fixture
def patients() -> dict[str, int]:
    """Two persons by the id of their Patient."""
    found = {}
    for name in ("p1", "p2"):
        person = Person.objects.create(family="Test", given=name)
        PersonSource.objects.create(person=person, source="test", patient_id=name)
        found[name] = person.pk
    return found


def observation(patient: str) -> dict[str, Any]:
    about = {"subject": {"reference": f"Patient/{patient}"}, "status": "final", "code": {"text": "Weight"}}
    return {"resourceType": "Observation", **about}


def create(name: str, resource: dict[str, Any], by: Access = STAFF, **points: str) -> Callable[[], Any]:
    kind = resource["resourceType"]
    wanted = {("Encounter", each): f"Encounter/{each}" for each in points.values()}
    change = Change("POST", kind, name, "", {**resource, "id": name}, points=wanted)
    return partial(writing.write, [change], by, partial(event, by))


def asked(office: Office, monkeypatch: pytest.MonkeyPatch, works: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """The answers to these requests, which wait for their turn together."""

    def send(environ: dict[str, Any], _: object) -> list[bytes]:
        try:
            office.answers[environ["name"]] = environ["work"]()
        except Exception as error:
            office.answers[environ["name"]] = error
        return []

    monkeypatch.setattr(office, "_door", office.door(send))
    return gathered(office, works)


def entries(action: str = "record.create") -> list[tuple[int | None, str]]:
    return sorted(Entry.objects.filter(action=action).values_list("person_id", "object"), key=str)


def test_each_is_stored_found_counted_and_written_down(
    office: Office, patients: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[int] = []
    real = store.put
    monkeypatch.setattr(
        store, "put", lambda ready, *more, **named: put.append(len(ready)) or real(ready, *more, **named)
    )
    works = {f"o{n}": create(f"o{n}", observation("p1" if n % 2 else "p2")) for n in range(5)}
    answers = asked(office, monkeypatch, works)
    assert sum(put) == 5
    assert len(put) < 5, "they went together"
    for name, (written,) in answers.items():
        assert (written.id, written.status, written.version) == (name, 201, 1)
        assert f'"id":"{name}"'.encode() in written.body
    rows = {row.fhir_id: row for row in models.Resource.objects.all()}
    assert {name: row.person_id for name, row in rows.items()} == {
        f"o{n}": patients["p1" if n % 2 else "p2"] for n in range(5)
    }
    assert {bytes(row.body) for row in rows.values()} == {written.body for (written,) in answers.values()}
    indexed = raw.django().all("SELECT rid FROM records_terms WHERE kind = ?", [rows["o1"].kind])
    assert {row.rid for row in rows.values()} <= {rid for (rid,) in indexed}
    assert sum(models.Tally.objects.values_list("count", flat=True)) == 5
    assert entries() == sorted(((row.person_id, f"Observation/{name}") for name, row in rows.items()), key=str)


def test_one_that_is_refused_is_refused_alone(
    office: Office, patients: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = access("system/Condition.c", everyone=RowFilter())
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p2"}, "code": {"text": "Gout"}}
    works = {
        "good": create("good", observation("p1")),
        "dangling": create("dangling", observation("p1"), visit="nowhere"),
        "stranger": create("stranger", observation("p9")),
        "narrow": create("narrow", observation("p2"), mine),
        "fits": create("fits", condition, mine),
        "nobodys": create("nobodys", {"resourceType": "Organization", "name": "House"}),
    }
    answers = asked(office, monkeypatch, works)
    assert [answers[name][0].status for name in ("good", "fits", "nobodys")] == [201, 201, 201]
    assert isinstance(answers["dangling"], Dangling)
    assert (answers["dangling"].number, answers["dangling"].text) == (0, "Encounter/nowhere")
    assert isinstance(answers["stranger"], WriteRefused)
    assert answers["stranger"].status == 422
    assert isinstance(answers["narrow"], WriteRefused)
    assert answers["narrow"].status == 403
    kept = set(models.Resource.objects.values_list("fhir_id", flat=True))
    assert kept == {"good", "fits", "nobodys"}
    assert len(entries()) == 3


def test_when_all_at_once_fails_each_is_made_alone(
    office: Office, patients: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.put

    def fails(ready: Any, *more: Any, **named: Any) -> Any:
        made = real(ready, *more, **named)
        if len(ready) > 1 or ready[0].incoming.id == "bad":
            raise OSError("the disk is full")
        return made

    monkeypatch.setattr(store, "put", fails)
    answers = asked(office, monkeypatch, {name: create(name, observation("p1")) for name in ("a", "bad", "b")})
    assert [answers[name][0].status for name in ("a", "b")] == [201, 201]
    assert isinstance(answers["bad"], OSError)
    assert set(models.Resource.objects.values_list("fhir_id", flat=True)) == {"a", "b"}
    assert sum(models.Tally.objects.values_list("count", flat=True)) == 2
    assert len(entries()) == 2
