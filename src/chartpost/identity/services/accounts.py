"""Accounts: made, given roles, tied to people, reset."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from chartpost.identity import app_models, fhir_users, models, queries, queries_apps
from chartpost.identity.app_types import RELATED
from chartpost.identity.errors import IdentityError, NotFound
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.grants import end_all
from chartpost.identity.services.persons import follow_merges
from chartpost.identity.types import BASES, ROLES, SYSTEM, Actor
from chartpost.kernel import clock, jobs
from chartpost.kernel.ids import new_code
from chartpost.ledger import services as ledger


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
        fhir_users.keep_anew(account)
        ledger.append(event(actor, "staff.role_give", None, f"account:{account.ref}", role=role))


@transaction.atomic
def end_role(account_ref: str, role: str, actor: Actor) -> None:
    """Take a role away, and the apps that the account could not let in by those it has left.

    So a role it is given later does not revive them.
    """
    _held(ref=account_ref)
    ended = models.StaffRole.objects.filter(account__ref=account_ref, role=role, ended_at=None).update(
        ended_at=clock.now()
    )
    if ended:
        account = models.Account.objects.get(ref=account_ref)
        fhir_users.keep_anew(account)
        end_all(queries_apps.lapsed(account), actor, "right")
        bump()
        ledger.append(event(actor, "staff.role_end", None, f"account:{account_ref}", role=role))


@transaction.atomic
def link_own(account: models.Account, person_id: int, how: str, actor: Actor) -> models.OwnLink | None:
    """Tie an account to the person it belongs to; `how` names the proof. None when it was tied before."""
    if models.OwnLink.objects.filter(account=account, person_id=person_id, ended_at=None).exists():
        return None
    row = models.OwnLink.objects.create(account=account, person_id=person_id, how=how, by_id=actor.account_id)
    ledger.append(event(actor, "account.link", person_id, f"account:{account.ref}", how=how))
    return row


@transaction.atomic
def represent(account: models.Account, person_id: int, basis: str, actor: Actor, **terms: Any) -> models.Representation:
    """Let an account act for a person; `terms` are further columns of Representation.

    Apps let in by a right whose last day passed end first: this one does not revive them.
    """
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
    follow_merges(row, "representations")
    end_all(queries_apps.run_out(account), actor, "right")
    if account.is_staff_account:
        bump()  # of this person they now see what who acts for them sees, which may be less
    ledger.append(event(actor, "representative.add", person_id, f"representative:{row.ref}", basis=basis))
    return row


@transaction.atomic
def end_representation(ref: str, actor: Actor) -> None:
    """End a representation now, and the apps let in by it: another one later does not revive them."""
    _held(representations__ref=ref)
    fhir_users.hold(ref)
    row = models.Representation.objects.filter(ref=ref, ended_at=None).first()
    if row is None:
        raise NotFound(seen="no such representation in force", expected="one that is in force", todo="Reload the page.")
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    fhir_users.keep_right_anew(ref)
    end_all(queries_apps.let_in_as(f"{RELATED}{ref}"), actor, "right")
    bump()
    ledger.append(event(actor, "representative.end", row.person_id, f"representative:{row.ref}"))


def notify(person_id: int, kind: str, path: str, may: Callable[[Actor], bool] = lambda _: True) -> None:
    """Have "there is something new for you" mailed to every account that may see the person; no health information.

    `may` says of an account whether it is told, where not all that may see the person should be. A job sends each mail
    once the caller's transaction holds, so a mail server that is down never undoes a step.
    """
    from chartpost.identity import notices

    for account in queries.accounts_of(person_id):
        actor = queries.actor_by_id(account.id)
        if actor is not None and may(actor):
            jobs.enqueue(notices.JOB, account_ref=account.ref, kind=kind, path=path)


_reset: list[Callable[[int], None]] = []


def on_reset(callback: Callable[[int], None]) -> None:
    """Register what a room ends when an account is reset: `callback(account_id)`, in the transaction of the reset."""
    _reset.append(callback)


@transaction.atomic
def reset_account(email: str) -> str | None:
    """Give an account a new password; its sessions, second factors, apps, keys of programs and open codes end.

    None when there is no such account.
    """
    from allauth.mfa.models import Authenticator

    account = models.Account.objects.filter(email__iexact=email).first()
    if account is None:
        return None
    password = new_code(groups=4, length=5)
    account.set_password(password)
    account.save(update_fields=["password"])
    Authenticator.objects.filter(user=account).delete()
    _end_sessions(account)
    end_all(app_models.AppGrant.objects.filter(account=account), SYSTEM, "reset")  # an intruder's apps go too
    _end_codes(models.Invitation.objects.filter(created_by=account))
    for end in _reset:
        end(account.pk)
    bump()
    ledger.append(event(SYSTEM, "account.reset", None, f"account:{account.ref}"))
    return password


@transaction.atomic
def disable_account(email: str, actor: Actor) -> bool:
    """Block an account: it cannot sign in, its sessions end and its apps stop within a second; False when unknown.

    Codes it gave to helpers end too. What staff gave patients for their own records holds when they leave.
    """
    held = models.Account.objects.select_for_update(no_key=True)
    account = held.filter(email__iexact=email, is_active=True).first()
    if account is None:
        return False
    account.is_active = False
    account.save(update_fields=["is_active"])
    fhir_users.keep_anew(account)
    _end_sessions(account)
    _end_codes(models.Invitation.objects.filter(created_by=account, kind="caregiver"))
    end_all(app_models.AppGrant.objects.filter(account=account), actor, "account")
    bump()
    ledger.append(event(actor, "account.disable", None, f"account:{account.ref}"))
    return True


def _held(**which: str) -> None:
    """Hold an account until the transaction ends: an app it lets in was let in before, and ends too, or it is not."""
    list(models.Account.objects.select_for_update(of=("self",), no_key=True).filter(**which))


def _end_codes(invitations: QuerySet[models.Invitation]) -> None:
    """End those of the invitations that nobody used yet: whoever was in the account may hold their codes."""
    invitations.filter(used_at=None, expires_at__gt=clock.now()).update(expires_at=clock.now())


def _end_sessions(account: models.Account) -> None:
    from allauth.usersessions.models import UserSession

    for session in UserSession.objects.filter(user=account):
        session.end()
