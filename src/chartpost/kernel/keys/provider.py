"""Key providers: who holds the root key. The file provider is the default; a KMS can stand in its place."""

import secrets
from pathlib import Path
from typing import Protocol

from chartpost.kernel.keys import cipher
from chartpost.kernel.keys.errors import RootKeyMissingError, RootKeyWrongError
from chartpost.kernel.keys.files import make_folder, write_secret

ROOT_BYTES = 32


class Provider(Protocol):
    """Holds a root key and wraps other keys with it; the root key itself is never handed out."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Wrap `key` under the root key, bound to `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`; raises UnwrapError."""

    def rotate(self, wrapped: bytes, context: bytes) -> bytes:
        """Take a new root key into use and return `wrapped` wrapped anew under it."""

    def describe(self) -> str:
        """Where the root key is, in plain words, without any secret."""


class FileProvider:
    """A root key of 32 bytes in a file with mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"FileProvider({str(self.path)!r})"

    @property
    def exists(self) -> bool:
        """Whether the root key file is there."""
        return self.path.exists()

    def create(self) -> None:
        """Make a new root key; the file must not exist yet."""
        make_folder(self.path.parent)
        write_secret(self.path, secrets.token_bytes(ROOT_BYTES))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Wrap `key` under the root key, bound to `context`."""
        return cipher.seal(self._root(), key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`; raises UnwrapError."""
        return cipher.unseal(self._root(), wrapped, context)

    def rotate(self, wrapped: bytes, context: bytes) -> bytes:
        """Write a new root key beside the old one; `finish_rotation` puts it in place afterwards."""
        key = self.unwrap(wrapped, context)
        fresh = secrets.token_bytes(ROOT_BYTES)
        write_secret(self._next, fresh)
        return cipher.seal(fresh, key, context)

    def finish_rotation(self) -> None:
        """Put the new root key in the place of the old one; safe to repeat."""
        if self._next.exists():
            self._next.replace(self.path)

    def unwrap_after_crash(self, wrapped: bytes, context: bytes) -> bytes | None:
        """Undo `wrap` with a new root key a broken-off rotation left behind; None where there is none."""
        if not self._next.exists():
            return None
        return cipher.unseal(self._next.read_bytes(), wrapped, context)

    def describe(self) -> str:
        """Where the root key is."""
        return f"root key in the file {self.path}"

    @property
    def _next(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

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
