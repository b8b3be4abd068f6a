"""Whose record is open in a session: the choice somebody with several records made, for every page and door."""

from collections.abc import Sequence

from django.http import HttpRequest

from chartpost.identity.types import PersonView

CHOSEN, OTHER = "portal_person", "portal_other"


def chosen(request: HttpRequest, people: Sequence[PersonView]) -> PersonView | None:
    """The person chosen before, when still among `people`; else the first one."""
    ref = request.session.get(CHOSEN)
    return next((p for p in people if p.ref == ref), people[0] if people else None)


def choose(request: HttpRequest, person: PersonView) -> None:
    """Open a person's record from now on; the caller has asked the policy."""
    request.session[CHOSEN] = person.ref


def remember(request: HttpRequest, own: bool) -> None:
    """Keep whether the open record is the reader's own, for pages that look at no record."""
    if request.session.get(OTHER, False) is own:
        request.session[OTHER] = not own


def others(request: HttpRequest) -> bool:
    """Whether the record that is open belongs to somebody the reader acts for."""
    session = getattr(request, "session", None)
    return bool(session is not None and session.get(OTHER))
