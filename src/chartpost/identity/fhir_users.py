"""Who an app's user is as a FHIR resource (SMART 2.2 `fhirUser`).

It is kept among the resources when such a user first lets an app in, and from then on says what is true: it is kept
anew in the transaction that ends or gives a right, and when a day came that begins or ends one.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat

from chartpost.identity import app_models, models, queries, queries_apps
from chartpost.identity.aliases import settled
from chartpost.identity.app_types import RELATED
from chartpost.identity.types import Actor, Representative
from chartpost.kernel import clock
from chartpost.kernel.db import raw

_BASIS = {
    "parent": ("PRN", "parent"),
    "guardian": ("GUARD", "guardian"),
    "health_care_agent": ("HPOWATT", "healthcare power of attorney"),
    "executor": ("EXCEST", "executor of estate"),
    "caregiver": ("CAREGIVER", "caregiver"),
}
PRACTITIONER = "Practitioner/"
Keep = Callable[[dict[str, Any], int | None], None]
_keepers: list[Keep] = []
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def fhir_user(actor: Actor, person_id: int | None) -> str:
    """A relative reference: Patient (own record), RelatedPerson (representative), Practitioner (staff) or nothing."""
    if actor.kind == "staff":
        return f"{PRACTITIONER}{actor.ref}"
    if person_id is not None and person_id in actor.own_persons:
        return f"Patient/{queries_apps.patient_id(person_id)}"
    authority = actor.authority_for(person_id)
    if authority is not None:
        return f"{RELATED}{authority.ref}"
    own = concerned(actor, None)
    return f"Patient/{queries_apps.patient_id(own)}" if own is not None and person_id is None else ""


def concerned(actor: Actor, person_id: int | None) -> int | None:
    """Whom an app learns of that an actor lets in: the person in context, else their own, as `fhir_user` names it."""
    if person_id is not None or actor.kind != "person":
        return person_id
    return min(actor.own_persons, default=None)


def on_fhir_user(keep: Keep) -> None:
    """Register who keeps the resource of an app's user, so that the app can read it: `keep(resource, person_id)`.

    `person_id` is with whom it is filed; None for a Practitioner. Called in the transaction of the approval, and
    of what changes the user later: what is there already is replaced.
    """
    _keepers.append(keep)


def make(reference: str) -> None:
    """Have the resource a `fhirUser` names kept as it is today, where it is not part of the record already.

    In the caller's transaction; nobody merges the person or ends the right meanwhile.
    """
    person_id = hold(reference.removeprefix(RELATED)) if reference.startswith(RELATED) else None
    resource = fhir_user_resource(reference)
    if resource is not None:
        for keep in _keepers:
            keep(resource, person_id)


def keep_anew(account: models.Account) -> None:
    """Have all that was kept of an account as the user of apps kept anew, in the transaction that changes it."""
    rights = dict(account.representations.values_list("ref", "person_id"))
    settled(rights.values(), raw.django())
    _keep_named([f"{PRACTITIONER}{account.ref}", *(f"{RELATED}{ref}" for ref in rights)])


def keep_right_anew(ref: str) -> None:
    """Have who acts by a representation kept anew, in the transaction that changes it."""
    _keep_named([f"{RELATED}{ref}"])


def _keep_named(references: list[str]) -> None:
    """Make those some app was told of: the others were never kept."""
    named = app_models.AppGrant.objects.filter(fhir_user__in=references).values_list("fhir_user", flat=True)
    for reference in sorted(set(named)):
        make(reference)


def hold(ref: str) -> int | None:
    """The person a representation was first recorded for, merges since aside; held until the transaction ends.

    On PostgreSQL the person is locked before the representation, as a merge does.
    """
    row = models.Representation.objects.filter(ref=ref).first()
    if row is None:
        return None
    settled([row.person_id], raw.django())
    row = models.Representation.objects.select_for_update(no_key=True).get(pk=row.pk)
    filed, before = row.person_id, _before_merge(row.pk, row.person_id)
    while before is not None:
        filed, before = before, _before_merge(row.pk, before)
    return filed


def _before_merge(representation_id: int, person_id: int) -> int | None:
    """Whose representation it was before a merge gave it to this person; None when it always was this one's."""
    merges = models.Merge.objects.filter(kept=person_id, undone_at=None)
    return next((one.absorbed_id for one in merges if representation_id in one.moved["representations"]), None)


class Days:
    """Keeps anew who acts for somebody, once a day: a first or last day may have come, a birth date been corrected."""

    def __init__(self) -> None:
        self._done: date | None = None

    def tick(self) -> int:
        """Look, where this day was not looked at yet; returns at how many."""
        today = clock.today(queries.office_zone())
        if self._done == today:
            return 0
        named = app_models.AppGrant.objects.filter(fhir_user__startswith=RELATED).values("fhir_user")
        rows = models.Representation.objects.filter(ended_at=None).annotate(user=Concat(Value(RELATED), "ref"))
        references = list(rows.filter(user__in=named).order_by("pk").values_list("user", flat=True))
        for reference in references:
            with transaction.atomic():
                make(reference)
        self._done = today
        return len(references)


def fhir_user_resource(reference: str) -> dict[str, Any] | None:
    """The Practitioner or RelatedPerson a `fhirUser` names; None for a Patient, which is a record's own, or unknown."""
    kind, _, ref = reference.partition("/")
    if kind == "Practitioner":
        return _practitioner(ref)
    return _related_person(ref) if kind == "RelatedPerson" else None


def _practitioner(ref: str) -> dict[str, Any] | None:
    """A member of staff; active while the account is open and holds a role."""
    row = models.Account.objects.filter(ref=ref, is_staff_account=True).first()
    if row is None:
        return None
    works = row.is_active and row.roles.filter(ended_at=None).exists()
    found = {"resourceType": "Practitioner", "id": ref, "active": works, "name": [_name(row.name or row.email)]}
    found["identifier"] = [{"system": "urn:chartpost:account", "value": ref}]
    return found


def _related_person(ref: str) -> dict[str, Any] | None:
    """Who acts for a person; active while they may."""
    row = queries.representative(ref)
    if row is None:
        return None
    held = row.authority
    code, display = _BASIS.get(held.basis, ("U", held.basis))
    return {
        "resourceType": "RelatedPerson",
        "id": ref,
        "active": row.acts(clock.today(queries.office_zone())),
        "patient": {"reference": f"Patient/{queries_apps.patient_id(held.person_id)}"},
        "relationship": [{"coding": [{"system": ROLE_CODE, "code": code, "display": display}], "text": display}],
        "name": [_name(row.name)],
    } | _period(row)


def _period(row: Representative) -> dict[str, Any]:
    """From the first to the last day of a right; what ended before it began has none (FHIR R4 Period, per-1)."""
    first, last = row.authority.starts_on, row.authority.ends_on
    if row.ended_at is not None:
        day = clock.local_date(row.ended_at, queries.office_zone())
        last = day if last is None else min(last, day)
    if last is not None and last < first:
        return {}
    return {"period": {"start": first.isoformat()} | ({"end": last.isoformat()} if last else {})}


def _name(text: str) -> dict[str, Any]:
    """A name as FHIR has it; the last word counts as the family name."""
    *given, family = text.split() or [text]
    return {"text": text, "family": family} | ({"given": given} if given else {})
