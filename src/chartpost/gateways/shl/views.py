"""The signed-in pages: make a link, see the links made, stop one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartpost.formats.fhirjson.terms import Category
from chartpost.gateways.shl import forms, queries, services
from chartpost.gateways.shl.errors import NotThere, Refused
from chartpost.gateways.shl.types import Asked, LinkView, Made
from chartpost.identity import guard, policies, whose
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.records import queries as records
from chartpost.records.types import Selection

STATES = {
    "making": (lazy("Being made"), "info"),
    "ready": (lazy("Can be opened"), "success"),
    "failed": (lazy("Did not work"), "danger"),
    "used": (lazy("Used up"), "neutral"),
    "locked": (lazy("Locked"), "danger"),
    "stopped": (lazy("Stopped"), "neutral"),
    "expired": (lazy("Over"), "neutral"),
}


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    """The links of the account, with their uses."""
    actor = _owner(request)
    assert actor.account_id is not None
    names = {p.id: p.name for p in _people(actor)} if actor.kind == "person" else {}
    shown = [_shown(one, names) for one in queries.links_of(actor.account_id)]
    return render(request, "shl/links.html", {"links": shown, "shell": _shell(actor)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose what a link holds; the answer to the form shows the link, once."""
    actor = guard.require(request, "portal.open", Subject("portal"))
    if actor.kind != "person":
        return redirect("portal:home")
    people = _people(actor)
    asked = request.POST.get("person") or request.GET.get("person")
    person = next((p for p in people if p.ref == asked), None if asked else whose.chosen(request, people))
    if person is None:
        return redirect("portal:start")
    guard.require_fresh(request, "record.download", Subject("record", person_id=person.id))
    offered = _offered(actor, person)
    form = forms.LinkForm(request.POST if request.method == "POST" else None, categories=offered)
    if form.is_valid():
        try:
            made = services.make(_asked(form.cleaned_data, person), actor, _where(request))
        except Refused as error:
            form.add_error(None, _refusal(error))
        else:
            return _made_page(request, made, form.cleaned_data, person)
    context = {"form": form, "people": people, "person": person, "hints": forms.USE_HINTS, "shell": _shell(actor)}
    return render(request, "shl/new.html", context, status=422 if form.is_bound else 200)


@require_POST
def stop(request: HttpRequest, ref: str) -> HttpResponse:
    """End a link at once."""
    actor = _owner(request)
    try:
        services.stop(ref, actor, _where(request))
    except NotThere:
        raise Http404 from None
    return redirect("shl:links")


def _made_page(request: HttpRequest, made: Made, asked: dict[str, Any], person: PersonView) -> HttpResponse:
    context = {
        "made": made,
        "label": asked["label"],
        "use": asked["use"],
        "passcode": bool(asked["passcode"]),
        "person": person,
        "shell": "base/portal.html",
    }
    return render(request, "shl/made.html", context)


def _asked(asked: dict[str, Any], person: PersonView) -> Asked:
    chosen = frozenset(Category[name] for name in asked["categories"]) if asked["scope"] == "some" else frozenset()
    return Asked(
        person_id=person.id,
        selection=Selection(chosen, asked["date_from"], asked["date_to"]),
        formats=tuple(asked["formats"]),
        language="es" if (get_language() or "").startswith("es") else "en",
        label=asked["label"],
        days=int(asked["days"]),
        once=asked["once"],
        passcode=asked["passcode"],
        max_uses=1 if asked["use"] == "once" else None,
        long_term=asked["use"] == "long",
        direct=asked["direct"],
    )


def _refusal(error: Refused) -> str:
    if "twice" in error.seen:
        return _("This link was made already. Look at your links, or load this page again to make another one.")
    if "many" in error.seen:
        return _("You have many links already. Stop one that you do not need.")
    return _("The link could not be made. Please tell the records office.")


def _people(actor: Actor) -> list[PersonView]:
    """Whose record an account may give links to: their own first."""
    ids = actor.own_persons | {a.person_id for a in actor.authorities if a.in_force(actor.today)}
    allowed = [i for i in ids if policies.decide(actor, "record.download", Subject("record", person_id=i)).allow]
    found = [identity.person_by_id(one) for one in allowed]
    return sorted(found, key=lambda one: (one.id not in actor.own_persons, one.name))


def _offered(actor: Actor, person: PersonView) -> frozenset[Category]:
    rows = guard.rows(actor, "record.download", person.id)
    return frozenset(c for c, n in records.counts(person.id, rows).items() if n and c != Category.PEOPLE)


def _shown(one: LinkView, names: dict[int, str]) -> dict[str, Any]:
    state, tone = STATES[one.state]
    return {"link": one, "state": state, "tone": tone, "person": names.get(one.person_id, "")}


def _owner(request: HttpRequest) -> Actor:
    actor = identity.actor_for(request)
    return guard.require(request, "share.manage", Subject("share", owner_id=actor.account_id))


def _shell(actor: Actor) -> str:
    return "base/desk.html" if actor.kind == "staff" else "base/portal.html"


def _where(request: HttpRequest) -> str:
    return f"portal {identity.where(request)}".strip()
