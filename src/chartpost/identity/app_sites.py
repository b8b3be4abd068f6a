"""The sites apps name as theirs, and which of them are shown. Pure."""

from urllib.parse import urlsplit

from chartpost.identity.app_types import AppView
from chartpost.kernel.outbound import LOOPBACK


def site(address: str) -> str:
    """The host of an address; for an app or a program on the device itself, empty."""
    parts = urlsplit(address)
    web = parts.scheme in {"https", "http"} and parts.hostname not in LOOPBACK
    return (parts.hostname or "") if web else ""


def own_site(app: AppView, *answered_at: str) -> str:
    """The site an app says is its own, where the office looked at it or answers go nowhere else (RFC 7591 5).

    `answered_at`: the address that answers go to, or all they may go to where it is not known which one was used.
    """
    own = site(app.home_uri)
    return own if app.reviewed or {own} == set(map(site, answered_at)) else ""
