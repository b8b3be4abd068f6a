"""Sign-in, sign-out and changes of passwords and second factors, written into the ledger.

45 CFR 164.308(a)(5)(ii)(C) log-in monitoring. A failed sign-in never holds what was typed: only, where the typed
address belongs to an account, that account's opaque reference.
"""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth import signals as auth_signals
from django.http import HttpRequest

from chartpost.identity import middleware, models, notices, queries
from chartpost.identity.services import event
from chartpost.identity.services._epoch import bump
from chartpost.identity.types import ANONYMOUS, Actor
from chartpost.kernel import jobs
from chartpost.ledger import services as ledger


def connect() -> None:
    """Listen; called once when the program starts."""
    auth_signals.user_logged_in.connect(_signed_in, dispatch_uid="chartpost.signed_in")
    auth_signals.user_logged_out.connect(_signed_out, dispatch_uid="chartpost.signed_out")
    auth_signals.user_login_failed.connect(_failed, dispatch_uid="chartpost.failed")
    account_signals.login_code_rejected.connect(_code_rejected, dispatch_uid="chartpost.login_code")
    account_signals.password_reset_code_rejected.connect(_code_rejected, dispatch_uid="chartpost.reset_code")
    mfa_signals.authentication_failed.connect(_second_step_failed, dispatch_uid="chartpost.second_step")
    for name in ("password_set", "password_changed", "password_reset"):
        signal = getattr(account_signals, name)
        signal.connect(_password, dispatch_uid=f"chartpost.{name}")
    account_signals.email_changed.connect(_email, dispatch_uid="chartpost.email")
    for name, change in (("added", _added), ("removed", _removed), ("reset", _reset)):
        getattr(mfa_signals, f"authenticator_{name}").connect(change, dispatch_uid=f"chartpost.second_{name}")


def _signed_in(*, request: HttpRequest, user: models.Account, **_: Any) -> None:
    middleware.begin(request)
    ledger.append(event(_actor(user), "account.sign_in", object=_object(user), where=queries.where(request)))


def _signed_out(*, request: HttpRequest, user: models.Account | None, **_: Any) -> None:
    if user is None:
        return
    reason, where = getattr(request, "chartpost_ended", "") or "asked", queries.where(request)
    if reason == "moved":
        ledger.append(event(_actor(user), "account.end_session", object=_object(user), where=where, reason=reason))
        jobs.enqueue(notices.JOB, account_ref=user.ref, kind="session", path="/account/sessions/")
    else:
        ledger.append(event(_actor(user), "account.sign_out", object=_object(user), where=where, reason=reason))


def _failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    typed = credentials.get("email") or credentials.get("username") or ""
    account = models.Account.objects.filter(email__iexact=str(typed)).first() if typed else None
    _note_failure(account, request, "password")


def _code_rejected(*, request: HttpRequest, user: models.Account | None = None, **_: Any) -> None:
    _note_failure(user, request, "code")


def _second_step_failed(*, request: HttpRequest, user: models.Account | None = None, **_: Any) -> None:
    _note_failure(user, request, "second_step")


def _note_failure(account: models.Account | None, request: HttpRequest | None, step: str) -> None:
    where = queries.where(request) if request else ""
    known = _object(account) if isinstance(account, models.Account) else ""
    ledger.append(event(ANONYMOUS, "account.sign_in_failed", object=known, where=where, step=step))


def _password(*, request: HttpRequest, user: models.Account, **_: Any) -> None:
    ledger.append(event(_actor(user), "account.password", object=_object(user), where=queries.where(request)))


def _email(*, request: HttpRequest, user: models.Account, **_: Any) -> None:
    ledger.append(event(_actor(user), "account.email", object=_object(user), where=queries.where(request)))


def _added(*, request: HttpRequest, user: models.Account, authenticator: Any, **_: Any) -> None:
    _second_factor(request, user, authenticator, "added")


def _removed(*, request: HttpRequest, user: models.Account, authenticator: Any, **_: Any) -> None:
    _second_factor(request, user, authenticator, "removed")


def _reset(*, request: HttpRequest, user: models.Account, authenticator: Any, **_: Any) -> None:
    _second_factor(request, user, authenticator, "reset")


def _second_factor(request: HttpRequest, user: models.Account, authenticator: Any, change: str) -> None:
    bump()  # what apps reach for staff hangs on it
    where, kind = queries.where(request), str(authenticator.type)
    ledger.append(
        event(_actor(user), "account.second_factor", object=_object(user), where=where, event=change, kind=kind)
    )


def _actor(account: models.Account) -> Actor:
    return Actor(
        kind="staff" if account.is_staff_account else "person",
        account_id=account.pk,
        ref=account.ref,
        name=account.name or account.email,
    )


def _object(account: models.Account) -> str:
    return f"account:{account.ref}"
