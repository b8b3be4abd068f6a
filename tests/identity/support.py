"""Browsers for the tests of identity: each with its own cookies, always over TLS."""

from typing import Any

from django.test import Client

from chartpost.ledger import queries
from chartpost.ledger.types import EntryView, Filter

PASSWORD = "correct horse battery staple"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser(Client):
    """A test client that speaks TLS and says which browser it is."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        """Every request of it is secure."""
        kwargs["secure"] = True
        return super().generic(*args, **kwargs)


def browser(agent: str = CHROME) -> Browser:
    """A fresh browser without cookies."""
    return Browser(HTTP_USER_AGENT=agent)


def entries(action: str) -> list[EntryView]:
    """The ledger's entries of an action, newest first."""
    return queries.search(Filter(action=action))


def sign_in(client: Client, email: str, password: str) -> Any:
    """Answer the sign-in page; returns what came back."""
    return client.post("/account/login/", {"login": email, "password": password})


def signed_in(client: Client) -> bool:
    """Whether a page of one's own opens."""
    return bool(client.get("/account/2fa/").status_code == 200)
