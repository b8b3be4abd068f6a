"""Copies list what several places recorded once, with its places; the FHIR file goes on giving all of it."""

from dataclasses import replace
from typing import Any

import pytest

from chartpost.delivery.build import ccda, fhir, pdf
from chartpost.delivery.build.content import Content, gather
from chartpost.identity import services
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import services as records
from chartpost.records.reconcile import comparing
from chartpost.records.types import Incoming, Selection

pytestmark = pytest.mark.django_db
OFFICE: dict[str, Any] = {"name": "Lakeside", "phone": "510-555-0100", "address": "1 Main Street\nOakland, CA 94601"}


def gout(name: str, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "90560007", "display": "Gout"}]},
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}]
        },
        "onsetDateTime": "2020-05-06",
    }


def content(status: str, *more: dict[str, Any]) -> Content:
    """Gout from two places; `more` are entries of the second."""
    services.save_office(OFFICE, SYSTEM)
    services.save_facility({"name": "Main", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    person = services.add_person({"given": "Ana", "family": "Ruiz", "sex": "female"}, [], SYSTEM)
    for place, said in (("Harbor Hospital", "active"), ("Hill Clinic", status)):
        name = place.partition(" ")[0]
        source = records.source_id(f"named:{place}", place)
        extra = [Incoming(r, str(r["id"]), person.id) for r in more] if name == "Hill" else []
        records.save([Incoming(gout(name, said), name, person.id), *extra], source, SYSTEM)
    comparing.compare(person.id)
    return gather(person.id, Selection(), RowFilter(), "en", withheld=False)


@pytest.mark.parametrize(("status", "agree"), [("active", True), ("resolved", False)])
def test_a_joined_entry_stands_once_with_its_places(status: str, agree: bool) -> None:
    made = content(status)
    ((stored, resource),) = made.parsed()
    note = resource["note"][0]["text"]
    assert f"Also from {({'Harbor Hospital', 'Hill Clinic'} - {stored.source}).pop()}." in note
    assert ("One place says it goes on" in note) is not agree
    (file,) = ccda.build(made)
    with file.open() as stream:
        text = stream.read().decode()
    assert text.count('code="90560007"') == 1
    assert f"Gout: {stored.source}. Also from" in text
    (paper,) = pdf.build(made)
    assert paper.format == "pdf"


def test_the_fhir_file_gives_every_entry() -> None:
    made = content("active")
    assert made.count == 2
    with fhir.build(made)[0].open() as stream:
        text = stream.read().decode()
    assert '"id":"Harbor"' in text
    assert '"id":"Hill"' in text


def test_a_selection_of_one_place_says_nothing_of_the_other() -> None:
    made = content("active")
    one = replace(made, entries=made.entries[:1])
    ((_, resource),) = one.parsed()
    assert "note" not in resource


def test_what_points_to_an_entry_that_is_not_listed_points_to_the_one_that_is() -> None:
    plans = [
        {
            "resourceType": "CarePlan",
            "id": f"plan-{name}",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": "Patient/p1"},
            "addresses": [{"reference": f"Condition/{name}"}],
        }
        for name in ("Harbor", "Hill")
    ]
    made = {s.type + s.id: r for s, r in content("active", *plans).parsed()}
    (shown,) = (key.removeprefix("Condition") for key in made if key.startswith("Condition"))
    aimed = {made[f"CarePlanplan-{name}"]["addresses"][0]["reference"] for name in ("Harbor", "Hill")}
    assert aimed == {f"Condition/{shown}"}
