"""How allauth behaves here: where people land, what mail says, no secrets in subjects."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from chartpost.identity import queries


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is open to people (they see nothing until staff match and verify); never to staff."""

    def is_open_for_signup(self, _: HttpRequest) -> bool:
        """Open once the office is set up."""
        return queries.office() is not None

    def format_email_subject(self, subject: Any) -> str:
        """Plain subject: no name of the site, no health information."""
        return str(subject)
