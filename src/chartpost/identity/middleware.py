"""Sessions: idle log-off, absolute end, and a session that turns up in two browsers is ended."""

import hashlib
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from chartpost.identity import guard, turns
from chartpost.identity.guard import ReauthenticateFirst, SecondFactorFirst, SignInFirst
from chartpost.identity.models import Account
from chartpost.identity.types import Subject
from chartpost.kernel import clock
from chartpost.kernel.config import config

ROOMS = {"desk": "desk.open"}
"""Address namespaces that only some may enter at all, with the action that lets them in."""

OF_STRANGERS = frozenset({"/oauth/authorize"})
"""Where others send browsers: whoever's session ends there goes on as a stranger, so that what was brought is kept."""

TURNS = (SignInFirst, ReauthenticateFirst, SecondFactorFirst)
SEEN, BEGAN, BROWSER = "chartpost_seen", "chartpost_began", "chartpost_browser"
ABSOLUTE_SECONDS = 12 * 3600
REFRESH_SECONDS = 20


class SessionGuard:
    """Ends a session after its idle time (staff 15, people 30 minutes), after 12 hours, or when it was copied.

    45 CFR 164.312(a)(2)(iii) automatic logoff. A copy is known by another make of browser or by an old turn
    (`identity.turns`); the session then ends for both holders, and the ledger says so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Account):
            ended = check(request, request.user)
            if ended:
                request.chartpost_ended = ended  # type: ignore[attr-defined]
                logout(request)
                if request.path in OF_STRANGERS:
                    return _turned_over(request, self._get_response(request))
                return _turned_over(request, HttpResponseRedirect(f"{reverse('account_login')}?ended={ended}"))
        return _turned_over(request, self._get_response(request))

    def process_view(
        self, request: HttpRequest, _view: object, _arguments: object, _named: object
    ) -> HttpResponse | None:
        """Ask the policy of a whole room before any of its pages runs, so that no page can forget to."""
        rooms = request.resolver_match.namespaces if request.resolver_match else []
        try:
            for action in (ROOMS[room] for room in rooms if room in ROOMS):
                guard.require(request, action, Subject("office"))
        except TURNS as turn:
            return self.process_exception(request, turn)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn the turns of the road of `guard` into redirects."""
        if isinstance(error, SignInFirst):
            return redirect_to_login(_page(request))
        if isinstance(error, ReauthenticateFirst):
            return redirect_to_login(_page(request), login_url=reverse("account_reauthenticate"))
        if isinstance(error, SecondFactorFirst):
            messages.warning(request, _("Staff need a second sign-in step. Add one here, then go on to the desk."))
            return HttpResponseRedirect(reverse("mfa_index"))
        return None


def begin(request: HttpRequest) -> None:
    """Start the clocks of a session, at sign-in."""
    moment = int(clock.now().timestamp())
    request.session[BEGAN] = request.session[SEEN] = moment
    request.session.pop(BROWSER, None)
    turns.begin(request.session)


def check(request: HttpRequest, account: Account) -> str:
    """Why the session must end now: `moved`, `idle` or `long`; empty when it may go on."""
    session, moment = request.session, int(clock.now().timestamp())
    if BEGAN not in session:
        begin(request)
    if moment - int(session[SEEN]) > idle_seconds(account):
        return "idle"
    if moment - int(session[BEGAN]) > ABSOLUTE_SECONDS:
        return "long"
    browser = _browser(request)
    if session.setdefault(BROWSER, browser) != browser:
        return "moved"
    if not turns.holds(session, request.COOKIES.get(turns.COOKIE), moment):
        return "moved"
    if moment - int(session[SEEN]) > REFRESH_SECONDS:
        session[SEEN] = moment
    return ""


def idle_seconds(account: Account) -> int:
    """How long an account may be idle before it is signed out."""
    minutes = config().staff_idle_minutes if account.is_staff_account else config().person_idle_minutes
    return minutes * 60


def _turned_over(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Hand out the token of the present turn, or take the cookie back from somebody signed out."""
    shown = request.COOKIES.get(turns.COOKIE)
    if isinstance(request.user, Account) and BEGAN in request.session:
        token = turns.present(request.session, int(request.session[BEGAN]), int(clock.now().timestamp()))
        if shown != token:
            response.set_cookie(turns.COOKIE, token, secure=True, httponly=True, samesite="Lax")
    elif shown is not None:
        response.delete_cookie(turns.COOKIE, samesite="Lax")
    return response


def _page(request: HttpRequest) -> str:
    """Where to come back to: a page asked for, or the page a form was on."""
    return request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "/")


def _browser(request: HttpRequest) -> str:
    agent = request.META.get("HTTP_USER_AGENT", "")
    return hashlib.sha256(agent.encode()).hexdigest()[:16]
