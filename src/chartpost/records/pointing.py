"""What changes point at must be there, and stay (https://hl7.org/fhir/R4/references.html)."""

from collections.abc import Iterable, Mapping, Sequence

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.references import pointed_at, references_of
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity.types import Access
from chartpost.kernel.db import raw
from chartpost.records import reaching, store
from chartpost.records.changes import Change
from chartpost.records.errors import Dangling
from chartpost.records.reaching import Key
from chartpost.records.search.reach import Facts
from chartpost.records.types import kind_of, type_of

_BATCH = 400


def existing(changes: Iterable[Change]) -> dict[Key, Facts]:
    """What the changes point at beside one another and is stored, and not deleted."""
    changes = list(changes)
    keys = {key for change in changes for key in change.points if key[0] in resource_types()}
    keys -= {(change.type, change.id) for change in changes}
    found: dict[Key, Facts] = {}
    for some in store.chunks(keys, _BATCH):
        sql = store.by_keys("kind, fhir_id, deleted, rid, person_id, category, labels, date_ms", len(some))
        rows = raw.django().all(sql, [value for kind, name in some for value in (kind_of(kind), name)])
        found |= {(type_of(row[0]), row[1]): Facts(*row[3:]) for row in rows if not row[2]}
    return found


def hold(changes: Sequence[Change], stored: Mapping[Key, Facts], access: Access) -> None:
    """See that all is there that the changes point at, and stays; `stored` is what of it is stored. Raises Dangling."""
    within = {(change.type, change.id): change.resource is not None for change in changes}
    wanted = {key for change in changes for key in change.points}
    there = reaching.known(access, stored, wanted - within.keys())
    missing = {key for key in wanted if not within.get(key, key in there)}
    for number, change in enumerate(changes if missing else ()):
        dangling = missing & change.points.keys()
        if dangling - within.keys():
            dangling -= _pointed_before(change) - within.keys()
        if dangling:
            raise Dangling(number, change.points[min(dangling)])


def _pointed_before(change: Change) -> set[Key]:
    """What the stored version of a resource points at: an update may go on pointing there, whatever became of it."""
    if change.method != "PUT":
        return set()
    key = [kind_of(change.type), change.id, False]
    row = raw.django().one("SELECT body FROM records_resource WHERE kind = ? AND fhir_id = ? AND deleted = ?", key)
    return {pointed_at(text) for text in references_of(parse(bytes(row[0])))} if row else set()
