"""Opening a link: keys, grant, manifest; and the receipt once everything arrived."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import FileEntry, Keys, Link, Manifest, Runs, b64u, unb64u
from chartpost.formats.sealedbox.manifest import LARGEST
from chartpost.gateways.sealed.command.errors import AnswerError
from chartpost.gateways.sealed.command.wire import Wire, understood

HEADER = 56


class Source(Protocol):
    """Something open to save from: a share of a server, or a box on a stick."""

    @property
    def manifest(self) -> Manifest:
        """What is in it."""

    @property
    def grant(self) -> dict[str, Any]:
        """What the server gave; empty for a box."""

    def runs(self, entry: FileEntry) -> Runs:
        """What the chunks of a file are opened with."""

    def sealed(self, entry: FileEntry, start: int, length: int, into: memoryview) -> Iterator[memoryview]:
        """`length` bytes of a file's object from `start` on, in pieces that fill the buffer; the last may be shorter.

        Each lies there until the next is asked for. May be called from processes that began as copies of this one.
        """

    def confirm(self) -> None:
        """Say that all of it arrived whole."""


@dataclass(frozen=True)
class Opened:
    """A share that is open: what is in it, and what its objects are read with."""

    link: Link
    wire: Wire
    keys: Keys = field(repr=False)
    share_key: bytes = field(repr=False)
    grant: dict[str, Any] = field(repr=False)
    manifest: Manifest
    padded: bytes = field(repr=False)

    def runs(self, entry: FileEntry) -> Runs:
        """What the chunks of a file are opened with, by its first bytes; raises CommandError, BoxError."""
        header = memoryview(bytearray(HEADER))
        self.wire.fetch(self._path(entry.object), self.grant["grant"], 0, header)
        share = self.grant["share"]
        return Runs.opening(self.share_key, share, entry.index, entry.object, bytes(header))

    def sealed(self, entry: FileEntry, start: int, length: int, into: memoryview) -> Iterator[memoryview]:
        """Fetch bytes of a file's object, in pieces that fill the buffer; raises CommandError."""
        return self.wire.stream(self._path(entry.object), self.grant["grant"], start, length, into)

    def confirm(self) -> None:
        """Tell the sender, with a proof, that all of it arrived; raises CommandError."""
        proof = {
            "opened": b64u(sealedbox.opened_proof(self.keys, self.padded)),
            "mac": b64u(sealedbox.receipt_mac(self.keys, self.grant["grant_id"], self.padded)),
        }
        self.wire.call("POST", f"open/{self.link.recipient}/receipt", proof, self.grant["grant"])

    def _path(self, object_id: str) -> str:
        return f"open/{self.link.recipient}/objects/{object_id}"


def open_share(link: Link, wire: Wire, ask: Callable[[int | None], str | None], kept: dict[str, Any] | None) -> Opened:
    """Open a share; `ask` gives the password, told the tries that are left after a wrong one, or None to give up.

    `kept` is a grant of an earlier run, gone on with while the server takes it. Raises CommandError, SealedBoxError.
    """
    with understood():
        told = wire.call("POST", f"open/{link.recipient}/header", {})
        params, salt = sealedbox.parse_params(str(told["params"])), unb64u(str(told["salt"]), sealedbox.SALT)
    left: int | None = None
    while True:
        password = ask(left)
        if password is None:
            raise _wrong(left)
        keys = sealedbox.keys_for(link.secret, password, salt, params, link.recipient)
        try:
            return _opened(link, wire, keys, params, kept)
        except AnswerError as error:
            if error.code != "refused":
                raise
            left = error.tries_left


def _opened(link: Link, wire: Wire, keys: Keys, params: sealedbox.Params, kept: dict[str, Any] | None) -> Opened:
    if kept is not None:
        try:
            return _read(link, wire, keys, params, kept)
        except (AnswerError, sealedbox.WrongKeyError):
            pass
    return _read(link, wire, keys, params, wire.call("POST", f"open/{link.recipient}", {"auth": b64u(keys.auth)}))


def _read(link: Link, wire: Wire, keys: Keys, params: sealedbox.Params, grant: dict[str, Any]) -> Opened:
    with understood():
        share_key = sealedbox.unwrap_share_key(keys, unb64u(str(grant["wrapped"])), params)
        listed = {int(one["index"]): (str(one["object"]), int(one["size"])) for one in grant["objects"]}
        share, token = str(grant["share"]), str(grant["grant"])
        unb64u(share, 16)
    ident, size = listed.pop(0, ("", 0))
    if not 0 < size <= 2 * LARGEST:
        raise sealedbox.box_error(0)
    sealed = memoryview(bytearray(size))
    wire.fetch(f"open/{link.recipient}/objects/{ident}", token, 0, sealed)
    padded = b"".join(sealedbox.open_stream([bytes(sealed)], share_key, share, 0, ident))
    manifest = sealedbox.parse_manifest(padded)
    manifest.check_params(link.recipient, params)
    manifest.check_objects(listed)
    return Opened(link, wire, keys, share_key, grant, manifest, padded)


def _wrong(left: int | None) -> AnswerError:
    return AnswerError(
        403,
        "refused",
        seen="a password that does not open this link",
        expected="the password the sender told you",
        todo="type it again with its hyphens, or ask the sender"
        + (f"; {left} tries are left before the link locks" if left is not None else ""),
    )
