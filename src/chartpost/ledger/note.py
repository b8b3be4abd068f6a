"""Signed checkpoints as text: c2sp.org/tlog-checkpoint in a c2sp.org/signed-note, signed with Ed25519.

    chartpost/ledger/4f1c9d2ab37e0a55
    1207
    <root, base64>
    time 2026-01-31T10:00:00.000Z

    — chartpost/ledger/4f1c9d2ab37e0a55 <key id (4 bytes) and signature, base64>

The fourth line is an extension line of the format: when the checkpoint was signed.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chartpost.kernel import clock, keys
from chartpost.ledger import letters
from chartpost.ledger.errors import NoteRefusedError

_ED25519 = b"\x01"
_DASH = "\u2014 "


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint states: leaves in the tree and its root (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Verifier:
    """The public half of a ledger's key, and the name that goes with it."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key: SHA-256(name, newline, 0x01, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key as one line: `name+id+key`, to be kept with copies of checkpoints."""
        return f"{self.name}+{self.key_id.hex()}+{letters.encode(_ED25519 + self.public)}"

    def open(self, text: str) -> Checkpoint:
        """Read a checkpoint; raises NoteRefusedError when it is none or is not signed by this key."""
        body, separator, signatures = text.rpartition("\n\n")
        lines = body.split("\n")
        if not separator or len(lines) < 3 or lines[0] != self.name or not _is_size(lines[1]):
            raise _refused("a text that is not a checkpoint of this ledger", "name, size and root on three lines")
        for line in signatures.splitlines():
            if line.startswith(f"{_DASH}{self.name} "):
                self._check(body + "\n", _base64(line.rsplit(" ", 1)[1]))
                return Checkpoint(int(lines[1]), _base64(lines[2]))
        raise _refused("no signature of this ledger", f"a line that begins with '{_DASH}{self.name}'")

    def _check(self, signed: str, signature: bytes) -> None:
        if signature[:4] != self.key_id:
            raise _refused("a signature by another key", f"key {self.key_id.hex()}")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[4:], signed.encode())
        except InvalidSignature:
            raise _refused("a signature that does not fit the text", "an untouched checkpoint") from None


@dataclass(frozen=True)
class Signer:
    """The key that signs this ledger's checkpoints."""

    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier("chartpost/ledger/" + hashlib.sha256(public).hexdigest()[:16], public)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed text of a checkpoint."""
        verifier = self.verifier
        moment = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        root = letters.encode(checkpoint.root)
        body = f"{verifier.name}\n{checkpoint.size}\n{root}\ntime {moment}\n"
        signature = letters.encode(verifier.key_id + self.key.sign(body.encode()))
        return f"{body}\n{_DASH}{verifier.name} {signature}\n"


def signer() -> Signer:
    """The signer of this home, from its key ring."""
    return Signer(Ed25519PrivateKey.from_private_bytes(keys.derive("ledger-signing")))


def verifier_from(text: str) -> Verifier:
    """The verifier of a key line `name+id+key`; raises NoteRefusedError."""
    name, _, rest = text.strip().partition("+")
    identifier, _, encoded = rest.partition("+")
    raw = _base64(encoded)
    verifier = Verifier(name, raw[1:])
    if raw[:1] != _ED25519 or len(raw) != 33 or verifier.key_id.hex() != identifier:
        raise _refused("a text that is not a verifier key", "name+id+key of an Ed25519 key")
    return verifier


def _is_size(text: str) -> bool:
    try:
        letters.number(text)
    except ValueError:
        return False
    return True


def _base64(text: str) -> bytes:
    try:
        return letters.decode(text)
    except ValueError:
        raise _refused("a text that is not base64", "base64 as this ledger writes it") from None


def _refused(seen: str, expected: str) -> NoteRefusedError:
    return NoteRefusedError(seen=seen, expected=expected, todo="Do not trust it; run `chartpost ledger verify`.")
