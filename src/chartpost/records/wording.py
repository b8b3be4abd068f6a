"""Making entries searchable by their words after they were stored: many at once, by the worker or who searches first.

An index of words written row by row costs a write more than everything else; in one transaction for many rows it costs
little. Who searches a record makes its waiting entries searchable first, so that nothing that is stored is missed.
"""

import time

from django.db import connection, transaction

from chartpost.formats.fhirjson.canonical import parse
from chartpost.kernel.db import raw
from chartpost.records import text
from chartpost.records.preparing import words_of

STEP = 500
PAUSE_SECONDS = 0.02
"""Between steps, so that others who write get their turn."""
_LOCK = {"postgresql": " FOR UPDATE OF w", "sqlite": ""}
"""Keeps others from the marks that are read, and whoever changes such a row waiting; SQLite has one writer anyway."""
_FREE = {"postgresql": " SKIP LOCKED", "sqlite": ""}


def go_on() -> int:
    """Make all waiting entries searchable, but those somebody else is about; returns how many. Safe to repeat."""
    done = 0
    while number := _step(None):
        done += number
        time.sleep(PAUSE_SECONDS)
    return done


def catch_up(person_id: int) -> None:
    """Make the waiting entries of one person searchable."""
    while _waiting(person_id, 1):
        if not _step(person_id):
            _step(person_id, wait=True)


def _step(person_id: int | None, *, wait: bool = False) -> int:
    """Make some entries searchable: those nobody else is about, or one of them once the other is ready.

    Who waits holds nothing meanwhile that others could wait for.
    """
    if not _waiting(person_id, 1):
        return 0
    lock = _LOCK[connection.vendor]
    with transaction.atomic():
        rids = _waiting(person_id, 1, lock) if wait else _waiting(person_id, STEP, lock + _FREE[connection.vendor])
        rows = _rows(rids)
        text.remove(rids)
        text.add([(rid, person, words_of(parse(bytes(body)))) for rid, person, body in rows])
    return len(rids)


def _waiting(person_id: int | None, most: int, lock: str = "") -> list[int]:
    """Rows that wait, of one person or all."""
    with connection.cursor() as cursor:
        if person_id is None:
            cursor.execute(
                "SELECT w.rid FROM records_wordless w CROSS JOIN records_resource r"  # noqa: S608 - constants
                f" WHERE r.rid = w.rid ORDER BY w.rid LIMIT %s{lock}",
                [most],
            )  # SQLite goes through what waits first, not through all there is
        else:
            cursor.execute(
                "SELECT w.rid FROM records_wordless w JOIN records_resource r ON r.rid = w.rid"  # noqa: S608 - same
                f" WHERE r.person_id = %s ORDER BY w.rid LIMIT %s{lock}",
                [person_id, most],
            )
        return [row[0] for row in cursor.fetchall()]


def _rows(rids: list[int]) -> list[tuple[int, int, bytes]]:
    """What these rows hold now and whose they are. Asked by itself: a locked mark may have waited for a newer row."""
    if not rids:
        return []
    sql = f"SELECT rid, person_id, body FROM records_resource WHERE deleted = ? AND rid IN ({raw.marks(rids)})"  # noqa: S608
    return raw.django().all(sql, [False, *rids])
