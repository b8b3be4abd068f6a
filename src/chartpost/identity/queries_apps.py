"""Reads about connected apps."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Concat

from chartpost.identity import app_models, models, policies, queries, scopes, tokens
from chartpost.identity.aliases import canonical_patient, filed_person, one_person, who_now
from chartpost.identity.app_types import (
    PATIENT,
    RELATED,
    WITHDRAWN,
    AppKind,
    AppView,
    AuthorizeRequest,
    GivenAs,
    GrantView,
    Hindrance,
)
from chartpost.identity.errors import NotFound
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.kernel.db import raw

PAGE = 50
"""Lines of one page of a list."""


@dataclass(frozen=True)
class GrantPage:
    """Some grants of a list of `total`; `more` is the `ref` of the last one when others follow."""

    grants: list[GrantView]
    total: int
    more: str


def app(client_id: str) -> AppView | None:
    """A registered app by client id, disabled ones too."""
    row = app_models.App.objects.filter(client_id=client_id).first()
    return app_view(row) if row else None


def hindrance(ask: AuthorizeRequest, actor: Actor) -> Hindrance:
    """What stands in the way of a request of an app, as the app stands now, whatever the answer to it."""
    return hindered(app_models.App.objects.filter(client_id=ask.client_id).first(), ask, actor)


def hindered(row: app_models.App | None, ask: AuthorizeRequest, actor: Actor) -> Hindrance:
    """The same of a row: blocked, answers no longer taken where this one goes, or for staff never looked at.

    A clerk's one click would open the whole office to an app anybody on the net registered; a person opens their own.
    """
    if row is None or row.disabled_at is not None:
        return "blocked"
    if not row.redirect_uri_allowed(ask.redirect_uri):
        return "moved"
    return "unseen" if actor.kind == "staff" and row.reviewed_at is None else ""


def app_by_ref(ref: str) -> AppView:
    """A registered app by reference; raises NotFound."""
    row = app_models.App.objects.filter(ref=ref).first()
    if row is None:
        raise NotFound(seen="an unknown app", expected="a registered app", todo="Choose one from the list.")
    return app_view(row)


def app_names(refs: Iterable[str]) -> dict[str, str]:
    """The names of registered apps by reference."""
    return dict(app_models.App.objects.filter(ref__in=set(refs) - {""}).values_list("ref", "name"))


def apps() -> list[AppView]:
    """Every registered app, by name."""
    return [app_view(row) for row in app_models.App.objects.order_by("name", "pk")]


def apps_page(text: str = "", before: str = "") -> tuple[list[AppView], str]:
    """One page of the apps whose name has a text in it or whose client id it is, newest first.

    `before` is the `ref` of the last app seen. Also returns that of this page when there are more.
    """
    rows = app_models.App.objects.order_by("-ref")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(client_id=text))
    if before:
        rows = rows.filter(ref__lt=before)
    found = [app_view(row) for row in rows[: PAGE + 1]]
    return found[:PAGE], found[PAGE - 1].ref if len(found) > PAGE else ""


def accounts_letting_in(apps: Iterable[AppView]) -> dict[str, int]:
    """How many accounts let each of some apps in now, by the `ref` of the app; an app nobody let in is left out."""
    rows = _in_force(app_models.AppGrant.objects.filter(app__ref__in=[app.ref for app in apps]))
    counted = rows.values_list("app__ref").annotate(accounts=Count("account_id", distinct=True))
    return dict(counted.order_by())


def grant(ref: str) -> GrantView:
    """One grant; raises NotFound."""
    found = _views(_grants().filter(ref=ref))
    if not found:
        raise NotFound(seen="no such grant", expected="one from the list of apps", todo="Reload the page.")
    return found[0]


def grants_of_account(account_id: int, ended: bool = False) -> list[GrantView]:
    """What an account let apps do, newest first; with `ended` those that are over as well."""
    return _views(_grants(ended).filter(account_id=account_id))


def grants_for_person(person_id: int, ended: bool = False) -> list[GrantView]:
    """Every grant over a person's record whoever gave it, newest first; also of who was merged into the person."""
    return _views(_grants(ended).filter(over(one_person(person_id, raw.django()))))


def over(persons: Iterable[int] | QuerySet[models.Person]) -> Q:
    """The grants that concern any of these persons: in context, or as the app's own user (SMART 2.2 `fhirUser`)."""
    found = persons if isinstance(persons, QuerySet) else models.Person.objects.filter(pk__in=list(persons))
    sources = models.PersonSource.objects.filter(person__in=found).values(name=Concat(Value(PATIENT), "patient_id"))
    refs = found.values(name=Concat(Value(PATIENT), "ref"))
    user = Q(fhir_user__in=sources) | Q(fhir_user__in=refs)
    return Q(person__in=found) | (Q(person=None) & user)


def about(row: app_models.AppGrant) -> int | None:
    """Whom an app learns of by a grant, as first filed: the person in context, else the account's own person."""
    if row.person_id is not None or not row.fhir_user.startswith(PATIENT):
        return row.person_id
    name = row.fhir_user.removeprefix(PATIENT)
    found = filed_person(name, raw.django())
    return found or models.Person.objects.filter(ref=name).values_list("pk", flat=True).first()


def grants_of_app(app_ref: str, ended: bool = False) -> list[GrantView]:
    """Every grant of an app, newest first."""
    return _views(_grants(ended).filter(app__ref=app_ref))


def grants_in_force(text: str = "", before: str = "") -> GrantPage:
    """One page of what is in force, newest first, for the privacy officer: for anybody, or for people of some words.

    `before` is the `ref` of the last grant seen.
    """
    rows = _grants(ended=False).order_by("-ref")
    if text:
        rows = rows.filter(over(_with_merged(queries.fitting(text))))
    shown = rows.filter(ref__lt=before) if before else rows
    found = _views(shown[: PAGE + 1])
    return GrantPage(found[:PAGE], rows.count(), found[PAGE - 1].ref if len(found) > PAGE else "")


def _with_merged(persons: QuerySet[models.Person]) -> QuerySet[models.Person]:
    """Some persons and everybody merged into them, merges of merges followed."""
    merged: list[int] = []
    level: Q = Q(merged_into__in=persons.values("pk"))
    while keys := list(models.Person.objects.filter(level).values_list("pk", flat=True)):
        merged += keys
        level = Q(merged_into__in=keys)
    return models.Person.objects.filter(Q(pk__in=persons.values("pk")) | Q(pk__in=merged))


def withdrawn(app_ref: str) -> bool:
    """Whether staff ended the access of a backend client, and no administrator let it in again."""
    row = app_models.App.objects.filter(ref=app_ref, kind="backend").first()
    return row is not None and is_withdrawn(grant_of_backend(row))


def grant_of_backend(app: app_models.App) -> app_models.AppGrant | None:
    """The newest grant of a backend client, in force or over."""
    return app_models.AppGrant.objects.filter(app=app, account=None).order_by("-created_at", "-pk").first()


def is_withdrawn(row: app_models.AppGrant | None) -> bool:
    """Whether this grant of a backend client was ended by staff."""
    return row is not None and row.ended_at is not None and row.ended_why == WITHDRAWN


def patient_id(person_id: int) -> str:
    """The one Patient id apps see for a person: that of the first source, or the person's own reference."""
    kept = queries.person_by_id(person_id)
    return canonical_patient(kept.id, raw.django()) or kept.ref


def app_view(row: app_models.App) -> AppView:
    """A row as a plain value."""
    return AppView(
        ref=row.ref,
        client_id=row.client_id,
        name=row.name,
        kind=cast(AppKind, row.kind),
        logo_uri=row.logo_uri,
        home_uri=row.home_uri,
        terms_uri=row.terms_uri,
        privacy_uri=row.privacy_uri,
        contact=row.contact,
        launch_uri=row.launch_uri,
        jwks_uri=row.jwks_uri,
        redirect_uris=tuple(row.redirect_uris.split()),
        allowed_scopes=tuple(row.allowed_scopes.split()),
        reviewed=row.reviewed_at is not None,
        disabled=row.disabled_at is not None,
        created_at=row.created,
        kids=tuple(str(key.get("kid", "?")) for key in row.jwks.get("keys", ())),
        hidden_labels=row.hidden_labels,
    )


def _view(row: app_models.AppGrant, person_id: int | None) -> GrantView:
    ended_at, ended_why = end_of(row)
    return GrantView(
        ref=row.ref,
        app=app_view(row.app),
        account_id=row.account_id,
        account_name=(row.account.name or row.account.email) if row.account else "",
        given_as=cast(GivenAs, row.given_as),
        person_id=person_id,
        fhir_user=row.fhir_user,
        scopes=tuple(row.scopes.split()),
        in_force=scopes_in_force(row, row.scopes),
        hidden_labels=row.hidden_labels,
        offline=row.offline,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        ended_at=ended_at,
        ended_why=ended_why,
    )


def end_of(row: app_models.AppGrant) -> tuple[datetime | None, str]:
    """When and why a grant ended; its time may be over before anybody has written that down."""
    if row.ended_at is not None or row.expires_at is None or row.expires_at > clock.now():
        return row.ended_at, row.ended_why
    return row.expires_at, "expired" if row.last_used_at else "unused"


def _grants(ended: bool = True) -> QuerySet[app_models.AppGrant]:
    """Grants, newest first; those in force alone unless `ended`."""
    rows = app_models.AppGrant.objects.select_related("app", "account").order_by("-created_at", "-pk")
    return rows if ended else _in_force(rows)


def _in_force(rows: QuerySet[app_models.AppGrant]) -> QuerySet[app_models.AppGrant]:
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now()), ended_at=None)


def _views(rows: Iterable[app_models.AppGrant]) -> list[GrantView]:
    found = [(row, about(row)) for row in rows]
    now = who_now([person for _, person in found if person is not None], raw.django())
    return [_view(row, None if person is None else now[person]) for row, person in found]


@dataclass(frozen=True)
class TokenFacts:
    """What introspection tells of a token that is active (RFC 7662 2.2, SMART 2.2)."""

    client_id: str
    scope: str
    expires_at: datetime
    issued_at: datetime
    subject: str
    patient: str
    encounter: str
    fhir_user: str
    is_refresh: bool


def token_facts(token: str) -> TokenFacts | None:
    """What there is to tell of an access or refresh token; None when no door takes it: unknown, over or revoked."""
    known = {"token_checksum": hashlib.sha256(token.encode(errors="replace")).hexdigest(), "expires__gt": clock.now()}
    related = ("grant__app", "grant__account")
    access = app_models.AccessToken.objects.select_related(*related).filter(**known).first()
    if access is not None and tokens.access(token, raw.django()) is None:
        return None
    refresh = app_models.RefreshToken.objects.select_related(*related).filter(**known, revoked=None).first()
    row = access or (refresh if refresh is not None and refreshing(refresh) else None)
    if row is None:
        return None
    grant = row.grant
    return TokenFacts(
        client_id=grant.app.client_id,
        scope=" ".join(scopes_in_force(grant, row.scope)),
        expires_at=row.expires,
        issued_at=row.created,
        subject=grant.account.ref if grant.account else grant.app.client_id,
        patient=patient_id(grant.person_id) if grant.person_id else "",
        encounter=grant.encounter_id,
        fhir_user=user_of(grant),
        is_refresh=access is None,
    )


def user_of(grant: app_models.AppGrant) -> str:
    """The `fhirUser` of a grant as it is today; empty for a backend client, which has none."""
    if grant.account_id is None:
        return ""
    return tokens.user_of(grant.fhir_user, grant.account_id, grant.person_id, raw.django())


def scopes_in_force(grant: app_models.AppGrant, held: str) -> tuple[str, ...]:
    """What counts today of the scopes a code or token of a grant was given for."""
    return tuple(tokens.in_force(held.split(), grant.given_as, grant.app.allowed_scopes.split()))


def holds(grant: app_models.AppGrant) -> bool:
    """Whether a grant is in force and whoever gave it may still give it."""
    account = grant.account
    if grant.ended_at is not None or grant.app.disabled_at is not None or account is None or not account.is_active:
        return False
    actor = queries.actor_of(account, second_factor=queries.has_second_factor(account))
    person_id = queries.person_by_id(grant.person_id).id if grant.person_id else None
    return _still_given(grant, actor, person_id)


def _still_given(grant: app_models.AppGrant, actor: Actor, person_id: int | None) -> bool:
    """Whether whoever gave a grant could give it today, as what they gave it."""
    giver = policies.as_given(actor, grant.given_as)
    return giver is not None and policies.lets_in(giver, scopes.resources(grant.scopes.split()), person_id)


def refreshing(row: app_models.RefreshToken) -> tuple[str, ...]:
    """The scopes a refresh token not yet used is good for now; none when its time is over or nobody gives them still.

    Staff's app goes on by itself only as long as the office lets it.
    """
    found = scopes_in_force(row.grant, row.scope)
    ended = row.expires <= clock.now() or (row.grant.offline and scopes.OFFLINE not in found)
    return () if ended or not holds(row.grant) else found


def let_in_as(fhir_user: str) -> QuerySet[app_models.AppGrant]:
    """The grants somebody gave as this user: what a representation gave is known by it."""
    return app_models.AppGrant.objects.filter(fhir_user=fhir_user)


def lapsed(account: models.Account) -> QuerySet[app_models.AppGrant]:
    """The grants in force of an account that it could not give today, its second sign-in step aside."""
    actor, found = queries.actor_of(account), app_models.AppGrant.objects.filter(account=account, ended_at=None)
    now = who_now([row.person_id for row in found if row.person_id], raw.django())
    keys = [row.pk for row in found if not _still_given(row, actor, now.get(row.person_id or 0))]
    return app_models.AppGrant.objects.filter(pk__in=keys)


def run_out(account: models.Account | None = None) -> QuerySet[app_models.AppGrant]:
    """The grants in force, of one account or all, by representations that are over, be it by their last day."""
    rows = app_models.AppGrant.objects.filter(ended_at=None, fhir_user__startswith=RELATED)
    rows = rows if account is None else rows.filter(account=account)
    users = rows.values_list("fhir_user", flat=True).distinct()
    return rows.filter(fhir_user__in=[RELATED + ref for ref in queries.over(u.removeprefix(RELATED) for u in users)])
