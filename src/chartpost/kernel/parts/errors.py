"""Errors of sealed objects.

PartError
├── PartBrokenError    the bytes that came are not those that were announced
└── PartMissingError   a stored object or part of it is gone
"""

from chartpost.kernel.errors import KernelError


class PartError(KernelError):
    """A sealed object cannot be stored or read."""


class PartBrokenError(PartError):
    """The bytes that came are not those that were announced."""


class PartMissingError(PartError):
    """A stored object or part of it is gone."""


def gone() -> PartMissingError:
    """The error for bytes that are not there; names nothing, so that it may be logged."""
    return PartMissingError(
        seen="a sealed object that is not in the store",
        expected="the bytes as they were uploaded",
        todo="ask the sender to send the files again; check the disk or the bucket",
    )
