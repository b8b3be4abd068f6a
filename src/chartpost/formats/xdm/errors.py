"""Errors of this room.

XdmError
|- NotXdmError       a zip without the folder and metadata of XDM, or no zip at all
|- HostileZipError   a zip that is refused: too large, growing too much, with unsafe names, links or a password
`- DamagedError      a document that is missing, or whose size or hash is not what the metadata says
"""


class XdmError(ValueError):
    """A package could not be read or written; the message never holds what is inside a document."""

    def __init__(self, seen: str, expected: str, todo: str) -> None:
        super().__init__(f"seen: {seen}; expected: {expected}; todo: {todo}")
        self.seen = seen
        self.expected = expected
        self.todo = todo


class NotXdmError(XdmError):
    """The file is no XDM package."""


class HostileZipError(XdmError):
    """The zip is refused before anything in it is used."""


class DamagedError(XdmError):
    """A document is not what the metadata says it is."""
