"""Clients that prove who they are by a signed JWT (RFC 7523, SMART 2.2 `client-confidential-asymmetric`)."""

import base64
from datetime import UTC, datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from chartpost.gateways.smart import keysets
from chartpost.gateways.smart.addresses import token_url
from chartpost.identity.services.once import first_use
from chartpost.kernel import clock

ALGORITHMS = {"RS384": "RSA", "ES384": "EC", "RS256": "RSA", "ES256": "EC"}
"""Signature algorithms taken, with the type of key each needs; a key of another type is never tried."""

CURVES = {"ES384": "P-384", "ES256": "P-256"}
SHORTEST_MODULUS = 342
"""Characters of the modulus of an RSA key of 2048 bits in base64url (RFC 7518 3.3: at least that)."""

LONGEST_SECONDS = 300
SKEW_SECONDS = 10
LONGEST = 8192


def claimed_client(assertion: str) -> str:
    """The client an assertion says it is from, unchecked; empty when it cannot be read."""
    claims = _part(assertion, 1)
    found = claims.get("iss") if claims else None
    return found if isinstance(found, str) and len(found) <= 255 else ""


def verify(assertion: str, client_id: str, jwks_uri: str, jwks: dict[str, Any]) -> bool:
    """Whether an assertion was signed by the client's own key, for this server, now, and not used before."""
    header = _part(assertion, 0)
    if header is None or not _signed(assertion, header, jwks_uri, jwks):
        return False
    claims = _part(assertion, 1) or {}
    return _fits(claims, client_id) and first_use(
        client_id, claims["jti"], datetime.fromtimestamp(claims["exp"] + SKEW_SECONDS, UTC)
    )


def _signed(assertion: str, header: dict[str, Any], jwks_uri: str, jwks: dict[str, Any]) -> bool:
    """Whether a registered key signed it. A `jku` is never fetched: it must be the address registered, if one was."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(kid, str) or algorithm not in ALGORITHMS or "crit" in header:
        return False
    if jwks_uri and header.get("jku", jwks_uri) != jwks_uri:
        return False
    return any(_checks(assertion, key, algorithm) for key in keysets.keys(jwks_uri, jwks, kid))


def _checks(assertion: str, key: dict[str, Any], algorithm: str) -> bool:
    if key.get("kty") != ALGORITHMS[algorithm] or key.get("alg", algorithm) != algorithm:
        return False
    if key.get("use", "sig") != "sig" or key.get("crv") != CURVES.get(algorithm):
        return False
    if key["kty"] == "RSA" and len(str(key.get("n"))) < SHORTEST_MODULUS:
        return False
    try:
        opened = RSAKey.import_key(key) if key["kty"] == "RSA" else ECKey.import_key(key)
        jws.deserialize_compact(assertion, opened, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def _fits(claims: dict[str, Any], client_id: str) -> bool:
    """The claims of RFC 7523 3: issuer and subject are the client, the audience is our token address, not too long."""
    moment = clock.now().timestamp()
    expires, jti, audience = claims.get("exp"), claims.get("jti"), claims.get("aud")
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        return False
    if token_url() not in (audience if isinstance(audience, list) else [audience]):
        return False
    if (
        not isinstance(expires, int | float)
        or not moment - SKEW_SECONDS < expires <= moment + LONGEST_SECONDS + SKEW_SECONDS
    ):
        return False
    if any(name in claims and not (_number(claims[name]) and claims[name] <= moment + 60) for name in ("nbf", "iat")):
        return False
    return isinstance(jti, str) and 0 < len(jti) <= 255


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _part(assertion: str, index: int) -> dict[str, Any] | None:
    """Header or claims of a compact JWT, unchecked."""
    parts = assertion.split(".")
    if len(parts) != 3 or len(assertion) > LONGEST:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
