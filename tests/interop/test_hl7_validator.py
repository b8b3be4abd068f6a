"""The HL7 validator finds no error in what the live server emits."""

import json
from typing import Any

import pytest

from chartpost.formats.ccda.intake import convert
from chartpost.formats.fhirjson.canonical import dump
from tests.formats.ccda_intake.papers import MEDICATIONS, PROBLEMS, RESULTS, medicine, paper, problem, result, section
from tests.formats.ccda_intake.samples import documents
from tests.interop.checklist.discovery import capability, smart
from tests.interop.checklist.office import Json, Office
from tests.interop.checklist.reading import held
from tests.interop.hl7.validator import Finding, classpath, us_core, validate

CLASSES = classpath()
EACH = 5
"""Resources of one type and profile that are checked, of each of the people looked at."""

C_CDA = ("amb_ccd", "Referral_Note", "LMR1", "nist")
"""Parts of the names of documents whose conversions are checked."""

NEWER_CODES = ("http://terminology.hl7.org/CodeSystem/v3-ActCode#PREGNANT",)
"""Codes HL7 added to its own code systems after R4, which the validator's R4 definitions do not know."""

UNLISTED = ("urn:oid:2.16.840.1.113883.6.238#2108-9",)
"""Codes of US Core's value sets that are not among those the validator is given here."""

ELSEWHERE = ("hl7.org/fhir/smart-app-launch/",)
"""Profiles of guides no package here carries: claimed, but not checked."""

KINDS = (
    "entries",
    "searchset",
    "everything",
    "history",
    "audit",
    "capability",
    "problem",
    "brands",
    "group",
    "batch",
    "checked",
    "imported",
)
WRONG = ("wrong code", "unknown element")

pytestmark = pytest.mark.skipif(CLASSES is None, reason="needs Java, Maven and the validator from Maven Central")


def entries(office: Office) -> list[Json]:
    """Some entries of every type and profile."""
    found: dict[str, Json] = {}
    for who in ("grace", "gordon", "patricia", "june", "walter", "ingrid", "naomi", "mateo"):
        counts: dict[str, int] = {}
        for one in held(office.session(who)):
            key = f"{one['resourceType']} {one.get('meta', {}).get('profile', '')}"
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= EACH:
                found[f"{one['resourceType']}/{one['id']}"] = one
    return list(found.values())


def batch(office: Office) -> Json:
    """The answer to a batch of a read, a search, a draft that is refused and an address that is none."""
    session = office.session("grace")
    asked = (f"Patient/{session.patient}", f"Condition?patient={session.patient}", "Nonsense/1")
    entry: list[Json] = [{"request": {"method": "GET", "url": url}} for url in asked]
    entry.append({"request": {"method": "POST", "url": "Patient"}, "resource": {"resourceType": "Patient", "name": 1}})
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entry}
    found: Json = office.writer().write("POST", "", bundle).json
    assert [one["response"]["status"][:3] for one in found["entry"]][:2] == ["200", "200"]
    return found


def validated(office: Office, wrong: Json) -> Json:
    """The OperationOutcome of $validate for a Patient with some elements changed."""
    draft = office.session("grace").all("Patient")[0] | wrong
    answer = office.writer().write("POST", "Patient/$validate", draft)
    found: Json = answer.json
    assert found["resourceType"] == "OperationOutcome"
    return found


def imported() -> list[Json]:
    """What is made of some C-CDA documents: one written here, and other people's where they are present."""
    own = paper(section(PROBLEMS, problem()), section(RESULTS, result()), section(MEDICATIONS, medicine()))
    held = [own.encode(), *(data for name, data in documents().items() if any(part in name for part in C_CDA))]
    return [json.loads(dump(one)) for data in held for one in convert(data).resources]


def emitted(office: Office) -> dict[str, list[Json]]:
    """What the server says, by kind."""
    session = office.session("grace")
    patient = {"patient": session.patient}
    observations = {
        "category": "social-history",
        "_revinclude": "Provenance:target",
        "_include": "Observation:encounter",
    }
    problems = [
        session.get("Observation/unknown"),
        session.get("Observation", nonsense="1"),
        session.get("Nonsense/1"),
        office.live.fhir("Patient/1"),
        session.get("Observation", date="nonsense", **patient),
    ]
    assert all(400 <= answer.status < 500 for answer in problems)
    return {
        "entries": entries(office),
        "searchset": [
            session.get("Observation", **patient, **observations).json,
            session.get("MedicationRequest", **patient, _include="MedicationRequest:medication").json,
            session.get("Condition", **patient, _summary="count").json,
            session.get("Condition", **patient, code="unknown").json,
        ],
        "everything": [session.get(f"Patient/{session.patient}/$everything", _count="50").json],
        "history": [session.get(f"Patient/{session.patient}/_history").json],
        "audit": [office.session("gordon").get("AuditEvent", patient=office.session("gordon").patient).json],
        "capability": [capability(office)],
        "problem": [answer.json for answer in problems],
        "brands": [office.live.send("GET", smart(office)["user_access_brand_bundle"]).json],
        "batch": [batch(office)],
        "checked": [validated(office, {}), validated(office, {"gender": "none"}), validated(office, {"name": 1})],
        "group": office.system().search("Group"),
        "imported": imported(),
    }


def wrong(office: Office) -> dict[str, list[Json]]:
    """Patients with something wrong each, by what it is."""
    patient = office.session("grace").all("Patient")[0]
    return {"wrong code": [{**patient, "gender": "none"}], "unknown element": [{**patient, "nonsense": 1}]}


@pytest.fixture(scope="module")
def findings(office: Office) -> dict[str, list[tuple[str, Finding]]]:
    """What the validator finds in each kind, all in one run of it; each with the type it stands in."""
    said = emitted(office) | wrong(office)
    lines: list[tuple[str, Any]] = [(kind, one) for kind, found in said.items() for one in found]
    assert all(said.values()), [kind for kind, found in said.items() if not found]
    assert CLASSES
    found: dict[str, list[tuple[str, Finding]]] = {kind: [] for kind in said}
    for finding in validate([one for _, one in lines], CLASSES, us_core()):
        kind, resource = lines[finding.line]
        if not any(known in finding.words for known in NEWER_CODES + UNLISTED + ELSEWHERE):
            found[kind].append((f"{resource['resourceType']}/{resource.get('id', '')}", finding))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_no_errors(findings: dict[str, list[tuple[str, Finding]]], kind: str) -> None:
    assert findings[kind] == []


def test_the_validator_does_find_errors(findings: dict[str, list[tuple[str, Finding]]]) -> None:
    assert all(findings[kind] for kind in WRONG)
