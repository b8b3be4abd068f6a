"""Filing synthetic people: the person, their identifiers and their resources."""

from datetime import date
from typing import Any

from chartpost.demo.generator import SyntheticPerson
from chartpost.demo.generator.group import group_of
from chartpost.identity import queries, services
from chartpost.identity.types import SYSTEM, PersonView
from chartpost.records import services as records
from chartpost.records.types import Incoming

SHARED = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location", "Endpoint"})


def file_person(synthetic: SyntheticPerson) -> PersonView:
    """Record a synthetic person with everything in their bundle."""
    patient = synthetic.patient
    person = services.add_person(fields_of(patient), identifiers_of(patient), SYSTEM)
    services.add_source(person.id, "demo", str(patient["id"]), [])
    source = records.source_id("lakeside", "Lakeside Family Health")
    incoming = (
        Incoming(r, str(r["id"]), 0 if r["resourceType"] in SHARED else person.id) for r in synthetic.resources()
    )
    records.save(incoming, source, SYSTEM)
    return queries.person_by_id(person.id)


def file_group(people: list[SyntheticPerson]) -> None:
    """Record the Group of all these people, for bulk export; it belongs to no person."""
    group = group_of(people)
    source = records.source_id("lakeside", "Lakeside Family Health")
    records.save([Incoming(group, str(group["id"]), 0)], source, SYSTEM)


def fields_of(patient: dict[str, Any]) -> dict[str, Any]:
    """The fields of a person from a US Core Patient."""
    name, address = patient["name"][0], patient.get("address", [{}])[0]
    telecom = {t.get("system"): t.get("value", "") for t in patient.get("telecom", ())}
    spoken = patient.get("communication", [{}])[0].get("language", {}).get("coding", [{}])[0].get("code", "")
    died = patient.get("deceasedDateTime")
    return {
        "given": " ".join(name.get("given", ())),
        "family": name.get("family", ""),
        "birth_date": date.fromisoformat(patient["birthDate"]),
        "sex": patient.get("gender", ""),
        "address_line": ", ".join(address.get("line", ())),
        "city": address.get("city", ""),
        "state": address.get("state", ""),
        "postal_code": address.get("postalCode", ""),
        "phone": telecom.get("phone", ""),
        "email": telecom.get("email", ""),
        "language": spoken[:2],
        "deceased_on": date.fromisoformat(died[:10]) if died else None,
    }


def identifiers_of(patient: dict[str, Any]) -> list[tuple[str, str]]:
    """The identifiers of a Patient as (system, value)."""
    return [(i["system"], i["value"]) for i in patient.get("identifier", ()) if i.get("system") and i.get("value")]
