"""Intake: a request on paper, by telephone, fax, mail or in person, written down by staff."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chartpost.desk.forms.intake import IntakeForm
from chartpost.desk.pages import REFUSED, done, problem, request_page, staff
from chartpost.identity import queries as identity
from chartpost.identity.errors import IdentityError
from chartpost.identity.types import PersonView, Subject
from chartpost.kernel import clock
from chartpost.kernel.errors import ChartpostError
from chartpost.rights import services
from chartpost.rights.types import Ask, Intake


@require_http_methods(["GET", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """Write a request down; then find the person it is about. `person` in the address is an opaque reference."""
    actor = staff(request, "request.intake", Subject("office"))
    person = _known(request.GET.get("person", ""))
    if request.method == "GET":
        return render(request, "desk/intake.html", {"form": IntakeForm(initial=_initial(person)), "person": person})
    form = IntakeForm(request.POST)
    if not form.is_valid():
        return render(request, "desk/intake.html", {"form": form, "person": person}, status=REFUSED)
    try:
        row = services.intake(_ask(form.cleaned_data, form, person), _how(form), actor)
    except ChartpostError as error:
        context = {"form": form, "person": person, "problem": problem(error)}
        return render(request, "desk/intake.html", context, status=REFUSED)
    text = _("%(number)s is received. Its clock has started.") % {"number": row.number}
    return done(request, text, request_page(row) if person else request_page(row, "tie"))


def _known(ref: str) -> PersonView | None:
    try:
        return identity.person(ref) if ref else None
    except IdentityError:
        return None


def _initial(person: PersonView | None) -> dict[str, Any]:
    today = clock.today(identity.office_zone())
    start = {"relation": "self", "mode": "copy", "formats": ["pdf"], "delivery": "post", "language": "en"}
    if person is None:
        return {**start, "received_on": today}
    about = {"subject_name": person.name, "birth_date": person.birth_date, "phone": person.phone}
    return {**start, "received_on": today, **about, "address": "\n".join(person.address)}


def _how(form: IntakeForm) -> Intake:
    given = form.cleaned_data
    moment = form.received_at(given)
    assert moment is not None
    return Intake(given["channel"], moment, signed=given["signed"], vendor_received_on=given["vendor_on"])


def _ask(given: dict[str, Any], form: IntakeForm, person: PersonView | None) -> Ask:
    contact = {key: given[key] for key in ("address", "phone") if given[key]}
    return Ask(
        requester_name=given["requester_name"] or given["subject_name"],
        subject_name=given["subject_name"],
        facility_id=form.place(given).id,
        person_id=person.id if person else None,
        relation=given["relation"],
        requester_contact=given["requester_contact"],
        former_names=given["former_names"],
        birth_date=given["birth_date"],
        contact=contact,
        categories=tuple(given["categories"]),
        date_from=given["date_from"],
        date_to=given["date_to"],
        details=given["details"],
        mode=given["mode"],
        formats=tuple(given["formats"]) or ("pdf",),
        delivery=given["delivery"],
        delivery_address=_sent_to(given),
        language=given["language"],
        authority=_authority(given),
    )


def _sent_to(given: dict[str, Any]) -> dict[str, str]:
    """What the channel needs to reach them: an address to post to, a telephone number to call."""
    address, phone = given["delivery_address"] or given["address"], given["phone"] or given["requester_contact"]
    if given["delivery"] == "post" and address:
        return {"address": address}
    if given["delivery"] == "media":  # without an address of its own it is picked up
        return {"address": given["delivery_address"]} if given["delivery_address"] else {}
    return {"phone": phone} if given["delivery"] == "access_code" and phone else {}


def _authority(given: dict[str, Any]) -> dict[str, Any]:
    if given["relation"] == "self" or not given["authority"]:
        return {}
    ends = given["authority_ends"]
    return {"basis": given["relation"], "document": given["authority"], "ends_on": ends.isoformat() if ends else ""}
