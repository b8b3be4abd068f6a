"""The keys this office signs id tokens with: made once, private halves wrapped by the key ring."""

import hashlib
from functools import lru_cache
from typing import Any, Literal

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chartpost.identity import app_models
from chartpost.kernel import keys

Algorithm = Literal["RS256", "ES384"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES384")
RSA_BITS = 3072
CONTEXT = b"identity/signing-key"


def sign(claims: dict[str, Any], algorithm: Algorithm = "RS256") -> str:
    """Claims as a signed JWT (RFC 7519) with the `kid` of this office's key."""
    row = _row(algorithm)
    header = {"alg": algorithm, "typ": "JWT", "kid": row.kid}
    return jwt.encode(header, claims, _opened(algorithm, bytes(row.wrapped)), algorithms=[algorithm])


def public_keys() -> list[dict[str, Any]]:
    """The public keys as JWKs, for the JWKS address (RFC 7517)."""
    return [dict(_row(algorithm).public) for algorithm in ALGORITHMS]


@lru_cache(maxsize=4)
def _opened(algorithm: Algorithm, wrapped: bytes) -> RSAKey | ECKey:
    private = keys.unwrap(wrapped, CONTEXT)
    return RSAKey.import_key(private) if algorithm == "RS256" else ECKey.import_key(private)


def _row(algorithm: Algorithm) -> app_models.SigningKey:
    found = app_models.SigningKey.objects.filter(algorithm=algorithm).first()
    return found or _make(algorithm)


def _make(algorithm: Algorithm) -> app_models.SigningKey:
    """Make a key; when another process made one meanwhile, that one counts."""
    key = RSAKey.generate_key(RSA_BITS) if algorithm == "RS256" else ECKey.generate_key("P-384")
    kid = hashlib.sha256(key.thumbprint().encode()).hexdigest()[:20]
    public = dict(key.as_dict(private=False)) | {"kid": kid, "use": "sig", "alg": algorithm}
    wrapped = keys.wrap(key.as_pem(private=True), CONTEXT)
    row, _ = app_models.SigningKey.objects.get_or_create(
        algorithm=algorithm, defaults={"kid": kid, "public": public, "wrapped": wrapped}
    )
    return row
