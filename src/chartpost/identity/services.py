"""Verbs of the identity room; each writes its ledger entry in its own transaction."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from chartpost.identity import models, queries
from chartpost.identity.errors import IdentityError, InvitationRefused, NotFound, NotOnePerson
from chartpost.identity.types import BASES, ROLES, SYSTEM, Actor, PersonView
from chartpost.kernel import clock
from chartpost.kernel.ids import new_code
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event

INVITATION_DAYS = 30
SETUP_HOURS = 24
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


def event(
    actor: Actor,
    action: str,
    person_id: int | None = None,
    object: str = "",
    why: str = "",
    where: str = "",
    **detail: str | int,
) -> Event:  # noqa: A002 - the ledger's own word
    """An event with this actor's name on it."""
    return Event(
        actor=actor.label,
        actor_name=actor.name,
        actor_kind=actor.kind,
        action=action,
        person_id=person_id,
        object=object,
        why=why,
        where=where,
        detail=detail,
    )


def code_hash(code: str) -> str:
    """What is kept of a code: SHA-256 of it without separators, upper case."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).hexdigest()


_refile: list[Callable[[int, int], None]] = []


def on_refile(callback: Callable[[int, int], None]) -> None:
    """Register what a room does when rows first filed under one person move: `callback(from_id, to_id)`.

    Each room keeps the key a row was first filed under, so that moving back finds just those rows.
    """
    _refile.append(callback)


# --- persons -------------------------------------------------------------------------------------------------


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
    """Change what is known about a person."""
    row = models.Person.objects.select_for_update().get(pk=person_id)
    for name in PERSON_FIELDS:
        if name in fields:
            setattr(row, name, fields[name])
    row.folded_name = queries.fold(f"{row.given} {row.family}")
    row.save()
    ledger.append(event(actor, "person.edit", row.pk, f"person:{row.ref}"))
    return queries.person_by_id(person_id)


@transaction.atomic
def add_source(person_id: int, source: str, patient_id: str, identifiers: list[tuple[str, str]]) -> None:
    """Tie a source Patient resource and its identifiers to a person; doing it twice does it once."""
    models.PersonSource.objects.get_or_create(
        patient_id=patient_id, defaults={"person_id": person_id, "source": source}
    )
    for system, value in identifiers:
        models.PersonIdentifier.objects.get_or_create(
            system=system, value=value, defaults={"person_id": person_id}
        )


@transaction.atomic
def merge(kept_id: int, absorbed_id: int, reason: str, actor: Actor) -> str:
    """Make two persons one; what moves is listed so that `unmerge` can give it back. Returns the merge's reference.

    Other rooms move their rows through `on_refile`.
    """
    if kept_id == absorbed_id:
        raise NotOnePerson(
            seen="the same person twice", expected="two persons", todo="Choose the other record."
        )
    kept, absorbed = (models.Person.objects.select_for_update().get(pk=k) for k in (kept_id, absorbed_id))
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
    for person_id in (kept_id, absorbed_id):
        ledger.append(event(actor, "person.merge", person_id, f"merge:{row.ref}"))
    return row.ref


@transaction.atomic
def unmerge(ref: str, actor: Actor) -> None:
    """Undo a merge: the absorbed person is separate again, with what it had."""
    row = models.Merge.objects.select_for_update().filter(ref=ref, undone_at=None).first()
    if row is None:
        raise NotOnePerson(
            seen="no such merge in force", expected="a merge not yet undone", todo="Reload the page."
        )
    models.OwnLink.objects.filter(pk__in=row.moved["own_links"]).update(person=row.absorbed)
    models.Representation.objects.filter(pk__in=row.moved["representations"]).update(person=row.absorbed)
    models.Person.objects.filter(pk=row.absorbed_id).update(merged_into=None)
    row.undone_at = clock.now()
    row.save(update_fields=["undone_at"])
    for move in _refile:
        move(row.kept_id, row.absorbed_id)
    for person_id in (row.kept_id, row.absorbed_id):
        ledger.append(event(actor, "person.unmerge", person_id, f"merge:{row.ref}"))


# --- accounts ------------------------------------------------------------------------------------------------


@transaction.atomic
def add_account(
    email: str, name: str, password: str | None, *, staff: bool = False, zone: str = "", language: str = ""
) -> models.Account:
    """Make an account whose e-mail address is known to be right (the office or a code proved it)."""
    from allauth.account.models import EmailAddress

    account = models.Account.objects.create_user(
        email, password, name=name, is_staff_account=staff, zone=zone, language=language
    )
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    return account


@transaction.atomic
def give_role(account: models.Account, role: str, actor: Actor) -> None:
    """Give a staff account a role; twice is once."""
    if role not in ROLES:
        raise IdentityError(
            seen=f"role {role!r}", expected="one of " + ", ".join(ROLES), todo="Choose a role from the list."
        )
    _, new = models.StaffRole.objects.get_or_create(
        account=account, role=role, ended_at=None, defaults={"given_by_id": actor.account_id}
    )
    if new:
        ledger.append(event(actor, "staff.role_give", None, f"account:{account.ref}", role=role))


@transaction.atomic
def end_role(account_ref: str, role: str, actor: Actor) -> None:
    """Take a role away."""
    ended = models.StaffRole.objects.filter(account__ref=account_ref, role=role, ended_at=None).update(
        ended_at=clock.now()
    )
    if ended:
        ledger.append(event(actor, "staff.role_end", None, f"account:{account_ref}", role=role))


@transaction.atomic
def link_own(account: models.Account, person_id: int, how: str, actor: Actor) -> None:
    """Tie an account to the person it belongs to; `how` names the proof."""
    _, new = models.OwnLink.objects.get_or_create(
        account=account, person_id=person_id, ended_at=None, defaults={"how": how, "by_id": actor.account_id}
    )
    if new:
        ledger.append(event(actor, "account.link", person_id, f"account:{account.ref}", how=how))


@transaction.atomic
def represent(
    account: models.Account, person_id: int, basis: str, actor: Actor, **terms: Any
) -> models.Representation:
    """Let an account act for a person; `terms`: categories, may_request, hides_minor_confidential, evidence, starts_on, ends_on."""
    if basis not in BASES:
        raise IdentityError(
            seen=f"basis {basis!r}",
            expected="one of " + ", ".join(BASES),
            todo="Choose a basis from the list.",
        )
    terms.setdefault("starts_on", clock.today(queries.office_zone()))
    terms.setdefault("hides_minor_confidential", basis in {"parent", "guardian"})
    row = models.Representation.objects.create(
        account=account, person_id=person_id, basis=basis, verified_by_id=actor.account_id, **terms
    )
    ledger.append(event(actor, "representative.add", person_id, f"representative:{row.ref}", basis=basis))
    return row


@transaction.atomic
def end_representation(ref: str, actor: Actor) -> None:
    """End a representation now."""
    row = models.Representation.objects.filter(ref=ref, ended_at=None).first()
    if row is None:
        raise NotFound(
            seen="no such representation in force", expected="one that is in force", todo="Reload the page."
        )
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    ledger.append(event(actor, "representative.end", row.person_id, f"representative:{row.ref}"))


# --- invitations ---------------------------------------------------------------------------------------------


@transaction.atomic
def invite(kind: str, actor: Actor, person_id: int | None = None, **terms: Any) -> str:
    """Make a one-time code. `kind`: self, representative (terms: basis, ends_on...), caregiver, staff (terms: roles)."""
    code = new_code(groups=4, length=4)
    row = models.Invitation.objects.create(
        code_hash=code_hash(code),
        kind=kind,
        person_id=person_id,
        terms={k: v.isoformat() if isinstance(v, date) else v for k, v in terms.items()},
        created_by_id=actor.account_id,
        expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
    )
    ledger.append(event(actor, "invitation.make", person_id, f"invitation:{row.ref}", kind=kind))
    return code


@transaction.atomic
def accept_invitation(code: str, account: models.Account, actor: Actor) -> str:
    """Use a code for a signed-in account; returns its kind. Raises InvitationRefused."""
    row = models.Invitation.objects.select_for_update().filter(code_hash=code_hash(code)).first()
    if row is None or row.used_at is not None or row.expires_at < clock.now():
        raise InvitationRefused(
            seen="a code that is not known, was used, or is too old",
            expected="the newest code from the records office",
            todo="Check each letter, or ask the office for a new code.",
        )
    row.used_at, row.used_by = clock.now(), account
    row.save(update_fields=["used_at", "used_by"])
    ledger.append(event(actor, "invitation.use", row.person_id, f"invitation:{row.ref}", kind=row.kind))
    _apply(row, account, actor)
    return row.kind


def _apply(row: models.Invitation, account: models.Account, actor: Actor) -> None:
    if row.kind == "staff":
        account.is_staff_account = True
        account.save(update_fields=["is_staff_account"])
        for role in row.terms.get("roles", ()):
            give_role(account, role, actor)
    elif row.kind == "self":
        assert row.person_id is not None
        link_own(account, row.person_id, "invitation_code", actor)
    else:
        assert row.person_id is not None
        terms = dict(row.terms)
        basis = terms.pop("basis", "caregiver")
        if terms.get("ends_on"):
            terms["ends_on"] = date.fromisoformat(terms["ends_on"])
        represent(account, row.person_id, basis, actor, **terms)


# --- self sign-up --------------------------------------------------------------------------------------------


@transaction.atomic
def ask_match(account: models.Account, fields: dict[str, Any], actor: Actor) -> None:
    """Ask the office to find the person behind a self sign-up; one open ask per account."""
    models.MatchRequest.objects.filter(account=account, state="waiting").delete()
    row = models.MatchRequest.objects.create(account=account, **fields)
    ledger.append(event(actor, "account.match_ask", None, f"match:{row.ref}"))


@transaction.atomic
def settle_match(ref: str, person_id: int | None, actor: Actor) -> None:
    """Match a self sign-up to a person, or refuse it (person_id None)."""
    row = models.MatchRequest.objects.select_for_update().filter(ref=ref, state="waiting").first()
    if row is None:
        raise NotFound(seen="a sign-up already settled", expected="one that waits", todo="Reload the inbox.")
    row.state = "matched" if person_id else "refused"
    row.person_id, row.settled_by_id, row.settled_at = person_id, actor.account_id, clock.now()
    row.save()
    ledger.append(event(actor, "account.match_settle", person_id, f"match:{row.ref}", state=row.state))
    if person_id:
        link_own(row.account, person_id, "matched_by_staff", actor)


# --- the office ----------------------------------------------------------------------------------------------


@transaction.atomic
def save_office(fields: dict[str, Any], actor: Actor) -> None:
    """Set up or change the office."""
    row = models.Office.objects.first() or models.Office()
    for name, value in fields.items():
        setattr(row, name, value)
    row.set_up_at = row.set_up_at or clock.now()
    row.save()
    ledger.append(event(actor, "office.settings", None, "office"))


@transaction.atomic
def save_facility(fields: dict[str, Any], actor: Actor, ref: str | None = None) -> str:
    """Add or change a facility; returns its reference."""
    row = models.Facility.objects.filter(ref=ref).first() if ref else None
    row = row or models.Facility()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    ledger.append(event(actor, "office.facility", None, f"facility:{row.ref}"))
    return row.ref


@transaction.atomic
def make_setup_code() -> str:
    """A fresh one-time set-up code; earlier ones stop working."""
    models.SetupLink.objects.all().delete()
    code = new_code(groups=5, length=4)
    models.SetupLink.objects.create(
        code_hash=code_hash(code), expires_at=clock.now() + timedelta(hours=SETUP_HOURS)
    )
    return code


def setup_code_good(code: str) -> bool:
    """Whether a set-up code may still be used."""
    return models.SetupLink.objects.filter(
        code_hash=code_hash(code), used_at=None, expires_at__gt=clock.now()
    ).exists()


def finish_setup(code: str) -> None:
    """Use up the set-up code."""
    models.SetupLink.objects.filter(code_hash=code_hash(code)).update(used_at=clock.now())


def notify(person_id: int, kind: str, path: str) -> None:
    """Send "there is something new for you" to every account that may see the person; no health information."""
    from chartpost.identity import notices

    for account in queries.accounts_of(person_id):
        notices.send(account, kind, path)


def system_actor() -> Actor:
    """The program itself."""
    return SYSTEM


@transaction.atomic
def reset_account(email: str) -> str | None:
    """Give an account a new password and take away its sessions and second factors; None when there is none."""
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession

    account = models.Account.objects.filter(email__iexact=email).first()
    if account is None:
        return None
    password = new_code(groups=4, length=5)
    account.set_password(password)
    account.save(update_fields=["password"])
    Authenticator.objects.filter(user=account).delete()
    for session in UserSession.objects.filter(user=account):
        session.end()
    ledger.append(event(SYSTEM, "account.reset", None, f"account:{account.ref}"))
    return password
