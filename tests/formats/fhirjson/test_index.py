"""Search values, dates, categories, labels and text."""

from typing import Any

import pytest

from chartpost.formats.fhirjson.dates import EARLIEST, LATEST, bounds, parse_date
from chartpost.formats.fhirjson.index import (
    IndexValue,
    category,
    clinical_date,
    fold,
    labels,
    parameters,
    postings,
    text,
    variants,
)
from chartpost.formats.fhirjson.terms import LABEL_SYSTEM, Category, Label

LOINC = "http://loinc.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"lastUpdated": "2026-01-01T00:00:00.000Z"},
    "status": "final",
    "category": [{"coding": [{"system": HL7 + "observation-category", "code": "laboratory"}]}],
    "code": {"coding": [{"system": LOINC, "code": "718-7", "display": "Hemoglobin"}, {"code": "HGB"}]},
    "subject": {"reference": "Patient/p1/_history/3"},
    "effectiveDateTime": "2020-02-03",
}
# Every search US Core 6.1.0 names for these types (SHALL and SHOULD).
US_CORE = {
    "Patient": "_id identifier name birthdate gender family death-date",
    "AllergyIntolerance": "patient clinical-status",
    "CarePlan": "patient category status date",
    "CareTeam": "patient status role participant",
    "Condition": "patient category clinical-status code encounter onset-date abatement-date asserted-date "
    "recorded-date",
    "Coverage": "patient",
    "Device": "patient type status",
    "DiagnosticReport": "patient category code date status",
    "DocumentReference": "_id patient type category date status period",
    "Encounter": "_id patient date identifier class type status location discharge-disposition",
    "Goal": "patient target-date lifecycle-status description",
    "Immunization": "patient date status",
    "MedicationDispense": "patient status type medication",
    "MedicationRequest": "patient intent status encounter authoredon medication",
    "Observation": "patient category code date status",
    "Procedure": "patient date status code",
    "QuestionnaireResponse": "patient _id questionnaire authored status",
    "RelatedPerson": "_id patient name",
    "ServiceRequest": "_id patient category code authored status",
    "Specimen": "_id patient",
    "Location": "name address address-city address-state address-postalcode",
    "Organization": "name address",
    "Practitioner": "name identifier _id",
    "PractitionerRole": "specialty practitioner",
    "Provenance": "target patient",
}


@pytest.mark.parametrize("kind", sorted(US_CORE))
def test_us_core_parameters_are_indexed(kind: str) -> None:
    assert set(US_CORE[kind].split()) <= parameters(kind).keys()


def test_an_observation_is_found_by_all_its_values() -> None:
    found = set(postings(OBSERVATION))
    day = 1_580_688_000_000
    assert found >= {
        IndexValue("code", "token", "718-7", LOINC),
        IndexValue("code", "token", "HGB", ""),
        IndexValue("status", "token", "final"),
    }
    assert not {value.param for value in found} & {"_id", "_lastUpdated", "date", "patient", "subject"}
    assert clinical_date(OBSERVATION) == day


def test_token_forms() -> None:
    assert variants(IndexValue("code", "token", "718-7", LOINC)) == ("718-7", f"{LOINC}|718-7")
    assert variants(IndexValue("code", "token", "HGB", "")) == ("HGB", "|HGB")
    assert variants(IndexValue("status", "token", "final")) == ("final",)


def test_paths_with_filters_are_followed() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
    condition = {
        "resourceType": "Condition",
        "extension": [{"url": "http://x.org/other", "valueDateTime": "2000"}, {"url": url, "valueDateTime": "2019-05"}],
        "subject": {"reference": "Group/g"},
    }
    found = postings(condition)
    assert [v.param for v in found if v.value == "Group/g"] == ["subject"]
    telecom = [{"system": "phone", "value": "555"}, {"system": "email", "value": "a@b.org"}]
    patient = postings({"resourceType": "Patient", "telecom": telecom})
    assert [v.value for v in patient if v.param == "phone"] == ["555"]


def test_names_are_folded() -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Núñez  Ávila", "given": ["JOSÉ"]}]}
    assert {v.value for v in postings(patient) if v.param == "name"} == {"nunez avila", "jose"}
    assert fold("  Straße ") == "strasse"


@pytest.mark.parametrize(
    ("value", "lo", "hi", "said"),
    [
        ("1970", 0, 31_536_000_000, "1970"),
        ("1970-01", 0, 2_678_400_000, "January 1970"),
        ("1970-12", 28_857_600_000, 31_536_000_000, "December 1970"),
        ("1970-01-02", 86_400_000, 172_800_000, "January 2, 1970"),
        ("1969-12-31T23:30:00-05:00", 16_200_000, 16_201_000, "December 31, 1969"),
        ("1970-01-01T00:00:00.250Z", 250, 251, "January 1, 1970"),
        ("1970-01-01T00:00:60Z", 59_000, 60_000, "January 1, 1970"),
    ],
)
def test_dates_keep_precision(value: str, lo: int, hi: int, said: str) -> None:
    date = parse_date(value)
    assert date is not None
    assert (date.lo, date.hi, str(date)) == (lo, hi, said)


def test_dates_that_are_none_and_open_periods() -> None:
    assert [parse_date(v) for v in ("2021-02-29", "soon", "2020-13", "20200101", "", None, 5)] == [None] * 7
    assert bounds({"start": "1970"}) == (0, LATEST)
    assert bounds({"end": "1970"}) == (EARLIEST, 31_536_000_000)
    assert bounds({"event": ["1970-01-02", "1970-01-01"]}) == (0, 172_800_000)
    assert bounds({"repeat": {"boundsPeriod": {"start": "1970-01-01", "end": "1970-01-01"}}}) == (0, 86_400_000)
    assert bounds({}) is None
    assert bounds("9999-12-31") == (LATEST - 86_400_000, LATEST)


def test_order_falls_back_to_last_updated() -> None:
    assert clinical_date({"resourceType": "Goal", "meta": {"lastUpdated": "1970-01-01T00:00:01Z"}}) == 1000
    assert clinical_date({"resourceType": "Goal"}) == 0


def report(code: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "category": [{"coding": [{"code": code}]}], **more}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (OBSERVATION, Category.RESULTS),
        ({**OBSERVATION, "category": [{"coding": [{"code": "vital-signs"}]}]}, Category.VITALS),
        ({**OBSERVATION, "category": [{"coding": [{"code": "social-history"}]}]}, Category.SOCIAL),
        (report("LAB"), Category.RESULTS),
        (report("LP29684-5"), Category.IMAGING),
        (report("34117-2", presentedForm=[{"data": "aGk="}]), Category.DOCUMENTS),
        ({"resourceType": "Claim"}, Category.BILLS),
        ({"resourceType": "PaymentNotice"}, Category.BILLS),
        ({"resourceType": "Coverage"}, Category.COVERAGE),
        ({"resourceType": "Patient"}, Category.PEOPLE),
        ({"resourceType": "Condition"}, Category.PROBLEMS),
        ({"resourceType": "Basic"}, Category.OTHER),
        ({}, Category.OTHER),
    ],
)
def test_categories(resource: dict[str, Any], expected: Category) -> None:
    assert category(resource) is expected


def test_stored_numbers_never_change() -> None:
    assert [c.value for c in Category] == list(range(1, 17))
    assert (Label.PSYCHOTHERAPY, Label.MINOR_CONFIDENTIAL, Label.LITIGATION) == (4, 2048, 8192)


def labelled(system: str, code: str) -> dict[str, Any]:
    return {"resourceType": "Basic", "meta": {"security": [{"system": system, "code": code}]}}


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSYTHPN", Label.PSYCHOTHERAPY),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "42CFRPart2", Label.PART2),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "HIPAASelfPay", Label.SELF_PAY),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "GDIS", Label.GENETIC),
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", Label.RESTRICTED),
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "V", Label.VERY_RESTRICTED),
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", Label.NONE),
        (LABEL_SYSTEM, "MINOR_CONFIDENTIAL", Label.MINOR_CONFIDENTIAL),
        (LABEL_SYSTEM, "LITIGATION", Label.LITIGATION),
        ("http://example.org", "PSYTHPN", Label.NONE),
    ],
)
def test_labels_from_security(system: str, code: str, expected: Label) -> None:
    assert labels(labelled(system, code)) == expected


def test_labels_from_content() -> None:
    def condition(system: str, code: str) -> dict[str, Any]:
        return {"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}}

    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    assert labels(condition(icd, "F10.20")) == Label.SUBSTANCE_USE
    assert labels(condition(icd, "F17.210")) == Label.NONE
    assert labels(condition(icd, "F33.1")) == Label.MENTAL_HEALTH
    assert labels(condition("http://snomed.info/sct", "86406008")) == Label.HIV
    assert labels(OBSERVATION) == Label.NONE
    claim = {"diagnosis": [{"diagnosisCodeableConcept": {"coding": [{"system": icd, "code": "B20"}]}}]}
    assert labels({"resourceType": "Claim", **claim}) == Label.HIV


def test_text_holds_words_once_and_no_markup() -> None:
    resource = {
        **OBSERVATION,
        "text": {"status": "generated", "div": "<div><b>Iron &amp; blood</b></div>"},
        "note": [{"text": "drawn\n at home"}, {"text": "drawn at home"}],
    }
    assert text(resource).split("\n") == ["Hemoglobin", "Iron & blood", "drawn at home"]
