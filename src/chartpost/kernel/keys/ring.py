"""The key ring: a master secret wrapped by a provider's root key; all other keys derive from it by label.

Files under HOME/keys (0700, files 0600): `root.key` (unless kept elsewhere), `master.wrap`, `recovery.wrap`.
Changing the root key or the recovery key re-wraps the master secret; no data is encrypted again.
"""

import base64
import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chartpost.kernel.keys import cipher, recovery
from chartpost.kernel.keys.errors import RootKeyMissingError, RootKeyWrongError, UnwrapError
from chartpost.kernel.keys.files import make_folder, write_secret
from chartpost.kernel.keys.provider import FileProvider, Provider

MASTER_BYTES = 32
_CONTEXT = b"chartpost/master/v1"


class KeyRing:
    """The opened keys of one home. Its text form never shows a secret."""

    def __init__(self, folder: Path, provider: Provider, master: bytes) -> None:
        self.folder, self.provider = folder, provider
        self._master = master
        self._derived: dict[tuple[str, int], bytes] = {}

    def __repr__(self) -> str:
        return f"KeyRing({str(self.folder)!r})"

    def __getstate__(self) -> Any:
        message = "a key ring never leaves its process"
        raise TypeError(message)

    def derive(self, label: str, length: int = 32) -> bytes:
        """The key for the purpose `label`, `length` bytes: HKDF-SHA-256 (RFC 5869) of the master secret."""
        slot = (label, length)
        if slot not in self._derived:
            self._derived[slot] = cipher.hkdf(self._master, f"chartpost/{label}", length)
        return self._derived[slot]

    def wrap(self, dek: bytes, context: bytes) -> bytes:
        """Wrap a data key, bound to `context`; 28 bytes longer than the key."""
        return cipher.seal(self.derive("wrap"), dek, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`; raises UnwrapError."""
        return cipher.unseal(self.derive("wrap"), wrapped, context)

    def recovery_key_new(self) -> str:
        """Make a recovery key and return it for printing; new backups no longer open with the one before."""
        key = recovery.new()
        write_secret(self.folder / "recovery.wrap", json.dumps(recovery.lock(self._master, key)).encode())
        return key

    def recovery_wrap(self) -> dict[str, Any] | None:
        """The master secret under the recovery key, for a backup's header; None before the first one."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "recovery.wrap").read_bytes())
        except FileNotFoundError:
            return None
        return found

    def rotate_root(self) -> None:
        """Take a new root key into use."""
        with _locked(self.folder):
            wrapped = _read_wrapped(self.folder)
            self.provider.rotate(wrapped, _CONTEXT, lambda fresh: _store(self.folder, fresh))


def create(home: Path, root_key_file: Path | None = None) -> KeyRing:
    """Make the keys of a new home; when they exist already they are opened instead."""
    return _make(home, root_key_file, secrets.token_bytes(MASTER_BYTES))


def open_or_create(home: Path, root_key_file: Path | None = None) -> KeyRing:
    """The keys of a home, made on its first start; raises RootKeyMissingError for data without keys."""
    if not _wrap_file(home / "keys").exists() and (home / "chartpost.db").exists():
        raise RootKeyMissingError(
            seen=f"a database and no keys in {home}",
            expected=f"the key ring in {home / 'keys'}",
            todo="put the keys folder back, or restore a backup on an empty home with the recovery key",
        )
    return create(home, root_key_file)


def adopt(home: Path, master: bytes, recovery_wrap: dict[str, Any], root_key_file: Path | None = None) -> KeyRing:
    """Give an empty home the master secret that came back from a backup, under a new root key."""
    ring = _make(home, root_key_file, master)
    write_secret(ring.folder / "recovery.wrap", json.dumps(recovery_wrap).encode())
    return ring


def of_master(master: bytes) -> KeyRing:
    """A ring that is in no home: for checking a backup."""
    return KeyRing(Path(), FileProvider(Path()), master)


def master_of(ring: KeyRing) -> bytes:
    """The master secret, for restoring a backup on this machine."""
    return ring._master


def _make(home: Path, root_key_file: Path | None, master: bytes) -> KeyRing:
    folder = home / "keys"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_folder(folder)
    provider: Provider = FileProvider(root_key_file or folder / "root.key")
    with _locked(folder):
        if _wrap_file(folder).exists():
            return KeyRing(folder, provider, _open_master(folder, provider))
        provider.prepare()
        _store(folder, provider.wrap(master, _CONTEXT))
    return KeyRing(folder, provider, master)


def _open_master(folder: Path, provider: Provider) -> bytes:
    try:
        return provider.unwrap(_read_wrapped(folder), _CONTEXT)
    except UnwrapError as error:
        raise RootKeyWrongError(
            seen=f"{provider.describe()}, which does not open {_wrap_file(folder)}",
            expected="the root key this home was made with",
            todo="put the right root key back, or restore a backup with the recovery key",
        ) from error


def _wrap_file(folder: Path) -> Path:
    return folder / "master.wrap"


def _read_wrapped(folder: Path) -> bytes:
    return base64.b64decode(json.loads(_wrap_file(folder).read_bytes())["sealed"])


def _store(folder: Path, wrapped: bytes) -> None:
    text = json.dumps({"version": 1, "sealed": base64.b64encode(wrapped).decode()})
    write_secret(_wrap_file(folder), text.encode())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
