"""Each kind of rule, broken once: the finding names the right place and the right rule."""

from typing import Any

import pytest
from tests.formats.fhirjson.profiles.samples import (
    BUNDLE,
    CATEGORY,
    CONDITION,
    DISPENSE,
    DOCUMENT,
    LAB,
    OMB,
    PATIENT,
    PRACTITIONER,
    PRESSURE,
    SAMPLES,
    TEXT,
    US,
    changed,
    concept,
    race,
)

from chartpost.formats.fhirjson.profiles import check, fits, must_supports, profiles_for
from chartpost.formats.fhirjson.tables import resource_types, table

FHIR = "http://hl7.org/fhir/ValueSet/"
VALUES = "http://hl7.org/fhir/us/core/ValueSet/"


@pytest.mark.parametrize("resource", SAMPLES, ids=lambda r: r["resourceType"])
def test_samples_are_fine(resource: dict[str, Any]) -> None:
    assert check(resource) == []


def told(resource: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(issue.severity, issue.path, issue.rule) for issue in check(resource)]


MR = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"}}
NOTE = {"resourceType": "Organization", "id": "o", "name": "O"}
BROKEN = [
    # R4: structure, bindings, references, invariants
    (changed(PATIENT, "birthDate", to="soon"), "Patient.birthDate", "structure"),
    (changed(PATIENT, "nickname", to="x"), "Patient", "structure"),
    (changed(PATIENT, "gender", to="f"), "Patient.gender", f"binding:required {FHIR}administrative-gender"),
    (
        changed(CONDITION, "clinicalStatus", "coding", 0, "code", to="open"),
        "Condition.clinicalStatus",
        f"binding:required {FHIR}condition-clinical",
    ),
    (
        changed(CONDITION, "verificationStatus", to={"text": "sure"}),
        "Condition.verificationStatus",
        f"binding:required {FHIR}condition-ver-status",
    ),
    (changed(LAB, "subject", to={"reference": "Medication/1"}), "Observation.subject", "reference"),
    (
        changed(LAB, "encounter", to={"reference": "https://example.org/r4/Patient/1"}),
        "Observation.encounter",
        "reference",
    ),
    (changed(LAB, "encounter", to={"type": "Patient", "display": "x"}), "Observation.encounter", "reference"),
    (changed(LAB, "performer", to=[{"reference": "#none"}]), "Observation.performer[0]", "ref-1"),
    (changed(PATIENT, "contained", to=[NOTE]), "Patient.contained[0]", "dom-3"),
    (
        changed(
            changed(PATIENT, "contained", to=[NOTE | {"meta": {"versionId": "1"}}]),
            "managingOrganization",
            to={"reference": "#o"},
        ),
        "Patient.contained[0]",
        "dom-4",
    ),
    (
        changed(
            changed(PATIENT, "contained", to=[NOTE]),
            "generalPractitioner",
            to=[{"reference": "#o"}, {"reference": "Location/1"}],
        ),
        "Patient.generalPractitioner[1]",
        "reference",
    ),
    (changed(PATIENT, "maritalStatus", to={}), "Patient.maritalStatus", "ele-1"),
    (changed(PATIENT, "_birthDate", to={}), "Patient._birthDate", "ele-1"),
    (
        changed(PATIENT, "name", 0, "period", to={"start": "2024-02", "end": "2024-01-31"}),
        "Patient.name[0].period",
        "per-1",
    ),
    (changed(PATIENT, "extension", 1, to={"url": "http://x"}), "Patient.extension[1]", "ext-1"),
    (
        changed(PATIENT, "_birthDate", to={"extension": [{"url": "http://x"}]}),
        "Patient._birthDate.extension[0]",
        "ext-1",
    ),
    (changed(PATIENT, "contact", to=[{"gender": "male"}]), "Patient.contact[0]", "pat-1"),
    (changed(PATIENT, "text", to={"status": "empty", "div": "<div><script>x</script></div>"}), "Patient.text", "txt-1"),
    (changed(PATIENT, "text", to={"status": "empty", "div": "<div><p onclick='x'/></div>"}), "Patient.text", "txt-1"),
    (
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "x"},
            "subject": {"reference": "Patient/1"},
            "target": [{"detailString": "x"}],
        },
        "Goal.target[0]",
        "gol-1",
    ),
    (
        {
            "resourceType": "CareTeam",
            "participant": [
                {"member": {"reference": "Patient/1"}, "onBehalfOf": {"reference": "Organization/1"}},
                {"member": {"reference": "Practitioner/1"}, "onBehalfOf": {"reference": "Organization/1"}},
                {"onBehalfOf": {"reference": "Organization/1"}},
            ],
        },
        "CareTeam.participant[0]",
        "ctm-1",
    ),
    (
        MR | {"medicationCodeableConcept": {"text": "x"}, "dosageInstruction": [{"timing": {"repeat": {"offset": 5}}}]},
        "MedicationRequest.dosageInstruction[0].timing.repeat",
        "tim-9",
    ),
    (changed(LAB, "dataAbsentReason", to={"text": "x"}), "Observation", "obs-6"),
    (
        changed(PRESSURE, "component", 0, "code", to=concept("http://loinc.org", "85354-9")) | {"valueString": "x"},
        "Observation",
        "obs-7",
    ),
    (changed(LAB, "referenceRange", to=[{"type": {"text": "x"}}]), "Observation.referenceRange[0]", "obs-3"),
    (changed(LAB, "valueQuantity", "system"), "Observation.valueQuantity", "qty-3"),
    (changed(CONDITION, "abatementDateTime", to="2024-01-01"), "Condition", "con-4"),
    (changed(BUNDLE, "type", to="collection"), "Bundle", "bdl-3"),
    (changed(BUNDLE, "total", to=3), "Bundle", "bdl-1"),
    (changed(BUNDLE, "entry", 1, to=BUNDLE["entry"][0]), "Bundle", "bdl-7"),
    (changed(BUNDLE, "entry", 0, "fullUrl", to="http://x/Patient/1/_history/2"), "Bundle.entry[0]", "bdl-8"),
    # US Core
    (changed(PATIENT, "identifier"), "Patient.identifier", "cardinality"),
    (changed(PATIENT, "identifier", 0, "system"), "Patient.identifier[0].system", "cardinality"),
    (changed(PATIENT, "gender"), "Patient.gender", "cardinality"),
    (changed(PATIENT, "name", to=[{"text": "Ann Lee"}]), "Patient.name[0]", "us-core-6"),
    (changed(PATIENT, "extension", 1, to=race(OMB, TEXT)), "Patient.extension", "slice"),
    (changed(PATIENT, "extension", 0, to=race(OMB)), "Patient.extension[0].extension", "slice"),
    (changed(PATIENT, "extension", 0, to=race(*[OMB] * 6, TEXT)), "Patient.extension[0].extension", "slice"),
    (
        changed(PATIENT, "extension", 0, "extension", 0, "valueCoding", "code", to="x"),
        "Patient.extension[0].extension[0].valueCoding",
        f"binding:required {VALUES}omb-race-category",
    ),
    (
        changed(PATIENT, "extension", 0, "extension", 1, to={"url": "text", "valueCode": "x"}),
        "Patient.extension[0].extension[1].valueCode",
        "type",
    ),
    (
        changed(PATIENT, "extension", 1, to={"url": US + "us-core-birthsex", "valueCode": "X"}),
        "Patient.extension[1].valueCode",
        f"binding:required {VALUES}birthsex",
    ),
    (changed(PRESSURE, "component", 1), "Observation.component", "slice"),
    (changed(PRESSURE, "component", 0, "code", "coding", 0, "code", to="8462-4"), "Observation.component", "slice"),
    (
        changed(PRESSURE, "component", 1, "valueQuantity", "code", to="Pa"),
        "Observation.component[1].valueQuantity.code",
        "pattern",
    ),
    (
        changed(PRESSURE, "component", 0, "valueQuantity", "unit"),
        "Observation.component[0].valueQuantity.unit",
        "cardinality",
    ),
    (changed(PRESSURE, "component", 0, "valueQuantity"), "Observation.component[0]", "vs-3"),
    (changed(PRESSURE, "code", to=concept("http://loinc.org", "55284-4")), "Observation.code", "pattern"),
    (changed(PRESSURE, "category", to=[concept(CATEGORY, "exam")]), "Observation.category", "slice"),
    (changed(PRESSURE, "effectiveDateTime", to="2024-01"), "Observation.effectiveDateTime", "vs-1"),
    (changed(PRESSURE, "effectiveDateTime"), "Observation.effective", "cardinality"),
    (changed(LAB, "valueQuantity"), "Observation", "us-core-2"),
    (changed(LAB, "effectiveDateTime", to="2024-01"), "Observation.effectiveDateTime", "us-core-1"),
    (changed(LAB, "subject", to={"reference": "Group/1"}), "Observation.subject", "reference"),
    (changed(CONDITION, "category", 0, "coding", 0, "code", to="encounter-diagnosis"), "Condition.category", "slice"),
    (changed(PRACTITIONER, "identifier", 0, "value", to="123"), "Practitioner.identifier[0]", "us-core-16"),
    (changed(PRACTITIONER, "identifier", 0, "value", to="1234567890"), "Practitioner.identifier[0]", "us-core-17"),
    (changed(DOCUMENT, "content", 0, "attachment", "url"), "DocumentReference.content[0].attachment", "us-core-6"),
    (
        changed(DOCUMENT, "type", to=concept("http://snomed.info/sct", "1")),
        "DocumentReference.type",
        f"binding:required {VALUES}us-core-documentreference-type",
    ),
    (
        changed(DOCUMENT, "context", to={"encounter": [{"reference": f"Encounter/{n}"} for n in "12"]}),
        "DocumentReference.context.encounter",
        "cardinality",
    ),
    (changed(DISPENSE, "whenHandedOver"), "MedicationDispense", "us-core-20"),
    (changed(BUNDLE, "entry", 0, "resource", "gender"), "Bundle.entry[0].resource.gender", "cardinality"),
    (changed(PATIENT, "meta", "profile", 0, to=US + "us-core-location"), "Patient", "profile"),
]


@pytest.mark.parametrize(("resource", "path", "rule"), BROKEN, ids=[f"{p}-{r.split('/')[-1]}" for _, p, r in BROKEN])
def test_a_broken_rule_is_told_with_its_place(resource: dict[str, Any], path: str, rule: str) -> None:
    assert ("error", path, rule) in told(resource)


def test_one_mistake_is_told_once() -> None:
    assert told(changed(PATIENT, "gender", to="f")) == [
        ("error", "Patient.gender", f"binding:required {FHIR}administrative-gender")
    ]
    assert len(told(changed(PATIENT, "identifier"))) == 1
    assert len(told(changed(PRESSURE, "category", to=[concept(CATEGORY, "exam")]))) == 1


def test_best_practice_and_unknown_profiles_only_warn() -> None:
    unknown = changed(PATIENT, "meta", "profile", 0, to="http://example.org/mine")
    older = changed(PATIENT, "meta", "profile", 0, to=US + "us-core-patient|3.1.1")
    assert told(unknown) == told(older) == [("warning", "Patient.meta", "profile")]
    own_code = changed(LAB, "valueQuantity") | {"valueCodeableConcept": concept("http://example.org", "x")}
    assert told(own_code) == [("warning", "Observation.valueCodeableConcept", "us-core-4")]
    own_unit = changed(LAB, "valueQuantity", "system", to="http://example.org")
    assert told(own_unit) == [("warning", "Observation.valueQuantity", "us-core-3")]


def test_a_profile_may_be_asked_for() -> None:
    bare = changed(PATIENT, "meta")
    assert check(bare, US + "us-core-patient") == check(bare) == []
    assert [i.rule for i in check(changed(bare, "gender"), US + "us-core-patient")] == ["cardinality"]
    assert [i.severity for i in check(bare, "http://example.org/mine")] == ["warning"]
    assert check(bare, "http://hl7.org/fhir/StructureDefinition/Patient") == []


def test_unknown_extensions_and_absent_reasons_are_no_mistake() -> None:
    reason = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    unnamed = changed(changed(PATIENT, "gender"), "name", to=[reason]) | {"_gender": reason}
    assert check(unnamed) == []
    assert check(changed(PATIENT, "extension", 1, to={"url": "http://example.org/x", "valueString": "y"})) == []


def test_messages_quote_no_data() -> None:
    secret = "Zyzzyva"
    for resource in (
        changed(PATIENT, "gender", to=secret),
        changed(PATIENT, "identifier", 0, "system", to=secret) | {f"{secret} 1": 1},
        changed(LAB, "subject", to={"reference": f"Group/{secret}"}),
        changed(LAB, "performer", to=[{"reference": f"#{secret}"}]),
        changed(PATIENT, "meta", "profile", 0, to=f"http://{secret}"),
        changed(PATIENT, "extension", 0, "extension", 0, "valueCoding", "code", to=secret),
    ):
        assert secret not in str(check(resource))


def test_the_certified_profiles_are_all_told() -> None:
    told = {url for kind in resource_types() for url in profiles_for(kind)}
    assert len(told) == 49
    assert len(profiles_for("Observation")) == 22
    assert profiles_for("Patient") == [US + "us-core-patient"]
    assert profiles_for("Claim") == []


def test_must_support_paths() -> None:
    assert must_supports(US + "us-core-goal|6.1.0") == [
        *(
            "Goal.lifecycleStatus",
            "Goal.description",
            "Goal.subject",
            "Goal.start[x]",
            "Goal.target",
            "Goal.target.due[x]",
        )
    ]
    assert "Patient.extension:race" in must_supports(US + "us-core-patient")
    assert "Observation.component:systolic.valueQuantity.value" in must_supports(US + "us-core-blood-pressure")
    assert "Observation.subject" in must_supports(US + "us-core-bmi")  # from the vital signs it stands on
    assert must_supports("http://example.org/mine") == []


@pytest.mark.parametrize("url", table("uscore"))
def test_every_must_support_path_is_an_element_of_r4(url: str) -> None:
    for path in must_supports(url):
        kind, *steps = path.split(".")
        for step in steps:
            name = step.partition(":")[0]
            rows = table("elements")[kind]
            found = [row for key, row in rows.items() if key == name or key.startswith(name.removesuffix("[x]"))]
            assert found, path
            kind = rows[name][0] if name in rows else found[0][0]
            kind = kind if kind in table("elements") else "Element"


def test_every_profile_compiles() -> None:
    for url, definition in table("uscore").items():
        resource = {"resourceType": definition["type"], "id": "1", "meta": {"profile": [url]}}
        assert check(resource) or url.endswith(("uri", "-direct"))


@pytest.mark.parametrize("language", ["text/fhirpath", "text/cql", "application/x-fhir-query"])
def test_the_language_of_an_expression_is_none_of_people(language: str) -> None:
    said = {"url": "http://x.example/e", "valueExpression": {"language": language, "expression": "%patient.name"}}
    resource = changed(PATIENT, "extension", 1, to=said)
    assert check(resource) == []
    assert fits(resource)


HTML = ' xmlns="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize(
    ("inside", "good"),
    [
        ('<p title="pain onset=today">x</p>', True),
        ("<p title='Symptom onset = 2020'>x</p>", True),
        ("one = two on top = x", True),
        ('<a href="javascript:alert(1)">x</a>', False),
        ("<p title='a>b' onclick=x>a</p>", False),
        ('<p data=a" onclick=x title="b">a</p>', False),
        ('<img/onerror=x src="a"/>a', False),
        ('<p title="x"onclick="x">a</p>', False),
    ],
)
def test_a_narrative_may_speak_of_what_it_may_not_do(inside: str, good: bool) -> None:
    resource = changed(PATIENT, "text", to={"status": "generated", "div": f"<div{HTML}>{inside}</div>"})
    assert ([issue.rule for issue in check(resource)], fits(resource)) == ([] if good else ["txt-1"], good)


@pytest.mark.parametrize(
    ("start", "end", "good"),
    [
        ("2020-01-01T23:00:00-05:00", "2020-01-01", True),
        ("2020-01-02T15:00:00Z", "2020-01-01", False),
        ("2020-01-02", "2020-01-01T22:00:00-10:00", True),
        ("2020-01-02", "2020-01-01", False),
        ("2020-01-01T10:00:00Z", "2020-01-01T09:00:00Z", False),
    ],
)
def test_a_day_may_be_that_of_any_zone(start: str, end: str, good: bool) -> None:
    resource = changed(PATIENT, "name", 0, "period", to={"start": start, "end": end})
    assert ([issue.rule for issue in check(resource)], fits(resource)) == ([] if good else ["per-1"], good)


def test_a_range_is_compared_where_its_ends_are_counted_alike() -> None:
    low = {"value": 100, "unit": "mg"}
    for high, good in (({"value": 1, "unit": "g"}, True), ({"value": 1, "unit": "mg"}, False)):
        resource = {k: v for k, v in LAB.items() if k != "valueQuantity"} | {"valueRange": {"low": low, "high": high}}
        assert ([issue.rule for issue in check(resource)], fits(resource)) == ([] if good else ["rng-2"], good)
