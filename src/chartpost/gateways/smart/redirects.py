"""Ways back to an app: with a code, with an error."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseRedirect

from chartpost.gateways.smart.addresses import issuer
from chartpost.identity.app_types import AuthorizeRequest


class _ToApp(HttpResponseRedirect):
    """A redirect to a registered address, whatever its scheme."""

    def __init__(self, address: str) -> None:
        self.allowed_schemes = [*HttpResponseRedirect.allowed_schemes, urlsplit(address).scheme]
        super().__init__(address, status=303)


def with_code(ask: AuthorizeRequest, code: str) -> HttpResponse:
    """Send the browser back with a code (RFC 6749 4.1.2, RFC 9207)."""
    return to_app(ask.redirect_uri, code=code, state=ask.state)


def refused(ask: AuthorizeRequest, error: str = "access_denied", description: str = "") -> HttpResponse:
    """Send the browser back with an error (RFC 6749 4.1.2.1)."""
    return to_app(ask.redirect_uri, error=error, error_description=description, state=ask.state)


def to_app(redirect_uri: str, **parameters: str) -> HttpResponse:
    """Send the browser to a registered address with these parameters, empty ones left out, and who answers."""
    kept = {name: value for name, value in parameters.items() if value} | {"iss": issuer()}
    return _ToApp(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(kept)}")
