"""Response headers every page carries, and addresses no page has."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


_DEVICE = "http://127.0.0.1:* http://localhost:*"


def leading_out(addresses: Iterable[str]) -> str:
    """The Content-Security-Policy of a page whose form ends, by a redirect, at one of these addresses of others.

    Browsers check each redirect that follows a form (CSP 3, `form-action`), and where a site leads on to is its own
    affair: so any site by https, any port of the device itself, and schemes of apps by name.
    """
    schemes = {urlsplit(address).scheme for address in addresses}
    others = (_DEVICE if scheme == "http" else f"{scheme}:" for scheme in sorted(schemes - {"https"}))
    return POLICY.replace("form-action 'self'", " ".join(["form-action 'self' https:", *others]))


class SecurityHeaders:
    """Strict content security policy everywhere; nothing about a person is kept in any cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class NoSuchAddress:
    """An address with NUL in it is that of nothing: PostgreSQL keeps no text with NUL, and fails when asked for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _arguments: object, _named: object) -> None:
        """404 before a page looks for what the address names."""
        if "\0" in request.path_info:
            raise Http404
