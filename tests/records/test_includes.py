"""What comes beside a page: also what points at things of nobody's, in one order, and said where it is not all."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.search import parse
from chartpost.identity.types import SYSTEM, Access, RowFilter
from chartpost.kernel.db import raw
from chartpost.records import services
from chartpost.records.errors import TooCostly
from chartpost.records.search import Included, include, included, reach, search
from chartpost.records.types import Incoming
from tests.gateways.fhir.door import Door, access

pytestmark = pytest.mark.django_db
STAFF = access("system/*.rs", everyone=RowFilter())
MINE = access("patient/*.rs", 1, "p1", {1: RowFilter()})


def save(*resources: dict[str, Any], person: int = 1) -> None:
    source = services.source_id("test", "Test source")
    services.save([Incoming(r, str(r["id"]), person) for r in resources], source, SYSTEM)


def observation(name: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    about = {"subject": {"reference": f"Patient/{patient}"}, "code": {"text": "x"}, "status": "final"}
    return {"resourceType": "Observation", "id": name, **about, **more}


def performed(name: str, patient: str, *by: str) -> dict[str, Any]:
    return observation(name, patient, performer=[{"reference": f"Practitioner/{one}"} for one in by])


def brought(reader: Access, kind: str, *asked: tuple[str, str]) -> Included:
    query, within, db = parse(kind, list(asked)), reach(reader, kind, "s"), raw.django()
    assert within is not None
    page = search(query, reader, within, 10, None, db).rows
    return included(page, query.include, query.revinclude, reader, db)


def ids(reader: Access, kind: str, *asked: tuple[str, str]) -> list[str]:
    return [row.id for row in brought(reader, kind, *asked).rows]


@pytest.fixture
def shared() -> None:
    """A practitioner, an office and a medicine of nobody's, and what two persons have of them."""
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "aspirin"}}
    save({"resourceType": "Practitioner", "id": "dr"}, {"resourceType": "Organization", "id": "house"}, person=0)
    save(medicine, {"resourceType": "PractitionerRole", "id": "role", "practitioner": ref("Practitioner/dr")}, person=0)
    for number, person in (("1", 1), ("2", 2)):
        patient = f"p{number}"
        save({"resourceType": "Patient", "id": patient, "generalPractitioner": [ref("Practitioner/dr")]}, person=person)
        request = {"status": "active", "intent": "order", "medicationReference": ref("Medication/m")}
        save(
            performed(f"o{number}", patient, "dr"),
            performed(f"other{number}", patient, "somebody"),
            {"resourceType": "MedicationRequest", "id": f"r{number}", "subject": ref(f"Patient/{patient}"), **request},
            person=person,
        )
    said = {"recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "the office"}}]}
    save({"resourceType": "Provenance", "id": "of-dr", "target": [ref("Practitioner/dr")], **said}, person=0)
    both = {"target": [ref("Practitioner/dr"), ref("Observation/o1")]}
    save({"resourceType": "Provenance", "id": "of-both", **both, **said})


def ref(text: str) -> dict[str, str]:
    return {"reference": text}


@pytest.mark.parametrize(
    ("kind", "name", "what", "all_of_them", "mine"),
    [
        ("Practitioner", "dr", "Observation:performer", ["o2", "o1"], ["o1"]),
        ("Practitioner", "dr", "Observation:*", ["o2", "o1"], ["o1"]),
        ("Medication", "m", "MedicationRequest:medication", ["r2", "r1"], ["r1"]),
        ("Practitioner", "dr", "Provenance:target", ["of-both", "of-dr"], ["of-both"]),
        ("Practitioner", "dr", "PractitionerRole:practitioner", ["role"], ["role"]),
        ("Practitioner", "dr", "Patient:general-practitioner", ["p2", "p1"], ["p1"]),
        ("Organization", "house", "Observation:performer", [], []),
    ],
)
@pytest.mark.usefixtures("shared")
def test_what_points_at_things_of_nobodys_comes(
    kind: str, name: str, what: str, all_of_them: list[str], mine: list[str]
) -> None:
    asked = (("_id", name), ("_revinclude", what))
    assert sorted(ids(STAFF, kind, *asked)) == sorted(all_of_them)
    assert ids(MINE, kind, *asked) == mine
    assert ids(access("user/*.rs", persons={2: RowFilter()}), kind, *asked) == [
        one for one in all_of_them if one[-1] not in ("1", "h") and one != "of-dr"
    ]


@pytest.mark.usefixtures("shared")
def test_a_granular_scope_or_a_hidden_label_leaves_them_out() -> None:
    category = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    asked = (("_id", "dr"), ("_revinclude", "Observation:performer"))
    some = access(f"system/Practitioner.rs system/Observation.rs?category={category}", everyone=RowFilter())
    assert ids(some, "Practitioner", *asked) == []
    assert ids(access("system/Practitioner.rs", everyone=RowFilter()), "Practitioner", *asked) == []


@pytest.mark.usefixtures("shared")
def test_a_look_through_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include, "LOOKED_AT_MOST", 3)
    with pytest.raises(TooCostly, match="Search Observation"):
        ids(STAFF, "Practitioner", ("_id", "dr"), ("_revinclude", "Observation:performer"))
    answer = Door(STAFF).get("Practitioner?_id=dr&_revinclude=Observation:performer")
    assert (answer.status, answer.json["issue"][0]["code"]) == (400, "too-costly")
    monkeypatch.setattr(include, "LOOKED_AT_MOST", 4)
    assert len(ids(STAFF, "Practitioner", ("_id", "dr"), ("_revinclude", "Observation:performer"))) == 2


@pytest.mark.parametrize(
    ("address", "newest"),
    [
        ("Patient?_id=p1&_revinclude=Observation:patient", ["o8", "o7", "o6", "o5"]),
        ("Encounter?_id=e1&_revinclude=Observation:encounter", ["o8", "o7", "o6", "o5"]),
        ("Location?_id=l1&_revinclude=Encounter:location&_revinclude:iterate=Observation:encounter", ["o8", "o7"]),
        ("Observation?_id=all&_include=Observation:has-member", ["o0", "o1", "o2", "o3"]),
    ],
)
@pytest.mark.parametrize("reader", [STAFF, MINE])
def test_more_than_are_sent_are_cut_in_order_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, reader: Access, address: str, newest: list[str]
) -> None:
    place = {"location": [{"location": ref("Location/l1")}], "subject": ref("Patient/p1")}
    save({"resourceType": "Location", "id": "l1"}, person=0)
    save({"resourceType": "Patient", "id": "p1"})
    save({"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"}, **place})
    for n in range(9):
        save(observation(f"o{n}", effectiveDateTime=f"2026-01-0{n + 1}", encounter=ref("Encounter/e1")))
    save(observation("all", hasMember=[ref(f"Observation/o{n}") for n in reversed(range(9))]))
    whole = Door(reader).get(address)
    assert all("issue" not in entry["resource"] for entry in whole.json["entry"])
    monkeypatch.setattr(include, "INCLUDED_AT_MOST", 4)
    cut = Door(reader).get(address)
    *_, told = cut.json["entry"]
    assert told["search"]["mode"] == "outcome"
    assert (told["resource"]["issue"][0]["severity"], told["resource"]["issue"][0]["code"]) == ("warning", "incomplete")
    sent = [e["resource"]["id"] for e in cut.json["entry"] if e["search"]["mode"] == "include"]
    assert [name for name in sent if name[0] == "o"][: len(newest)] == newest
    assert len(sent) == 4


def test_as_many_as_are_sent_are_all_and_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include, "INCLUDED_AT_MOST", 3)
    save({"resourceType": "Patient", "id": "p1"})
    save(*(observation(f"o{n}") for n in range(3)))
    assert brought(MINE, "Patient", ("_id", "p1"), ("_revinclude", "Observation:subject")).whole
    save(observation("o3"))
    assert not brought(MINE, "Patient", ("_id", "p1"), ("_revinclude", "Observation:subject")).whole


def test_references_and_rounds_beyond_the_most_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [{"resourceType": "Location", "id": f"l{n}", "partOf": ref(f"Location/l{n + 1}")} for n in range(6)]
    save(*places, {"resourceType": "Location", "id": "l6"}, person=0)
    up = ("_include:iterate", "Location:partof")
    assert [row.id for row in brought(STAFF, "Location", ("_id", "l2"), up).rows] == ["l3", "l4", "l5", "l6"]
    assert brought(STAFF, "Location", ("_id", "l2"), up).whole
    cut = brought(STAFF, "Location", ("_id", "l1"), up)
    assert ([row.id for row in cut.rows], cut.whole) == (["l2", "l3", "l4", "l5"], False)
    save(observation("all", hasMember=[ref(f"Observation/o{n}") for n in range(9)]))
    monkeypatch.setattr(include, "REFERENCES_AT_MOST", 8)
    assert not brought(MINE, "Observation", ("_id", "all"), ("_include", "Observation:has-member")).whole
