"""Opening a box from a stick or a disc at the shell: no server, no count of tries, no receipt."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from chartpost.formats import media
from chartpost.formats.media import OpenBox
from chartpost.formats.sealedbox import FileEntry, Manifest, Runs, WrongKeyError, box_error
from chartpost.gateways.sealed.command.disk import fill
from chartpost.gateways.sealed.command.errors import CommandError
from chartpost.gateways.sealed.command.opening import HEADER
from chartpost.gateways.sealed.command.progress import tell


class OpenedBox:
    """A box that is open."""

    def __init__(self, box: OpenBox, file: int) -> None:
        self.box, self._file = box, file

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
        header = memoryview(bytearray(HEADER))
        return self.box.runs(entry, b"".join(self.sealed(entry, 0, HEADER, header)))

    def sealed(self, entry: FileEntry, start: int, length: int, into: memoryview) -> Iterator[memoryview]:
        """Read bytes of a file's object, in pieces that fill the buffer; raises BoxError."""
        place = self.box.place(entry)
        for at in range(start, start + length, len(into)):
            piece = into[: start + length - at]
            if not fill(self._file, piece, place + at):
                raise box_error(entry.index)
            yield piece

    def confirm(self) -> None:
        """Nobody is told: a box knows no server."""


def open_box(stream: BinaryIO, ask: Callable[[int | None], str | None]) -> OpenedBox:
    """Open a box with the password `ask` gives, asked again while it is wrong; raises CommandError, SealedBoxError."""
    first = True
    while (password := ask(None)) is not None:
        try:
            return OpenedBox(media.open_box(stream, password), stream.fileno())
        except WrongKeyError:
            tell("That password does not fit.")
            first = False
    raise CommandError(
        seen="no password" if first else "a password that does not open this file",
        expected="the five words on the password sheet",
        todo="type them again with their dashes, or ask the office for a new stick or disc",
    )
