"""The encrypted database: keyed connections, a Django backend on them, a raw door beside it."""

from chartpost.kernel.db.connection import connect
from chartpost.kernel.db.errors import DatabaseKeyError

__all__ = ["DatabaseKeyError", "connect"]
