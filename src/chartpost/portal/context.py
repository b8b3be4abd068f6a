"""What every page knows: the office, the demo banner, the ways through, the reader's looks."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from chartpost.identity import whose
from chartpost.identity.queries import office
from chartpost.kernel.config import config

from . import navigation

THEMES = ("light", "dark")
FALLBACK_NAME = "Chartpost"


def _office_name() -> str:
    """The office's name; before set-up, or without a database, the program's own."""
    try:
        known = office()
    except DatabaseError:
        return FALLBACK_NAME
    return known.name if known and known.name else FALLBACK_NAME


def _address(*names: str) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _idle_seconds(request: HttpRequest, staff: bool) -> int:
    if not request.user.is_authenticated:
        return 0
    minutes = config().staff_idle_minutes if staff else config().person_idle_minutes
    return minutes * 60


def chartpost(request: HttpRequest) -> dict[str, Any]:
    """The `chartpost` variable of every template.

    Counters come from `request.nav_counts` ({url name: number}), set by a view or a middleware.
    """
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    staff = bool(signed_in and getattr(user, "is_staff_account", False))
    counts = getattr(request, "nav_counts", None)
    theme = request.COOKIES.get("chartpost-theme", "")
    return {
        "chartpost": {
            "office_name": SimpleLazyObject(_office_name),
            "demo": config().demo,
            "signed_in": signed_in,
            "staff": staff,
            "who": (getattr(user, "name", "") or getattr(user, "email", "")) if signed_in else "",
            "others": whose.others(request),
            "home": navigation.desk_start(request) if staff else "/",
            "nav": navigation.links(request, navigation.PORTAL, counts),
            "desk_nav": navigation.links(request, navigation.DESK, counts) if staff else [],
            "account_nav": navigation.links(request, navigation.ACCOUNT),
            "help_nav": navigation.links(request, navigation.HELP),
            "languages": settings.LANGUAGES,
            "theme": theme if theme in THEMES else "",
            "idle_seconds": _idle_seconds(request, staff) if user else 0,
            "stay_url": _address("portal:stay", "stay"),
        }
    }
