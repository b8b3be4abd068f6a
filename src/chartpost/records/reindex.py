"""Making the index anew when what rows are found by changes; whatever goes by it waits, so that nothing is in part.

The worker goes through the rows in steps of one short transaction and keeps its place, so that it can be stopped.
"""

import time
from collections.abc import Sequence
from functools import partial

from django.db import connection, transaction

from chartpost.formats.fhirjson.canonical import parse
from chartpost.kernel import facts, jobs
from chartpost.kernel.db import meeting, raw
from chartpost.records import contexts, provenances, store
from chartpost.records.preparing import hashes_of
from chartpost.records.search import custom
from chartpost.records.types import kind_of, type_of

FACT = "posting-index-at"
"""While this fact stands the index is being made; its value is the last row done."""
STEP = 300
PAUSE_SECONDS = 0.05
"""Between steps, so that others who write get their turn: SQLite wakes nobody who waits for its lock."""
AGAIN_SECONDS = 30.0
"""How long jobs wait that need the index."""
_LOOK_SECONDS = 5.0
_looked: list[float] = []
Row = tuple[int, int, int, int, bool, bytes]
"""A row to be indexed: rid, kind, person, clinical date, whether it is deleted, body."""
_KEPT = {"postgresql": store.IN_ORDER, "sqlite": ""}
"""What keeps others from changing the rows that are read; SQLite has one writer anyway."""
_RUNNING = (
    "SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'virtualxid'"
    " AND l.pid <> pg_backend_pid() AND a.datname = current_database() AND a.usename = current_user"
)
_unaware: dict[str, set[str]] = {}
"""Transactions that may not know of a parameter, by its key, while they run."""


def ready(db: raw.Db) -> bool:
    """Whether the index is whole, as of at most five seconds ago."""
    at = time.monotonic()
    if _looked and at < _looked[0]:
        return True
    whole = db.one("SELECT 1 FROM kernel_setting WHERE name = ?", [FACT]) is None
    _looked[:] = [at + _LOOK_SECONDS] if whole else []
    return whole


def wait() -> None:
    """Have a job asked for again while the index is being made: what it looks for would be found in part."""
    if not ready(raw.django()):
        raise jobs.Later(AGAIN_SECONDS)


def go_on() -> int:
    """Make the rest of the index, if it must be made; returns how many rows were done. Safe to stop and repeat."""
    done = 0
    while (at := facts.recorded(FACT)) is not None:
        number = meeting.again(partial(_step, int(at[0])))
        done += number
        time.sleep(PAUSE_SECONDS)
        if number == 0:
            facts.forget(FACT)
    return done


def post_custom() -> int:
    """Post the values of an office's own parameters for rows that were there before; returns how many rows were done.

    Until that is done searches by them look at each resource. Safe to stop and repeat. Rows stored meanwhile are
    posted by whoever stores them (`store.put`), so a parameter waits until every transaction that writes knows it.
    """
    done = 0
    waiting: dict[str, list[str]] = {}
    for own in custom.custom(raw.django()).values():
        for one in own.values():
            if one.definition.type in custom.POSTED and not one.definition.posted:
                waiting.setdefault(one.key, []).append(one.resource_type)
    for key, types in waiting.items():
        if _known_to_all(key):
            done += sum(map(_post, types))
            facts.record(key, "posted")
            _unaware.pop(key, None)
    return done


def _known_to_all(key: str) -> bool:
    """Whether those transactions are over that began before a parameter was stored, and may write without it.

    Those that begin now read it. On SQLite it could not be stored while another wrote.
    """
    if connection.vendor != "postgresql":
        return True
    running = {text for (text,) in raw.django().all(_RUNNING)}
    _unaware[key] = _unaware.get(key, running) & running
    return not _unaware[key]


def _post(resource_type: str) -> int:
    done, after = 0, 0
    while True:
        with transaction.atomic():
            rows = _held("kind = %s AND", [kind_of(resource_type)], after)
            _anew(rows)
        if not rows:
            return done
        done += len(rows)
        after = max(row[0] for row in rows)
        time.sleep(PAUSE_SECONDS)


def _step(after: int) -> int:
    """One step: rows after a place, their postings taken away and made anew; what follows other rows is like these."""
    rows = _held("", [], after)
    if rows:
        _anew(rows)
        contexts.catch_up([row[0] for row in rows if row[1] == kind_of("Binary")])
        provenances.catch_up([row[0] for row in rows if row[1] == provenances.PROVENANCE])
        facts.record(FACT, str(max(row[0] for row in rows)))
    return len(rows)


def _held(where: str, values: list[int], after: int) -> list[Row]:
    """The rows of one step, as they are until the transaction ends; some may have been deleted by now."""
    page = f"SELECT rid FROM records_resource WHERE {where} rid > %s AND deleted = %s ORDER BY rid LIMIT %s"  # noqa: S608
    sql = f"SELECT rid, kind, person_id, date_ms, deleted, body FROM records_resource WHERE rid IN ({page})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql + _KEPT[connection.vendor], [*values, after, False, STEP])
        rows: list[Row] = cursor.fetchall()
    return rows


def _anew(rows: Sequence[Row]) -> None:
    """Index rows as if they were stored now."""
    own = custom.current(raw.django())
    store.unindex([(person, kind, date_ms, rid) for rid, kind, person, date_ms, _, _ in rows])
    store.index(
        [
            store.Indexed(person, kind, date_ms, rid, hashes_of(parse(bytes(body)), own.get(type_of(kind), {})))
            for rid, kind, person, date_ms, deleted, body in rows
            if not deleted
        ]
    )
