"""The encrypted database: one way to open a keyed connection, a Django backend on top, a raw door beside it."""

from chartpost.kernel.db.connection import connect, raw_connection
from chartpost.kernel.db.errors import DatabaseKeyError

__all__ = ["DatabaseKeyError", "connect", "raw_connection"]
