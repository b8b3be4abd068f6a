"""Bulk exports: asked for by a door, written by the worker to encrypted files, gone after a day.

Files are owned by the export, so that ending it destroys their key. The table is read once, from its beginning to its
end; each finished file is noted with how far every type has got, so that a killed worker loses a turn's work at most.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import transaction

from chartpost.identity import aliases, queries, scopes, tokens
from chartpost.identity.aliases import followed, merges
from chartpost.kernel import blobs, clock, jobs
from chartpost.kernel.config import config
from chartpost.kernel.db import raw, turns
from chartpost.ledger import services as ledger
from chartpost.ledger.types import Event
from chartpost.records import patients, reindex
from chartpost.records.bulk_files import File, Files
from chartpost.records.bulk_rows import portions
from chartpost.records.bulk_spans import last_row, small_cache
from chartpost.records.bulk_types import Asked, ExportView, FileView, access_of
from chartpost.records.errors import RecordsError
from chartpost.records.models import BulkExport, BulkFile

JOB = "bulk export"
SECONDS_A_TURN = 60.0
"""After that all files are ended and the job asks for itself again: so much work a killed worker loses at most, and a
job that runs longer than its lease would be run twice at once."""
LOOK_SECONDS = 1.0
"""How often a running export looks whether it is still wanted and allowed."""
RUNNING_AT_MOST = 3
"""Exports one client may have under way."""
HELD_AT_MOST = 50
"""Exports of one client whose files are kept: each may be as large as all records."""
_EXPORT = (
    "SELECT id, state, asked, moment_ms, percent, ended_at FROM records_bulkexport"
    " WHERE ref = ? AND owner = ? AND state <> 'gone'"
)
_FILES = "SELECT number, type, deleted, blob, count, size FROM records_bulkfile WHERE export_id = ? ORDER BY number"
_FILE = (
    "SELECT e.asked, e.ended_at, f.type, f.deleted, f.blob, f.count, f.size FROM records_bulkfile f"
    " JOIN records_bulkexport e ON e.id = f.export_id WHERE e.ref = ? AND e.owner = ? AND f.number = ?"
    " AND e.state = 'done'"
)


class Stopped(RecordsError):
    """The export was cancelled, or what let it run is over."""


class TooManyRunning(RecordsError):
    """As many exports as a client may have are under way."""


class TooManyKept(RecordsError):
    """The files of as many exports as a client may have are kept."""


def kept() -> timedelta:
    """How long the files of a finished export stay."""
    return timedelta(hours=config().export_hours)


class Mixed(RecordsError):
    """Persons an export is about were merged or parted while it ran: what was read before would lack some."""


def start(asked: Asked, owner: str) -> str:
    """Ask for an export; returns its ref. The moment it is true for is that of the write lock.

    Raises TooManyRunning or TooManyKept when the owner has as many as one may have.
    """
    with transaction.atomic():
        turns.alone(f"exports {owner}")
        _look_at_others(owner)
        export = BulkExport.objects.create(owner=owner, asked=asked.plain(), moment_ms=0, place={})
        turns.at_rest("records_resource")
        export.moment_ms = clock.now_ms()
        export.save(update_fields=["moment_ms"])
        ledger.append(_event(asked, "export.start", export.ref, None))
        jobs.enqueue(JOB, key=f"{JOB} {export.ref}", ref=export.ref)
    return export.ref


def _look_at_others(owner: str) -> None:
    there = BulkExport.objects.filter(owner=owner).exclude(state="gone")
    if there.filter(state="running").count() >= RUNNING_AT_MOST:
        raise TooManyRunning(
            seen=f"{RUNNING_AT_MOST} exports are under way", expected="fewer", todo="Wait for one to end."
        )
    if there.exclude(ended_at__lte=clock.now() - kept()).count() >= HELD_AT_MOST:
        seen = f"{HELD_AT_MOST} exports of this client are kept"
        raise TooManyKept(seen=seen, expected="fewer", todo="Delete those you have fetched.")


def view(ref: str, owner: str, db: raw.Db) -> ExportView | None:
    """An export; None when there is none of this owner, or it is over."""
    row = db.one(_EXPORT, [ref, owner])
    if row is None:
        return None
    id_, state, asked, moment_ms, percent, ended = row
    ended = None if ended is None else _moment(ended)
    if ended is not None and ended + kept() <= clock.now():
        return None
    ended_ms = int(ended.timestamp() * 1000) if ended else 0
    files = () if state == "running" else tuple(FileView(*one) for one in db.all(_FILES, [id_]))
    return ExportView(ref, state, _asked(asked), moment_ms, percent, ended_ms, files)


def file(ref: str, owner: str, number: int, db: raw.Db) -> tuple[Asked, FileView] | None:
    """A file of a finished export, and what was asked for; None when there is none of this owner, or it is over."""
    row = db.one(_FILE, [ref, owner, number])
    if row is None or _moment(row[1]) + kept() <= clock.now():
        return None
    return _asked(row[0]), FileView(number, *row[2:])


def end(ref: str, owner: str | None = None) -> bool:
    """Cancel or forget an export and destroy its files; whether there was one."""
    rows = BulkExport.objects.filter(ref=ref).exclude(state="gone")
    rows = rows if owner is None else rows.filter(owner=owner)
    with transaction.atomic():
        if not rows.update(state="gone"):
            return False
        BulkFile.objects.filter(export__ref=ref).delete()
        blobs.shred(_owner(ref))
    return True


def labelled(person_id: int, labels: int) -> None:
    """End exports that may hold entries of a person which these labels hide from their client now.

    Told in the transaction that gives the labels. An export that has read nothing yet reads what it may see then; its
    row is locked here, so that it does not begin meanwhile.
    """
    rows = BulkExport.objects.select_for_update().filter(state__in=("running", "done"))
    for export in rows.exclude(ended_at__lte=clock.now() - kept()).order_by("pk"):
        asked = Asked.of(export.asked)
        if _hidden(asked, person_id, labels) and _may_hold(export, asked, person_id):
            end(export.ref)
            ledger.append(_event(asked, "export.stop", export.ref, None))


def _hidden(asked: Asked, person_id: int, labels: int) -> bool:
    begun = access_of(asked.reach)
    rows = begun.persons.get(person_id, begun.everyone)
    return rows is not None and bool(rows.hidden_labels & labels)


def _may_hold(export: BulkExport, asked: Asked, person_id: int) -> bool:
    """Whether rows of a person may have been read; in doubt, as after persons were merged or parted, they were."""
    if asked.merges is None:
        return False
    if person_id == 0 or merges(raw.django()) != asked.merges:
        return True
    if asked.persons is not None and person_id not in asked.persons:
        return False
    files = BulkFile.objects.filter(export=export).values_list("persons", flat=True)
    return export.state == "running" or any(person_id in persons for persons in files.iterator())


def sweep() -> int:
    """Forget exports whose time is over; returns how many."""
    before = clock.now() - kept()
    refs = list(BulkExport.objects.filter(ended_at__lte=before).exclude(state="gone").values_list("ref", flat=True))
    return sum(end(ref) for ref in refs)


def failed(ref: str) -> None:
    """Note that the worker gave up, and destroy what was written: nobody can fetch it, and the disk may be full."""
    if BulkExport.objects.filter(ref=ref, state="running").update(state="failed", ended_at=clock.now()):
        BulkFile.objects.filter(export__ref=ref).delete()
        blobs.shred(_owner(ref))


def run(ref: str) -> None:
    """Write files until the export is done or the turn is over; safe to run again after a kill.

    Raises jobs.Later while the index is being made, by which granular scopes are told.
    """
    export = BulkExport.objects.filter(ref=ref, state="running").first()
    if export is None:
        return
    if not isinstance(export.place, dict):  # begun by an earlier release, which counted otherwise
        failed(ref)
        return
    reindex.wait()
    db = raw.current()
    aliases.forget()  # who was merged or parted a moment ago is told as it is now
    asked = _bound(export, Asked.of(export.asked), db)
    try:
        with small_cache(db):
            ended = _written(export, asked, db)
        if ended:
            _finish(export, asked, db)
    except Mixed:
        failed(ref)
        return
    except Stopped:
        _stopped(export, asked)
        return
    if not ended:
        jobs.enqueue(JOB, key=f"{JOB} {ref}", ref=ref)


def _bound(export: BulkExport, asked: Asked, db: raw.Db) -> Asked:
    """The same for who the persons are by now, as long as nothing of the export was written."""
    if export.place:
        return asked
    asked = replace(asked, merges=merges(db))
    if asked.since_ms is not None:
        moved = patients.turned_since(asked.since_ms, export.moment_ms, db)
        moved |= set(queries.moved_since(clock.of_ms(asked.since_ms)))
        asked = replace(asked, moved=tuple(sorted(moved)))
    if asked.named is not None:
        persons, merged = followed(asked.named, db)
        asked = replace(asked, persons=tuple(sorted(persons)), merged=tuple(sorted(merged)))
    BulkExport.objects.filter(pk=export.pk).update(asked=asked.plain())
    return asked


def _unmixed(asked: Asked, db: raw.Db) -> None:
    """Raise Mixed when what was read is no longer of the persons asked for; filters may be about anybody."""
    if asked.merges is None or merges(db) == asked.merges:
        return
    now = None if asked.named is None else followed(asked.named, db)
    if asked.filters or (now is not None and now != (frozenset(asked.persons or ()), frozenset(asked.merged))):
        raise Mixed(seen="persons merged or parted", expected="the same persons throughout", todo="Ask for it again.")


def _written(export: BulkExport, asked: Asked, db: raw.Db) -> bool:
    """Write files until all is written or the turn is over; whether all is. Raises Stopped, Mixed."""
    files, until, look = Files(export.place, _owner(export.ref)), time.monotonic() + SECONDS_A_TURN, 0.0
    top, ended = last_row(db) or 1, True
    try:
        for portion in portions(asked, files.read, export.moment_ms, db):
            if time.monotonic() >= look:
                _go_on(export, asked, min(99, files.read * 100 // top), db)
                look = time.monotonic() + LOOK_SECONDS
            files.add(portion)
            _name(export, files.ended(), files)
            if time.monotonic() > until:
                ended = False
                break
        _go_on(export, asked, min(99, files.read * 100 // top), db)
        _name(export, files.ended(everything=True), files)
    finally:
        files.drop()
    return ended


def _name(export: BulkExport, ended: Sequence[File], files: Files) -> None:
    """Note finished files together with how far each type has got; raises Stopped."""
    if not ended:
        return
    with transaction.atomic():
        rows = BulkExport.objects.filter(ref=export.ref, state="running")
        if not rows.update(place=files.place_after(ended)):
            raise _over()
        first = BulkFile.objects.filter(export=export).count() + 1
        BulkFile.objects.bulk_create(_row(export, one, number) for number, one in enumerate(ended, first))


def _row(export: BulkExport, one: File, number: int) -> BulkFile:
    blob = one.blob.name()
    return BulkFile(
        export=export,
        number=number,
        type="Bundle" if one.deleted else one.name,
        deleted=one.deleted,
        blob=blob.id,
        count=one.count,
        size=blob.size,
        persons=sorted(one.persons - {0}),
    )


def _go_on(export: BulkExport, asked: Asked, percent: int, db: raw.Db) -> None:
    """Note how far it is; raises Stopped when it was cancelled or may no longer read as much, Mixed as `_unmixed`."""
    running = BulkExport.objects.filter(ref=export.ref, state="running").update(percent=percent)
    access = tokens.access_of_grant(asked.grant_ref, db) if running else None
    begun = access_of(asked.reach)
    if access is None or (access.everyone, dict(access.persons)) != (begun.everyone, dict(begun.persons)):
        raise _over()
    if not scopes.within(map(scopes.render, begun.scopes), map(scopes.render, access.scopes)):
        raise _over()
    _unmixed(asked, db)


def _over() -> Stopped:
    return Stopped(seen="an export that is over", expected="one that runs", todo="Ask for it again.")


def _stopped(export: BulkExport, asked: Asked) -> None:
    """Destroy what was written; one that its client did not cancel itself is written in the log."""
    if end(export.ref):
        ledger.append(_event(asked, "export.stop", export.ref, None))
    blobs.shred(_owner(export.ref))


def _finish(export: BulkExport, asked: Asked, db: raw.Db) -> None:
    """Write down whose data may now leave, once for each person, and let it; raises as `_go_on`, a last time."""
    persons: set[int] = set()
    for some in BulkFile.objects.filter(export=export).values_list("persons", flat=True):
        persons.update(some)
    with transaction.atomic():
        _go_on(export, asked, 99, db)
        rows = BulkExport.objects.filter(ref=export.ref, state="running")
        if rows.update(state="done", percent=100, ended_at=clock.now()):
            _note(asked, export.ref, sorted(persons))


def _note(asked: Asked, ref: str, persons: Iterable[int]) -> None:
    for person in persons:
        ledger.append(_event(asked, "record.export", ref, person))


def _event(asked: Asked, action: str, ref: str, person: int | None) -> Event:
    who = asked.event
    return Event(
        actor=who["actor"],
        actor_name=who["actor_name"],
        actor_kind=who["actor_kind"],
        action=action,
        person_id=person,
        object=f"export:{ref}",
        why=who["why"],
        where=who["where"],
    )


def _asked(value: Any) -> Asked:
    """What was asked for, as the driver gives it: SQLite keeps text."""
    return Asked.of(value if isinstance(value, dict) else orjson.loads(value))


def _moment(value: Any) -> datetime:
    """The same of a moment; without a zone it is of UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _owner(ref: str) -> str:
    return f"export:{ref}"
