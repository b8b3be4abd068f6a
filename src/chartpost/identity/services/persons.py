"""Persons: added, edited, merged and un-merged."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from chartpost.identity import app_models, fhir_users, models, queries, queries_apps
from chartpost.identity.aliases import one_person, share_a_person
from chartpost.identity.app_types import PATIENT, RELATED
from chartpost.identity.errors import NotOnePerson
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.grants import end_all, locked
from chartpost.identity.types import Actor, PersonView
from chartpost.kernel import clock
from chartpost.kernel.db import raw, turns
from chartpost.ledger import services as ledger

PERSON_FIELDS = (
    "given",
    "family",
    "birth_date",
    "sex",
    "address_line",
    "city",
    "state",
    "postal_code",
    "phone",
    "email",
    "language",
    "deceased_on",
)

_refile: list[Callable[[int, int], None]] = []


def on_refile(callback: Callable[[int, int], None]) -> None:
    """Register what a room does when rows first filed under one person move: `callback(from_id, to_id)`.

    Each room keeps the key a row was first filed under, so that moving back finds just those rows.
    """
    _refile.append(callback)


def alone() -> None:
    """Have nobody else add a person until the caller's transaction ends.

    It is the first lock of a transaction (docs/adr/0009). Who then looks for the person finds whom others just added.
    """
    turns.alone("identity persons")


@transaction.atomic
def add_person(fields: dict[str, Any], identifiers: list[tuple[str, str]], actor: Actor) -> PersonView:
    """Record a new person; `fields` are those of PersonView, `identifiers` (system, value) pairs."""
    row = models.Person(**{k: v for k, v in fields.items() if k in PERSON_FIELDS and v is not None})
    row.folded_name = queries.fold(f"{row.given} {row.family}")
    row.save()
    for system, value in identifiers:
        models.PersonIdentifier.objects.get_or_create(system=system, value=value, defaults={"person": row})
    ledger.append(event(actor, "person.add", row.pk, f"person:{row.ref}"))
    return queries.person_by_id(row.pk)


@transaction.atomic
def edit_person(person_id: int, fields: dict[str, Any], actor: Actor) -> PersonView:
    """Change what is known about a person; until when a parent acts for them goes by the birth date."""
    row = models.Person.objects.select_for_update().get(pk=person_id)
    born_otherwise = fields.get("birth_date", row.birth_date) != row.birth_date
    for name in PERSON_FIELDS:
        if name in fields:
            setattr(row, name, fields[name])
    row.folded_name = queries.fold(f"{row.given} {row.family}")
    row.save()
    if born_otherwise:
        for ref in models.Representation.objects.filter(person_id=person_id).values_list("ref", flat=True):
            fhir_users.keep_right_anew(ref)
        bump()
    ledger.append(event(actor, "person.edit", row.pk, f"person:{row.ref}"))
    return queries.person_by_id(person_id)


@transaction.atomic
def add_source(person_id: int, source: str, patient_id: str, identifiers: list[tuple[str, str]]) -> bool:
    """Tie a source Patient resource and its identifiers to a person; doing it twice does it once. Whether it is new.

    If so, `patients_turned` is due in the same transaction, once the Patient is stored.
    """
    _, new = models.PersonSource.objects.get_or_create(
        patient_id=patient_id, defaults={"person_id": person_id, "source": source}
    )
    for system, value in identifiers:
        models.PersonIdentifier.objects.get_or_create(system=system, value=value, defaults={"person_id": person_id})
    return new


@transaction.atomic
def patients_turned(patient_ids: Sequence[str]) -> None:
    """Have every process look by which Patients persons are known: these were made, were deleted or came back.

    The number this moves is the last lock of a transaction (docs/adr/0009): rows are locked before.
    """
    if share_a_person(patient_ids, raw.django()):
        bump()


@transaction.atomic
def merge(kept_id: int, absorbed_id: int, reason: str, actor: Actor) -> str:
    """Make two persons one; what moves is listed so that `unmerge` can give it back. Returns the merge's reference.

    Other rooms move their rows through `on_refile`.
    """
    if kept_id == absorbed_id:
        raise NotOnePerson(seen="the same person twice", expected="two persons", todo="Choose the other record.")
    if actor.account_id is None:
        raise NotOnePerson(seen="no signed-in account", expected="a member of staff who decides", todo="Sign in.")
    locked = models.Person.objects.select_for_update().filter(pk__in=(kept_id, absorbed_id)).order_by("pk").in_bulk()
    kept, absorbed = locked[kept_id], locked[absorbed_id]
    if kept.merged_into_id or absorbed.merged_into_id:
        raise NotOnePerson(
            seen="a person already merged",
            expected="two separate persons",
            todo="Undo the earlier merge first.",
        )
    links = list(absorbed.own_links.filter(ended_at=None).values_list("pk", flat=True))
    acting = list(absorbed.representations.filter(ended_at=None).values_list("pk", flat=True))
    row = models.Merge.objects.create(
        kept=kept,
        absorbed=absorbed,
        moved={"own_links": links, "representations": acting},
        reason=reason,
        by_id=actor.account_id,
    )
    models.OwnLink.objects.filter(pk__in=links).update(person=kept)
    models.Representation.objects.filter(pk__in=acting).update(person=kept)
    absorbed.merged_into = kept
    absorbed.save(update_fields=["merged_into"])
    for move in _refile:
        move(absorbed_id, kept_id)
    bump()
    for person_id in (kept_id, absorbed_id):
        ledger.append(event(actor, "person.merge", person_id, f"merge:{row.ref}"))
    return row.ref


def follow_merges(row: models.OwnLink | models.Representation, kind: str) -> None:
    """Move what was just made for a person merged into another to the one kept; un-merging gives it back.

    `kind` is its name in `Merge.moved`. In the caller's transaction.
    """
    person = row.person
    while person.merged_into is not None:
        merge = models.Merge.objects.filter(absorbed=person, kept=person.merged_into, undone_at=None).latest("at")
        merge.moved = {**merge.moved, kind: [*merge.moved[kind], row.pk]}
        merge.save(update_fields=["moved"])
        person = person.merged_into
    if row.person_id != person.pk:
        row.person = person
        row.save(update_fields=["person"])


@transaction.atomic
def unmerge(ref: str, actor: Actor) -> None:
    """Undo a merge: the absorbed person is separate again, with what it had.

    Apps its own people let in meanwhile, to both records as one, are ended and filed with it.
    """
    row = models.Merge.objects.select_for_update().filter(ref=ref, undone_at=None).first()
    if row is None:
        raise NotOnePerson(seen="no such merge in force", expected="a merge not yet undone", todo="Reload the page.")
    if row.kept.merged_into_id is not None:
        raise NotOnePerson(
            seen="a merge under a later one",
            expected="the latest merge",
            todo="Undo the later merge first, then this one.",
        )
    joint = one_person(row.kept_id, raw.django())
    for table, name in ((models.OwnLink, "own_links"), (models.Representation, "representations")):
        table.objects.filter(pk__in=row.moved[name], person=row.kept).update(person=row.absorbed)
    models.Person.objects.filter(pk=row.absorbed_id).update(merged_into=None)
    row.undone_at = clock.now()
    row.save(update_fields=["undone_at"])
    for move in _refile:
        move(row.kept_id, row.absorbed_id)
    _part_grants(row, joint, actor)
    bump()
    for person_id in (row.kept_id, row.absorbed_id):
        ledger.append(event(actor, "person.unmerge", person_id, f"merge:{row.ref}"))


def _part_grants(merge: models.Merge, joint: frozenset[int], actor: Actor) -> None:
    """File what the absorbed person's people let apps do since the merge with that person, and end it.

    The app was told of both records under the other person's name: it is let in anew. What an account of both gave
    stays. `joint` are all that were one person.
    """
    own = models.OwnLink.objects.filter(pk__in=merge.moved["own_links"], person=merge.absorbed).values("account")
    both = models.OwnLink.objects.filter(person=merge.kept).values("account")
    acting = models.Representation.objects.filter(pk__in=merge.moved["representations"], person=merge.absorbed)
    as_themselves = Q(fhir_user__startswith=PATIENT, account__in=own) & ~Q(account__in=both)
    as_acting = Q(fhir_user__in=[f"{RELATED}{ref}" for ref in acting.values_list("ref", flat=True)])
    since = app_models.AppGrant.objects.filter(created_at__gte=merge.at, given_as="person")
    found = since.filter(queries_apps.over(joint)).filter(as_themselves | as_acting)
    rows = app_models.AppGrant.objects.filter(pk__in=list(found.values_list("pk", flat=True)))
    list(locked(rows))
    rows.exclude(person=None).update(person=merge.absorbed)
    rows.filter(fhir_user__startswith=PATIENT).update(fhir_user=PATIENT + queries_apps.patient_id(merge.absorbed_id))
    end_all(rows, actor, "right")
