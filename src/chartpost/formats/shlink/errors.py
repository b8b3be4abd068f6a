"""Why a SMART Health Link or one of its files is refused.

ShlinkError
├── LinkError       a text that is no link, or a payload against the rules
├── JweError        a file that was changed, or is not made as the guide says
└── TooBigError     a file that unpacks to more than the reader allows
"""


class ShlinkError(Exception):
    """An error with three plain parts; never holds a key, an address or what a file says."""

    def __init__(self, *, seen: str, expected: str, todo: str) -> None:
        self.seen, self.expected, self.todo = seen, expected, todo
        super().__init__(f"Seen: {seen}. Expected: {expected}. What to do: {todo}.")


class LinkError(ShlinkError):
    """The text is not a SMART Health Link this program may use."""


class JweError(ShlinkError):
    """The bytes are not the whole, unchanged file."""


class TooBigError(ShlinkError):
    """The file is larger than the reader allows."""
