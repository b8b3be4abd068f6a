"""Sessions: idle log-off, absolute end, and a session that changes hands is ended."""

import hashlib
from collections.abc import Callable

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from chartpost.identity.guard import ReauthenticateFirst, SignInFirst
from chartpost.identity.models import Account
from chartpost.kernel import clock
from chartpost.kernel.config import config

SEEN, BEGAN, BROWSER = "chartpost_seen", "chartpost_began", "chartpost_browser"
ABSOLUTE_SECONDS = 12 * 3600
REFRESH_SECONDS = 20


class SessionGuard:
    """Ends a session after its idle time (staff 15, people 30 minutes), after 12 hours, or in another browser.

    45 CFR 164.312(a)(2)(iii) automatic logoff. A cookie replayed from a browser of another make is ended at once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Account):
            ended = self._check(request, request.user)
            if ended:
                logout(request)
                return HttpResponseRedirect(f"{reverse('account_login')}?ended={ended}")
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn the two turns of the road of `guard` into redirects."""
        if isinstance(error, SignInFirst):
            return redirect_to_login(request.get_full_path())
        if isinstance(error, ReauthenticateFirst):
            target = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "/")
            return redirect_to_login(target, login_url=reverse("account_reauthenticate"))
        return None

    def _check(self, request: HttpRequest, account: Account) -> str:
        session, moment = request.session, int(clock.now().timestamp())
        browser = _browser(request)
        if BEGAN not in session:
            session[BEGAN], session[SEEN], session[BROWSER] = moment, moment, browser
            return ""
        if session[BROWSER] != browser:
            session.flush()
            return "moved"
        if moment - int(session[SEEN]) > idle_seconds(account):
            return "idle"
        if moment - int(session[BEGAN]) > ABSOLUTE_SECONDS:
            return "long"
        if moment - int(session[SEEN]) > REFRESH_SECONDS:
            session[SEEN] = moment
        return ""


def idle_seconds(account: Account) -> int:
    """How long an account may be idle before it is signed out."""
    minutes = config().staff_idle_minutes if account.is_staff_account else config().person_idle_minutes
    return minutes * 60


def _browser(request: HttpRequest) -> str:
    agent = request.META.get("HTTP_USER_AGENT", "")
    return hashlib.sha256(agent.encode()).hexdigest()[:16]
