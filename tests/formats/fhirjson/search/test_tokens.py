"""Token, string, reference and URI parameters with their modifiers."""

import pytest
from tests.formats.fhirjson.search.support import BASE, asks, concept

from chartpost.formats.fhirjson.search import SearchError, parse
from chartpost.formats.fhirjson.tables import Json

LOINC = "http://loinc.org"
OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"profile": ["http://x.org/P|2.0"], "tag": [{"system": "http://t", "code": "a"}], "source": "http://s/1/2"},
    "status": "final",
    "identifier": [
        {"system": "urn:mrn", "value": "A|1", "type": concept(("http://v2", "MR"))},
        {"value": "B2"},
    ],
    "code": {"coding": [{"system": LOINC, "code": "718-7", "display": "Hémoglobin in Blood"}, {"code": "HGB"}]},
    "subject": {"reference": "Patient/p1", "display": "Ana Núñez", "identifier": {"system": "urn:mrn", "value": "9"}},
    "performer": [{"reference": "Practitioner/d1/_history/3"}, {"reference": "http://other.org/fhir/Practitioner/d9"}],
    "text": {"status": "generated", "div": "<div><b>Low</b> iron stores</div>"},
}
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "gender": "female",
    "name": [{"family": "Núñez Ávila", "given": ["José", "Luis"], "use": "official"}, {"text": "Pepe"}],
    "address": [{"line": ["12 Main St"], "use": "home", "city": "Saint Louis", "state": "MO", "postalCode": "63101"}],
    "telecom": [{"system": "phone", "value": "555-0100"}, {"system": "email", "value": "p@x.org"}],
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "extension": [{"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16", "code": "2106-3"}}],
        }
    ],
}
QUESTIONNAIRE: Json = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "http://x.org/Questionnaire/phq9|1.1",
    "status": "completed",
}
VALUE_SET: Json = {"resourceType": "ValueSet", "url": "http://x.org/fhir/ValueSet/one", "status": "active"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("_id", "o1", True),
        ("_id", "o2,o1", True),
        ("_id", "o2", False),
        ("_tag", "http://t|a", True),
        ("_tag", "|a", False),
        ("_profile", "http://x.org/P", True),
        ("_profile", "http://x.org/P|2.0", True),
        ("_profile", "http://x.org/P|1.0", False),
        ("_source", "http://s/1/2", True),
        ("_source:below", "http://s/1", True),
        ("_source:below", "http://s/12", False),
        ("_source:above", "http://s/1/2/3", True),
        ("_text", "IRON low", True),
        ("_text", "copper", False),
        ("_text", "div", False),
        ("_content", "hemoglobin", True),
        ("status", "final", True),
        ("status", "Final", False),
        ("status", "http://hl7.org/fhir/observation-status|final", True),
        ("status", "http://hl7.org/fhir/observation-status|", True),
        ("status:not", "http://hl7.org/fhir/observation-status|", False),
        ("status", "http://hl7.org/fhir/request-status|", False),
        ("status:not", "final", False),
        ("status:not", "amended,preliminary", True),
        ("status:in", "http://hl7.org/fhir/ValueSet/observation-status", True),
        ("status:not-in", "http://hl7.org/fhir/ValueSet/observation-status", False),
        ("code", "718-7", True),
        ("code", f"{LOINC}|718-7", True),
        ("code", f"{LOINC}|", True),
        ("code", "http://snomed.info/sct|", False),
        ("code", "|HGB", True),
        ("code", "|718-7", False),
        ("code", "718", False),
        ("code:text", "hemo", True),
        ("code:text", "blood", False),
        ("code:not", "718-7", False),
        ("code:missing", "false", True),
        ("code:missing", "true", False),
        ("category:missing", "true", True),
        ("category:not", "laboratory", True),
        ("identifier", r"urn:mrn|A\|1", True),
        ("identifier", r"A\|1", True),
        ("identifier", "|B2", True),
        ("identifier:of-type", r"http://v2|MR|A\|1", True),
        ("identifier:of-type", "http://v2|MR|B2", False),
        ("patient", "p1", True),
        ("patient", "Patient/p1", True),
        ("patient", f"{BASE}/Patient/p1", True),
        ("patient", "p2", False),
        ("subject", "p1", True),
        ("subject", "Group/p1", False),
        ("subject:Patient", "p1", True),
        ("subject:Patient", "Patient/p1", True),
        ("subject:Group", "p1", False),
        ("subject:identifier", "urn:mrn|9", True),
        ("subject:identifier", "urn:mrn|8", False),
        ("subject:text", "ana n", True),
        ("subject:missing", "false", True),
        ("performer", "Practitioner/d1", True),
        ("performer", "Practitioner/d1/_history/3", True),
        ("performer", "Practitioner/d1/_history/4", False),
        ("performer", "http://other.org/fhir/Practitioner/d9", True),
        ("performer", "Practitioner/d9", False),
        ("performer", "d9", False),
    ],
)
def test_an_observation(name: str, value: str, expected: bool) -> None:
    assert asks(OBSERVATION, name, value) is expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("name", "nunez", True),
        ("name", "NÚÑEZ  AVILA", True),
        ("name", "avila", False),
        ("name", "lui", True),
        ("name", "pep", True),
        ("name:contains", "vila", True),
        ("name:exact", "José", True),
        ("name:exact", "jose", False),
        ("family", "nun", True),
        ("given", "nun", False),
        ("address", "63101", True),
        ("address-city", "saint", True),
        ("address-city", "louis", False),
        ("address-state:exact", "MO", True),
        ("address:exact", "12 Main St", True),
        ("address:exact", "home", False),
        ("name:exact", "official", False),
        ("gender", "female", True),
        ("gender", "http://hl7.org/fhir/administrative-gender|female", True),
        ("gender", "http://hl7.org/fhir/administrative-gender|male", False),
        ("gender", "http://x.org|female", False),
        ("active", "true", True),
        ("active", "false", False),
        ("phone", "555-0100", True),
        ("phone", "p@x.org", False),
        ("email", "p@x.org", True),
        ("telecom", "p@x.org", True),
        ("race", "2106-3", True),
        ("race", "urn:oid:2.16|2106-3", True),
        ("ethnicity:missing", "true", True),
        ("deceased", "false", True),
        ("deceased", "true", False),
    ],
)
def test_a_patient(name: str, value: str, expected: bool) -> None:
    assert asks(PATIENT, name, value) is expected


@pytest.mark.parametrize("death", [{"deceasedBoolean": True}, {"deceasedDateTime": "2020"}])
def test_a_death_is_known_by_its_date_or_the_word(death: Json) -> None:
    assert asks(PATIENT | death, "deceased", "true")
    assert not asks(PATIENT | death, "deceased", "false")


def test_canonical_references_are_found_with_and_without_version() -> None:
    assert asks(QUESTIONNAIRE, "questionnaire", "http://x.org/Questionnaire/phq9")
    assert asks(QUESTIONNAIRE, "questionnaire", "http://x.org/Questionnaire/phq9|1.1")
    assert not asks(QUESTIONNAIRE, "questionnaire", "http://x.org/Questionnaire/phq9|1.0")


def test_uris_are_whole_unless_above_or_below() -> None:
    assert asks(VALUE_SET, "url", "http://x.org/fhir/ValueSet/one")
    assert not asks(VALUE_SET, "url", "http://x.org/fhir")
    assert asks(VALUE_SET, "url:below", "http://x.org/fhir/")
    assert asks(VALUE_SET, "url:above", "http://x.org/fhir/ValueSet/one/more")


def test_a_value_set_may_be_given() -> None:
    def sets(url: str) -> frozenset[tuple[str, str]] | None:
        return frozenset({(LOINC, "718-7")}) if url == "http://x.org/blood" else None

    assert asks(OBSERVATION, "code:in", "http://x.org/blood", value_sets=sets)
    assert not asks(OBSERVATION, "code:not-in", "http://x.org/blood", value_sets=sets)
    with pytest.raises(SearchError) as refused:
        parse("Observation", [("code:in", "http://x.org/other")], value_sets=sets)
    assert refused.value.code == "not-supported"


def test_a_document_in_a_bundle_is_found_by_its_composition() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Composition", "id": "c1"}}]}
    assert asks(bundle, "composition", "c1")
    assert asks(bundle, "composition", "Composition/c1")
    assert not asks(bundle, "message", "c1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("42.36|-71.06", True),
        ("42.36|-71.06|5", True),
        ("42.36|-71.06|1|m", False),
        ("40.71|-74.01|300|km", False),
        ("40.71|-74.01|310|km", True),
        ("40.71|-74.01|190|[mi_us]", False),
        ("40.71|-74.01|195|[mi_us]", True),
        ("-42.35|108.94|100", False),
    ],
)
def test_places_near_a_point(value: str, expected: bool) -> None:
    boston = {"resourceType": "Location", "position": {"latitude": 42.35, "longitude": -71.06}}
    assert asks(boston, "near", value) is expected
    assert not asks({"resourceType": "Location", "position": {"latitude": "42.35"}}, "near", value)


CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


@pytest.mark.parametrize(
    ("name", "code", "has", "expected"),
    [
        ("clinical-status:below", "active", "relapse", True),
        ("clinical-status:below", "active", "active", True),
        ("clinical-status:below", "active", "resolved", False),
        ("clinical-status:below", "relapse", "active", False),
        ("clinical-status:above", "relapse", "active", True),
        ("clinical-status:above", "active", "relapse", False),
    ],
)
def test_codes_above_and_below(name: str, code: str, has: str, expected: bool) -> None:
    resource = {"resourceType": "Condition", "clinicalStatus": concept((CLINICAL, has))}
    assert asks(resource, name, f"{CLINICAL}|{code}") is expected


@pytest.mark.parametrize("value", ["http://snomed.info/sct|73211009", "73211009", "http://loinc.org|"])
def test_an_order_not_held_is_said(value: str) -> None:
    with pytest.raises(SearchError):
        parse("Condition", [("code:below", value)])


@pytest.mark.parametrize("value", ["$current-problems", "a/b", ""])
def test_a_list_is_named_by_its_id(value: str) -> None:
    with pytest.raises(SearchError):
        parse("Condition", [("_list", value)])


def test_a_system_alone_is_of_the_codes_that_are_of_it() -> None:
    """A Task's intent is of one of two code systems, and states the code alone."""
    task = {"resourceType": "Task", "intent": "order"}
    assert asks(task, "intent", "http://hl7.org/fhir/request-intent|")
    assert not asks(task, "intent", "http://hl7.org/fhir/task-intent|")
    assert asks({**task, "intent": "unknown"}, "intent", "http://hl7.org/fhir/task-intent|")
