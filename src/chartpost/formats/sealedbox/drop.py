"""Drop boxes: a share key encrypted to a public key (HPKE base mode, RFC 9180), and the private key kept safe.

Suite 16 is DHKEM(P-256, HKDF-SHA256), suite 32 DHKEM(X25519, HKDF-SHA256), by the numbers RFC 9180 7.1 gives them;
both with HKDF-SHA256 and AES-256-GCM.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from chartpost.formats.sealedbox.errors import WrongKeyError
from chartpost.formats.sealedbox.kdf import Params
from chartpost.formats.sealedbox.keys import KEY, NONCE, hkdf

P256, X25519 = 16, 32
ROOT = "chartpost/drop/v1/"
RECOVERY = "0"
_SIZES: Mapping[int, int] = {P256: 65, X25519: 32}
_SUITES: Mapping[int, hpke.Suite] = {
    P256: hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
    X25519: hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
}


@dataclass(frozen=True)
class DropKeys:
    """The key pair of a drop: the public key as RFC 9180 writes it, the private key as PKCS #8 (RFC 5958)."""

    suite: int
    public: bytes
    private: bytes = field(repr=False)


def new_drop_keys(suite: int = P256) -> DropKeys:
    """A fresh key pair; raises ValueError for an unknown suite."""
    _size(suite)
    private = generate_private_key(SECP256R1()) if suite == P256 else X25519PrivateKey.generate()
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DropKeys(suite, _public_bytes(private), pkcs8)


def fingerprint(public: bytes) -> bytes:
    """What a drop link carries, so that a swapped public key is noticed: its SHA-256."""
    return sha256(public).digest()


def check_fingerprint(public: bytes, expected: bytes) -> None:
    """Refuse another public key than the link names; raises WrongKeyError."""
    if not hmac.compare_digest(fingerprint(public), expected):
        raise _wrong("another public key than the link names")


def seal_for_drop(share_key: bytes, public: bytes, suite: int, drop: str) -> bytes:
    """The share key for the owner of the drop: encapsulated key and ciphertext; raises WrongKeyError for a bad key."""
    try:
        if len(public) != _size(suite):
            raise _wrong("a public key of another length")
        return bytes(_SUITES[suite].encrypt(share_key, _load_public(public, suite), f"{ROOT}{drop}".encode("ascii")))
    except ValueError as error:
        raise _wrong("a public key that is no point of the curve") from error


def open_from_drop(sealed_key: bytes, private: bytes, drop: str) -> bytes:
    """The share key; `private` is PKCS #8. Raises WrongKeyError."""
    key = load_private(private)
    suite = X25519 if isinstance(key, X25519PrivateKey) else P256
    try:
        share_key = bytes(_SUITES[suite].decrypt(sealed_key, key, f"{ROOT}{drop}".encode("ascii")))
    except (InvalidTag, ValueError) as error:
        raise _wrong("a sealed key that does not open with this private key") from error
    if len(share_key) != KEY:
        raise _wrong("a share key of another length")
    return share_key


def wrap_private_key(
    private: bytes, root: bytes, salt: bytes, params: Params | None, drop: str, *, nonce: bytes | None = None
) -> bytes:
    """PKCS #8 under AES-256-GCM: nonce and ciphertext.

    `root` is the key of the passphrase (`kdf.derive` with `salt` and `params`), or with `params` None the 32 bytes
    printed on the recovery sheet.
    """
    nonce = secrets.token_bytes(NONCE) if nonce is None else nonce
    return nonce + AESGCM(_wrapping_key(root, salt, drop)).encrypt(nonce, private, _bound(params, drop))


def unwrap_private_key(wrapped: bytes, root: bytes, salt: bytes, params: Params | None, drop: str) -> bytes:
    """The private key as PKCS #8; raises WrongKeyError for another passphrase, sheet or drop."""
    try:
        sealed = AESGCM(_wrapping_key(root, salt, drop))
        return sealed.decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(params, drop))
    except (InvalidTag, ValueError) as error:
        raise _wrong("a private key that does not open with this passphrase or sheet") from error


def load_private(private: bytes) -> EllipticCurvePrivateKey | X25519PrivateKey:
    """The private key object of PKCS #8 on P-256 or X25519; raises WrongKeyError."""
    try:
        key = load_der_private_key(private, None)
    except ValueError as error:
        raise _wrong("a private key that cannot be read") from error
    if isinstance(key, X25519PrivateKey) or (
        isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    ):
        return key
    raise _wrong("a private key of another kind")


def _load_public(public: bytes, suite: int) -> EllipticCurvePublicKey | X25519PublicKey:
    if suite == P256:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
    return X25519PublicKey.from_public_bytes(public)


def _public_bytes(key: EllipticCurvePrivateKey | X25519PrivateKey) -> bytes:
    if isinstance(key, X25519PrivateKey):
        return key.public_key().public_bytes_raw()
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _size(suite: int) -> int:
    if suite not in _SIZES:
        message = f"suite {suite}; expected {P256} or {X25519}"
        raise ValueError(message)
    return _SIZES[suite]


def _wrapping_key(root: bytes, salt: bytes, drop: str) -> bytes:
    return hkdf(root, salt, f"{ROOT}key/{drop}")


def _bound(params: Params | None, drop: str) -> bytes:
    return f"{ROOT}key/{drop}/{params.render() if params else RECOVERY}".encode("ascii")


def _wrong(seen: str) -> WrongKeyError:
    return WrongKeyError(
        seen=seen,
        expected="the key pair the request link was made with",
        todo="send or open nothing with it; check the passphrase, or ask for a new link",
    )
