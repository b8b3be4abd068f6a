"""Opening a box from a stick or a disc at the shell: no server, no count of tries, no receipt."""

import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from chartpost.formats import media
from chartpost.formats.media import OpenBox
from chartpost.formats.sealedbox import Block, FileEntry, Manifest, Runs, WrongKeyError
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.progress import tell


class OpenedBox:
    """A box that is open, read by several threads in turn."""

    def __init__(self, box: OpenBox) -> None:
        self.box, self._lock = box, threading.Lock()

    @property
    def manifest(self) -> Manifest:
        """What is in it."""
        return self.box.manifest

    @property
    def grant(self) -> dict[str, Any]:
        """Nothing: no server gave it."""
        return {}

    def runs(self, entry: FileEntry) -> Runs:
        """What the chunks of a file are opened with; raises BoxError."""
        with self._lock:
            return self.box.runs(entry)

    def sealed(self, entry: FileEntry, block: Block, into: memoryview) -> memoryview:
        """Read the ciphertext of one block of a file; raises BoxError."""
        into = into[: block.length]
        with self._lock:
            into[:] = self.box.sealed(entry, block.start, block.length)
        return into

    def confirm(self) -> None:
        """Nobody is told: a box knows no server."""


def open_box(stream: BinaryIO, ask: Callable[[int | None], str | None]) -> OpenedBox:
    """Open a box with the password `ask` gives, asked again while it is wrong; raises CommandError, SealedBoxError."""
    first = True
    while (password := ask(None)) is not None:
        try:
            return OpenedBox(media.open_box(stream, password))
        except WrongKeyError:
            tell("That password does not fit.")
            first = False
    raise CommandError(
        seen="no password" if first else "a password that does not open this file",
        expected="the five words on the password sheet",
        todo="type them again with their dashes, or ask the office for a new stick or disc",
    )
