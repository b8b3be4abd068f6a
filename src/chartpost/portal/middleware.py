"""Times on pages are in the reader's own zone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chartpost.identity import queries as identity


class ReaderTimeZone:
    """Activates the zone of the signed-in account, else the office's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = identity.actor_for(request)
        zone = actor.zone if actor.kind in {"person", "staff"} else identity.office_zone()
        with timezone.override(identity.zone(zone)):
            return self._get_response(request)
