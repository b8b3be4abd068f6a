"""The page that opens any SMART Health Link, of whatever maker: static, without cookies or sessions.

The link stays in the browser: it stands behind the `#` of the address or is pasted, and neither is sent here. The page
asks the servers of others, so it may connect to any https address; everything else is as strict as can be.
"""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self' https:; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Integrity-Policy": "blocked-destinations=(script)",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
FILES = {"css": "share.css", "js": "js/shl.js", "icon": "favicon.svg"}


@require_safe
def viewer(request: HttpRequest) -> HttpResponse:
    """The page, the same bytes for every link."""
    asked = request.GET.get("lang", "")
    spoken = asked if asked in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
    return HttpResponse(_page("es" if spoken.startswith("es") else "en"), headers=HEADERS)


@lru_cache(maxsize=4)
def _page(spoken: str) -> bytes:
    other = "en" if spoken == "es" else "es"
    files = {key: {"address": staticfiles_storage.url(p), "integrity": _integrity(p)} for key, p in FILES.items()}
    with translation.override(spoken):
        return render_to_string("shl/viewer.html", {"files": files, "other": other}).encode()


def _integrity(path: str) -> str:
    """W3C Subresource Integrity of a file as it is served."""
    stored = Path(staticfiles_storage.path(staticfiles_storage.stored_name(path)))  # type: ignore[attr-defined]
    return "sha384-" + base64.b64encode(hashlib.sha384(stored.read_bytes()).digest()).decode()
