"""The keys of one recipient, and the share key wrapped for them."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chartpost.formats.sealedbox.errors import WrongKeyError
from chartpost.formats.sealedbox.kdf import Params, derive

KEY = 32
NONCE = 12
ROOT = "chartpost/share/v1/"


@dataclass(frozen=True)
class Keys:
    """What link and password of one recipient give: `auth` goes to the server, the others never do."""

    recipient: str
    auth: bytes = field(repr=False)
    wrap: bytes = field(repr=False)
    receipt: bytes = field(repr=False)

    @property
    def verifier(self) -> bytes:
        """What the server stores to know `auth` by: its SHA-256."""
        return sha256(self.auth).digest()


def new_share_key() -> bytes:
    """A fresh share key, 32 bytes."""
    return secrets.token_bytes(KEY)


def recipient_keys(secret: bytes, password_key: bytes, salt: bytes, recipient: str) -> Keys:
    """HKDF-SHA-256 (RFC 5869) over link secret and password key, 32 bytes each, under the labels of CPS1."""
    if len(secret) != KEY or len(password_key) != KEY:
        message = f"{len(secret)} and {len(password_key)} bytes; expected {KEY} each"
        raise ValueError(message)
    auth, wrap, receipt = (
        hkdf(secret + password_key, salt, f"{ROOT}{label}/{recipient}") for label in ("auth", "wrap", "receipt")
    )
    return Keys(recipient, auth, wrap, receipt)


def keys_for(secret: bytes, password: str, salt: bytes, params: Params, recipient: str) -> Keys:
    """`recipient_keys` from the password itself; takes a good part of a second. Raises ParamsError."""
    return recipient_keys(secret, derive(password, salt, params), salt, recipient)


def wrap_share_key(keys: Keys, share_key: bytes, params: Params, *, nonce: bytes | None = None) -> bytes:
    """The share key under `keys.wrap`: nonce and AES-256-GCM, 60 bytes. `nonce` is random unless a vector fixes it."""
    if len(share_key) != KEY:
        message = f"a share key of {len(share_key)} bytes; expected {KEY}"
        raise ValueError(message)
    nonce = secrets.token_bytes(NONCE) if nonce is None else nonce
    return nonce + AESGCM(keys.wrap).encrypt(nonce, share_key, _bound(keys, params))


def unwrap_share_key(keys: Keys, wrapped: bytes, params: Params) -> bytes:
    """The share key; raises WrongKeyError for another recipient, other parameters or changed bytes."""
    try:
        return AESGCM(keys.wrap).decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(keys, params))
    except (InvalidTag, ValueError) as error:
        raise WrongKeyError(
            seen="a share key that does not open with this link and password",
            expected="the key as the sender wrapped it",
            todo="check the password and the link; if both are right, the share was changed: tell the sender",
        ) from error


def hkdf(secret: bytes, salt: bytes, info: str) -> bytes:
    """32 bytes of HKDF-SHA-256 under an ASCII `info`."""
    return HKDF(hashes.SHA256(), KEY, salt or None, info.encode("ascii")).derive(secret)


def _bound(keys: Keys, params: Params) -> bytes:
    return f"{ROOT}wrap/{keys.recipient}/{params.render()}".encode("ascii")
