"""What another place says of some people of the demo: much the same, some of it otherwise."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from chartpost.demo.generator import SyntheticPerson
from chartpost.demo.generator.coding import RXNORM, Code
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.records import services as records
from chartpost.records.reconcile import comparing
from chartpost.records.types import Incoming

Json = dict[str, Any]
PLACE = "Harbor Hospital"
NO_KNOWN_ALLERGY = "716186003"
PENICILLIN = Code(RXNORM, "7980", "penicillin G")
WHO = ("rosa-alvarado", "marisol-alvarado", "terrence-boyd")
_KEPT_TEXT = """
    resourceType id clinicalStatus verificationStatus category code status intent medicationCodeableConcept subject
    patient onsetDateTime recordedDate authoredOn vaccineCode occurrenceDateTime dosageInstruction criticality
"""
_KEPT = frozenset(_KEPT_TEXT.split())


def file(people: list[SyntheticPerson], filed: dict[str, PersonView]) -> None:
    """File what the other place says, and have it compared."""
    source = records.source_id("named:harbor", PLACE)
    for person in people:
        if person.key in WHO:
            found = filed[person.key]
            records.save((Incoming(r, str(r["id"]), found.id) for r in told(person)), source, SYSTEM)
            comparing.compare(found.id)


def told(person: SyntheticPerson) -> Iterator[Json]:
    """Copies of a few entries with ids of their own: one told alike, others with another date, dose or status."""
    taken = [_copy(r) for r in person.resources()]
    conditions = [r for r in taken if r["resourceType"] == "Condition"][:2]
    medicines = [r for r in taken if r["resourceType"] == "MedicationRequest" and r["status"] == "active"][:2]
    yield from (r for r in taken if r["resourceType"] == "Immunization")
    for number, one in enumerate(conditions):
        day = str(one.get("onsetDateTime") or one.get("recordedDate"))
        one.pop("recordedDate", None)
        yield {**one, "onsetDateTime": day[:7] if number == 0 else f"{int(day[:4]) + 2}-06"}
    for number, one in enumerate(medicines):
        said = {"authoredOn": one["authoredOn"][:10], "requester": {"display": PLACE}}
        yield {**one, **said, **({"status": "stopped"} if number == 0 else _double())}
    for one in (r for r in taken if r["resourceType"] == "AllergyIntolerance"):
        if one["code"]["coding"][0]["code"] == NO_KNOWN_ALLERGY:
            yield {**one, "code": PENICILLIN.concept()}
            continue
        said = {
            "clinicalStatus": _status("clinical", "inactive"),
            "verificationStatus": _status("verification", "refuted"),
        }
        yield {**one, **said, "recordedDate": one["recordedDate"][:10]}


def _copy(resource: Json) -> Json:
    kept = {key: deepcopy(value) for key, value in resource.items() if key in _KEPT}
    return {**kept, "id": f"harbor-{resource['id']}"}


def _double() -> Json:
    return {"dosageInstruction": [{"text": "Take 2 tablets by mouth once daily"}]}


def _status(which: str, code: str) -> Json:
    system = f"http://terminology.hl7.org/CodeSystem/allergyintolerance-{which}"
    return {"coding": [{"system": system, "code": code, "display": code.title()}]}
