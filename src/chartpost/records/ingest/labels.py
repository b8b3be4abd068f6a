"""What staff said to be sensitive stays so when a newer document, or a newer reading, takes the place of entries.

The entries that come instead have other ids. One gets the labels of those that go when it is of their kind and has
their code, or where there is none their name; else whoever was not to see them would see them after the next document.
"""

from collections.abc import Collection, Iterable
from typing import Any

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.views import view
from chartpost.identity.types import Actor
from chartpost.records import models
from chartpost.records.store import chunks
from chartpost.records.types import kind_of

_BATCH = 400


def carry(gone: Iterable[str], new: Collection[str], person_id: int, actor: Actor) -> int:
    """Give labels of entries that go (Type/id) to those that come, in the caller's transaction; how many got some."""
    labelled = [row for row in _rows(gone, person_id) if row.staff_labels]
    if not labelled:
        return 0
    wanted: dict[tuple[int, Any], int] = {}
    for row in labelled:
        wanted[_same(row)] = wanted.get(_same(row), 0) | row.staff_labels
    return sum(inherit(row, wanted.get(_same(row), 0), actor) for row in _rows(new, person_id) if not row.deleted)


def inherit(row: models.Resource, labels: int, actor: Actor) -> bool:
    """Add labels to those staff set on a row; whether that changed them."""
    from chartpost.records.services import set_labels

    if not labels & ~row.staff_labels:
        return False
    set_labels(row, row.staff_labels | labels, actor)
    return True


def _same(row: models.Resource) -> tuple[int, Any]:
    """What an entry and its successor have in common."""
    shown = view(parse(bytes(row.body)))
    return row.kind, shown.code or shown.title.casefold()


def _rows(keys: Iterable[str], person_id: int) -> list[models.Resource]:
    found: list[models.Resource] = []
    for some in chunks(sorted(keys), _BATCH):
        pairs = {(kind_of(key.partition("/")[0]), key.partition("/")[2]) for key in some}
        rows = models.Resource.objects.filter(person_id=person_id, fhir_id__in=[name for _, name in pairs])
        found += [row for row in rows.select_for_update() if (row.kind, row.fhir_id) in pairs]
    return found
