"""/oauth/authorize: a browser brings what an app asks for; it is checked and put before the person."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.views.mixins import OAuthLibMixin

from chartpost.gateways.smart import asks, choices, hindered, limits, redirects
from chartpost.gateways.smart.addresses import fhir_base
from chartpost.gateways.smart.consent import consent
from chartpost.gateways.smart.explained import explained
from chartpost.identity import guard, queries, queries_apps, services
from chartpost.identity.app_types import AuthorizeRequest
from chartpost.identity.errors import AnsweredAlready
from chartpost.identity.types import Actor, Subject
from chartpost.kernel import clock

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_STATE = 2000
"""Letters of a state as it stands in an address, where all but plain ones take three or more."""

LONGEST_REQUEST = 16_000

WAIT = "wait"
"""What an error is called, on its page, that is over after a while."""

_AGE = re.compile("[0-9]{1,9}")
_ONCE = ("aud", "code_challenge", "code_challenge_method", "launch", "max_age", "nonce", "prompt", "response_mode")
"""What is read here beside what the library reads, which looks for repetitions itself."""

_NOT_TAKEN = {"request": "request_not_supported", "request_uri": "request_uri_not_supported"}
"""Parameters that would hold others, with the error that says they are not read (OpenID Connect Core 1.0 3.1.2.6)."""


class Refused(Exception):
    """The request is told back to the app with an error."""

    def __init__(self, error: str, description: str) -> None:
        self.error, self.description = error, description
        super().__init__(description)


@method_decorator(csrf_exempt, name="dispatch")
class Authorize(OAuthLibMixin, View):  # type: ignore[misc]
    """SMART 2.2 'Request authorization code', by GET or by POST of a form (`authorize-post`)."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on by GET: a form from another site comes without the cookie that says who is signed in."""
        query = request.POST.urlencode()
        if len(query) > LONGEST_REQUEST:
            return _shown(request, "invalid_request", f"Expected: {LONGEST_REQUEST} letters at most.")
        return _no_store(HttpResponseRedirect(f"{reverse('smart:authorize')}?{query}", status=303))

    def get(self, request: HttpRequest) -> HttpResponse:
        """Check the request and keep it, have the person sign in, then put it before them."""
        if len(quote_plus(request.GET.get("state", ""))) > LONGEST_STATE:
            expected = f"Expected: a state of {LONGEST_STATE} letters at most, as it stands in the address."
            return _shown(
                request, "invalid_request", f"Seen: a longer state. {expected} Do: keep it at the app and send a key."
            )
        try:
            scopes, details = self.validate_authorization_request(request)
        except FatalClientError as error:
            found = error.oauthlib_error
            if page := hindered.blocked(request, request.GET.get("client_id", "")):
                return page
            return _shown(request, str(found.error), explained(str(found.error), found.description))
        except OAuthToolkitError as error:
            return _told(request, error.oauthlib_error)
        except ValueError:
            return _shown(request, "invalid_request", "The address cannot be read.")
        return self._asked(request, list(scopes), details)

    def _asked(self, request: HttpRequest, scopes: list[str], details: dict[str, Any]) -> HttpResponse:
        redirect_uri, state = details["redirect_uri"], details["state"] or ""
        try:
            _check(request, details)
            ask, launch = _ask(request, scopes, details), request.GET.get("launch", "")
            actor = queries.actor_for(request)
            _check_worth(request.GET.get("scope", "").split(), ask, actor)
            if actor.kind != "anonymous":
                ask, launch = _with_launch(ask, launch, actor), ""
            else:
                limits.count("ask", queries.where(request))
        except limits.TooMany as error:
            return _too_many(request, error.seconds)
        except Refused as error:
            return _refused(request, error, details["client_id"], redirect_uri, state)
        return _no_store(
            HttpResponseRedirect(reverse("smart:consent", args=[asks.keep(request, ask, launch)]), status=303)
        )


def answer(request: HttpRequest, key: str) -> HttpResponse:
    """The page where the person decides; only whoever brought the request here can open it."""
    actor = guard.require(request, "portal.open", Subject("account"))
    if not actor.second_factor:
        raise guard.SecondFactorFirst
    waiting = asks.find(request, key)
    if waiting is None:
        return hindered.signed_in_again(request, key) or _over(request)
    try:
        return _put(request, waiting, actor)
    except AnsweredAlready:
        return _over(request)


def _put(request: HttpRequest, waiting: asks.Waiting, actor: Actor) -> HttpResponse:
    """Put a request before whoever is signed in, and take their answer."""
    signed_in_at = queries.proved_at(request)
    if signed_in_at < waiting.ask.signed_in_after:
        raise guard.ReauthenticateFirst
    if waiting.opened:
        ask = replace(waiting.ask, signed_in_at=signed_in_at)
        return hindered.page(request, ask, actor) or consent(request, ask)
    try:
        _check_worth(waiting.ask.scopes, waiting.ask, actor)
        ask = _with_launch(waiting.ask, waiting.launch, actor)
    except Refused as error:
        asks.drop(waiting.ask.key)
        return _shown(request, error.error, error.description)
    if page := hindered.page(request, ask, actor):
        return page
    return consent(request, replace(asks.opened(request, ask), signed_in_at=signed_in_at))


def _check(request: HttpRequest, details: dict[str, Any]) -> None:
    _check_names(request)
    if request.GET.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "Seen: another response_mode. Expected: query.")
    if details.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(details.get("code_challenge") or ""):
        raise Refused("invalid_request", "Expected: code_challenge of 43 characters, code_challenge_method S256.")
    if request.GET.get("aud", "").rstrip("/") != fhir_base():
        raise Refused("invalid_request", f"Expected: aud={fhir_base()}")
    nonce = request.GET.get("nonce", "")
    if len(nonce) > 255 or not nonce.isprintable():
        raise Refused("invalid_request", "Expected: a nonce of 255 printable characters at most.")
    if not _AGE.fullmatch(request.GET.get("max_age") or "0"):
        raise Refused("invalid_request", "Expected: max_age in whole seconds.")
    if request.GET.get("prompt") == "none":
        raise Refused("interaction_required", explained("login_required", None))


def _check_names(request: HttpRequest) -> None:
    """Every parameter once at most (RFC 6749 3.1), and none that stands for others."""
    twice = next((name for name in _ONCE if len(request.GET.getlist(name)) > 1), None)
    if twice is not None:
        raise Refused("invalid_request", f"Seen: {twice} more than once. Expected: each parameter once.")
    for name, error in _NOT_TAKEN.items():
        if request.GET.get(name):
            raise Refused(error, f"Seen: {name}. Expected: every parameter in the address itself.")


def _check_worth(wanted: Iterable[str], ask: AuthorizeRequest, actor: Actor) -> None:
    """Something must be left that the app could see: nobody is asked to let in an app for nothing (RFC 6749 3.3)."""
    if choices.nothing(wanted, ask.scopes, actor.kind):
        seen = "Seen: scopes that give this app nothing it could see"
        expected = "Expected: openid, or types of FHIR R4 to read, within what the app is registered for"
        raise Refused("invalid_scope", f"{seen}. {expected}, such as patient/Observation.rs. Do: correct scope.")


def _ask(request: HttpRequest, scopes: list[str], details: dict[str, Any]) -> AuthorizeRequest:
    """The request as it is put before the person; of an app that can start either way, the way it did start."""
    if "launch" in scopes and not request.GET.get("launch"):
        if "launch/patient" not in scopes:
            raise Refused("invalid_request", "Seen: scope launch and no launch. Expected: the launch the app got.")
        scopes = [text for text in scopes if text != "launch"]
    return AuthorizeRequest(
        key="",
        client_id=details["client_id"],
        redirect_uri=details["redirect_uri"],
        scopes=tuple(scopes),
        state=details["state"] or "",
        nonce=request.GET.get("nonce", ""),
        code_challenge=details["code_challenge"],
        aud=request.GET["aud"],
        redirect_left_out=not request.GET.get("redirect_uri"),
        signed_in_after=_signed_in_after(request),
        max_age=request.GET.get("max_age", ""),
        prompt=request.GET.get("prompt", ""),
    )


def _signed_in_after(request: HttpRequest) -> float:
    """Since when the person must have signed in: now, or `max_age` ago (OpenID Connect Core 1.0 3.1.2.1); 0 for any."""
    moment, age = clock.now().timestamp(), request.GET.get("max_age")
    if "login" in request.GET.get("prompt", "").split():
        return moment
    return moment - int(age) if age else 0.0


def _with_launch(ask: AuthorizeRequest, launch: str, actor: Actor) -> AuthorizeRequest:
    """The request with person and encounter of its launch, if it came from one (SMART 2.2 EHR launch)."""
    if not launch:
        return ask
    found = services.open_launch(launch, actor, ask.client_id)
    if found is None:
        raise Refused("invalid_request", "Seen: a launch that is not known, was used or is too old.")
    launch_hash, person_id, encounter_id = found
    values = ask.to_json() | {"launch": launch_hash, "person_id": person_id, "encounter_id": encounter_id}
    return AuthorizeRequest.from_json(values)


def _told(request: HttpRequest, error: Any) -> HttpResponse:
    """An error the app hears of, at its checked redirect address; the library may not have got so far as to know it."""
    found = Refused(str(error.error), explained(str(error.error), error.description))
    return _refused(request, found, request.GET.get("client_id", ""), error.redirect_uri or "", error.state or "")


def _refused(request: HttpRequest, error: Refused, client_id: str, redirect_uri: str, state: str) -> HttpResponse:
    """An error told to an app the office looked at; others are led to only when a person said so (RFC 9700 4.11.2)."""
    app = queries_apps.app(client_id)
    if not redirect_uri or app is None or not app.reviewed:
        return _shown(request, error.error, error.description)
    return redirects.to_app(redirect_uri, error=error.error, error_description=error.description, state=state)


def _shown(request: HttpRequest, error: str, description: str, status: int = 400) -> HttpResponse:
    """An error the person sees, because there is no address it may be sent to."""
    office = queries.office()
    facts = {"error": error, "description": description, "office": office}
    return _no_store(render(request, "smart/wrong.html", facts, status=status))


def _over(request: HttpRequest) -> HttpResponse:
    """A request that was open too long, or was answered already."""
    return _shown(request, "expired", _("This page was open too long, or was answered already."))


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Their address brought too many requests: nothing is wrong with the app, and waiting helps (RFC 6585 4)."""
    response = _shown(request, WAIT, _("Too many tries. Wait an hour, then try again."), 429)
    response["Retry-After"] = str(seconds)
    return response


def _no_store(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
