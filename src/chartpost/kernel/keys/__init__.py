"""Keys of this home. They are derived from one master secret and never leave the process.

Labels in use: `database`, `wrap`, `backup`, `django`; other rooms add theirs (`ledger/seed`, `ledger/spool`,
`records/postings`, `cursors`...). Keep this list and the rooms' own constants in step.
"""

from functools import lru_cache

from chartpost.kernel.config import config
from chartpost.kernel.keys.errors import (
    KeyRingError,
    RecoveryKeyWrongError,
    RootKeyMissingError,
    RootKeyWrongError,
    UnwrapError,
)
from chartpost.kernel.keys.ring import KeyRing, create, open_or_create

__all__ = [
    "KeyRing",
    "KeyRingError",
    "RecoveryKeyWrongError",
    "RootKeyMissingError",
    "RootKeyWrongError",
    "UnwrapError",
    "create",
    "database_key",
    "derive",
    "keyring",
    "recovery_key_new",
    "secret_key",
    "unwrap",
    "wrap",
]


@lru_cache(maxsize=1)
def keyring() -> KeyRing:
    """The key ring of this process's home, opened once, made on the first start."""
    return open_or_create(config().home, config().root_key_file)


def database_key() -> bytes:
    """The raw 32-byte key of the database file."""
    return keyring().derive("database")


def secret_key() -> str:
    """Django's SECRET_KEY: 64 hexadecimal characters."""
    return keyring().derive("django").hex()


def derive(label: str, length: int = 32) -> bytes:
    """The key for the purpose `label`, `length` bytes."""
    return keyring().derive(label, length)


def wrap(dek: bytes, context: bytes) -> bytes:
    """Wrap a data key, bound to `context`."""
    return keyring().wrap(dek, context)


def unwrap(wrapped: bytes, context: bytes) -> bytes:
    """Undo `wrap`; raises UnwrapError."""
    return keyring().unwrap(wrapped, context)


def recovery_key_new() -> str:
    """Make a new recovery key and return it for printing, once."""
    return keyring().recovery_key_new()
