"""Writing resources: validate, version, index, count, make searchable - in the caller's transaction.

Works on Django's own connection, the same on SQLite and PostgreSQL.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar

from django.db import connection

from chartpost.formats.fhirjson import canonical, index
from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.validate import validate
from chartpost.kernel import clock
from chartpost.records import postings, text
from chartpost.records.errors import Refused
from chartpost.records.types import Incoming, SaveResult, kind_of

T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
ROWS_PER_INSERT = 200


@dataclass(frozen=True)
class _Ready:
    """A validated resource with all that is indexed of it."""

    kind: int
    type: str
    incoming: Incoming
    digest: bytes
    category: int
    labels: int
    date_ms: int


@dataclass(frozen=True)
class _Old:
    rid: int
    version: int
    digest: bytes
    person_id: int
    category: int
    labels: int
    deleted: bool
    staff_labels: int


def save(incoming: Sequence[Incoming], source_id: int, moment: datetime | None = None) -> SaveResult:
    """Store resources; the same content again is left alone, other content makes a new version.

    Raises Refused (nothing is stored) when one of them is not FHIR R4. Call it inside a transaction.
    """
    moment = moment or clock.now()
    ready = _last_of_each([_check(item) for item in incoming])
    old = _existing(ready)
    fresh = [r for r in ready if (r.kind, r.incoming.id) not in old]
    changed = [r for r in ready if _differs(r, old.get((r.kind, r.incoming.id)))]
    tally: Counter[tuple[int, int, int]] = Counter()
    made = _insert(fresh, source_id, moment, tally)
    touched = _update(changed, old, source_id, moment, tally)
    _index(made + touched)
    count(tally)
    text.replace([(rid, r.incoming.person_id, _words(r.incoming)) for rid, r in made + touched])
    same = len(ready) - len(fresh) - len(changed)
    return SaveResult(len(fresh), len(changed), same, tuple(rid for rid, _ in made + touched))


def _check(item: Incoming) -> _Ready:
    resource: dict[str, Any] = dict(item.resource)
    kind = str(resource.get("resourceType"))
    problems = [] if item.valid else validate(kind, resource)
    if problems:
        first = problems[0]
        raise Refused(f"{first.path} {first.message}", "FHIR R4", "Mend the file or ask its sender.", problems)
    if not _ID.fullmatch(item.id):
        raise Refused(f"{kind} with an id of the wrong form", "1 to 64 letters, digits, '-' or '.'", "Mend the id.")
    return _Ready(
        kind=kind_of(kind),
        type=kind,
        incoming=item,
        digest=_digest(resource),
        category=int(item.category or index.category(resource)),
        labels=int(index.labels(resource)) | item.extra_labels,
        date_ms=index.clinical_date(resource),
    )


def _words(item: Incoming) -> str:
    """All that is searched of a resource: its words, those of notes it carries, and those found in its document."""
    resource = dict(item.resource)
    notes = [a.data for a in attachments(resource) if a.data and a.content_type.startswith("text/")]
    texts = [note.decode("utf-8", "replace") for note in notes]
    return "\n".join([index.text(resource), item.words, *texts])


def _digest(resource: dict[str, Any]) -> bytes:
    """A digest of the content without the stamps the store itself puts on."""
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in {"versionId", "lastUpdated"}}
    plain = {k: v for k, v in resource.items() if k not in {"meta", "id"}}
    return blake2b(canonical.dump([meta, plain]), digest_size=16).digest()


def _last_of_each(ready: Iterable[_Ready]) -> list[_Ready]:
    return list({(r.kind, r.incoming.id): r for r in ready}.values())


def _differs(ready: _Ready, old: _Old | None) -> bool:
    if old is None:
        return False
    return old.deleted or old.digest != ready.digest or old.labels != ready.labels | old.staff_labels


def _existing(ready: Sequence[_Ready]) -> dict[tuple[int, str], _Old]:
    found: dict[tuple[int, str], _Old] = {}
    by_kind: dict[int, list[str]] = {}
    for item in ready:
        by_kind.setdefault(item.kind, []).append(item.incoming.id)
    with connection.cursor() as cursor:
        for kind, ids in by_kind.items():
            for some in _chunks(ids, 500):
                marks = ",".join(["%s"] * len(some))
                cursor.execute(
                    "SELECT fhir_id, rid, version, digest, person_id, category, labels, deleted, staff_labels FROM records_resource "
                    f"WHERE kind = %s AND fhir_id IN ({marks})",
                    [kind, *some],
                )
                for row in cursor.fetchall():
                    found[kind, row[0]] = _Old(
                        row[1], row[2], bytes(row[3]), row[4], row[5], row[6], bool(row[7]), row[8]
                    )
    return found


def _body(ready: _Ready, version: int, moment: datetime) -> bytes:
    return canonical.canonical(
        dict(ready.incoming.resource), id=ready.incoming.id, version=version, last_updated=moment
    )


def _insert(
    fresh: Sequence[_Ready], source_id: int, moment: datetime, tally: Counter[tuple[int, int, int]]
) -> list[tuple[int, _Ready]]:
    made: list[tuple[int, _Ready]] = []
    updated = int(moment.timestamp() * 1000)
    with connection.cursor() as cursor:
        for some in _chunks(fresh, ROWS_PER_INSERT):
            rows = [
                (
                    r.kind,
                    r.incoming.id,
                    1,
                    updated,
                    False,
                    r.incoming.person_id,
                    r.incoming.person_id,
                    r.category,
                )
                + (r.labels, 0, r.date_ms, source_id, r.digest, _body(r, 1, moment))
                for r in some
            ]
            marks = ",".join(["(" + ",".join(["%s"] * 14) + ")"] * len(rows))
            cursor.execute(
                "INSERT INTO records_resource (kind, fhir_id, version, updated_ms, deleted, person_id, filed_person_id,"
                f" category, labels, staff_labels, date_ms, source_id, digest, body) VALUES {marks} RETURNING rid",
                [value for row in rows for value in row],
            )
            rids = sorted(row[0] for row in cursor.fetchall())
            made += list(zip(rids, some, strict=True))
    for item in fresh:
        tally[item.incoming.person_id, item.category, item.labels] += 1
    return made


def _update(
    changed: Sequence[_Ready],
    old: dict[tuple[int, str], _Old],
    source_id: int,
    moment: datetime,
    tally: Counter[tuple[int, int, int]],
) -> list[tuple[int, _Ready]]:
    touched: list[tuple[int, _Ready]] = []
    updated = int(moment.timestamp() * 1000)
    with connection.cursor() as cursor:
        for item in changed:
            was = old[item.kind, item.incoming.id]
            labels = item.labels | was.staff_labels
            cursor.execute(
                "INSERT INTO records_version (rid, version, updated_ms, deleted, body)"
                " SELECT rid, version, updated_ms, deleted, body FROM records_resource WHERE rid = %s",
                [was.rid],
            )
            cursor.execute(
                "UPDATE records_resource SET version = %s, updated_ms = %s, deleted = %s, person_id = %s, category = %s,"
                " labels = %s, date_ms = %s, source_id = %s, digest = %s, body = %s WHERE rid = %s",
                [
                    was.version + 1,
                    updated,
                    False,
                    item.incoming.person_id,
                    item.category,
                    labels,
                    item.date_ms,
                ]
                + [source_id, item.digest, _body(item, was.version + 1, moment), was.rid],
            )
            if not was.deleted:
                tally[was.person_id, was.category, was.labels] -= 1
            tally[item.incoming.person_id, item.category, labels] += 1
            cursor.execute("DELETE FROM records_posting WHERE rid = %s", [was.rid])
            touched.append((was.rid, item))
    return touched


def _index(written: Sequence[tuple[int, _Ready]]) -> None:
    rows: list[tuple[int, int, int, int]] = []
    for rid, item in written:
        values = index.postings(dict(item.incoming.resource))
        person = item.incoming.person_id
        rows += [(person, h, item.date_ms, rid) for h in postings.hashes(item.type, values)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO records_posting (person_id, h, d, rid) VALUES (%s, %s, %s, %s)", rows)


def count(tally: Counter[tuple[int, int, int]]) -> None:
    """Bring the tallies in step: (person, category, labels) -> change in rows."""
    with connection.cursor() as cursor:
        for (person_id, category, labels), change in tally.items():
            if change:
                cursor.execute(
                    "INSERT INTO records_tally (person_id, category, labels, count) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (person_id, category, labels) DO UPDATE SET count = records_tally.count + excluded.count",
                    [person_id, category, labels, change],
                )


def _chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
