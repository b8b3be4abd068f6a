"""Which apps can see whose record, for the privacy officer; and ending that.

https://www.hhs.gov/hipaa/for-professionals/privacy/guidance/access-right-health-apps-apis/index.html
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartpost.desk.forms.people import SearchForm
from chartpost.desk.pages import REFUSED, done, note_read, printable, staff, staff_fresh
from chartpost.identity import app_words, policies, queries_apps, scopes, services
from chartpost.identity import queries as identity
from chartpost.identity.app_types import GrantView
from chartpost.identity.errors import NotFound
from chartpost.identity.types import Actor, PersonView, Subject

OFFICE = Subject("office")


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """One page of what is in force, newest first, or of that of the people looked for; their names come by POST."""
    actor = staff(request, "app.grants.oversee", OFFICE)
    form = SearchForm(request.POST if request.method == "POST" else None)
    searched = form.is_bound and form.is_valid()
    before = printable(request.POST.get("before") or request.GET.get("before", ""))
    page = queries_apps.grants_in_force(form.cleaned_data["text"] if searched else "", before)
    context = {
        "form": form,
        "searched": searched,
        "rows": _rows(page.grants, actor),
        "total": page.total,
        "more": page.more,
        "more_url": f"{reverse('desk:grants')}?before={page.more}" if page.more and not searched else "",
        "first_url": reverse("desk:grants") if before and not searched else "",
    }
    return render(request, "desk/apps/grants.html", context, status=REFUSED if form.errors else 200)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What a member of staff let apps do themselves, and may end themselves."""
    actor = staff(request, "desk.open", OFFICE)
    assert actor.account_id is not None
    rows = _rows(queries_apps.grants_of_account(actor.account_id), actor)
    context = {"mine": True, "rows": rows, "total": len(rows)}
    return render(request, "desk/apps/grants.html", context)


@require_POST
def end(request: HttpRequest, ref: str) -> HttpResponse:
    """End one: the app sees nothing more within a second, and a program of its own until it is let in again."""
    try:
        grant = queries_apps.grant(ref)
    except NotFound as error:
        raise Http404 from error
    actor = staff_fresh(request, "app.revoke", Subject("grant", person_id=grant.person_id, owner_id=grant.account_id))
    back = reverse("desk:grants" if policies.decide(actor, "app.grants.oversee", OFFICE).allow else "desk:my_grants")
    try:
        services.end_grant(ref, actor, "office")
    except NotFound:
        return done(request, _("This access had ended before."), back)
    if grant.account_id is None:
        words = _("The access has ended. The program sees nothing more until an administrator lets it in on its page.")
        return done(request, words, back)
    return done(request, _("The access has ended. The app sees nothing more."), back)


def _rows(grants: list[GrantView], reader: Actor) -> list[tuple[GrantView, PersonView | None, bool, list[str]]]:
    """The lines of the page; that whose apps they are was read is noted.

    Each tells whose record the app reaches, or whether it is those of the office, and what it sees of them today.
    """
    for person_id in sorted({grant.person_id for grant in grants if grant.person_id}):
        note_read(reader, "app.grants", person_id, "apps", "operations")
    people = identity.people([grant.person_id for grant in grants if grant.person_id])
    return [
        (grant, people.get(grant.person_id or 0), bool(scopes.resources(grant.in_force)), _sees(grant))
        for grant in grants
    ]


def _sees(grant: GrantView) -> list[str]:
    """What the app sees today, in words; of who only signed in with it, who they are."""
    found = app_words.learnt(grant.in_force, grant.fhir_user)
    if not found and not scopes.resources(grant.in_force):
        return [_("Only who they are") if "openid" in grant.in_force else _("Nothing")]
    return found
