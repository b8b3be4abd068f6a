"""Every resource is valid R4, resolves, and says what US Core asks for."""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest

from chartpost.demo.generator import SyntheticPerson
from chartpost.formats.fhirjson.validate import validate

People = dict[str, SyntheticPerson]

US_CORE_NEEDS = {
    "Patient": {"identifier", "name", "gender", "birthDate", "address", "telecom", "communication"},
    "Condition": {"clinicalStatus", "verificationStatus", "category", "code", "subject"},
    "Observation": {"status", "category", "code", "subject", "effective"},
    "DiagnosticReport": {"status", "category", "code", "subject", "effectiveDateTime", "issued"},
    "DocumentReference": {"status", "type", "category", "subject", "content", "identifier"},
    "Encounter": {"status", "class", "type", "subject", "participant", "period", "location"},
    "Immunization": {"status", "vaccineCode", "patient", "occurrenceDateTime", "primarySource"},
    "MedicationRequest": {"status", "intent", "medication", "subject", "requester", "authoredOn"},
    "Procedure": {"status", "code", "subject", "performed"},
    "AllergyIntolerance": {"clinicalStatus", "verificationStatus", "code", "patient"},
    "CarePlan": {"text", "status", "intent", "category", "subject"},
    "CareTeam": {"status", "subject", "participant"},
    "Goal": {"lifecycleStatus", "description", "subject"},
    "Coverage": {"status", "beneficiary", "relationship", "payor", "subscriberId"},
    "Provenance": {"target", "recorded", "agent"},
    "Practitioner": {"identifier", "name"},
    "Organization": {"active", "name"},
    "Location": {"status", "name", "address", "managingOrganization"},
    "RelatedPerson": {"active", "patient", "relationship", "name"},
}


CHOICE = "(effective|medication|performed)(DateTime|Period|CodeableConcept|Reference)"


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def codings(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "system" in value and "code" in value:
            yield value
        for part in value.values():
            yield from codings(part)
    elif isinstance(value, list):
        for part in value:
            yield from codings(part)


def test_every_resource_is_valid_r4(people: People) -> None:
    problems = {
        f"{resource['resourceType']}: {problem}"
        for person in people.values()
        for resource in person.resources()
        for problem in validate(resource["resourceType"], resource)
    }
    assert problems == set()


def test_a_whole_bundle_is_valid_r4(people: People) -> None:
    assert validate("Bundle", people["grace-bennett"].bundle) == []


def test_every_reference_is_relative_and_resolves_in_its_bundle(people: People) -> None:
    for person in people.values():
        held = {f"{one['resourceType']}/{one['id']}" for one in person.resources()}
        assert set(references(person.bundle)) <= held


def test_full_urls_end_in_type_and_id(people: People) -> None:
    for person in people.values():
        urls = [entry["fullUrl"] for entry in person.bundle["entry"]]
        assert len(set(urls)) == len(urls)
        for entry in person.bundle["entry"]:
            resource = entry["resource"]
            assert entry["fullUrl"].endswith(f"/{resource['resourceType']}/{resource['id']}")


@pytest.mark.parametrize("resource_type", US_CORE_NEEDS)
def test_elements_us_core_asks_for_are_there(people: People, resource_type: str) -> None:
    found = [one for person in people.values() for one in person.resources(resource_type)]
    assert found
    for resource in found:
        choices = {match[1] for key in resource if (match := re.fullmatch(CHOICE, key))}
        assert US_CORE_NEEDS[resource_type] <= resource.keys() | choices


def test_codes_come_from_open_terminologies(people: People) -> None:
    systems = {coding["system"] for person in people.values() for coding in codings(person.bundle)}
    assert not [system for system in systems if "cpt" in system.lower() or "ama-assn" in system]
    assert systems >= {
        "http://snomed.info/sct",
        "http://loinc.org",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://hl7.org/fhir/sid/cvx",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://unitsofmeasure.org",
    }


def test_a_code_always_has_the_same_words(people: People) -> None:
    words: dict[tuple[str, str], set[str]] = {}
    for person in people.values():
        for coding in codings(person.bundle):
            if "display" in coding:
                words.setdefault((coding["system"], coding["code"]), set()).add(coding["display"])
    assert {key: names for key, names in words.items() if len(names) > 1} == {}


def test_npis_pass_their_check_digit_and_start_with_a_digit_no_real_one_has(people: People) -> None:
    numbers = {one["identifier"][0]["value"] for person in people.values() for one in person.resources("Practitioner")}
    assert len(numbers) >= 10
    for number in numbers:
        digits = [int(digit) for digit in f"80840{number}"][::-1]
        total = sum(sum(divmod(d * 2, 10)) if place % 2 else d for place, d in enumerate(digits))
        assert number[0] == "9"
        assert total % 10 == 0


def test_results_outside_their_range_are_flagged(people: People) -> None:
    flags = set()
    for person in people.values():
        for one in person.resources("Observation"):
            if "referenceRange" not in one:
                continue
            value, limits = one["valueQuantity"]["value"], one["referenceRange"][0]
            high = "high" in limits and value > limits["high"]["value"]
            low = "low" in limits and value < limits["low"]["value"]
            flag = one["interpretation"][0]["coding"][0]["code"]
            assert flag == ("H" if high else "L" if low else "N")
            flags.add(flag)
    assert flags == {"H", "L", "N"}


def test_notes_are_real_text_pages_or_pdf(people: People) -> None:
    kinds = set()
    for person in people.values():
        for note in person.resources("DocumentReference"):
            attachment = note["content"][0]["attachment"]
            content = b64decode(attachment["data"], validate=True)
            kinds.add(attachment["contentType"].split(";")[0])
            assert len(content) == attachment["size"] > 150
            if attachment["contentType"].startswith("text/plain"):
                assert person.patient["name"][0]["text"] in content.decode()
    assert kinds == {"text/plain", "text/html", "application/pdf"}


def test_pdfs_open_without_repairs(people: People, tmp_path: Any) -> None:
    pdfs = [one.content for person in people.values() for one in person.documents if "pdf" in one.media_type]
    assert len(pdfs) >= 8
    for number, content in enumerate(pdfs):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(content)
        with pikepdf.open(path) as pdf:
            assert pdf.check_pdf_syntax() == []
            assert len(pdf.pages) >= 1


def test_studies_have_valid_and_unique_uids(people: People) -> None:
    studies = [one for person in people.values() for one in person.resources("ImagingStudy")]
    uids = [uid for study in studies for uid in re.findall(r"'uid': '([^']+)'", str(study))]
    assert {study["modality"][0]["code"] for study in studies} == {"MG", "DX", "US", "CT"}
    assert len(set(uids)) == len(uids) > 50
    assert all(re.fullmatch(r"2\.25\.[1-9]\d{0,38}", uid) and len(uid) <= 64 for uid in uids)


def test_bills_add_up(people: People) -> None:
    for person in people.values():
        for claim in person.resources("Claim"):
            assert claim["total"]["value"] == sum(item["net"]["value"] for item in claim["item"])
        for answer in person.resources("ExplanationOfBenefit"):
            amounts = {one["category"]["coding"][0]["code"]: one["amount"]["value"] for one in answer["total"]}
            assert 0 <= amounts["benefit"] <= amounts["eligible"] <= amounts["submitted"]
