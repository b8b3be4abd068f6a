"""Tokens: given for a code, a refresh token or a client's own name; asked about; given back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from chartpost.identity import app_models, queries_apps
from chartpost.identity.app_types import Issued
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.grants import end_all, grant_end, hashed, locked
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger

FAMILY_KEPT = timedelta(days=90)
"""How long the tokens of a grant that ended stay, so that a late use of one is still known for what it is."""
PORTION = 200
"""Rows deleted in one transaction."""
Refusal = Literal["", "blocked", "withdrawn"]


@dataclass(frozen=True)
class Found:
    """A code or refresh token that is still good.

    `redirect_uri` is empty where the app asked without naming one; `claims` are what the id token says of the sign-in.
    """

    issued: Issued
    scopes: tuple[str, ...]
    account_id: int
    redirect_uri: str = ""
    code_challenge: str = ""
    nonce: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


def find_code(code: str, client_id: str) -> Found | None:
    """A code of this client that is still good; one used before ends all that came of it (RFC 6749 10.5)."""
    row = _codes(code, client_id).first()
    if row is None:
        return None
    if row.used_at is not None:
        _reused(row.grant_id)
        return None
    if row.expires <= clock.now() or not queries_apps.holds(row.grant):
        return None
    return Found(
        issued=_issued(row.grant, row.scope),
        scopes=queries_apps.scopes_in_force(row.grant, row.scope),
        account_id=row.user_id,
        redirect_uri=row.redirect_uri,
        code_challenge=row.code_challenge,
        nonce=row.nonce,
        claims=json.loads(row.claims or "{}"),
    )


def code_scopes(code: str) -> list[str]:
    """What a code was given for; nothing for an unknown one."""
    scope = app_models.AuthCode.objects.filter(code=hashed(code)).values_list("scope", flat=True).first()
    return (scope or "").split()


def find_refresh(refresh: str, client_id: str) -> Found | None:
    """A refresh token of this client that is still good; a used one ends its whole family (RFC 9700 4.14.2)."""
    row = _refreshes(refresh, client_id).first()
    if row is None:
        return None
    if row.revoked is not None:
        _reused(row.grant_id)
        return None
    found = queries_apps.refreshing(row)
    if not found:
        return None
    return Found(issued=_issued(row.grant, " ".join(found)), scopes=found, account_id=row.user_id)


def public_owner(refresh: str) -> str:
    """The client id of the public app a refresh token was given to; empty for any other token.

    The SMART JS client names no client when it refreshes (SMART 2.2 'Refresh access token' asks for none).
    """
    row = app_models.RefreshToken.objects.filter(token_checksum=hashed(refresh), application__kind="public").first()
    return str(row.application.client_id) if row is not None else ""


def redeem_code(code: str, client_id: str, access: str, refresh: str, seconds: int) -> Issued | None:
    """Use a code up and keep the tokens given for it; None when somebody else was faster, or ended the grant."""
    row = _codes(code, client_id).get()
    with transaction.atomic():
        grant = _held(row.grant_id)
        if grant and app_models.AuthCode.objects.filter(pk=row.pk, used_at=None).update(used_at=clock.now()):
            kept = _keep(grant, row.scope, access, refresh, seconds)
            app = grant.app
            ledger.append(
                event(_app_actor(app), "app.token", queries_apps.about(grant), f"app:{app.ref}", kind=app.kind)
            )
            return _issued(grant, row.scope, kept)
    _reused(row.grant_id)
    return None


def redeem_refresh(
    refresh: str, client_id: str, scope: str, access: str, successor: str, seconds: int
) -> Issued | None:
    """Use a refresh token up and keep its successor; `scope` is for the access token.

    None when somebody else was faster, or ended the grant.
    """
    row = _refreshes(refresh, client_id).get()
    with transaction.atomic():
        grant = _held(row.grant_id)
        if grant and app_models.RefreshToken.objects.filter(pk=row.pk, revoked=None).update(revoked=clock.now()):
            kept = _keep(grant, scope, access, successor, seconds, refresh_scope=row.scope)
            return _issued(grant, scope, kept)
    _reused(row.grant_id)
    return None


@transaction.atomic
def issue_backend(client_id: str, scope: str, access: str, seconds: int) -> Refusal:
    """Keep a token a backend client was given in its own name (RFC 6749 4.4); its grant gives what the app may have.

    A grant that is over is made anew. Says what stands in the way, and keeps nothing, where the client was blocked
    meanwhile, or staff ended its access and no administrator let it in.
    """
    app = app_models.App.objects.select_for_update(no_key=True).get(client_id=client_id)
    if app.disabled_at is not None:
        return "blocked"
    row = queries_apps.grant_of_backend(app)
    if queries_apps.is_withdrawn(row):
        return "withdrawn"
    if row is None or row.ended_at is not None:
        row = app_models.AppGrant.objects.create(app=app, scopes=app.allowed_scopes)
    elif app.allowed_scopes not in ("", row.scopes):
        app_models.AppGrant.objects.filter(pk=row.pk).update(scopes=app.allowed_scopes)
        bump()
    _keep(row, scope, access, "", seconds)
    ledger.append(event(_app_actor(app), "app.token", None, f"app:{app.ref}", kind=app.kind))
    return ""


@transaction.atomic
def give_back(token: str, client_id: str) -> None:
    """Revoke a token at its client's wish (RFC 7009): an access token alone, or a refresh token with its grant."""
    known = {"token_checksum": hashed(token), "application__client_id": client_id}
    row = app_models.RefreshToken.objects.filter(**known).select_related("application").first()
    if row is not None:
        end_all(app_models.AppGrant.objects.filter(pk=row.grant_id), _app_actor(row.application), "app")
    access = app_models.AccessToken.objects.filter(**known).first()
    if access is not None and _held(access.grant_id):
        access.delete()
        bump()


def forget_expired() -> int:
    """Delete tokens, codes, launches and names of assertions whose time is over; returns how many rows went.

    Grants whose time is over end, and those of representatives whose last day is.
    Found first, then deleted a few at a time, so that no transaction holds others up.
    """
    moment = clock.now()
    yesterday = moment - timedelta(days=1)
    _end_expired(moment)
    with transaction.atomic():
        end_all(queries_apps.run_out(), SYSTEM, "right")
    expired: tuple[QuerySet[Any], ...] = (
        app_models.AccessToken.objects.filter(expires__lt=moment),
        app_models.RefreshToken.objects.filter(expires__lt=moment),
        app_models.RefreshToken.objects.filter(grant__ended_at__lt=moment - FAMILY_KEPT),
        app_models.AuthCode.objects.filter(expires__lt=yesterday),
        app_models.LaunchContext.objects.filter(expires_at__lt=yesterday),
        app_models.JtiSeen.objects.filter(expires_at__lt=moment - timedelta(minutes=5)),
    )
    return sum(rows.filter(pk__in=keys).delete()[0] for rows in expired for keys in _portions(rows))


def _end_expired(moment: datetime) -> None:
    """End the grants whose time is over; one that was used again meanwhile goes on."""
    over = app_models.AppGrant.objects.filter(ended_at=None, expires_at__lt=moment)
    for keys in _portions(over):
        with transaction.atomic():
            still = list(locked(over.filter(pk__in=keys)))
            for row in still:
                ended_at, ended_why = queries_apps.end_of(row)
                app_models.AppGrant.objects.filter(pk=row.pk).update(ended_at=ended_at, ended_why=ended_why)


def _portions(rows: QuerySet[Any]) -> list[list[int]]:
    keys = list(rows.values_list("pk", flat=True))
    return [keys[start : start + PORTION] for start in range(0, len(keys), PORTION)]


def _keep(
    grant: app_models.AppGrant, scope: str, access: str, refresh: str, seconds: int, refresh_scope: str = ""
) -> int:
    """Keep new tokens of a grant that is held; returns for how many seconds the access token is good.

    No access token outlives its grant, and a grant whose app cannot come for another one ends with it.
    """
    moment, app = clock.now(), grant.app
    online = grant.refreshable and not grant.offline
    end = grant_end(app, grant.offline, grant.refreshable, grant.created_at if online else moment)
    until = moment + timedelta(seconds=seconds)
    until = min(until, end) if grant.account_id else until
    end = end if grant.refreshable else until
    kept = app_models.AccessToken.objects.create(
        grant=grant,
        user_id=grant.account_id,
        application=app,
        token_checksum=hashed(access),
        scope=scope,
        expires=until,
    )
    if refresh:
        assert grant.account_id is not None
        app_models.RefreshToken.objects.create(
            grant=grant,
            user_id=grant.account_id,
            application=app,
            access_token=kept,
            token_checksum=hashed(refresh),
            scope=refresh_scope or scope,
            expires=end,
        )
    app_models.AppGrant.objects.filter(pk=grant.pk).update(
        last_used_at=moment, expires_at=end if grant.account_id else None
    )
    return int((until - moment).total_seconds())


def _held(grant_id: int) -> app_models.AppGrant | None:
    """A grant that is in force and stays so until the transaction ends; None when it was ended meanwhile."""
    return locked(app_models.AppGrant.objects.filter(pk=grant_id)).first()


def _codes(code: str, client_id: str) -> QuerySet[app_models.AuthCode]:
    return app_models.AuthCode.objects.select_related("grant__app", "grant__account").filter(
        code=hashed(code), application__client_id=client_id
    )


def _refreshes(refresh: str, client_id: str) -> QuerySet[app_models.RefreshToken]:
    return app_models.RefreshToken.objects.select_related("grant__app", "grant__account").filter(
        token_checksum=hashed(refresh), application__client_id=client_id
    )


def _issued(grant: app_models.AppGrant, scope: str, seconds: int = 0) -> Issued:
    assert grant.account is not None
    return Issued(
        grant_ref=grant.ref,
        scope=scope,
        patient=queries_apps.patient_id(grant.person_id) if grant.person_id else "",
        encounter=grant.encounter_id,
        launched=grant.launched,
        refreshable=grant.refreshable,
        fhir_user=queries_apps.user_of(grant),
        subject=grant.account.ref,
        seconds=seconds,
    )


@transaction.atomic
def _reused(grant_id: int) -> None:
    rows = app_models.AppGrant.objects.filter(pk=grant_id)
    grant = rows.select_related("app").get()
    end_all(rows, _app_actor(grant.app), "reuse", action="app.reuse")


def _app_actor(app: app_models.App) -> Actor:
    return Actor(kind="app", ref=app.ref, name=app.name)
