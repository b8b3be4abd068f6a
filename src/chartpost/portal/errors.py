"""Pages for what went wrong: they say what happened and what to do, never what exists."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not allowed; the policy's own reason is shown."""
    reason = str(exception) if exception else ""
    return _page(request, 403, _("You may not open this page"), reason or _("Your account may not do this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it by this name
    """404: not there, or not for this reader."""
    return _page(request, 404, _("We cannot find this page"), _("Check the address, or go back to the start page."))


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault; nothing was half done."""
    return _page(request, 500, _("Something went wrong"), _("Nothing was changed. Please try again in a minute."))


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "errors/error.html", {"title": title, "text": text}, status=status)
