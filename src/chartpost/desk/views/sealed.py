"""Sealed links at the desk: print the link on a page without its password, take a link back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chartpost.desk.pages import attempt, done, find, request_page, staff
from chartpost.formats.sealedbox import LinkError, parse_link
from chartpost.identity import queries as identity
from chartpost.rights import guards
from chartpost.shares import sealing
from chartpost.shares.types import ShareView


@never_cache
@require_POST
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """A page to print with the link alone. The link comes from the page before, since it is not kept."""
    row = find(ref)
    staff(request, "request.work", guards.subject(row))
    link, back = request.POST.get("link", ""), request_page(row, "deliveries")
    found = _share_of(row.delivery_ref, link)
    if found is None:
        return done(request, _("This link is of no use any more. Seal the copies again."), back)
    context = {
        "link": link,
        "name": row.requester_name,
        "office": identity.office(),
        "ends": found.expires_at,
        "back": back,
    }
    with translation.override("es" if row.language == "es" else "en"):
        return render(request, "portal/code/link_sheet.html", context)


@require_POST
def end(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the links of a delivery back; the sealed copies are deleted at once."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    error = attempt(lambda: sealing.take_back(row.delivery_ref, actor, "desk"))
    text = error["todo"] if error else _("The link is taken back. The sealed copies are deleted.")
    return done(request, text, request_page(row, "deliveries"))


def _share_of(delivery_ref: str, link: str) -> ShareView | None:
    """The share in use that a link of this delivery leads to."""
    try:
        recipient = parse_link(link).recipient
    except LinkError:
        return None
    ready = [share for share in sealing.shares_of(delivery_ref) if share.state == "ready"]
    return next((share for share in ready if recipient in {one.recipient for one in share.recipients}), None)
