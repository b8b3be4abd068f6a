"""The Patient, the people beside them and their health plan."""

from typing import Any

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import OFFICE, ROLE_CODE, Code, hl7
from chartpost.demo.generator.entries.identity import former_address, identity_extensions, names
from chartpost.demo.generator.values import Resource

LANGUAGES = {"en": "English", "es": "Spanish"}
ROLES = {
    "mother": Code(ROLE_CODE, "MTH", "mother"),
    "father": Code(ROLE_CODE, "FTH", "father"),
    "health_care_agent": Code(ROLE_CODE, "HPOWATT", "healthcare power of attorney"),
    "executor": Code(ROLE_CODE, "DAUC", "daughter"),
    "guardian": Code(ROLE_CODE, "GUARD", "guardian"),
    "spouse": Code(ROLE_CODE, "SPS", "spouse"),
}


def fill_patient(chart: Chart) -> None:
    """Complete the Patient (US Core Patient: identifier, name, gender, contact, language)."""
    who = chart.profile
    slug = "".join(letter for letter in f"{who.given[0]}.{who.family}".lower() if letter.isascii())
    chart.patient.update(
        extension=identity_extensions(who),
        identifier=[_mrn(chart)],
        active=who.deceased_days_ago is None,
        name=names(chart),
        telecom=[
            {"system": "phone", "value": _phone(chart), "use": "home"},
            {"system": "email", "value": f"{slug}@example.org".replace(" ", "-"), "use": "home"},
        ],
        gender=who.gender,
        birthDate=chart.birth.isoformat(),
        address=[_address(chart), *former_address(chart)],
        maritalStatus=None if who.is_child else _marital(chart),
        communication=[_language(who.language)],
        generalPractitioner=[chart.shared("Practitioner", who.facility)],
        managingOrganization=chart.shared("Organization", "lakeside"),
    )
    if who.deceased_days_ago is not None:
        chart.patient["deceasedDateTime"] = chart.last_day.isoformat()
    if chart.patient["maritalStatus"] is None:
        del chart.patient["maritalStatus"]


def _mrn(chart: Chart) -> Resource:
    number = 100_000 + int(chart.patient["id"][:8], 16) % 900_000
    return {
        "use": "usual",
        "type": hl7("v2-0203", "MR", "Medical record number"),
        "system": f"{OFFICE}mrn",
        "value": f"LFH-{number}",
        "assigner": chart.shared("Organization", "lakeside"),
    }


def _phone(chart: Chart) -> str:
    """A number of the block kept for fiction: 555-0100 to 555-0199."""
    area = chart.facility.phone[:3]
    return f"{area}-555-01{chart.rng.randrange(10, 99)}"


def _address(chart: Chart) -> Resource:
    who = chart.profile
    where = {"use": "home", "line": [who.line], "city": who.city, "state": chart.facility.state}
    return where | {"postalCode": who.zip, "country": "US"}


def _marital(chart: Chart) -> Resource:
    married = any(relation.kind == "spouse" for relation in chart.profile.relations)
    return hl7("v3-MaritalStatus", *(("M", "Married") if married else ("S", "Never Married")))


def _language(tag: str) -> Resource:
    coding = {"system": "urn:ietf:bcp:47", "code": tag, "display": LANGUAGES[tag]}
    return {"language": {"coding": [coding], "text": LANGUAGES[tag]}, "preferred": True}


def add_related_person(chart: Chart, kind: str, name: tuple[str, str], gender: str) -> Resource:
    """File somebody who cares or acts for the person, and name them as a contact."""
    text = " ".join(name)
    human: dict[str, Any] = {"use": "official", "text": text, "family": name[1], "given": [name[0]]}
    phone = [{"system": "phone", "value": _phone(chart), "use": "home"}]
    role = ROLES[kind].concept()
    chart.patient.setdefault("contact", []).append(
        {"relationship": [role], "name": human, "telecom": phone, "gender": gender}
    )
    return chart.add(
        "RelatedPerson",
        active=True,
        patient=chart.subject,
        relationship=[role],
        name=[human],
        telecom=phone,
        gender=gender,
        address=[_address(chart)],
    )


def add_coverage(chart: Chart) -> None:
    """File the person's health plan; bills point to it."""
    plan = chart.profile.plan
    number = f"{int(chart.patient['id'][-8:], 16) % 10**9:09d}"
    chart.coverage = chart.add(
        "Coverage",
        identifier=[{"type": hl7("v2-0203", "MB", "Member Number"), "system": f"{OFFICE}member", "value": number}],
        status="active" if chart.profile.deceased_days_ago is None else "cancelled",
        type_=Code(
            "http://terminology.hl7.org/CodeSystem/v3-ActCode", "HMO", "health maintenance organization policy"
        ).concept(),
        subscriberId=number,
        beneficiary=chart.subject,
        relationship=hl7("subscriber-relationship", *_subscriber(chart)),
        period={"start": chart.years_ago(chart.profile.years).isoformat()},
        payor=[chart.shared("Organization", plan)],
        class_=[
            {"type": hl7("coverage-class", "group", "Group"), "value": f"{plan}-2040", "name": "Employer group"},
            {"type": hl7("coverage-class", "plan", "Plan"), "value": plan, "name": _plan_name(chart)},
        ],
    )


def _subscriber(chart: Chart) -> tuple[str, str]:
    return ("child", "Child") if chart.profile.is_child else ("self", "Self")


def _plan_name(chart: Chart) -> str:
    return str(chart.shared("Organization", chart.profile.plan)["display"])
