"""Pages of the office: letters, the rules, settings, places, staff."""

from typing import Any

from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartpost.desk import words
from chartpost.desk.forms.common import cents
from chartpost.desk.forms.office import FacilityForm, OfficeForm, PartsForm, StaffForm
from chartpost.desk.pages import REFUSED, done, note_read, staff, staff_fresh
from chartpost.formats.ccda import show
from chartpost.identity import queries as identity
from chartpost.identity import services
from chartpost.identity.types import OfficeView, Subject
from chartpost.kernel import doctor, facts
from chartpost.law.rules import all_rules
from chartpost.records import clinical
from chartpost.rights import queries as rights

OFFICE = Subject("office")
GROUPS = {
    "WHO": gettext_lazy("Who may ask"),
    "RT": gettext_lazy("Ways other than access"),
    "SCOPE": gettext_lazy("What belongs to the record"),
    "P2": gettext_lazy("Substance use programs"),
    "SEN": gettext_lazy("Sensitive entries"),
    "INT": gettext_lazy("Intake and identity"),
    "CLK": gettext_lazy("Clock"),
    "FMT": gettext_lazy("Form and format"),
    "DEL": gettext_lazy("Delivery"),
    "TPD": gettext_lazy("Sending to somebody else"),
    "DEN": gettext_lazy("Grounds of refusal"),
    "REV": gettext_lazy("Letters and reviews"),
    "FEE": gettext_lazy("Fees"),
}


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The newest letters of the office."""
    actor = staff(request, "queue.read", OFFICE)
    found = list(rights.letters())
    note_read(actor, "queue.read", None, "letters", "operations", filter="letters", count=len(found))
    lines = [(row, words.LETTERS.get(row.kind, row.kind)) for row in found]
    return render(request, "desk/letters.html", {"lines": lines})


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule in plain words with its citation; each figure of the desk links to its rule here."""
    staff(request, "rules.read", OFFICE)
    grouped: dict[str, list[Any]] = {}
    for rule in all_rules().values():
        key = rule.id.split("-")[0]
        grouped.setdefault(str(GROUPS.get(key, key)), []).append(rule)
    return render(request, "desk/rules.html", {"groups": list(grouped.items())})


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """The office, its places, its staff, its mail, and what the doctor found."""
    staff(request, "office.settings", OFFICE)
    team = [(a, [(role, words.ROLES.get(role, role)) for role in a.roles]) for a in identity.staff()]
    context = {
        "office": identity.office(),
        "office_facts": _office_facts(identity.office()),
        "places": identity.facilities(),
        "staff": team,
        "first_parts": [show.NAMES[code] for code in clinical.first_parts() if code in show.NAMES],
        "mail_tested": facts.recorded(facts.MAIL_TESTED),
        "checks": doctor.checks(),
    }
    return render(request, "desk/settings/settings.html", context)


@require_http_methods(["GET", "POST"])
def office(request: HttpRequest) -> HttpResponse:
    """Change the office; asks to sign in again."""
    actor = staff_fresh(request, "office.settings", OFFICE)
    known = identity.office()
    form = OfficeForm(request.POST if request.method == "POST" else None, initial=_initial(known))
    if request.method == "POST" and form.is_valid():
        services.save_office(_fields(form.cleaned_data), actor)
        return done(request, _("The office is saved."), reverse("desk:settings"))
    context = {"form": form, "title": _("The office"), "go": _("Save the office")}
    return _form_page(request, context, form.is_bound)


@require_http_methods(["GET", "POST"])
def parts(request: HttpRequest) -> HttpResponse:
    """Choose which parts of clinical documents come first on the pages of this office."""
    actor = staff(request, "office.settings", OFFICE)
    start = {f"part_{place}": code for place, code in enumerate(clinical.first_parts(), 1)}
    form = PartsForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        clinical.show_first(form.codes(), actor)
        return done(request, _("The order is saved."), reverse("desk:settings"))
    context = {"form": form, "title": _("Order of clinical documents"), "go": _("Save the order")}
    return _form_page(request, context, form.is_bound)


@require_http_methods(["GET", "POST"])
def facility(request: HttpRequest, ref: str = "") -> HttpResponse:
    """Add or change a place."""
    actor = staff_fresh(request, "office.settings", OFFICE)
    place = next((p for p in identity.facilities() if p.ref == ref), None)
    if ref and place is None:
        raise Http404
    start = {n: getattr(place, n) for n in ("name", "state", "zone", "address", "phone", "npi")} if place else {}
    form = FacilityForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        services.save_facility(form.cleaned_data, actor, ref or None)
        return done(request, _("The place is saved."), reverse("desk:settings"))
    context = {"form": form, "title": place.name if place else _("New place"), "go": _("Save the place")}
    return _form_page(request, context, form.is_bound)


@require_http_methods(["GET", "POST"])
def invite_staff(request: HttpRequest) -> HttpResponse:
    """A one-time code for a new member of staff."""
    actor = staff_fresh(request, "staff.manage", OFFICE)
    form = StaffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = services.invite("staff", actor, roles=form.cleaned_data["roles"])
        named = ", ".join(str(words.ROLES[role]) for role in form.cleaned_data["roles"])
        context = {"code": code, "what": named, "days": services.INVITATION_DAYS, "office": identity.office()}
        return render(request, "desk/settings/staff_code.html", context)
    context = {"form": form, "title": _("Invite a member of staff"), "go": _("Make the one-time code")}
    return _form_page(request, context, form.is_bound)


@require_POST
def end_role(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a role from a member of staff; the last administrator stays."""
    actor = staff_fresh(request, "staff.manage", OFFICE)
    role = request.POST.get("role", "")
    admins = [a for a in identity.staff() if a.is_active and "admin" in a.roles]
    if role == "admin" and len(admins) == 1 and admins[0].ref == ref:
        problem = {
            "seen": _("the last administrator"),
            "expected": _("one other administrator"),
            "todo": _("Give the role to somebody else first."),
        }
        context = {"form": StaffForm(), "title": _("Invite a member of staff"), "go": _("Make the one-time code")}
        return _form_page(request, {**context, "problem": problem}, refused=True)
    services.end_role(ref, role, actor)
    return done(request, _("The role has ended."), reverse("desk:settings"))


@require_POST
def mail_test(request: HttpRequest) -> HttpResponse:
    """Send a mail to one's own address, and remember that it went."""
    actor = staff(request, "office.settings", OFFICE)
    to = next((a.email for a in identity.staff() if a.id == actor.account_id), "")
    try:
        send_mail(_("Test of the records office"), _("This mail shows that mail works."), None, [to])
    except OSError as error:
        problem = {
            "seen": _("a mail server that does not answer (%(kind)s)") % {"kind": type(error).__name__},
            "expected": _("the server named in CHARTPOST_SMTP_URL"),
            "todo": _("Check the setting, then try again."),
        }
        context = {"form": StaffForm(), "title": _("Settings"), "go": _("Back"), "problem": problem}
        return _form_page(request, context, refused=True)
    facts.record(facts.MAIL_TESTED, "yes")
    return done(request, _("The mail was sent. Look into your inbox."), reverse("desk:settings"))


def _form_page(request: HttpRequest, context: dict[str, Any], refused: bool) -> HttpResponse:
    return render(request, "desk/settings/form.html", context, status=REFUSED if refused else 200)


def _initial(known: OfficeView | None) -> dict[str, Any]:
    if known is None:
        return {}
    names = ("name", "address", "phone", "email", "complaint_name", "complaint_phone", "complaint_email", "fee_method")
    amounts = {"flat": known.flat_cents, "labor": known.labor_cents_per_hour, "average": known.average_labor_cents}
    plain = {name: getattr(known, name) for name in (*names, "npi", "two_person_release")}
    return {**plain, **{key: f"{amount / 100:.2f}" for key, amount in amounts.items()}}


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    amounts = {"flat": "flat_cents", "labor": "labor_cents_per_hour", "average": "average_labor_cents"}
    plain = {key: value for key, value in given.items() if key not in amounts}
    return plain | {amounts[key]: cents(given[key]) for key in amounts if given[key] is not None}


def _office_facts(known: OfficeView | None) -> list[tuple[str, str]]:
    if known is None:
        return []
    return [
        (_("Name"), known.name),
        (_("Address"), known.address),
        (_("Telephone"), known.phone),
        (_("E-mail"), known.email),
        (_("National Provider Identifier (NPI)"), known.npi),
        (_("Complaints go to"), f"{known.complaint_name}\n{known.complaint_phone}\n{known.complaint_email}".strip()),
        (_("Fees"), str(words.FEE_METHODS.get(known.fee_method, known.fee_method))),
        (_("Release"), _("By a second person") if known.two_person_release else _("By any approver")),
    ]
