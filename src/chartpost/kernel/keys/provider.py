"""Key providers: who holds the root key. The file provider is the default; a KMS can stand in its place."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from chartpost.kernel.keys import cipher
from chartpost.kernel.keys.errors import RootKeyMissingError, RootKeyWrongError, UnwrapError
from chartpost.kernel.keys.files import make_folder, write_secret

ROOT_BYTES = 32


class Provider(Protocol):
    """Holds a root key and wraps other keys with it; the root key itself is never handed out."""

    def prepare(self) -> None:
        """Make a root key where there is none yet."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Wrap `key` under the root key, bound to `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`; raises UnwrapError."""

    def rotate(self, wrapped: bytes, context: bytes, store: Callable[[bytes], None]) -> None:
        """Take a new root key into use: `store` keeps `wrapped` as wrapped anew. Killed at any point, one key fits."""

    def describe(self) -> str:
        """Where the root key is, in plain words, without any secret."""


class FileProvider:
    """A root key of 32 bytes in a file with mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = path.with_name(path.name + ".next") if path.name else path

    def __repr__(self) -> str:
        return f"FileProvider({str(self.path)!r})"

    def prepare(self) -> None:
        """Make a root key where there is none yet."""
        if not self.path.exists():
            make_folder(self.path.parent)
            write_secret(self.path, secrets.token_bytes(ROOT_BYTES))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Wrap `key` under the root key, bound to `context`."""
        return cipher.seal(self._root(), key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`, with the next root key too where a rotation was killed before its end."""
        try:
            return cipher.unseal(self._root(), wrapped, context)
        except UnwrapError:
            if not self._next.exists():
                raise
            key = cipher.unseal(self._next.read_bytes(), wrapped, context)
        self._next.replace(self.path)
        return key

    def rotate(self, wrapped: bytes, context: bytes, store: Callable[[bytes], None]) -> None:
        """Write the new root key beside the old one, have the key stored under it, then put it in place."""
        key = self.unwrap(wrapped, context)
        fresh = secrets.token_bytes(ROOT_BYTES)
        write_secret(self._next, fresh)
        store(cipher.seal(fresh, key, context))
        self._next.replace(self.path)

    def describe(self) -> str:
        """Where the root key is."""
        return f"root key in the file {self.path}"

    def _root(self) -> bytes:
        try:
            root = self.path.read_bytes()
        except FileNotFoundError as error:
            raise RootKeyMissingError(
                seen=f"no root key at {self.path}",
                expected="the root key this home was made with",
                todo="put the file back, or restore a backup on an empty home with the recovery key",
            ) from error
        if len(root) != ROOT_BYTES:
            raise RootKeyWrongError(
                seen=f"{len(root)} bytes in {self.path}",
                expected="32 bytes",
                todo="put the right root key file back",
            )
        return root
