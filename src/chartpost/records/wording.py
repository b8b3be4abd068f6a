"""Making entries searchable by their words after they were stored: many at once, by the worker or who searches first.

An index of words written row by row costs a write more than everything else; in one transaction for many rows it costs
little. Who searches a record makes its waiting entries searchable first, so that nothing that is stored is missed.
"""

import time

from django.db import connection, transaction

from chartpost.formats.fhirjson.canonical import parse
from chartpost.records import text
from chartpost.records.preparing import words_of

STEP = 500
PAUSE_SECONDS = 0.02
"""Between steps, so that others who write get their turn."""


def go_on() -> int:
    """Make all waiting entries searchable; returns how many. Safe to stop and repeat."""
    done = 0
    while number := _step(None):
        done += number
        time.sleep(PAUSE_SECONDS)
    return done


def catch_up(person_id: int) -> None:
    """Make the waiting entries of one person searchable."""
    while _waiting(person_id, 1):
        _step(person_id)


def _step(person_id: int | None) -> int:
    if not _waiting(person_id, 1):
        return 0
    with transaction.atomic():
        rows = _waiting(person_id, STEP)
        rids = [row[0] for row in rows]
        text.remove(rids)
        text.add([(rid, person, words_of(parse(bytes(body)))) for rid, person, deleted, body in rows if not deleted])
        text.arrived(rids)
    return len(rows)


def _waiting(person_id: int | None, most: int) -> list[tuple[int, int, bool, bytes]]:
    columns = "r.rid, r.person_id, r.deleted, r.body"
    with connection.cursor() as cursor:
        if person_id is None:
            cursor.execute(
                f"SELECT {columns} FROM records_wordless w CROSS JOIN records_resource r"  # noqa: S608 - constants
                " WHERE r.rid = w.rid ORDER BY w.rid LIMIT %s",
                [most],
            )  # SQLite goes through what waits first, not through all there is
        else:
            cursor.execute(
                f"SELECT {columns} FROM records_wordless w JOIN records_resource r ON r.rid = w.rid"  # noqa: S608 - same
                " WHERE r.person_id = %s ORDER BY w.rid LIMIT %s",
                [person_id, most],
            )
        rows: list[tuple[int, int, bool, bytes]] = cursor.fetchall()
    return rows
