"""Grants: approved by a person or by staff, launched, ended."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from chartpost.identity import app_models, fhir_users, models, policies, queries, queries_apps, scopes
from chartpost.identity.aliases import one_person
from chartpost.identity.app_types import WITHDRAWN, AuthorizeRequest
from chartpost.identity.errors import AnsweredAlready, Denied, GrantRefused, NotFound
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.once import first_use
from chartpost.identity.types import Actor, Subject
from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger

CODE_SECONDS = 60
ANSWERED = timedelta(hours=1)
"""How long a request that was answered is known; none waits for its answer as long."""
LAUNCH_SECONDS = 300
SHORT_HOURS, ONLINE_HOURS = 2, 12
CONFIDENTIAL_DAYS, PUBLIC_DAYS = 365, 180
"""How long a refresh token lives after its last use; the certification rule asks for three months at least."""


def hashed(secret: str) -> str:
    """What is kept of a code, token or launch."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def approve(
    ask: AuthorizeRequest,
    actor: Actor,
    person_id: int | None,
    granted: Sequence[str],
    hidden_labels: int = 0,
    offline: bool = False,
) -> str:
    """Let an app have some of what it asked for; returns the authorization code.

    `person_id` is the person in context; it must be the one of the launch where there was one. `granted` are scopes
    asked for, or narrower ones; what the app may not ask for any more is left out. The grant ends with its code unless
    the app comes for its tokens. Raises Denied when the actor may not decide this, GrantRefused for a wrong choice or a
    sign-in that ended meanwhile, AnsweredAlready for a second answer to the same request.
    """
    if actor.account_id is None:
        raise Denied(seen="nobody signed in", expected="a person or staff", todo="Sign in first.")
    app = _app(ask, actor)
    actor = _held(actor.account_id, actor)
    if ask.key and not first_use(ask.client_id, f"answer {ask.key}", clock.now() + ANSWERED):
        raise AnsweredAlready(
            seen="a second answer to one request", expected="one answer", todo="Go back to the app and start again."
        )
    if ask.launch:
        _redeem_launch(ask, actor, person_id)
    _check_person(ask, actor, person_id, granted)
    final = scopes.permitted(_final(ask, actor, granted, offline), app.allowed_scopes.split())
    if not final:
        raise _refused("nothing the app may still ask for", "a scope it is registered for")
    _check_context(actor, person_id, final)
    kept_on = "offline_access" in final
    moment = clock.now()
    row = app_models.AppGrant.objects.create(
        app=app,
        account_id=actor.account_id,
        person_id=person_id,
        given_as=actor.kind,
        encounter_id=ask.encounter_id,
        fhir_user=fhir_users.fhir_user(actor, person_id),
        scopes=" ".join(final),
        hidden_labels=hidden_labels,
        offline=kept_on,
        refreshable=kept_on or "online_access" in final,
        launched=bool(ask.launch),
        expires_at=moment + timedelta(seconds=CODE_SECONDS),
    )
    fhir_users.make(row.fhir_user)
    learnt, count = fhir_users.concerned(actor, person_id), len(scopes.resources(final))
    ledger.append(event(actor, "app.approve", learnt, f"app:{app.ref}", kind=app.kind, count=count))
    return _code(ask, row, app, moment)


def _app(ask: AuthorizeRequest, actor: Actor) -> app_models.App:
    """The app as it stands now, held until the transaction ends."""
    app = app_models.App.objects.select_for_update(no_key=True).filter(client_id=ask.client_id).first()
    hindrance = queries_apps.hindered(app, ask, actor)
    if app is None or hindrance == "blocked":
        raise _refused("an app that is gone or blocked", "an app in use")
    if hindrance == "moved":
        raise _refused("an address that was taken away from the app", "one of those it is registered with")
    if hindrance:
        raise _refused("an app nobody of the office has looked at", "one an administrator marked as checked")
    return app


def _held(account_id: int, actor: Actor) -> Actor:
    """Who acts, with the rights and roles they have now; neither reset nor closed until the transaction ends.

    Whoever was in the account before a reset, or came to work here or left meanwhile, answers nothing any more, though
    their page had passed the look at its session.
    """
    rows = models.Account.objects.select_for_update(no_key=True).filter(pk=account_id, is_active=True)
    account = rows.first()
    if account is None or account.get_session_auth_hash() != actor.sign_in:
        raise _refused("a sign-in that has ended", "one in force")
    now = queries.actor_of(account, actor.fresh, actor.second_factor)
    if now.kind != actor.kind:
        raise _refused("a sign-in from before the account changed", "one since")
    return now


def grant_end(app: app_models.App, offline: bool, online: bool, moment: datetime) -> datetime:
    """When a grant ends unless it is used again: a year, half a year for public apps, hours without offline access."""
    if offline:
        return moment + timedelta(days=PUBLIC_DAYS if app.kind == "public" else CONFIDENTIAL_DAYS)
    return moment + short(online)


def short(online: bool) -> timedelta:
    """How long an app without offline access can look: by one access token, or by online access for a working day."""
    if online:
        return timedelta(hours=ONLINE_HOURS)
    return min(timedelta(hours=SHORT_HOURS), timedelta(minutes=config().access_token_minutes))


def _code(ask: AuthorizeRequest, grant: app_models.AppGrant, app: app_models.App, moment: datetime) -> str:
    assert grant.account_id is not None
    code = secrets.token_urlsafe(32)
    app_models.AuthCode.objects.create(
        grant=grant,
        user_id=grant.account_id,
        application=app,
        code=hashed(code),
        expires=moment + timedelta(seconds=CODE_SECONDS),
        redirect_uri="" if ask.redirect_left_out else ask.redirect_uri,
        scope=grant.scopes,
        code_challenge=ask.code_challenge,
        code_challenge_method="S256",
        nonce=ask.nonce,
        claims=json.dumps({"auth_time": int(ask.signed_in_at)} if ask.signed_in_at else {}),
    )
    return code


def _check_person(ask: AuthorizeRequest, actor: Actor, person_id: int | None, granted: Sequence[str]) -> None:
    if ask.launch and person_id != ask.person_id:
        raise _refused("another person than the app was started for", "the person of the launch")
    giver = policies.as_given(actor, actor.kind)
    if giver is None or not policies.lets_in(giver, scopes.resources(granted), person_id):
        raise Denied(seen="a record this account may not open", expected="your own", todo="Choose another person.")


def _final(ask: AuthorizeRequest, actor: Actor, granted: Sequence[str], offline: bool) -> tuple[str, ...]:
    """The scopes granted: known, asked for, for reading only where a person decides, offline only when agreed to."""
    if not scopes.within(granted, ask.scopes):
        raise _refused("more than the app asked for", "what it asked for, or less")
    kept = list(scopes.known(granted))
    if actor.kind == "person":
        kept = [text for text in map(scopes.readable, kept) if text]
    if not offline:
        kept = [text for text in kept if text != "offline_access"]
    return tuple(dict.fromkeys(kept))


def _check_context(actor: Actor, person_id: int | None, final: tuple[str, ...]) -> None:
    levels = {found.level for found in scopes.resources(final)}
    if "system" in levels:
        raise _refused("a system scope", "patient/ or user/ scopes")
    about = "patient" in levels or "launch/patient" in final or (actor.kind == "person" and "user" in levels)
    if about and person_id is None:
        raise _refused("no person", "whose record the app may read")


def make_launch(actor: Actor, client_id: str, person_id: int, encounter_id: str = "") -> str:
    """Start an app on a person's record (SMART 2.2 EHR launch); returns the opaque `launch`.

    It is good once, for minutes, and for this app alone: another one that got hold of it brings an unknown launch.
    """
    if actor.account_id is None or not policies.decide(actor, "record.read", Subject("record", person_id)).allow:
        raise Denied(seen="a record this account may not open", expected="one it may", todo="Choose another person.")
    launch = secrets.token_urlsafe(24)
    app_models.LaunchContext.objects.create(
        launch_hash=_launch_hash(client_id, launch),
        account_id=actor.account_id,
        person_id=person_id,
        encounter_id=encounter_id,
        expires_at=clock.now() + timedelta(seconds=LAUNCH_SECONDS),
    )
    return launch


def _launch_hash(client_id: str, launch: str) -> str:
    return hashed(f"{client_id} {launch}")


def open_launch(launch: str, actor: Actor, client_id: str) -> tuple[str, int, str] | None:
    """The hash, person and encounter of a launch that is still good for this account and app; None otherwise."""
    if actor.account_id is None:
        return None
    row = app_models.LaunchContext.objects.filter(
        launch_hash=_launch_hash(client_id, launch),
        account_id=actor.account_id,
        used_at=None,
        expires_at__gt=clock.now(),
    ).first()
    return (row.launch_hash, row.person_id, row.encounter_id) if row else None


def _redeem_launch(ask: AuthorizeRequest, actor: Actor, person_id: int | None) -> None:
    if actor.account_id is None or person_id is None:
        raise _refused("no person", "the person of the launch")
    used = app_models.LaunchContext.objects.filter(
        launch_hash=ask.launch, account_id=actor.account_id, person_id=person_id, used_at=None
    ).update(used_at=clock.now())
    if not used:
        raise _refused("a launch that was used or is not yours", "a fresh one")


@transaction.atomic
def end_grant(ref: str, actor: Actor, why: str = "person") -> None:
    """End a grant, every other one the same account gave the same app over the same record, and their tokens.

    An app on two devices has two grants: who stops it means the app. Nobody would be asked before a backend client got
    its next one, so that stays out until an administrator lets it in again. Every process knows within a second.
    Raises NotFound.
    """
    row = app_models.AppGrant.objects.filter(ref=ref).first()
    if row is not None and row.account_id is None:
        why = WITHDRAWN
    if row is None or not end_all(_of_the_same(row), actor, why):
        raise NotFound(seen="no such grant in force", expected="one from the list of apps", todo="Reload the page.")


def _of_the_same(row: app_models.AppGrant) -> QuerySet[app_models.AppGrant]:
    rows = app_models.AppGrant.objects.filter(app=row.app_id, account=row.account_id)
    person_id = queries_apps.about(row)
    if person_id is None:
        return rows.filter(person=None, fhir_user=row.fhir_user)
    return rows.filter(queries_apps.over(one_person(person_id, raw.django())))


def locked(rows: QuerySet[app_models.AppGrant]) -> QuerySet[app_models.AppGrant]:
    """Those of a query that are in force, held until the caller's transaction ends.

    Whoever gives or takes tokens asks for their grant so before it touches a token or the number of tokens: one order
    of locks (an app, an account, grants by key, tokens, the number), so that on PostgreSQL no two wait for each other.
    None of them changes a key, so rows that only name a grant, an app or an account need not wait.
    """
    held = rows.filter(ended_at=None).select_for_update(of=("self",), no_key=True)
    return held.select_related("app", "account").order_by("pk")


def end_all(rows: QuerySet[app_models.AppGrant], actor: Actor, why: str, action: str = "app.revoke") -> int:
    """End the grants of a query that are in force, in the caller's transaction; returns how many."""
    ending = list(locked(rows))
    if not ending:
        return 0
    keys = [row.pk for row in ending]
    app_models.AppGrant.objects.filter(pk__in=keys).update(ended_at=clock.now(), ended_why=why)
    app_models.AccessToken.objects.filter(grant__in=keys).delete()
    app_models.RefreshToken.objects.filter(grant__in=keys, revoked=None).update(revoked=clock.now())
    app_models.AuthCode.objects.filter(grant__in=keys, used_at=None).update(used_at=clock.now())
    bump()
    for row in ending:
        ledger.append(event(actor, action, queries_apps.about(row), f"app:{row.app.ref}", reason=why))
    return len(ending)


def _refused(seen: str, expected: str) -> GrantRefused:
    return GrantRefused(seen=seen, expected=expected, todo="Go back to the app and start again.")
