"""Who an app's user is as a FHIR resource (SMART 2.2 `fhirUser`)."""

from collections.abc import Callable
from typing import Any

from chartpost.identity import models, queries, queries_apps
from chartpost.identity.types import Actor

_BASIS = {
    "parent": ("PRN", "parent"),
    "guardian": ("GUARD", "guardian"),
    "health_care_agent": ("HPOWATT", "healthcare power of attorney"),
    "executor": ("EXCEST", "executor of estate"),
    "caregiver": ("CAREGIVER", "caregiver"),
}
Keep = Callable[[dict[str, Any], int | None], None]
_keepers: list[Keep] = []
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def fhir_user(actor: Actor, person_id: int | None) -> str:
    """A relative reference: Patient (own record), RelatedPerson (representative), Practitioner (staff) or nothing."""
    if actor.kind == "staff":
        return f"Practitioner/{actor.ref}"
    if person_id is not None and person_id in actor.own_persons:
        return f"Patient/{queries_apps.patient_id(person_id)}"
    authority = actor.authority_for(person_id)
    if authority is not None:
        return f"RelatedPerson/{authority.ref}"
    own = concerned(actor, None)
    return f"Patient/{queries_apps.patient_id(own)}" if own is not None and person_id is None else ""


def concerned(actor: Actor, person_id: int | None) -> int | None:
    """Whom an app learns of that an actor lets in: the person in context, else their own, as `fhir_user` names it."""
    if person_id is not None or actor.kind != "person":
        return person_id
    return min(actor.own_persons, default=None)


def on_fhir_user(keep: Keep) -> None:
    """Register who keeps the resource of an app's user, so that the app can read it: `keep(resource, person_id)`.

    `person_id` is whose record it belongs to; None for a Practitioner. Called in the transaction of the approval, each
    time: what is there already is replaced.
    """
    _keepers.append(keep)


def make(reference: str, person_id: int | None) -> None:
    """Have the resource a `fhirUser` names kept, where it is not part of the record already."""
    resource = fhir_user_resource(reference)
    if resource is not None:
        for keep in _keepers:
            keep(resource, person_id if resource["resourceType"] == "RelatedPerson" else None)


def fhir_user_resource(reference: str) -> dict[str, Any] | None:
    """The Practitioner or RelatedPerson a `fhirUser` names; None for a Patient, which is a record's own, or unknown."""
    kind, _, ref = reference.partition("/")
    if kind == "Practitioner":
        return _practitioner(ref)
    return _related_person(ref) if kind == "RelatedPerson" else None


def _practitioner(ref: str) -> dict[str, Any] | None:
    row = models.Account.objects.filter(ref=ref, is_staff_account=True).first()
    if row is None:
        return None
    found = {"resourceType": "Practitioner", "id": ref, "active": row.is_active, "name": [_name(row.name or row.email)]}
    found["identifier"] = [{"system": "urn:chartpost:account", "value": ref}]
    return found


def _related_person(ref: str) -> dict[str, Any] | None:
    row = models.Representation.objects.select_related("account").filter(ref=ref).first()
    if row is None:
        return None
    code, display = _BASIS.get(row.basis, ("U", row.basis))
    today = queries.actor_of(row.account).today
    in_force = row.ended_at is None and row.starts_on <= today and (row.ends_on is None or today <= row.ends_on)
    period = {"start": row.starts_on.isoformat()} | ({"end": row.ends_on.isoformat()} if row.ends_on else {})
    return {
        "resourceType": "RelatedPerson",
        "id": ref,
        "active": in_force,
        "patient": {"reference": f"Patient/{queries_apps.patient_id(row.person_id)}"},
        "relationship": [{"coding": [{"system": ROLE_CODE, "code": code, "display": display}], "text": display}],
        "name": [_name(row.account.name or row.account.email)],
        "period": period,
    }


def _name(text: str) -> dict[str, Any]:
    """A name as FHIR has it; the last word counts as the family name."""
    *given, family = text.split() or [text]
    return {"text": text, "family": family} | ({"given": given} if given else {})
