"""How allauth behaves here: where people land, what mail says, how secrets are kept."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse

from chartpost.identity import queries
from chartpost.identity.languages import speak
from chartpost.identity.models import Account
from chartpost.kernel import keys
from chartpost.kernel.addresses import plain

CONTEXT = b"identity/second-factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is open to people (they see nothing until staff match and verify); never to staff."""

    def is_open_for_signup(self, _: HttpRequest) -> bool:
        """Open once the office is set up."""
        return queries.is_set_up()

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where a request came from; allauth counts the /64 of IPv6, which has all of IPv4 where that is mapped."""
        return plain(super().get_client_ip(request))

    def format_email_subject(self, subject: Any) -> str:
        """Plain subject: no name of the site, no health information."""
        return str(subject)

    def post_login(self, request: HttpRequest, user: Account, **given: Any) -> HttpResponse:
        """Go on to where people land, or to the page they were on the way to, in the language of their account."""
        response: HttpResponse = super().post_login(request, user, **given)
        if user.language:
            speak(response, user.language)
        return response


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are sealed under this home's keys, on any database."""

    def encrypt(self, text: str) -> str:
        """The secret, sealed."""
        return base64.b64encode(keys.wrap(text.encode(), CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Undo `encrypt`; raises UnwrapError."""
        return keys.unwrap(base64.b64decode(encrypted_text), CONTEXT).decode()
