"""Apps that ask in a window of their own hear from it when it is done: the pages on the way keep its opener."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from chartpost.gateways.smart import asks

ALWAYS = ("/oauth/authorize", "/oauth/consent/", "/i18n/")
SIGN_IN = "/account/"


class KeepsOpener:
    """Lets the opener stand from the authorize address over sign-in to the consent page, and nowhere else.

    One page with a policy of `same-origin` on the way and the app's own page has no `window.opener` any more (HTML
    7.1.3, cross-origin opener policies). None of these pages can be framed, and none shows what is in a record.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if request.path.startswith(ALWAYS) or (request.path.startswith(SIGN_IN) and asks.on_the_way(request)):
            response.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
        return response
