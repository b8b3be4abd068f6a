"""One at a time: locks by name, for what no row stands for that could be locked; and waiting for whoever writes."""

from collections.abc import Iterable
from hashlib import blake2b

from django.db import connection


def alone(*names: str) -> None:
    """Have nobody else go on who asks for one of these names, until the caller's transaction ends.

    On PostgreSQL an advisory lock each; on SQLite the transaction is the only writer anyway. Names asked for in one
    call are locked in one order, so that no two callers wait for each other; `docs/adr/0009-fhir-door.md` has the order
    of several calls.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for number in _numbers(names):
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def at_rest(table: str) -> None:
    """Wait for whoever is writing to a table; until the caller's transaction ends nobody else does.

    On SQLite the transaction is the only writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE MODE")


def _numbers(names: Iterable[str]) -> list[int]:
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return sorted({int.from_bytes(digest, "big", signed=True) for digest in digests})
