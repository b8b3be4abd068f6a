"""The page where a person decides what an app may see (certification checklist 1.3: types, finer kinds, how long)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chartpost.formats.readable.words import SECTION_NAMES
from chartpost.gateways.smart import asks, choices, redirects
from chartpost.identity import app_sites, app_words, fhir_users, policies, queries, queries_apps, scopes, services
from chartpost.identity.app_types import AppView, AuthorizeRequest
from chartpost.identity.errors import AnsweredAlready, IdentityError
from chartpost.identity.fhir_users import fhir_user
from chartpost.identity.services import grants
from chartpost.identity.types import Actor, Authority, PersonView, Subject
from chartpost.kernel.middleware import leading_out
from chartpost.ledger import services as ledger

REFUSED = 422
LONGEST_WORDS, FOUND_AT_MOST = 100, 20


@dataclass(frozen=True)
class Choice:
    """What is ticked: the person, the lines and parts, the sensitive groups. At first everything but the person."""

    person: str = ""
    see: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset(app_words.SENSITIVE)
    wrong: dict[str, str] = field(default_factory=dict)


def consent(request: HttpRequest, ask: AuthorizeRequest) -> HttpResponse:
    """Ask; on yes go back to the app with a code, on no with an error. Raises AnsweredAlready for a second yes."""
    actor = queries.actor_for(request)
    app = queries_apps.app(ask.client_id)
    if app is None or (request.method == "POST" and not request.POST.keys() & {"allow", "find", "stay"}):
        asks.drop(ask.key)
        return redirects.refused(ask)
    ask = replace(ask, scopes=scopes.permitted(ask.scopes, app.allowed_scopes))
    people = _people(ask, actor, request)
    choice = _first(ask, actor, people)
    if request.method == "POST" and "find" in request.POST:
        if not people:
            choice.wrong["person"] = _("Nobody was found whose record you may open. Try other words.")
    elif request.method == "POST":
        choice = Choice(
            request.POST.get("person", ""),
            frozenset(request.POST.getlist("see")),
            frozenset(request.POST.getlist("sensitive")),
        )
        answer = None if "stay" in request.POST else _decide(ask, actor, people, choice)
        if answer is not None:
            return answer
    context = _context(ask, actor, app, people, choice) | {"who": request.POST.get("who", "")}
    return _page(request, ask, context, REFUSED if choice.wrong else 200)


def _decide(ask: AuthorizeRequest, actor: Actor, people: list[PersonView], choice: Choice) -> HttpResponse | None:
    """Carry out a yes; None when something is missing or refused, which `choice.wrong` then says."""
    asked = _asked(ask, actor)
    granted = choices.granted(asked, choice.see)
    person = next((one for one in people if one.ref == choice.person), None)
    needs = choices.needs_person(asked, actor.kind)
    if needs and person is None:
        choice.wrong["person"] = _("Choose whose record the app may see.")
    if choices.lines(asked) and not choices.lines(granted):
        choice.wrong["see"] = _("Choose at least one kind, or choose “Don't allow”.")
    if choice.wrong:
        return None
    person_id = person.id if needs and person is not None else ask.person_id
    if actor.kind == "person":
        granted = choices.without_user(granted, asked, fhir_user(actor, person_id))
    hidden = choices.hidden_labels(choice.sensitive) if actor.kind == "person" else 0
    try:
        with transaction.atomic():
            code = services.approve(ask, actor, person_id, granted, hidden, choices.OFFLINE in granted)
            learnt = fhir_users.concerned(actor, person_id)
            if actor.kind == "person" and learnt is not None:
                _tell(learnt, actor, "app" if app_words.learnt(granted, fhir_user(actor, person_id)) else "app_user")
    except AnsweredAlready:
        raise
    except IdentityError:
        choice.wrong["all"] = _("We could not do this. Nothing was shared. Go back to the app and start again.")
        return None
    asks.drop(ask.key)
    return redirects.with_code(ask, code)


def _tell(person_id: int, giver: Actor, kind: str) -> None:
    """Mail about a new app those who may know that it was let in."""
    grant = Subject("grant", person_id=person_id, owner_id=giver.account_id)
    services.notify(person_id, kind, "/apps/", lambda reader: policies.decide(reader, "app.grants.read", grant).allow)


def _asked(ask: AuthorizeRequest, actor: Actor) -> tuple[str, ...]:
    """What the actor can decide about: people let nothing be changed (identity drops it as well)."""
    if actor.kind == "person":
        return choices.readable(ask.scopes)
    return tuple(text for text in ask.scopes if not text.startswith("system/"))


def _people(ask: AuthorizeRequest, actor: Actor, request: HttpRequest) -> list[PersonView]:
    """Whose record the actor may let the app see: the one of the launch, own and represented ones, or those found."""
    if ask.launch and ask.person_id is not None:
        return [queries.person_by_id(ask.person_id)]
    if actor.kind != "person":
        return _found(actor, request.POST.get("who", "")[:LONGEST_WORDS])
    keys = actor.own_persons | {a.person_id for a in actor.authorities if a.in_force(actor.today)}
    allowed = [k for k in keys if policies.decide(actor, "app.approve", Subject("record", person_id=k)).allow]
    found = [queries.person_by_id(key) for key in allowed]
    return sorted(found, key=lambda one: (one.id not in actor.own_persons, one.name))


def _found(actor: Actor, words: str) -> list[PersonView]:
    """People of these words whose record a member of staff may open; the search is written in the log."""
    if not words.strip() or not policies.decide(actor, "person.search", Subject("office")).allow:
        return []
    found = queries.find_people(words, FOUND_AT_MOST)
    entry = services.event(
        actor, "person.search", None, "people", "operations", "apps", filter="text", count=len(found)
    )
    ledger.note_read(entry)
    may = (policies.decide(actor, "app.approve", Subject("record", person_id=one.id)).allow for one in found)
    return [one for one, allowed in zip(found, may, strict=True) if allowed]


def _first(ask: AuthorizeRequest, actor: Actor, people: list[PersonView]) -> Choice:
    shown = choices.lines(_asked(ask, actor))
    keys = [part.key for line in shown for part in line.parts] + [line.key for line in shown if not line.parts]
    return Choice(people[0].ref if len(people) == 1 else "", frozenset([*keys, choices.OFFLINE]))


def _context(
    ask: AuthorizeRequest, actor: Actor, app: AppView, people: list[PersonView], choice: Choice
) -> dict[str, Any]:
    asked = _asked(ask, actor)
    shown = choices.lines(asked)
    return {
        "app": app,
        "site": app_sites.own_site(app, ask.redirect_uri),
        "goes_to": app_sites.site(ask.redirect_uri),
        "rules_at": app_sites.site(app.privacy_uri),
        "office": queries.office(),
        "staff": actor.kind == "staff",
        "launched": bool(ask.launch),
        "people": [(one, _about(actor, one)) for one in people],
        "needs_person": choices.needs_person(asked, actor.kind),
        "everybody": any(text.startswith("user/") for text in asked) and actor.kind == "staff",
        "groups": [(app_words.GROUPS[name], list(rows)) for name, rows in groupby(shown, key=lambda line: line.group)],
        "reads": ", ".join(app_words.seen(asked)),
        "changes": _changes(asked, shown),
        "sensitive": _sensitive(actor, people),
        "offline": choices.OFFLINE in asked,
        "time": _time("online_access" in asked),
        "sign_in": "openid" in asked or choices.USER in asked,
        "before": _before(actor, app, people if choices.needs_person(asked, actor.kind) else None),
        "reads_user": _learnt(ask, actor, people, any(line.key == "Patient" for line in shown)),
        "wanted_changes": tuple(asked) != tuple(ask.scopes) and any(line.changes for line in choices.lines(ask.scopes)),
        "choice": choice,
    }


def _learnt(ask: AuthorizeRequest, actor: Actor, people: list[PersonView], patient: bool) -> str:
    """What the app reads of whoever signed in beside what is ticked: of their own record, that they act, or nothing.

    `patient` says that the person is on the list already. It is what `fhir_users` would name for one of these people.
    """
    asked = _asked(ask, actor)
    if choices.USER not in asked:
        return ""
    if not choices.needs_person(asked, actor.kind):
        return "own" if actor.own_persons and not patient else ""
    if any(one.id in actor.own_persons for one in people):
        return "" if patient else "own"
    return "acting" if people else ""


def _before(actor: Actor, app: AppView, people: list[PersonView] | None) -> bool:
    """Whether the actor let the app in before and that still counts: for one of these people, or for all they reach."""
    assert actor.account_id is not None
    keys = None if people is None else {None, *(one.id for one in people)}
    held = queries_apps.grants_of_account(actor.account_id)
    return any(one.app.ref == app.ref and (keys is None or one.person_id in keys) for one in held)


def _sensitive(actor: Actor, people: list[PersonView]) -> list[tuple[str, app_words.Word]]:
    """What can be left out by its marks: what the actor may see of no record shown is not in question."""
    hidden = [policies.scope(actor, "record.read", one.id).hidden_labels for one in people]
    return [
        (key, name)
        for key, (name, labels) in app_words.SENSITIVE.items()
        if not hidden or any(int(labels) & ~mask for mask in hidden)
    ]


def _time(online: bool) -> str:
    """How long an app that may not go on by itself can look, in words: by its one token, or by the grant."""
    minutes = int(grants.short(online) / timedelta(minutes=1))
    if minutes % 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}


def _changes(asked: tuple[str, ...], shown: list[choices.Line]) -> str:
    """What the app may change, in words; for staff only, people's apps change nothing."""
    if any(scope.type == "*" and scope.actions & scopes.WRITE for scope in scopes.resources(asked)):
        return _("Everything in the record")
    return ", ".join(str(line.name) for line in shown if line.changes)


def _about(actor: Actor, person: PersonView) -> dict[str, Any]:
    """Whether it is the actor's own record, and which part of somebody else's they may give."""
    authority = None if person.id in actor.own_persons else actor.authority_for(person.id)
    number = next((value for _system, value in person.identifiers), "") if actor.kind == "staff" else ""
    return {"own": person.id in actor.own_persons, "part": _part(authority) if authority else "", "number": number}


def _part(authority: Authority) -> str:
    if authority.categories == -1:
        return ""
    return ", ".join(str(name) for category, name in SECTION_NAMES.items() if authority.categories & category.bit)


def _page(request: HttpRequest, ask: AuthorizeRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "smart/consent.html", context, status=status)
    response["Content-Security-Policy"] = leading_out([ask.redirect_uri])
    return response
