"""Looking at entries: which rows are new to reconciliation, what they are known by, what hangs together with them.

Marks are 64 bits of BLAKE2b keyed with a secret of this home, so that the table tells nothing without the key.
"""

import base64
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db import connection

from chartpost.formats import ccda
from chartpost.formats.ccda import CcdaError
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.values import get
from chartpost.formats.numbers import whole
from chartpost.kernel import blobs, keys
from chartpost.records.models import Document
from chartpost.records.reconcile import pairing
from chartpost.records.reconcile.facts import KINDS, facts
from chartpost.records.reconcile.models import Answer, Joined, Looked, Mark, Origin
from chartpost.records.reconcile.types import Facts, Kind
from chartpost.records.store import chunks
from chartpost.records.types import kind_of, type_of

BATCH = 400
PROVENANCE = "Provenance"
_LARGEST_HEADER = 20 * 1024 * 1024
_NI = "ni:///sha-256;"
_NAMED = re.compile(rb"ni:///sha-256;[\w-]+")
_BY_YEAR = frozenset({Kind.MEASURE, Kind.REPORT, Kind.VISIT, Kind.FILL})
"""Kinds of which a person has many of one code."""


class Row(NamedTuple):
    """A row as it is compared."""

    rid: int
    type: str
    version: int
    deleted: bool
    source: int
    body: bytes


@lru_cache(maxsize=1)
def _key() -> bytes:
    return keys.derive("reconcile", 32)


def mark(*parts: str) -> int:
    """A signed 64-bit keyed digest."""
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8, key=_key()).digest(), "big", signed=True)


def marks(one: Facts) -> set[int]:
    """What an entry could be known by elsewhere; of what happens often a code counts within its year."""
    year = str(one.since.year) if one.since and one.kind in _BY_YEAR else ""
    found = set()
    for name in pairing.names(one):
        near = year if name[0] in ("code", "words") else ""
        found.add(mark(one.kind, *name, near))
    return found


def kinds() -> list[int]:
    """The type numbers of all that is looked at; where entries came from first."""
    return [kind_of(PROVENANCE), *(kind_of(name) for name in KINDS)]


def several(person_id: int) -> bool:
    """Whether a record may have come from more than one place: several sources, or several files of one."""
    sql = (
        "SELECT count(DISTINCT source_id), sum(CASE WHEN kind = %s THEN 1 ELSE 0 END) FROM records_resource"  # noqa: S608
        f" WHERE person_id = %s AND deleted = %s AND kind IN ({_list(kinds())})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [kind_of(PROVENANCE), person_id, False])
        sources, provenances = cursor.fetchone()
    return sources > 1 or ((provenances or 0) > 1 and _several_files(person_id))


def _several_files(person_id: int) -> bool:
    """Whether Provenance names more than one file; its bytes are searched, it may have thousands of targets."""
    sql = (
        "SELECT rid, kind, version, deleted, source_id, body FROM records_resource"
        " WHERE person_id = %s AND deleted = %s AND kind = %s"
    )
    files: set[bytes] = set()
    for row in _rows(sql, [person_id, False, kind_of(PROVENANCE)]):
        files.update(_NAMED.findall(row.body))
        if len(files) > 1:
            return True
    return False


def waiting(person_id: int, limit: int) -> list[Row]:
    """Rows that were not looked at as they are now: those that say where entries came from, then by type."""
    sql = (
        "SELECT r.rid, r.kind, r.version, r.deleted, r.source_id, r.body FROM records_resource r"  # noqa: S608
        " LEFT JOIN records_looked l ON l.rid = r.rid AND l.version = r.version AND l.person_id = r.person_id"
        f" WHERE r.person_id = %s AND r.kind IN ({_list(kinds())}) AND l.rid IS NULL"
        " AND (r.deleted = %s OR EXISTS (SELECT 1 FROM records_looked o WHERE o.rid = r.rid))"
        " ORDER BY r.kind <> %s, r.kind, r.rid LIMIT %s"
    )
    return _rows(sql, [person_id, False, kind_of(PROVENANCE), limit])


def rows(person_id: int, rids: Collection[int]) -> list[Row]:
    """Rows of a person that are there."""
    return _those(person_id, rids, deleted=False)


def gone(person_id: int, rids: Collection[int]) -> list[Row]:
    """Rows of a person that were taken out of the record, as they were last."""
    return _those(person_id, rids, deleted=True)


def _those(person_id: int, rids: Collection[int], *, deleted: bool) -> list[Row]:
    found: list[Row] = []
    for some in chunks(sorted(rids), BATCH):
        sql = (
            "SELECT rid, kind, version, deleted, source_id, body FROM records_resource"  # noqa: S608
            f" WHERE person_id = %s AND deleted = %s AND rid IN ({_list(some)})"
        )
        found += _rows(sql, [person_id, deleted])
    return found


def read(found: Sequence[Row], person_id: int) -> dict[int, Facts]:
    """What of rows is compared, by rid."""
    files: dict[int, set[int]] = {}
    papers: dict[int, Document] = {}
    for some in chunks([r.rid for r in found], BATCH):
        for rid, file in Origin.objects.filter(rid__in=some).values_list("rid", "file"):
            files.setdefault(rid, set()).add(file)
        papers |= {d.rid: d for d in Document.objects.filter(rid__in=some, person_id=person_id)}
    made = {}
    for row in found:
        one = facts(parse(row.body), row.source, frozenset(files.get(row.rid, ())))
        if one is not None:
            made[row.rid] = _with_paper(one, papers[row.rid]) if row.rid in papers else one
    return made


def learn_files(found: Iterable[Row], person_id: int) -> None:
    """Note the files that Provenance says entries stood in; entries learnt about are looked at again."""
    learnt: set[tuple[int, int]] = set()
    for row in found:
        resource = parse(row.body)
        named = _files(resource)
        targets = [t for t in get(resource, "target.reference") if isinstance(t, str)] if named else []
        learnt |= {(rid, file) for rid in _rids(targets, person_id) for file in named}
    for some in chunks(sorted(learnt), BATCH):
        known = set(Origin.objects.filter(rid__in=[rid for rid, _ in some]).values_list("rid", "file"))
        fresh = [pair for pair in some if pair not in known]
        Origin.objects.bulk_create((Origin(rid=rid, file=file) for rid, file in fresh), ignore_conflicts=True)
        Looked.objects.filter(rid__in=[rid for rid, _ in fresh]).update(version=0)


def keep_marks(made: dict[int, Facts], gone: Iterable[int], person_id: int) -> set[int]:
    """Put the marks of rows in place of earlier ones; returns those that were or are theirs."""
    old: set[int] = set()
    for some in chunks([*made, *gone], BATCH):
        rows_ = Mark.objects.filter(rid__in=some)
        old |= set(rows_.values_list("mark", flat=True))
        rows_.delete()
    fresh = [(one, rid) for rid, each in made.items() for one in sorted(marks(each))]
    with connection.cursor() as cursor:
        sql = "INSERT INTO records_mark (person_id, mark, rid) VALUES (%s, %s, %s)"
        cursor.executemany(sql, [(person_id, one, rid) for one, rid in sorted(fresh)])
    return old | {one for one, _ in fresh}


def together(person_id: int, rids: Collection[int], known: Collection[int]) -> set[int]:
    """All rows that hang together with these, or with these marks: by marks, joins and answers, however far."""
    answers = [
        {*a.ones, *a.others} for a in Answer.objects.filter(person_id=person_id, undone_at=None).only("ones", "others")
    ]
    found: set[int] = set()
    fresh, asked, new = set(rids), set[int](), set(known)
    while fresh or new:
        found |= fresh
        for some in chunks(sorted(fresh), BATCH):
            new |= set(Mark.objects.filter(rid__in=some).values_list("mark", flat=True))
        beside = _joined_with(fresh) | {rid for told in answers if told & fresh for rid in told}
        new -= asked
        asked |= new
        for some in chunks(sorted(new), BATCH):
            beside |= set(Mark.objects.filter(person_id=person_id, mark__in=some).values_list("rid", flat=True))
        fresh, new = beside - found, set()
    return found


def _joined_with(rids: set[int]) -> set[int]:
    found: set[int] = set()
    for some in chunks(sorted(rids), BATCH):
        joins = list(Joined.objects.filter(rid__in=some).values_list("join_id", flat=True))
        found |= set(Joined.objects.filter(join_id__in=joins).values_list("rid", flat=True))
    return found


def _with_paper(one: Facts, paper: Document) -> Facts:
    """A filed document with its digest and, of a C-CDA, its number, set and version (CDA R2 4.2.1)."""
    one = one._replace(ids=one.ids | {f"sha256|{paper.sha256}"}, files=frozenset({_first_bits(paper.sha256)}))
    if paper.media_type != "application/xml" or paper.size > _LARGEST_HEADER:
        return one
    try:
        header = ccda.read_header(blobs.read(paper.blob))
    except CcdaError:
        return one
    if header.document_id[0]:
        one = one._replace(ids=one.ids | {"|".join(("cda", *header.document_id))})
    if header.set_id is None or not header.set_id[0]:
        return one
    return one._replace(edition=("|".join(header.set_id), whole(header.version) or 0))


def _first_bits(sha256: str) -> int:
    return int.from_bytes(bytes.fromhex(sha256)[:8], "big", signed=True)


def _files(provenance: dict[str, Any]) -> set[int]:
    """The files a Provenance names as where its targets come from."""
    named = (*get(provenance, "entity.what.identifier.value"), *get(provenance, "entity.what.reference"))
    return {file for file in map(_file, named) if file is not None}


def _file(value: Any) -> int | None:
    """The first 64 bits of the SHA-256 that an ni URI (RFC 6920 3) names."""
    if not isinstance(value, str) or not value.startswith(_NI):
        return None
    text = value[len(_NI) :].partition("?")[0]
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:8], "big", signed=True)
    except ValueError:
        return None


def _rids(references: Sequence[str], person_id: int) -> set[int]:
    by_kind: dict[int, list[str]] = {}
    for reference in references:
        name, _, fhir_id = reference.partition("/")
        if name in KINDS:
            by_kind.setdefault(kind_of(name), []).append(fhir_id)
    found: set[int] = set()
    with connection.cursor() as cursor:
        for kind, ids in by_kind.items():
            for some in chunks(ids, BATCH):
                marks_ = ",".join(["%s"] * len(some))
                cursor.execute(
                    f"SELECT rid FROM records_resource WHERE person_id = %s AND kind = %s AND fhir_id IN ({marks_})",  # noqa: S608
                    [person_id, kind, *some],
                )
                found |= {row[0] for row in cursor.fetchall()}
    return found


def _rows(sql: str, values: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Row(r[0], type_of(r[1]), r[2], bool(r[3]), r[4], bytes(r[5])) for r in cursor.fetchall()]


def _list(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers)) or "-1"
