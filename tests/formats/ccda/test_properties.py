"""Whatever is missing from a resource, the document still holds together."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.formats.ccda.builders import LOINC, ccd, concept, lab, person, resource, vital

from chartpost.formats.ccda import check_document

FULL = [
    lab(1, interpretation=[concept("H", "High")], referenceRange=[{"low": {"value": 1, "unit": "mg"}, "text": "1 up"}]),
    vital(2, component=[{"code": concept("8480-6", "Systolic", LOINC), "valueQuantity": {"value": 120}}]),
    lab(3, category=[{"coding": [{"code": "social-history"}]}], code=concept("72166-2", "Smoking", LOINC),
        valueCodeableConcept=concept("8517006", "Ex-smoker")),
    resource("Condition", code=concept("44054006", "Diabetes"), onsetDateTime="2019", abatementDateTime="2020",
             clinicalStatus=concept("resolved", "Resolved"), verificationStatus=concept("confirmed", "Confirmed")),
    resource("AllergyIntolerance", code=concept("1", "Nuts"), type="allergy", category=["food"], criticality="low",
             reaction=[{"manifestation": [concept("2", "Hives")], "severity": "mild"}]),
    resource("MedicationRequest", status="active", medicationCodeableConcept=concept("3", "Aspirin"),
             authoredOn="2024-01-01", dispenseRequest={"numberOfRepeatsAllowed": 1, "quantity": {"value": 3}},
             dosageInstruction=[{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                                 "asNeededBoolean": True, "doseAndRate": [{"doseQuantity": {"value": 1}}]}]),
    resource("Immunization", status="not-done", statusReason=concept("RELIG", "Religious"),
             vaccineCode=concept("140", "Flu", "http://hl7.org/fhir/sid/cvx"), lotNumber="L1"),
    resource("Procedure", status="completed", code=concept("4", "X-ray"), bodySite=[concept("5", "Chest")],
             performedPeriod={"start": "2021-01-01", "end": "2021-01-02"}),
    resource("Encounter", status="finished", type=[concept("6", "Visit")], period={"start": "2022-02-02"},
             **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}}),
    resource("ServiceRequest", status="active", code=concept("7", "MRI"), occurrenceDateTime="2027-01-01"),
    resource("CarePlan", status="active", title="Plan", activity=[{"detail": {"code": concept("8", "Walk")}}]),
    resource("Goal", lifecycleStatus="active", description={"text": "Run"}, target=[{"dueDate": "2027-01-01"}]),
    resource("Coverage", status="active", payor=[{"display": "Payer"}], subscriberId="9", type={"text": "HMO"}),
    resource("Device", patient={"reference": "Patient/p1"}, type=concept("9", "Pump"),
             udiCarrier=[{"carrierHRF": "1"}]),
    resource("CareTeam", status="active", name="T", participant=[{"member": {"display": "Dr. A"}}]),
    resource("FamilyMemberHistory", relationship=concept("FTH", "Father"), deceasedAge={"value": 70, "unit": "a"},
             condition=[{"code": concept("10", "Stroke"), "onsetAge": {"value": 60, "code": "a"}}]),
    resource("DocumentReference", content=[{"attachment": {"contentType": "text/plain", "data": "SGk="}}]),
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key != "resourceType":
            yield (*path, key)
            yield from places(inner, (*path, key))


def without(value: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if isinstance(holder, dict):
        del holder[path[-1]]
    elif len(holder) > 1:
        holder.pop(path[-1])
    return changed


def test_the_full_record_is_sound() -> None:
    assert check_document(ccd(*FULL)) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_part_may_be_missing(data: st.DataObject) -> None:
    record = [person(), *FULL]
    for _ in range(data.draw(st.integers(1, 8))):
        record = without(record, data.draw(st.sampled_from([p for p in places(record) if len(p) > 1])))
    document = ccd(*record[1:], who=record[0])
    assert check_document(document) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(FULL), max_size=30), st.text(max_size=30))
def test_ids_are_unique_and_every_entry_has_its_line(items: list[dict[str, Any]], text: str) -> None:
    numbered = [{**item, "id": f"{text}{n}"} for n, item in enumerate(items)]
    root = etree.fromstring(ccd(*numbered))
    ids = [node.get("ID") for node in root.iter() if node.get("ID")]
    assert len(ids) == len(set(ids))
    for node in root.iter("{urn:hl7-org:v3}reference"):
        assert (node.get("value") or "").removeprefix("#") in ids
    roots = root.xpath("//*[local-name()='entry']/*/*[local-name()='id']/@root")
    assert len(roots) == len(set(roots))
