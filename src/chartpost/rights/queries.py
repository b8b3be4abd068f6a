"""Reads of the rights room."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from chartpost.formats.numbers import LONG_DIGITS, whole
from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.rights import tally
from chartpost.rights.errors import RightsError
from chartpost.rights.models import AccessRequest, Letter
from chartpost.rights.receive import repeats

PAGE = 50


@dataclass(frozen=True)
class QueueFilter:
    """What the desk wants to see; empty fields do not narrow."""

    state: str = ""
    mine: int | None = None
    unassigned: bool = False
    overdue: bool = False
    due_soon: bool = False
    text: str = ""
    closed: bool = False


def request(ref: str) -> AccessRequest:
    """One request by reference; raises RightsError."""
    row = AccessRequest.objects.filter(ref=ref).first()
    if row is None:
        raise RightsError(seen="an unknown request", expected="a request of this office", todo="Check the address.")
    return row


def for_person(person_id: int) -> list[AccessRequest]:
    """The requests about a person, newest first."""
    return list(AccessRequest.objects.filter(person_id=person_id).order_by("-received_at"))


def for_account(account_id: int) -> list[AccessRequest]:
    """The requests an account made, newest first."""
    return list(AccessRequest.objects.filter(requester_account_id=account_id).order_by("-received_at"))


def queue(wanted: QueueFilter, after: str = "") -> tuple[list[AccessRequest], str]:
    """One page of the desk's queue and the cursor of the next page: due soonest first, closed ones newest first."""
    rows = _narrow(AccessRequest.objects.filter(open=not wanted.closed), wanted)
    day, _, text = after.partition("_")
    number = whole(text, LONG_DIGITS)
    if number is not None:
        rows = rows.filter(_past(day, number, newest_first=wanted.closed))
    order = ("-due_on", "-id") if wanted.closed else ("due_on", "id")
    found = list(rows.order_by(*order)[: PAGE + 1])
    more = f"{found[PAGE - 1].due_on.isoformat()}_{found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return found[:PAGE], more


def _past(day: str, number: int, newest_first: bool) -> Q:
    if newest_first:
        return Q(due_on__lt=day) | Q(due_on=day, id__lt=number)
    return Q(due_on__gt=day) | Q(due_on=day, id__gt=number)


def counts() -> dict[str, int]:
    """Figures for the desk's side bar: open, overdue, due_soon, unassigned."""
    return tally.figures(clock.today(identity.office_zone()))


def same_ask(row: AccessRequest) -> list[AccessRequest]:
    """Unanswered requests for the same records of the same person, earliest first (rulebook DATE-9)."""
    return repeats(row)


def letter(ref: str) -> Letter:
    """One letter by reference; raises RightsError."""
    row = Letter.objects.filter(ref=ref).select_related("request").first()
    if row is None:
        raise RightsError(seen="an unknown letter", expected="a letter of this office", todo="Check the address.")
    return row


def letters(limit: int = 100) -> QuerySet[Letter]:
    """The newest letters of the office."""
    return Letter.objects.select_related("request").order_by("-made_at")[:limit]


def _narrow(rows: QuerySet[AccessRequest], wanted: QueueFilter) -> QuerySet[AccessRequest]:
    today = clock.today(identity.office_zone())
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.mine is not None:
        rows = rows.filter(assigned_to=wanted.mine)
    if wanted.unassigned:
        rows = rows.filter(assigned_to=None)
    if wanted.overdue:
        rows = rows.filter(due_on__lt=today, acted_on=None)
    if wanted.due_soon:
        rows = rows.filter(due_on__gte=today, due_on__lte=today + timedelta(days=7), acted_on=None)
    if wanted.text:
        rows = rows.filter(Q(number__icontains=wanted.text) | Q(subject_name__icontains=wanted.text))
    return rows
