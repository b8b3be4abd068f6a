"""Why a link, a password, a manifest or an object is refused.

SealedBoxError
├── LinkError           a link that is not one of ours, or was mangled beyond repair
├── ParamsError         key derivation weaker than the floor, dearer than the ceiling, or unknown
├── WrongKeyError       link, password or private key do not fit
├── ManifestError       a manifest that breaks the rules, or differs from what the server said
├── WeakPasswordError   an own password that is guessed too easily
├── WordsError          a recovery sheet that was mistyped
└── BoxError            an object that was changed, cut, moved or swapped
"""


class SealedBoxError(Exception):
    """An error with three plain parts; never holds a password, a key, a file name or a note."""

    def __init__(self, *, seen: str, expected: str, todo: str) -> None:
        self.seen, self.expected, self.todo = seen, expected, todo
        super().__init__(f"Seen: {seen}. Expected: {expected}. What to do: {todo}.")


class LinkError(SealedBoxError):
    """The text is not a link to a sealed share."""


class ParamsError(SealedBoxError):
    """The parameters of the key derivation are outside what this program accepts."""


class WrongKeyError(SealedBoxError):
    """What was given does not unwrap the key."""


class ManifestError(SealedBoxError):
    """The manifest is not one this program may trust."""


class WeakPasswordError(SealedBoxError):
    """The password is guessed too easily."""


class WordsError(SealedBoxError):
    """A line of a recovery sheet does not fit its check letters."""


class BoxError(SealedBoxError):
    """The bytes are not the whole, unchanged object."""
