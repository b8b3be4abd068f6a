"""Working out what is the same, entry by entry as they come: by the worker, at the end of an import, after an answer.

Only what hangs together with new entries is worked out anew, in short transactions; twice gives the same. What was
looked at is noted in the transaction that keeps its outcome, so that it can be stopped at any time.
"""

import time
from collections.abc import Collection, Iterable

from django.db import connection, transaction

from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, facts, jobs
from chartpost.kernel.db import turns
from chartpost.ledger import services as ledger
from chartpost.records.reconcile import heirs, looking
from chartpost.records.reconcile.grouping import Outcome, Said, outcome
from chartpost.records.reconcile.models import Answer, Join, Joined, Looked, Pair
from chartpost.records.reconcile.pairing import Couple
from chartpost.records.reconcile.types import Facts
from chartpost.records.store import chunks

STEP = 200
"""Rows looked at in one transaction."""
PAUSE_SECONDS = 0.02
"""Between steps, so that others who write get their turn."""
JOB = "records.compare"
FACT = "reconciled-until"
OVERLAP_MS = 60_000
"""How long a transaction that writes may last: so far back is looked again each time."""


def go_on() -> int:
    """Ask for a look at each record in which something was stored since the last time; returns how many."""
    known = facts.recorded(FACT)
    since, now = int(known[0]) if known else 0, clock.now_ms()
    found = [p for p in _changed(since - OVERLAP_MS) if looking.several(p) and looking.waiting(p, 1)]
    for person in found:
        ask(person)
    if found or known is None or now - since > OVERLAP_MS:
        facts.record(FACT, str(now))
    return len(found)


def compare(person_id: int) -> int:
    """Look at all of a record that is new, if it has several sources; returns how many rows that were."""
    if not looking.several(person_id):
        return 0
    done = 0
    while number := _step(person_id):
        done += number
        time.sleep(PAUSE_SECONDS)
    return done


def ask(person_id: int) -> None:
    """Have the worker look at a record."""
    jobs.enqueue(JOB, key=f"{JOB} {person_id}", person_id=person_id)


def run(person_id: int) -> None:
    """What the worker does when it was asked."""
    compare(person_id)


def again(person_id: int, rids: Collection[int]) -> None:
    """Work out anew what hangs together with these rows, in the caller's transaction; call `alone` first."""
    _work_out(person_id, looking.together(person_id, rids, ()))


def alone(person_id: int) -> None:
    """Have nobody else work on this record until the transaction ends."""
    turns.alone(f"reconcile {person_id}")


@transaction.atomic
def _step(person_id: int) -> int:
    alone(person_id)
    found = looking.waiting(person_id, STEP)
    if not found:
        return 0
    there = [row for row in found if not row.deleted]
    looking.learn_files([row for row in there if row.type == looking.PROVENANCE], person_id)
    read = looking.read([row for row in there if row.type != looking.PROVENANCE], person_id)
    gone = [row.rid for row in found if row.deleted]
    known = looking.keep_marks(read, gone, person_id)
    hanging = looking.together(person_id, [*read, *gone], known)
    _work_out(person_id, hanging)
    _note([row for row in found if not row.deleted], gone, person_id)
    return len(found)


def _note(there: Iterable[looking.Row], gone: list[int], person_id: int) -> None:
    Looked.objects.filter(rid__in=gone).delete()
    Looked.objects.bulk_create(
        (Looked(rid=row.rid, person_id=person_id, version=row.version) for row in there),
        update_conflicts=True,
        unique_fields=["rid"],
        update_fields=["person_id", "version"],
    )


def _work_out(person_id: int, rids: Collection[int]) -> None:
    """Keep the outcome of rows that hang together."""
    made = looking.read(looking.rows(person_id, rids), person_id)
    rid_of = {one.key: rid for rid, one in made.items()}
    heirs.carry_over(person_id, made)
    said, shown = answers(person_id, made)
    found = outcome(list(made.values()), said, shown)
    joined = _keep_joins(person_id, set(rids), [[rid_of[key] for key in group] for group in found.groups])
    _keep_pairs(person_id, set(rids), found, rid_of)
    if joined:
        ledger.append(event(SYSTEM, "record.join", person_id, "record", "operations", count=joined))


def answers(person_id: int, made: dict[int, Facts]) -> tuple[dict[Couple, Said], dict[str, int]]:
    """What people said of these rows, newest first, and which keys they want shown."""
    said: dict[Couple, Said] = {}
    shown: dict[str, int] = {}
    for row in Answer.objects.filter(person_id=person_id, undone_at=None).order_by("-pk"):
        for one in row.ones:
            for other in row.others:
                if one in made and other in made:
                    a, b = made[one].key, made[other].key
                    said.setdefault((min(a, b), max(a, b)), Said(row.word, frozenset(row.seen.split())))
        if row.word == "same" and row.shown in made:
            shown.setdefault(made[row.shown].key, row.pk)
    return said, shown


def _keep_joins(person_id: int, rids: set[int], groups: list[list[int]]) -> int:
    """Put the groups in place of what is kept; returns how many entries came to be joined."""
    old: dict[int, list[tuple[int, int]]] = {}
    for some in chunks(sorted(rids), looking.BATCH):
        for rid, join, place in Joined.objects.filter(rid__in=some).values_list("rid", "join_id", "place"):
            old.setdefault(join, []).append((place, rid))
    kept = {tuple(rid for _, rid in sorted(members)): join for join, members in old.items()}
    new = {tuple(group) for group in groups}
    ended = [join for members, join in kept.items() if members not in new]
    Join.objects.filter(pk__in=ended).delete()
    before = {rid for members in kept for rid in members}
    for members in sorted(new - set(kept)):
        made = Join.objects.create(person_id=person_id)
        Joined.objects.bulk_create(Joined(rid=rid, join=made, place=place) for place, rid in enumerate(members))
    return len({rid for members in new for rid in members} - before)


def _keep_pairs(person_id: int, rids: set[int], found: Outcome, rid_of: dict[str, int]) -> None:
    wanted = set()
    for one in found.pairs:
        low, high = sorted((rid_of[one.low], rid_of[one.high]))
        wanted.add((low, high, one.how, " ".join(one.conflicts), one.state))
    old: dict[tuple[int, int, str, str, str], int] = {}
    for some in chunks(sorted(rids), looking.BATCH):
        for side in ("low_rid__in", "high_rid__in"):
            rows = Pair.objects.filter(**{side: some})
            old |= {
                row[1:]: row[0] for row in rows.values_list("pk", "low_rid", "high_rid", "how", "conflicts", "state")
            }
    Pair.objects.filter(pk__in=[pk for values, pk in old.items() if values not in wanted]).delete()
    Pair.objects.bulk_create(
        Pair(person_id=person_id, low_rid=low, high_rid=high, how=how, conflicts=conflicts, state=state)
        for low, high, how, conflicts, state in sorted(wanted - set(old))
    )


def _changed(since: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT person_id FROM records_resource WHERE updated_ms >= %s AND person_id <> 0", [since]
        )
        return sorted(row[0] for row in cursor.fetchall())
