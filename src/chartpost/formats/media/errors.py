"""Why a box cannot be read. Wrong passwords and changed files raise the errors of formats.sealedbox."""

from chartpost.formats.sealedbox.errors import SealedBoxError


class ContainerError(SealedBoxError):
    """The file is no box, was cut, or something was added to it."""


def no_box(seen: str) -> ContainerError:
    """The error for a file that is not a whole box."""
    return ContainerError(
        seen=seen,
        expected="the whole file records.cps as it was made",
        todo="copy it from the stick or disc again; if that does not help, ask the sender for a new one",
    )
