"""People: search, the page of one person, accounts and representatives."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartpost.desk import words
from chartpost.desk.forms.people import RepresentativeForm, SearchForm
from chartpost.desk.pages import REFUSED, done, not_there, note_read, problem, staff
from chartpost.formats.fhirjson.terms import Category
from chartpost.identity import guard, policies, services
from chartpost.identity import queries as identity
from chartpost.identity.errors import IdentityError
from chartpost.identity.types import Actor, PersonView, Subject
from chartpost.kernel.errors import ChartpostError
from chartpost.records import queries as records
from chartpost.records.reconcile import queries as reconcile
from chartpost.records.reconcile.shown import any_repeated
from chartpost.rights import queries as rights


def subject(person: PersonView, kind: str = "person") -> Subject:
    """A person as policies see them."""
    return Subject(kind, person_id=person.id)


def find(ref: str) -> PersonView:
    """The person of an address; Http404 when there is none."""
    try:
        return identity.person(ref)
    except IdentityError as error:
        not_there(error)


def person_url(person: PersonView, name: str = "person", **more: str) -> str:
    """The address of a page of a person."""
    return reverse(f"desk:{name}", kwargs={"ref": person.ref, **more})


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Search for people; the words come by POST, so that no name is part of an address."""
    actor = staff(request, "person.search", Subject("office"))
    if request.method == "GET":
        return render(request, "desk/people/search.html", {"form": SearchForm()})
    form = SearchForm(request.POST)
    found = identity.find_people(form.cleaned_data["text"]) if form.is_valid() else []
    note_read(actor, "person.search", None, "people", "operations", filter="text", count=len(found))
    context = {"form": form, "found": found, "searched": form.is_valid()}
    return render(request, "desk/people/search.html", context, status=200 if form.is_valid() else REFUSED)


@require_safe
def person(request: HttpRequest, ref: str) -> HttpResponse:
    """Everything about one person but the record's own pages."""
    found = find(ref)
    actor = staff(request, "person.search", subject(found))
    note_read(actor, "person.read", found.id, f"person:{found.ref}", "operations")
    return render(request, "desk/people/person.html", _context(found, actor))


def _context(found: PersonView, actor: Actor) -> dict[str, Any]:
    about = subject(found)
    rows = guard.rows(actor, "record.read", found.id)
    counts = records.counts(found.id, rows)
    works = policies.decide(actor, "request.intake", about).allow
    asked = rights.for_person(found.id) if policies.decide(actor, "request.read", about).allow else []
    return {
        "person": found,
        "facts": _facts(found),
        "sections": [
            (c.name.lower(), words.sections([c]), counts[c]) for c in sorted(counts) if c is not Category.PEOPLE
        ],
        "accounts": [a for a in identity.accounts_of(found.id) if not a.is_staff],
        "acting": [
            (r, words.BASES.get(r.authority.basis, r.authority.basis)) for r in identity.representations(found.id)
        ],
        "requests": [(row, words.state(row.state)) for row in asked],
        "merges": identity.merges(found.id),
        "works": works,
        "merges_allowed": policies.decide(actor, "person.merge", about).allow,
        "launches_allowed": policies.decide(actor, "app.approve", about).allow,
        "to_compare": _to_compare(found, actor),
        "files_allowed": policies.decide(actor, "document.upload", about).allow,
        "ledger_allowed": policies.decide(actor, "ledger.search", about).allow,
    }


def _to_compare(found: PersonView, actor: Actor) -> int | None:
    """How much there is to check of entries from several places; None for who may not, or where there is nothing."""
    if not policies.decide(actor, "record.reconcile", subject(found, "record")).allow:
        return None
    rows = guard.rows(actor, "record.read", found.id)
    return reconcile.count(found.id, rows) or (0 if any_repeated(found.id, rows) else None)


def _facts(found: PersonView) -> list[tuple[str, str]]:
    born, died = found.birth_date, found.deceased_on
    return [
        (_("Birth date"), f"{born:%B} {born.day}, {born.year}" if born else ""),
        (_("Sex"), str(words.SEXES.get(found.sex, found.sex))),
        (_("Address"), "\n".join(found.address)),
        (_("Telephone"), found.phone),
        (_("E-mail"), found.email),
        (_("Language"), words.language(found.language)),
        (_("Record numbers"), "\n".join(value for _system, value in found.identifiers)),
        *([(_("Died on"), f"{died:%B} {died.day}, {died.year}")] if died else []),
    ]


@require_POST
def invite(request: HttpRequest, ref: str) -> HttpResponse:
    """A one-time code for the person's own account, on a page to print."""
    found = find(ref)
    actor = staff(request, "person.invite", subject(found))
    code = services.invite("self", actor, found.id)
    return _code_page(request, found, code, _("their own record"))


@require_http_methods(["GET", "POST"])
def representative(request: HttpRequest, ref: str) -> HttpResponse:
    """Add somebody who may act for the person: what was seen, then a one-time code to print."""
    found = find(ref)
    actor = staff(request, "representative.add", subject(found))
    form = RepresentativeForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"person": found, "form": form}
    if request.method == "GET":
        return render(request, "desk/people/representative.html", context)
    if not form.is_valid():
        return render(request, "desk/people/representative.html", context, status=REFUSED)
    given = form.cleaned_data
    terms = {"basis": given["basis"], "evidence": given["evidence"], "may_request": given["may_request"]}
    ends = {"ends_on": given["ends_on"]} if given["ends_on"] else {}
    try:
        code = services.invite("representative", actor, found.id, **terms, **ends)
    except ChartpostError as error:
        context["problem"] = problem(error)
        return render(request, "desk/people/representative.html", context, status=REFUSED)
    return _code_page(request, found, code, str(words.BASES[given["basis"]]))


@require_POST
def end_representative(request: HttpRequest, ref: str, rep: str) -> HttpResponse:
    """End somebody's right to act for the person, now."""
    found = find(ref)
    actor = staff(request, "representative.end", subject(found))
    if not any(row.authority.ref == rep for row in identity.representations(found.id)):
        not_there(IdentityError(seen="another person's representative", expected="one of this person", todo="Go back."))
    try:
        services.end_representation(rep, actor)
    except ChartpostError as error:
        context = {**_context(found, actor), "problem": problem(error)}
        return render(request, "desk/people/person.html", context, status=REFUSED)
    return done(request, _("They may no longer act for this person."), person_url(found))


def _code_page(request: HttpRequest, found: PersonView, code: str, what: str) -> HttpResponse:
    context = {"person": found, "code": code, "what": what, "days": services.INVITATION_DAYS}
    return render(request, "desk/people/code.html", {**context, "office": identity.office()})
