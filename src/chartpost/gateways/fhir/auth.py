"""Who asks: the bearer token of a request (RFC 6750) and what it may do."""

from collections.abc import Mapping, Sequence
from typing import Any

from chartpost.gateways.fhir.http import FhirError, Request
from chartpost.identity import tokens
from chartpost.identity.aliases import aliases
from chartpost.identity.scopes import WRITE
from chartpost.identity.types import ANONYMOUS, Access
from chartpost.kernel.db import raw
from chartpost.records.search.reach import Part, Reach, reach

NOBODY = Access("", "", "", ANONYMOUS, (), {})
"""The access of a request to a public address."""


def access(request: Request, db: raw.Db) -> Access:
    """What the request's token may do; 401 when there is none, or it is unknown, over or revoked."""
    token = token_of(request.environ)
    if not token:
        raise _unauthorized("There is no access token.", "")
    found = tokens.access(token, db)
    if found is None:
        raise _unauthorized("The access token is unknown, has ended or was revoked.", ', error="invalid_token"')
    return found


def token_of(environ: Mapping[str, Any]) -> str:
    """The bearer token of a request; empty when there is none."""
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def require(access: Access, resource_type: str, action: str) -> Reach:
    """What the token reaches of a type for an action; 403 when no scope gives it."""
    found = reach(access, resource_type, action)
    if found is None:
        raise too_narrow(f"The app was not given {_WORDS[action]} {resource_type}. Ask for the scope.")
    return found


def require_read(access: Access, resource_type: str, fhir_id: str) -> Reach:
    """As `require` for a read; the user an app was told of as `fhirUser` it reads without a scope for the type.

    It may have been told of a Patient by the id that was the first then.
    """
    found = reach(access, resource_type, "r")
    if found is None and _is_user(access, resource_type, fhir_id):
        return Reach((Part({**access.user, **access.persons}, access.everyone),), nobodys=True)
    return found or require(access, resource_type, "r")


def _is_user(access: Access, resource_type: str, fhir_id: str) -> bool:
    user, _, name = access.fhir_user.partition("/")
    if user != resource_type:
        return False
    return name == fhir_id or name == aliases(raw.current()).shown(resource_type, fhir_id)


def require_search(access: Access, resource_type: str) -> Reach:
    """What the token reaches of a type by search; 403 when no scope gives it."""
    return require(access, resource_type, "s")


def keeps_patients(access: Access) -> bool:
    """Whether the token may write Patients of everybody, so that it means the one it stored by the id it has."""
    return access.everyone is not None and any(
        scope.level != "patient" and scope.type in ("*", "Patient") and scope.actions & WRITE for scope in access.scopes
    )


_WORDS = {"c": "leave to create", "r": "leave to read", "u": "leave to change", "d": "leave to delete"} | {
    "s": "leave to search"
}


def too_narrow(words: str, expression: Sequence[str] = ()) -> FhirError:
    """403 for a good token whose scopes do not cover what is asked, as RFC 6750 3.1 has it (`insufficient_scope`)."""
    return FhirError(403, "forbidden", words, expression, headers=[_challenge(', error="insufficient_scope"')])


def _unauthorized(seen: str, detail: str) -> FhirError:
    words = f"{seen} Get one as /fhir/.well-known/smart-configuration says."
    return FhirError(401, "login", words, headers=[_challenge(detail)])


def _challenge(detail: str) -> tuple[str, str]:
    return "WWW-Authenticate", f'Bearer realm="fhir"{detail}'
