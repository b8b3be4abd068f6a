"""Two at once on one import file or one person: nobody is made twice, and nothing either decided is lost."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from chartpost.identity import models as identity_models
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.kernel.models import Blob
from chartpost.records import inbox, matching, models, services
from chartpost.records.ingest import fhir, originals
from chartpost.records.types import kind_of
from tests.formats.ccda_intake.papers import PROBLEMS, paper, problem, section
from tests.records.builders import bundle, condition, patient, person, take

pytestmark = pytest.mark.django_db
ELSEWHERE = {"address_line": "1 Elm", "city": "Ely", "postal_code": "55731"}
KARL = {
    "name": [{"family": "Berg", "given": ["Karl"]}],
    "gender": "male",
    "birthDate": "1950-01-01",
    "address": [{"line": ["9 Pine"], "city": "Ely", "state": "MN", "postalCode": "55731"}],
}
OF_TWO = bundle(patient("p1"), condition("c1"), patient("p2", **KARL), condition("c2", "Patient/p2"))


class Killed(BaseException):
    """What ends a process, not an error of the program."""


def between(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, other: Callable[[], object], after: bool) -> None:
    """Have something else happen just before or after the first call of a function."""
    real, once = getattr(place, name), []

    def call(*given: Any, **named: Any) -> Any:
        first = not once
        once.append(1)
        if first and not after:
            other()
        found = real(*given, **named)
        if first and after:
            other()
        return found

    monkeypatch.setattr(place, name, call)


def live() -> list[tuple[int, str]]:
    """Whose the conditions are."""
    rows = models.Resource.objects.filter(deleted=False, kind=kind_of("Condition")).order_by("fhir_id")
    return [(row.person_id, row.fhir_id) for row in rows]


def waiting() -> list[models.InboxItem]:
    return list(models.InboxItem.objects.filter(state="waiting").order_by("key"))


@pytest.fixture
def two() -> tuple[PersonView, PersonView]:
    """Two persons whom a file of two patients may be about; it waits."""
    found = person([], **ELSEWHERE), person([], given="Karl", family="Berg", birth_date="1950-01-01", **ELSEWHERE)
    take(OF_TWO)
    assert [item.key for item in waiting()] == ["Patient/p1", "Patient/p2"]
    return found


def test_somebody_new_pressed_twice_makes_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    person([], given="Ana", **ELSEWHERE)
    take(bundle(patient(), condition("c1")))
    (item,) = waiting()
    between(monkeypatch, inbox, "resume", lambda: services.settle(item.ref, None, SYSTEM), after=False)
    services.settle(item.ref, None, SYSTEM)
    assert identity_models.Person.objects.count() == 2
    row = models.ImportFile.objects.get()
    assert (row.state, live()) == ("done", [(row.person_id, "c1")])


@pytest.mark.parametrize("second", ["c1", "c2"])
def test_the_same_new_patient_in_two_imports_at_once_makes_one_person(
    second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bundle(patient(), condition(second))
    between(monkeypatch, matching, "find", lambda: take(other, "other.json"), after=True)
    take(bundle(patient(), condition("c1")))
    made = identity_models.Person.objects.get()
    assert live() == [(made.pk, name) for name in sorted({"c1", second})]


def test_whom_staff_threw_away_while_the_file_was_read_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = person([], **ELSEWHERE)
    data = bundle(patient(), condition("c1"))
    take(data)
    (item,) = waiting()
    identity_models.Person.objects.filter(pk=taken.id).update(folded_name="other", given="Other", family="Name")
    between(monkeypatch, matching, "find", lambda: services.discard(item.ref, "no", SYSTEM), after=True)
    take(data)
    assert (identity_models.Person.objects.count(), live()) == (1, [])
    assert models.ImportFile.objects.get().state == "discarded"


def test_the_same_bytes_twice_at_once_are_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bundle(patient(), condition("c1"))
    monkeypatch.setattr(originals, "SMALL", 0)
    between(monkeypatch, originals, "_put", lambda: take(data), after=False)
    report = take(data)
    assert (report.refused, report.unchanged > 0) == ([], True)
    assert Blob.objects.count() == models.ImportFile.objects.count() == 1


def test_two_items_of_one_file_settled_at_once_are_both_filed(
    two: tuple[PersonView, PersonView], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, karl = two
    first, second = waiting()
    between(monkeypatch, fhir.services, "save", lambda: services.settle(second.ref, karl.id, SYSTEM), after=True)
    services.settle(first.ref, ana.id, SYSTEM)
    assert live() == [(ana.id, "c1"), (karl.id, "c2")]
    row = models.ImportFile.objects.get()
    assert {key: entry["person"] for key, entry in row.people.items() if key} == {
        "Patient/p1": ana.id,
        "Patient/p2": karl.id,
    }
    assert (row.state, row.person_id, Blob.objects.get(id=row.blob).owner) == ("done", None, "office")


@pytest.mark.parametrize("how", ["brought again", "settled again"])
def test_what_was_settled_and_killed_is_brought_to_its_end(
    how: str, two: tuple[PersonView, PersonView], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, karl = two
    first, second = waiting()

    def killed(*_: Any) -> None:
        raise Killed

    def settled_and_killed() -> None:
        with monkeypatch.context() as cut, pytest.raises(Killed):
            cut.setattr(inbox, "resume", killed)
            services.settle(second.ref, karl.id, SYSTEM)

    between(monkeypatch, fhir.services, "save", settled_and_killed, after=True)
    services.settle(first.ref, ana.id, SYSTEM)
    row = models.ImportFile.objects.get()
    assert (row.state, live(), Blob.objects.get(id=row.blob).owner) == ("started", [(ana.id, "c1")], "office")
    take(OF_TWO) if how == "brought again" else services.settle(second.ref, karl.id, SYSTEM)
    assert live() == [(ana.id, "c1"), (karl.id, "c2")]
    row.refresh_from_db()
    assert (row.state, row.person_id, Blob.objects.get(id=row.blob).owner) == ("done", None, "office")


def test_throwing_one_away_does_not_close_a_file_whose_other_was_cut_off(
    two: tuple[PersonView, PersonView], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting()

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as cut, pytest.raises(Killed):
        cut.setattr(inbox, "resume", killed)
        services.settle(first.ref, None, SYSTEM)
    services.discard(second.ref, "no", SYSTEM)
    assert models.ImportFile.objects.get().state == "started"
    take(OF_TWO)
    row = models.ImportFile.objects.get()
    assert (row.state, [name for _, name in live()]) == ("done", ["c1"])
    assert identity_models.Person.objects.count() == 3


def beside(*works: Callable[[], object]) -> list[Exception]:
    """Do things on threads of their own, which begin together; what went wrong."""
    errors: list[Exception] = []
    begin = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            begin.wait(30)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


CLINICAL = paper(section(PROBLEMS, problem("1"), problem("2"))).encode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("data", "name"), [(bundle(patient(), condition("c1")), "file.json"), (CLINICAL, "summary.xml")]
)
def test_the_same_file_brought_four_times_at_once_is_taken_in_once(data: bytes, name: str) -> None:
    for number in range(3):
        unlike = data.replace(b"c1", b"c%d" % number).replace(b"Summary", b"Summary %d" % number)
        assert beside(*[partial(take, unlike, name)] * 4) == []
        assert identity_models.Person.objects.count() == 1
        assert models.ImportFile.objects.filter(state="done").count() == number + 1
    rows = models.Resource.objects.filter(deleted=False)
    assert set(rows.values_list("person_id", flat=True)) <= {0, identity_models.Person.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_one_new_patient_in_four_files_at_once_is_one_person() -> None:
    for number in range(3):
        name, born = ("Berg", "Ito", "Okafor")[number], f"19{number}0-01-01"
        who = patient(f"n{number}", name=[{"family": name, "given": [name[::-1]]}], birthDate=born)
        files = [bundle(who, condition(f"c{number}{n}", f"Patient/n{number}")) for n in range(4)]
        assert beside(*(partial(take, file) for file in files)) == []
        assert identity_models.Person.objects.count() == number + 1
    assert len(live()) == 12
    assert len({owner for owner, _ in live()}) == 3


@pytest.mark.django_db(transaction=True)
def test_two_items_of_one_file_settled_by_two_at_the_same_moment() -> None:
    ana = person([], **ELSEWHERE)
    karl = person([], given="Karl", family="Berg", birth_date="1950-01-01", **ELSEWHERE)
    take(OF_TWO)
    first, second = waiting()
    assert (
        beside(
            lambda: services.settle(first.ref, ana.id, SYSTEM),
            lambda: services.settle(first.ref, ana.id, SYSTEM),
            lambda: services.settle(second.ref, None, SYSTEM),
            lambda: services.settle(second.ref, None, SYSTEM),
        )
        == []
    )
    new = identity_models.Person.objects.exclude(pk__in=(ana.id, karl.id)).get()
    assert live() == [(ana.id, "c1"), (new.pk, "c2")]
    row = models.ImportFile.objects.get()
    assert (row.state, row.person_id, Blob.objects.get(id=row.blob).owner) == ("done", None, "office")
