"""Addresses of the gallery site the tests serve; the names the pages link to, with nothing behind them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from . import gallery


def blank(request: HttpRequest, **_: str) -> HttpResponse:
    """A page that only has an address."""
    return HttpResponse("")


def template(request: HttpRequest, name: str) -> HttpResponse:
    """Any template that needs no values."""
    return render(request, name)


PORTAL = [
    "home",
    "record",
    "requests",
    "downloads",
    "activity",
    "apps",
    "account",
    "rights",
    "protect",
    "code",
    "who_can_see",
    "glossary",
    "help",
    "stay",
]
DESK = ["queue", "intake", "inbox", "people", "letters", "ledger", "apps", "grants", "settings", "rules"]

portal = [path("" if name == "home" else f"{name}/", blank, name=name) for name in PORTAL]
desk = [path("" if name == "queue" else f"{name}/", blank, name=name) for name in DESK]

urlpatterns = [
    path("gallery/", gallery.page),
    path("gallery/desk/", gallery.desk),
    path("gallery/page/<path:name>", template),
    path("i18n/", include("django.conf.urls.i18n")),
    path("account/", include("allauth.urls")),
    path("desk/", include((desk, "desk"))),
    path("shares/", include(([path("", blank, name="shares")], "sealed"))),
    path("", include((portal, "portal"))),
]
