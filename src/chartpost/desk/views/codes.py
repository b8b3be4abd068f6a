"""Access codes and sealed links at the desk: print the sheet, call the person, seal the copies."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chartpost.delivery import codes
from chartpost.delivery.channels import access_code
from chartpost.desk.pages import attempt, done, find, request_page, staff
from chartpost.identity.types import Subject
from chartpost.rights import guards, queries
from chartpost.shares import sealing


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Who waits to be called, the longest wait first."""
    staff(request, "request.work", Subject("office"))
    found = [(each, queries.request(each.package.request_ref), since) for each, since in codes.waiting()]
    return render(request, "desk/calls.html", {"calls": found})


@never_cache
@require_POST
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """A sheet with a new code, to print at once: the code is not kept and cannot be shown again."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[bytes] = []
    error = attempt(lambda: made.append(access_code.code_sheet(row.delivery_ref, actor)))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    answer = HttpResponse(made[0], content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="access-code-{row.number}.pdf"'
    return answer


@never_cache
@require_POST
def password(request: HttpRequest, ref: str) -> HttpResponse:
    """A one-time password, shown once, with the number to call."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[str] = []
    error = attempt(lambda: made.append(codes.new_password(row.delivery_ref, actor)))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    digits = made[0]
    context = {
        "row": row,
        "password": f"{digits[:3]} {digits[3:]}",
        "minutes": codes.PASSWORD_MINUTES,
        "phone": row.delivery_address.get("phone") or _("no number"),
    }
    return render(request, "desk/one_time_password.html", context)


@never_cache
@require_POST
def seal(request: HttpRequest, ref: str) -> HttpResponse:
    """Seal the copies into a share; link and password are shown on this page alone."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[sealing.SealedByOffice] = []
    error = attempt(lambda: made.append(sealing.seal(row.delivery_ref, actor, "desk")))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    return render(request, "desk/sealed_link.html", {"row": row, "made": made[0]})
