"""Pages that explain, and small doors: rights, protection, words, help, trust, stay, the demo's mail."""

from datetime import datetime
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from chartpost.identity import guard
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject
from chartpost.kernel import tls
from chartpost.kernel.config import config
from chartpost.kernel.outbox import recent
from chartpost.portal.glossary import ENTRIES
from chartpost.portal.templatetags._values import language


@require_GET
def rights(request: HttpRequest) -> HttpResponse:
    """Your rights, each with its clause."""
    return render(request, "portal/info/rights.html", {"office": identity.office()})


@require_GET
def protect(request: HttpRequest) -> HttpResponse:
    """How to keep copies safe."""
    return render(request, "portal/info/protect.html")


@require_GET
def who_can_see(request: HttpRequest) -> HttpResponse:
    """Which way of sending hides files from whom, and what no web page can promise."""
    return render(request, "portal/info/who_can_see.html")


@require_GET
def glossary(request: HttpRequest) -> HttpResponse:
    """Every word explained, in the order of the alphabet of the reader's language."""
    lang = language()
    words = sorted(((e.key, e.name(lang), e.plain(lang)) for e in ENTRIES.values()), key=lambda w: w[1].casefold())
    return render(request, "portal/info/glossary.html", {"words": words})


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Who to ask, and where to complain."""
    return render(request, "portal/info/help.html", {"office": identity.office(), "places": identity.facilities()})


@require_GET
def trust(request: HttpRequest) -> HttpResponse:
    """How to trust the local certificate authority of this home, for each system."""
    own = config().tls == "own-ca" and _authority().is_file()
    context = {"own": own, "command": tls.trust_command(config()), "address": config().base_url}
    return render(request, "portal/info/trust.html", context)


@require_GET
def authority(_request: HttpRequest) -> HttpResponseBase:
    """The certificate of the local authority; its key never leaves the server."""
    if config().tls != "own-ca" or not _authority().is_file():
        raise Http404
    return FileResponse(
        _authority().open("rb"),
        as_attachment=True,
        filename="chartpost-ca.crt",
        content_type="application/x-x509-ca-cert",
    )


def _authority() -> Path:
    return config().home / "tls" / "ca.pem"


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the session alive: the answer itself is enough."""
    guard.require(request, "portal.open", Subject("portal"))
    request.session.modified = True
    return HttpResponse(status=204)


@require_GET
def demo_mail(request: HttpRequest) -> HttpResponse:
    """The mails the demo would have sent."""
    if not config().demo:
        raise Http404
    return render(
        request, "portal/info/mail.html", {"mails": [(mail, datetime.fromisoformat(mail.at)) for mail in recent()]}
    )
