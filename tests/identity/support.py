"""Browsers for the tests of identity: each with its own cookies, always over TLS."""

from typing import Any

from django.test import Client

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
