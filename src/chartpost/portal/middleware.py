"""What goes around every page: the reader's own time zone, and a way back from addresses that only take forms."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

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


class LeadBack:
    """Who opens an address that only takes a form, by reload or after sign-in, gets to the page it belongs to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        page = "text/html" in request.headers.get("Accept", "") and request.method == "GET"
        if not page or not isinstance(response, HttpResponseNotAllowed):
            return response
        text = _("We took you back to this page. Look if what you sent is here. If it is not, please send it again.")
        messages.info(request, text)
        return HttpResponseRedirect(above(request.path))


def above(path: str) -> str:
    """The nearest address above a path that the program knows."""
    while (path := path.rstrip("/").rpartition("/")[0] + "/") != "/":
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return "/"
