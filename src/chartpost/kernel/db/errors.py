"""Errors of the encrypted database."""

from sqlcipher3 import dbapi2

from chartpost.kernel.errors import KernelError


class DatabaseKeyError(KernelError, dbapi2.DatabaseError):  # type: ignore[misc]  # the driver has no types
    """The database file does not open with the key at hand; Django shows it as `django.db.DatabaseError`."""
