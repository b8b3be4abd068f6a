"""Reads of the identity room."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from chartpost.identity import minors, models
from chartpost.identity.errors import NotFound
from chartpost.identity.types import (
    ANONYMOUS,
    AccountView,
    Actor,
    Authority,
    FacilityView,
    OfficeView,
    PersonView,
    Representative,
)
from chartpost.kernel import clock
from chartpost.kernel.addresses import plain
from chartpost.kernel.config import config

FRESH_SECONDS = 300
STORED_WITHIN = timedelta(minutes=1)
"""How long a merge may take from its beginning to its end."""


def fold(text: str) -> str:
    """Text for comparing names: no accents, no punctuation, lower case, single spaces."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.casefold().split())


def actor_for(request: HttpRequest) -> Actor:
    """The actor behind a page request; the anonymous actor when signed out. Built once per request."""
    kept: Actor | None = getattr(request, "chartpost_actor", None)
    if kept is not None:
        return kept
    account = request.user
    actor = ANONYMOUS
    if isinstance(account, models.Account) and account.is_active:
        actor = actor_of(account, fresh=_is_fresh(request), second_factor=has_second_factor(account))
    request.chartpost_actor = actor  # type: ignore[attr-defined]
    return actor


def signed_in(request: HttpRequest) -> bool:
    """Whether a page request comes from a signed-in account."""
    return isinstance(request.user, models.Account) and request.user.is_active


def actor_of(account: models.Account, fresh: bool = False, second_factor: bool = True) -> Actor:
    """The actor an account is, with all it may act for today."""
    roles = frozenset(account.roles.filter(ended_at=None).values_list("role", flat=True))
    own = frozenset(account.own_links.filter(ended_at=None).values_list("person_id", flat=True))
    place = office_zone()
    return Actor(
        kind="staff" if account.is_staff_account else "person",
        account_id=account.pk,
        ref=account.ref,
        name=account.name or account.email,
        own_persons=own,
        authorities=_authorities(account.representations.filter(ended_at=None)),
        roles=roles,
        today=clock.today(place),
        fresh=fresh,
        second_factor=second_factor,
        zone=account.zone or place,
        language=account.language or "en",
        sign_in=account.get_session_auth_hash(),
    )


def _authorities(rows: QuerySet[models.Representation]) -> tuple[Authority, ...]:
    found = list(rows.select_related("person").order_by("pk"))
    state = office_state() if found else ""
    return tuple(_authority(row, state) for row in found)


def _authority(row: models.Representation, state: str) -> Authority:
    return Authority(
        ref=row.ref,
        person_id=row.person_id,
        basis=row.basis,
        categories=row.categories,
        may_request=row.may_request,
        hides_minor_confidential=row.hides_minor_confidential,
        starts_on=row.starts_on,
        ends_on=minors.last_day(row.basis, row.ends_on, row.person.birth_date, state),
    )


def has_second_factor(account: models.Account) -> bool:
    """Whether an account has the second sign-in step it needs; people and a demo need none."""
    from allauth.mfa.utils import is_mfa_enabled

    needed = account.is_staff_account and config().staff_second_factor and not config().demo
    return not needed or bool(is_mfa_enabled(account))


def where(request: HttpRequest) -> str:
    """The address a page request came from, for the ledger; empty when the server does not know it."""
    from allauth.core.internal.httpkit import get_client_ip

    return plain(get_client_ip(request) or "")


def proved_at(request: HttpRequest) -> float:
    """When whoever is signed in last proved who they are, in seconds since 1970; 0 for a stranger."""
    from allauth.account.authentication import get_authentication_records

    proofs = get_authentication_records(request, request.user) if signed_in(request) else []
    return float(proofs[-1]["at"]) if proofs else 0.0


def _is_fresh(request: HttpRequest) -> bool:
    return 0 <= clock.now().timestamp() - proved_at(request) < FRESH_SECONDS


def office() -> OfficeView | None:
    """The office, or None before set-up."""
    row = models.Office.objects.first()
    if row is None:
        return None
    names = OfficeView.__dataclass_fields__
    return OfficeView(**{name: getattr(row, name) for name in names})


def is_set_up() -> bool:
    """Whether the set-up pages were finished."""
    return models.Office.objects.exclude(set_up_at=None).exists()


def office_zone() -> str:
    """The time zone of the first open facility; UTC before set-up."""
    zone = models.Facility.objects.filter(closed_at=None).order_by("pk").values_list("zone", flat=True).first()
    return zone or "UTC"


def office_state() -> str:
    """The state of the first open facility; empty before set-up."""
    state = models.Facility.objects.filter(closed_at=None).order_by("pk").values_list("state", flat=True).first()
    return state or ""


def facilities() -> list[FacilityView]:
    """The open facilities, first one first."""
    return [_facility(row) for row in models.Facility.objects.filter(closed_at=None).order_by("pk")]


def facility(facility_id: int) -> FacilityView:
    """One facility; raises NotFound."""
    row = models.Facility.objects.filter(pk=facility_id).first()
    if row is None:
        raise NotFound(
            seen=f"facility {facility_id}",
            expected="a facility of this office",
            todo="Choose one from the list.",
        )
    return _facility(row)


def _facility(row: models.Facility) -> FacilityView:
    return FacilityView(row.pk, row.ref, row.name, row.state, row.zone, row.address, row.phone, row.npi)


def person(ref: str) -> PersonView:
    """One person by reference; a merged person answers with the one kept. Raises NotFound."""
    return _view(_followed(models.Person.objects.filter(ref=ref)))


def person_by_id(person_id: int) -> PersonView:
    """One person by key; a merged person answers with the one kept. Raises NotFound."""
    return _view(_followed(models.Person.objects.filter(pk=person_id)))


def belonging(filed: Iterable[int | None], person_id: int) -> list[int]:
    """Those of the keys rows were first filed under that now are `person_id`, itself or merged into it; sorted.

    When persons are merged or un-merged, just these rows move to `person_id`: what the other person has stays.
    """
    return sorted(key for key in set(filed) if key is not None and person_by_id(key).id == person_id)


def mixed_since(from_id: int, to_id: int) -> datetime | None:
    """When rows move from one person to another because a merge was undone: when that merge was; None for a merge."""
    if person_by_id(from_id).id == to_id:
        return None
    rows = models.Merge.objects.filter(kept_id=from_id, absorbed_id=to_id).exclude(undone_at=None)
    return rows.order_by("-undone_at").values_list("at", flat=True).first()


def moved_since(since: datetime) -> tuple[int, ...]:
    """The persons merged or parted since a moment; some of shortly before, since a merge counts once it is stored."""
    near = since - STORED_WITHIN
    rows = models.Merge.objects.filter(Q(at__gt=near) | Q(undone_at__gt=near)).values_list("kept_id", "absorbed_id")
    return tuple(sorted({person for pair in rows for person in pair}))


def people(person_ids: list[int] | frozenset[int]) -> dict[int, PersonView]:
    """Several persons by key."""
    rows = models.Person.objects.filter(pk__in=person_ids).prefetch_related("identifiers", "sources")
    return {row.pk: _view(row) for row in rows}


def find_people(text: str, limit: int = 50) -> list[PersonView]:
    """Persons whose name starts with the words, or whose identifier or birth date (YYYY-MM-DD) is the text."""
    rows = fitting(text).order_by("folded_name", "birth_date")
    return [_view(row) for row in rows.prefetch_related("identifiers", "sources")[:limit]]


def fitting(text: str) -> QuerySet[models.Person]:
    """All persons `find_people` would find without a limit, for other queries to look in."""
    words = fold(text).split()
    if not words or "\0" in text:
        return models.Person.objects.none()
    by_name = Q()
    for word in words:
        by_name &= Q(folded_name__startswith=word) | Q(folded_name__contains=f" {word}")
    wanted = by_name | Q(identifiers__value=text.strip())
    born = _date(text.strip())
    if born:
        wanted |= Q(birth_date=born)
    return models.Person.objects.filter(wanted, merged_into=None).distinct()


def same_birth_date(born: date, limit: int = 200) -> list[PersonView]:
    """Persons born on a day: the candidates of a match by score."""
    rows = models.Person.objects.filter(birth_date=born, merged_into=None).prefetch_related("identifiers", "sources")
    return [_view(row) for row in rows[:limit]]


def same_name(folded: str, limit: int = 200) -> list[PersonView]:
    """Persons of a folded name: further candidates of a match by score."""
    rows = models.Person.objects.filter(folded_name=folded, merged_into=None).prefetch_related("identifiers", "sources")
    return [_view(row) for row in rows[:limit]]


def by_identifier(system: str, value: str) -> PersonView | None:
    """The person an identifier names, if any."""
    row = models.PersonIdentifier.objects.filter(system=system, value=value).select_related("person").first()
    return _view(_follow(row.person)) if row else None


def by_source(patient_id: str) -> int | None:
    """The key of the person a source Patient resource describes, if any."""
    row = models.PersonSource.objects.filter(patient_id=patient_id).select_related("person").first()
    return _follow(row.person).pk if row else None


def account(ref: str) -> AccountView:
    """One account; raises NotFound."""
    row = models.Account.objects.filter(ref=ref).first()
    if row is None:
        raise NotFound(
            seen="an unknown account", expected="an account of this office", todo="Choose one from the list."
        )
    return _account(row)


def account_name(account_id: int | None) -> str:
    """The name to show for an account."""
    if account_id is None:
        return ""
    row = models.Account.objects.filter(pk=account_id).only("name", "email").first()
    return (row.name or row.email) if row else ""


def account_by_id(account_id: int | None) -> AccountView | None:
    """One account by key, or None."""
    row = models.Account.objects.filter(pk=account_id).first() if account_id else None
    return _account(row) if row else None


def actor_by_id(account_id: int | None) -> Actor | None:
    """The actor an account in use is, for work asked for without a page; None when it is closed or unknown."""
    row = models.Account.objects.filter(pk=account_id, is_active=True).first() if account_id else None
    return actor_of(row) if row else None


def staff() -> list[AccountView]:
    """Every staff account with its roles."""
    return [_account(row) for row in models.Account.objects.filter(is_staff_account=True).order_by("name", "email")]


def accounts_of(person_id: int) -> list[AccountView]:
    """Accounts that may see a person today: their own and their representatives'."""
    today = clock.today(office_zone())
    held = _authorities(models.Representation.objects.filter(person_id=person_id, ended_at=None))
    acting = Q(representations__ref__in=[authority.ref for authority in held if authority.in_force(today)])
    own = Q(own_links__person_id=person_id, own_links__ended_at=None)
    return [_account(row) for row in models.Account.objects.filter(own | acting, is_active=True).distinct()]


def representations(person_id: int) -> list[Representative]:
    """Who acts for a person or did, those nobody ended first."""
    rows = models.Representation.objects.filter(person_id=person_id)
    return _representatives(rows.order_by(F("ended_at").asc(nulls_first=True), "-starts_on", "pk"))


def representative(ref: str) -> Representative | None:
    """Who acts for somebody, or did, by a representation."""
    return next(iter(_representatives(models.Representation.objects.filter(ref=ref))), None)


def _representatives(rows: QuerySet[models.Representation]) -> list[Representative]:
    found, state = list(rows.select_related("account", "person")), office_state()
    return [
        Representative(
            authority=_authority(row, state),
            name=row.account.name or row.account.email,
            evidence=row.evidence,
            ended_at=row.ended_at,
            closed=not row.account.is_active,
        )
        for row in found
    ]


def authority(ref: str) -> Authority | None:
    """What a representation gives, whatever its dates; None once it was ended, or its account was closed."""
    rows = models.Representation.objects.filter(ref=ref, ended_at=None, account__is_active=True)
    return next(iter(_authorities(rows)), None)


def over(refs: Iterable[str]) -> frozenset[str]:
    """Those of some representations that have ended: by somebody, or because their last day is over."""
    asked = frozenset(refs)
    held = _authorities(models.Representation.objects.filter(ref__in=asked, ended_at=None))
    today = clock.today(office_zone())
    return asked - {one.ref for one in held if one.ends_on is None or today <= one.ends_on}


def waiting_matches() -> QuerySet[models.MatchRequest]:
    """Self sign-ups that wait for staff, oldest first."""
    return models.MatchRequest.objects.filter(state="waiting").select_related("account").order_by("created_at")


def merges(person_id: int) -> QuerySet[models.Merge]:
    """The merges into a person, newest first."""
    return models.Merge.objects.filter(kept_id=person_id).select_related("absorbed", "by").order_by("-at")


def _account(row: models.Account) -> AccountView:
    roles = tuple(row.roles.filter(ended_at=None).values_list("role", flat=True)) if row.is_staff_account else ()
    return AccountView(row.pk, row.ref, row.name or row.email, row.email, row.is_staff_account, row.is_active, roles)


def _followed(rows: QuerySet[models.Person]) -> models.Person:
    row = rows.first()
    if row is None:
        raise NotFound(seen="an unknown person", expected="a person of this office", todo="Search for the name again.")
    return _follow(row)


def _follow(row: models.Person) -> models.Person:
    while row.merged_into is not None:
        row = row.merged_into
    return row


def _view(row: models.Person) -> PersonView:
    plain = {n: getattr(row, n) for n in PersonView.__dataclass_fields__ if n not in {"identifiers", "sources"}}
    identifiers = tuple((i.system, i.value) for i in row.identifiers.all())
    return PersonView(**plain, identifiers=identifiers, sources=tuple(s.patient_id for s in row.sources.all()))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone by IANA name."""
    return ZoneInfo(name)
