"""/developers/: what makers of apps need, open to everybody (45 CFR 170.315(g)(10)(viii)), and a try-it console."""

from importlib.resources import files

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from chartpost.gateways.smart import limits
from chartpost.gateways.smart.addresses import fhir_base, issuer
from chartpost.identity import queries, queries_apps
from chartpost.identity.app_types import AppView
from chartpost.identity.app_words import FINER, KINDS
from chartpost.identity.services import grants
from chartpost.kernel.config import config

SAMPLES = (
    ("Python", "standalone.py"),
    ("JavaScript", "standalone.mjs"),
    ("curl", "standalone.sh"),
    ("Bulk data", "bulk.py"),
)
CONSOLE = "/developers/console/"
PAGES = {"en": "smart/developers.html", "es": "smart/developers_es.html"}
"""The page by language: prose about a protocol, whole in each, rather than sentence by sentence."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Everything on one page, with the addresses of this office."""
    context = {
        "office": queries.office(),
        "base": fhir_base(),
        "issuer": issuer(),
        "site": config().base_url,
        "samples": [(name, file, sample(file)) for name, file in SAMPLES],
        "types": list(KINDS),
        "finer": [(name, list(parts)) for name, parts in FINER.items()],
        "minutes": config().access_token_minutes,
        "public_days": grants.PUBLIC_DAYS,
        "confidential_days": grants.CONFIDENTIAL_DAYS,
        "per_hour": limits.LIMITS["register"][0],
        "tries": limits.LIMITS["tried"][0],
        "console": _console() is not None,
    }
    return render(request, PAGES.get(get_language() or "", PAGES["en"]), context)


@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """A launch in the browser on demo data; it is in demo homes only."""
    app = _console()
    if app is None:
        raise Http404
    context = {"app": app, "base": fhir_base(), "site": config().base_url, "redirect": redirect_uri()}
    return render(request, "smart/console.html", context)


def redirect_uri() -> str:
    """Where the console gets its code."""
    return f"{config().base_url}{CONSOLE}"


def sample(name: str) -> str:
    """The text of a sample program, without remarks to our own tools."""
    text = (files(__package__) / "samples" / name).read_text(encoding="utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("# ruff:"))


def _console() -> AppView | None:
    """The console's app: the demo registers it."""
    if not config().demo:
        return None
    found = (app for app in queries_apps.apps() if redirect_uri() in app.redirect_uris and not app.disabled)
    return next(found, None)
