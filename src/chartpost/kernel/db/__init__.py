"""The encrypted database: keyed connections, a Django backend on them, a raw door beside it."""

from chartpost.kernel.db.connection import connect, raw_connection
from chartpost.kernel.db.errors import DatabaseKeyError

__all__ = ["DatabaseKeyError", "connect", "raw_connection"]
