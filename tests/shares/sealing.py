"""Sealing as a sender's device does it, with the payload format alone: keys, links, objects, parts."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chartpost.formats.cobblestone import decrypt, encrypt
from chartpost.kernel.parts import part_count, part_size
from chartpost.shares.ids import decode, encode, new_id

ROUNDS = 600_000
PARAMS = f"1.{ROUNDS}"


def hkdf(secret: bytes, salt: bytes, info: str) -> bytes:
    """HKDF-SHA-256 to 32 bytes (RFC 5869)."""
    return HKDF(SHA256(), 32, salt, info.encode()).derive(secret)


def digest_header(part: bytes) -> str:
    """Content-Digest of RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(part).digest()).decode()}:"


@dataclass
class Sealed:
    """A share as its sender holds it: the key, and the ciphertext of each object."""

    files: dict[str, bytes]
    note: str = ""
    share: str = field(default_factory=new_id)
    key: bytes = field(default_factory=lambda: os.urandom(32))
    objects: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        listed = [{"index": n, "name": name, "size": len(data)} for n, (name, data) in enumerate(self.files.items(), 1)]
        text = json.dumps({"v": 1, "title": "", "note": self.note, "files": listed}).encode()
        self.manifest = text + b" " * (-len(text) % 4096)
        for index, data in enumerate([self.manifest, *self.files.values()]):
            name = new_id()
            self.objects[name] = encrypt(data, self.object_key(index), self.context(index, name))

    def object_key(self, index: int) -> bytes:
        return hkdf(self.key, b"", f"chartpost/share/v1/obj/{index}")

    def context(self, index: int, name: str) -> bytes:
        return b"CPS1" + decode(self.share) + index.to_bytes(4, "big") + decode(name)

    def parts(self, name: str) -> Iterator[tuple[int, bytes]]:
        data = self.objects[name]
        each = part_size(len(data))
        for number in range(part_count(len(data))):
            yield number, data[number * each : (number + 1) * each]


@dataclass
class Link:
    """A link with its password: what a recipient holds."""

    password: str
    recipient: str = field(default_factory=new_id)
    secret: bytes = field(default_factory=lambda: os.urandom(32))
    salt: bytes = field(default_factory=lambda: os.urandom(16))
    label: str = "1"

    def __post_init__(self) -> None:
        kp = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, 10)  # few rounds: tests need no strength
        self._root = self.secret + kp

    def derived(self, label: str) -> bytes:
        return hkdf(self._root, self.salt, f"chartpost/share/v1/{label}/{self.recipient}")

    @property
    def auth(self) -> str:
        return encode(self.derived("auth"))

    def opened(self, manifest: bytes) -> bytes:
        return hmac.digest(self.derived("receipt"), b"opened" + hashlib.sha256(manifest).digest(), "sha256")

    def mac(self, grant_id: str, manifest: bytes) -> bytes:
        return hmac.digest(self.derived("receipt"), grant_id.encode() + hashlib.sha256(manifest).digest(), "sha256")

    def asked(self, sealed: Sealed, **more: Any) -> dict[str, Any]:
        """What the sender registers of this link."""
        nonce, aad = os.urandom(12), f"chartpost/share/v1/wrap/{self.recipient}/{PARAMS}".encode()
        wrapped = nonce + AESGCM(self.derived("wrap")).encrypt(nonce, sealed.key, aad)
        return {
            "recipient": self.recipient,
            "params": PARAMS,
            "salt": encode(self.salt),
            "verifier": encode(hashlib.sha256(self.derived("auth")).digest()),
            "wrapped": encode(wrapped),
            "receipt_check": encode(hashlib.sha256(self.opened(sealed.manifest)).digest()),
            "label": self.label,
            **more,
        }

    def unwrap(self, wrapped: str) -> bytes:
        data, aad = decode(wrapped), f"chartpost/share/v1/wrap/{self.recipient}/{PARAMS}".encode()
        return AESGCM(self.derived("wrap")).decrypt(data[:12], data[12:], aad)


def unseal(share: str, key: bytes, index: int, name: str, data: bytes) -> bytes:
    """The plaintext of an object."""
    context = b"CPS1" + decode(share) + index.to_bytes(4, "big") + decode(name)
    return decrypt(data, hkdf(key, b"", f"chartpost/share/v1/obj/{index}"), context)
