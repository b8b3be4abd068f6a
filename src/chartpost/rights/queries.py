"""Reads of the rights room."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.rights.errors import RightsError
from chartpost.rights.models import AccessRequest, Letter

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
    """One page of the desk's queue, due soonest first, and the cursor of the next page."""
    rows = _narrow(AccessRequest.objects.filter(open=not wanted.closed), wanted)
    day, _, number = after.partition("_")
    if number.isdigit():
        rows = rows.filter(Q(due_on__gt=day) | Q(due_on=day, id__gt=int(number)))
    found = list(rows.order_by("due_on", "id")[: PAGE + 1])
    more = f"{found[PAGE - 1].due_on.isoformat()}_{found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return found[:PAGE], more


def counts() -> dict[str, int]:
    """Figures for the desk's side bar."""
    today = clock.today(identity.office_zone())
    rows = AccessRequest.objects.filter(open=True)
    waiting = rows.filter(acted_on=None)
    return {
        "open": rows.count(),
        "overdue": waiting.filter(due_on__lt=today).count(),
        "due_soon": waiting.filter(due_on__gte=today, due_on__lte=today + timedelta(days=7)).count(),
        "unassigned": rows.filter(assigned_to=None).count(),
    }


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
