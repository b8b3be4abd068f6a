"""Why a file cannot be converted.

ConvertError
├── NotUnderstoodError   the bytes are of no kind that is read, or broken
├── NobodyError          no person in it whose record could be written
└── CannotMakeError      what was read does not make a document of the kind asked for
"""


class ConvertError(Exception):
    """An error with three plain parts; never holds what a file says about a person."""

    def __init__(self, seen: str, expected: str, todo: str) -> None:
        self.seen, self.expected, self.todo = seen, expected, todo
        super().__init__(f"Seen: {seen}. Expected: {expected}. What to do: {todo}.")


class NotUnderstoodError(ConvertError):
    """The file is of another kind, cut, or over its cap."""


class NobodyError(ConvertError):
    """There is no Patient in it."""


class CannotMakeError(ConvertError):
    """The document that was made would not hold."""
