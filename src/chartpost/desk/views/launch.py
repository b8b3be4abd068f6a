"""Opening an app on a person's record (SMART App Launch 2.2, 'EHR launch')."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from chartpost.desk.forms.apps import LaunchForm
from chartpost.desk.pages import REFUSED, note_read, staff
from chartpost.desk.views.people import find, subject
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable.words import known_date
from chartpost.identity import guard, queries_apps, services
from chartpost.identity.app_types import AppView
from chartpost.identity.types import Actor, PersonView
from chartpost.kernel.config import config
from chartpost.kernel.middleware import leading_out
from chartpost.records import queries as records
from chartpost.records.types import Item

MOST_VISITS = 20


@require_http_methods(["GET", "POST"])
def launch(request: HttpRequest, ref: str) -> HttpResponse:
    """Choose an app and a visit; the browser then goes to the app with `iss` and `launch`."""
    person = find(ref)
    actor = staff(request, "app.approve", subject(person, "record"))
    apps, visits = _apps(), _visits(person, actor)
    form = LaunchForm(request.POST if request.method == "POST" else None, apps=apps, visits=visits)
    if form.is_valid():
        app = next(app for app in apps if app.ref == form.cleaned_data["app"])
        return _go(app, services.make_launch(actor, app.client_id, person.id, form.cleaned_data["encounter"]))
    context = {"person": person, "form": form, "apps": apps}
    response = render(request, "desk/apps/launch.html", context, status=REFUSED if form.is_bound else 200)
    response["Content-Security-Policy"] = leading_out(app.launch_uri for app in apps)
    return response


def _apps() -> list[AppView]:
    """Apps that can be started from here: looked at by the office, in use, with a start address."""
    return [app for app in queries_apps.apps() if app.launch_uri and app.reviewed and not app.disabled]


def _visits(person: PersonView, actor: Actor) -> list[tuple[str, str]]:
    rows = guard.rows(actor, "record.read", person.id)
    found = records.section(person.id, Category.VISITS, rows, limit=MOST_VISITS).items
    note_read(actor, "record.read", person.id, f"person:{person.ref}", "treatment", section="visits", count=len(found))
    kept = [item for item in found if item.stored.type == "Encounter"]
    return [(item.stored.id, _named(item)) for item in kept]


def _named(item: Item) -> str:
    return f"{item.view.title}, {known_date(item.view.when, get_language() or 'en')}"


def _go(app: AppView, context: str) -> HttpResponse:
    """To the app's start address, with the launch in its query: before a fragment, which is kept (RFC 3986 3.4)."""
    start, told = urlsplit(app.launch_uri), urlencode({"iss": f"{config().base_url}/fhir", "launch": context})
    query = f"{start.query}&{told}" if start.query else told
    response = HttpResponseRedirect(urlunsplit(start._replace(query=query)))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
