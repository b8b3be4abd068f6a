"""The guards of the ledger's rows, taken away and put back: for tests that tamper, and for cleaning up."""

from importlib import import_module

from django.db import connection

TABLES = ("ledger_entry", "ledger_leaf", "ledger_checkpoint")
_ROWS = ("ledger_waiting", "ledger_leaf", "ledger_checkpoint", "ledger_entry")


def unguard() -> None:
    """Drop the triggers that refuse changes."""
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER {table}_fixed ON {table}")
            else:
                cursor.execute(f"DROP TRIGGER {table}_no_update")
                cursor.execute(f"DROP TRIGGER {table}_no_delete")


def guard() -> None:
    """Put the triggers back."""
    migration = import_module("chartpost.ledger.migrations.0001_initial")
    with connection.cursor() as cursor:
        for statement in migration.guards(connection.vendor):
            cursor.execute(statement)


def emptied() -> None:
    """Remove every row of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM ledger_entry) + (SELECT count(*) FROM ledger_checkpoint)")
        if not cursor.fetchone()[0]:
            return
    unguard()
    with connection.cursor() as cursor:
        for table in _ROWS:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("UPDATE ledger_tree SET size = 0, peaks = %s", [b""])
    guard()
