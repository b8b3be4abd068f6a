"""Errors of the key ring. None of them ever holds key material."""

from chartpost.kernel.errors import KernelError


class KeyRingError(KernelError):
    """The key ring cannot be opened, made or recovered."""


class RootKeyMissingError(KeyRingError):
    """The home has encrypted data, and its root key is not there."""


class RootKeyWrongError(KeyRingError):
    """The root key at hand is not the one this home was made with."""


class RecoveryKeyWrongError(KeyRingError):
    """The typed recovery key has a typing error or belongs to another home."""


class UnwrapError(KeyRingError):
    """A wrapped key does not open: other context, other ring, or changed bytes."""
