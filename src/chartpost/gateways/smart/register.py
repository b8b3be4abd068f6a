"""/oauth/register: apps register themselves (RFC 7591), as public or asymmetric clients; the office may look later."""

from datetime import timedelta
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from chartpost.gateways.smart import limits
from chartpost.gateways.smart.web import endpoint, json_answer, problem
from chartpost.identity import queries, scopes, services
from chartpost.identity.app_types import AppDraft, AppKind
from chartpost.identity.errors import AppRefused
from chartpost.identity.services.apps import check
from chartpost.identity.types import Actor
from chartpost.kernel.clock import now

MOST_BYTES = 64 * 1024
BETWEEN, LONGEST_CONTACTS = ", ", 200
KINDS: dict[str, AppKind] = {"none": "public", "private_key_jwt": "asymmetric"}
_TEXTS = {
    "logo_uri": "logo_uri",
    "client_uri": "home_uri",
    "tos_uri": "terms_uri",
    "policy_uri": "privacy_uri",
    "initiate_login_uri": "launch_uri",
    "jwks_uri": "jwks_uri",
}


@endpoint("POST", cors=True)
def register(request: HttpRequest) -> HttpResponse:
    """Register an app from its metadata; nobody of the office has looked at it yet, and its users are told so."""
    try:
        return _registered(request)
    except limits.TooMany as error:
        return _too_many(error.seconds)


def _too_many(seconds: int) -> HttpResponse:
    """The limits, and when there may be more (RFC 6585 4)."""
    each, tries, together = (limits.LIMITS[kind][0] for kind in ("register", "tried", "registered"))
    expected = f"{each} registrations and {tries} tries an hour from one address, {together} registrations from all"
    until = f"{now() + timedelta(seconds=seconds):%H:%M} UTC"
    words = f"Seen: too many registrations or tries. Expected: at most {expected}. Do: try again at {until}."
    response = problem(429, "temporarily_unavailable", words)
    response["Retry-After"] = str(seconds)
    return response


def _registered(request: HttpRequest) -> HttpResponse:
    address = queries.where(request)
    limits.count("tried", address)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        words = (
            f"Seen: a longer body. Expected: metadata of {MOST_BYTES} bytes at most. Do: use jwks_uri for many keys."
        )
        return problem(413, "invalid_client_metadata", words)
    try:
        found = _metadata(body)
        draft = _draft(found)
        check(draft)
        limits.count("register", address)
        limits.count("registered")
        app, _secret = services.register_app(draft, Actor(kind="app", name=draft.name), reviewed=False)
    except AppRefused as error:
        wrong = "invalid_redirect_uri" if error.field == "redirect_uris" else "invalid_client_metadata"
        return problem(400, wrong, error.message)
    return json_answer(
        {"client_id": app.client_id, "client_id_issued_at": int(now().timestamp())} | _echo(draft, found), 201
    )


def _metadata(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body) if b"\\u0000" not in body else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AppRefused(seen="no JSON object", expected="client metadata", todo="Send the metadata of RFC 7591.")
    return found


def _draft(found: dict[str, Any]) -> AppDraft:
    kind = _kind(found)
    if not set(_strings(found, "grant_types") or ["authorization_code"]) <= {"authorization_code", "refresh_token"}:
        raise AppRefused(seen="other grant_types", expected="authorization_code, refresh_token", todo="Change them.")
    return AppDraft(
        kind=kind,
        name=_text(found, "client_name"),
        redirect_uris=tuple(_strings(found, "redirect_uris")),
        scopes=_scopes(_text(found, "scope")),
        contact=BETWEEN.join(_contacts(found)),
        jwks=_jwks(found),
        logo_uri=_text(found, "logo_uri"),
        home_uri=_text(found, "client_uri"),
        terms_uri=_text(found, "tos_uri"),
        privacy_uri=_text(found, "policy_uri"),
        launch_uri=_text(found, "initiate_login_uri"),
        jwks_uri=_text(found, "jwks_uri"),
    )


def _kind(found: dict[str, Any]) -> AppKind:
    """The kind of app, by how it proves itself: left out it means a secret (RFC 7591 2), which nobody gets here."""
    method = found.get("token_endpoint_auth_method")
    if not isinstance(method, str) or method not in KINDS:
        raise AppRefused(
            seen=f"{'no' if method is None else 'another'} token_endpoint_auth_method",
            expected="none (apps on phones and in browsers) or private_key_jwt (apps on servers)",
            todo="Name one of them; an office administrator can register an app with a secret.",
        )
    return KINDS[method]


def _scopes(text: str) -> tuple[str, ...]:
    """What of the scopes named this server knows (RFC 7591 2: a server may leave out others); none named is any."""
    kept = tuple(scope for scope in scopes.known(text.split()) if not scope.startswith("system/"))
    if text.strip() and not kept:
        raise AppRefused(
            seen="a scope with nothing an app of people can have",
            expected="scopes such as launch/patient, openid, fhirUser, patient/*.rs",
            todo="Name one of them, or leave scope out to be able to ask for any.",
        )
    return kept


def _contacts(found: dict[str, Any]) -> list[str]:
    """The contacts that are kept: as many as there is room for."""
    kept: list[str] = []
    for one in _strings(found, "contacts"):
        if one and len(BETWEEN.join([*kept, one])) <= LONGEST_CONTACTS:
            kept.append(one)
    return kept


def _jwks(found: dict[str, Any]) -> dict[str, Any]:
    keys = found.get("jwks") or {}
    if not isinstance(keys, dict):
        raise AppRefused(seen="a jwks that is no object", expected='{"keys": [...]}', todo="Correct it.")
    return keys


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > 8000:
        raise AppRefused(seen=f"{name} that is no text", expected="a text", todo="Correct it.", field=name)
    return value


def _strings(found: dict[str, Any], name: str) -> list[str]:
    value = found.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) > 50:
        raise AppRefused(
            seen=f"{name} that is no list of texts", expected="a list of texts", todo="Correct it.", field=name
        )
    return value


def _echo(draft: AppDraft, asked: dict[str, Any]) -> dict[str, Any]:
    """What was registered of what was asked for (RFC 7591 3.2.1)."""
    found: dict[str, Any] = {
        "client_name": draft.name,
        "redirect_uris": list(draft.redirect_uris),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none" if draft.kind == "public" else "private_key_jwt",
        "scope": " ".join(draft.scopes),
    }
    given: dict[str, Any] = {theirs: getattr(draft, ours) for theirs, ours in _TEXTS.items()}
    given |= {"jwks": draft.jwks, "contacts": _contacts(asked)}
    return found | {name: value for name, value in given.items() if value}
