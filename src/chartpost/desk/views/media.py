"""Sticks and discs at the desk: make the box, save its files, print the password sheet."""

from collections.abc import Iterator

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chartpost.delivery import boxes
from chartpost.delivery.channels import media
from chartpost.desk.pages import attempt, done, find, note_read, request_page, staff
from chartpost.kernel import blobs
from chartpost.rights import guards


@never_cache
@require_POST
def make(request: HttpRequest, ref: str) -> HttpResponse:
    """Seal the copies; the page that answers is the only place the password stands."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[boxes.MadeBox] = []
    error = attempt(lambda: made.append(boxes.make(row.delivery_ref, actor)))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    return render(request, "desk/media_made.html", {"row": row, "made": made[0]})


@never_cache
@require_POST
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """The password sheet; the password comes from the page before, since it is not kept."""
    row = find(ref)
    staff(request, "request.work", guards.subject(row))
    made: list[bytes] = []
    error = attempt(lambda: made.append(media.password_sheet(row.delivery_ref, request.POST.get("password", ""))))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    answer = HttpResponse(made[0], content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="password-{row.number}.pdf"'
    return answer


@never_cache
@require_safe
def archive(request: HttpRequest, ref: str) -> HttpResponseBase:
    """The files to write, as one ZIP; all of it is sealed."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    found = boxes.current(row.delivery_ref)
    if found is None or not found.blob:
        return done(
            request, _("There are no files to save. Make the stick or disc first."), request_page(row, "deliveries")
        )
    note_read(actor, "media.take", row.person_id, f"delivery:{row.delivery_ref}", f"release request {row.number}")
    stream = blobs.open(found.blob)
    return FileResponse(stream, as_attachment=True, filename=f"stick-{row.number}.zip", content_type="application/zip")


@never_cache
@require_safe
def disc(request: HttpRequest, ref: str) -> HttpResponseBase:
    """The same files as one image to burn; all of it is sealed."""
    row = find(ref)
    actor = staff(request, "request.work", guards.subject(row))
    made: list[tuple[int, Iterator[bytes]]] = []
    error = attempt(lambda: made.append(boxes.disc(row.delivery_ref)))
    if error:
        return done(request, error["todo"], request_page(row, "deliveries"))
    note_read(actor, "media.take", row.person_id, f"delivery:{row.delivery_ref}", f"release request {row.number}")
    size, pieces = made[0]
    answer = StreamingHttpResponse(pieces, content_type="application/x-iso9660-image")
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f'attachment; filename="disc-{row.number}.iso"'
    return answer
