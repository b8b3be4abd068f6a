"""What tells the same as an entry: entries joined with it, and the clinical documents one of them was read from.

Whoever may not have an entry may not have these either; else they read there what was kept back.
"""

from collections.abc import Collection

from chartpost.records import models
from chartpost.records.reconcile.models import Joined
from chartpost.records.store import chunks
from chartpost.records.types import kind_of, type_of

_BATCH = 400


def beside(person_id: int, keys: Collection[str], *, joined: bool = True) -> dict[int, str]:
    """Rows of a person's record, each with its Type/id, that tell the same as the entries `keys`, these left out.

    Without `joined` only documents: what makes a therapist's note one is not the fact it speaks of (45 CFR 164.501).
    """
    known = _rows(person_id, keys)
    joins = Joined.objects.filter(rid__in=list(known) if joined else [], join__person_id=person_id).values("join_id")
    alike = Joined.objects.filter(join_id__in=joins).values_list("rid", flat=True)
    same = known | _keys(person_id, set(alike) - set(known))
    found = same | _keys(person_id, _originals(person_id, set(same.values())) - set(same))
    return {rid: key for rid, key in found.items() if key not in set(keys)}


def _originals(person_id: int, keys: set[str]) -> set[int]:
    """Rows of the clinical documents that one of the entries was read from, and of their other versions."""
    mine = models.Document.objects.filter(person_id=person_id).values("rid")
    every = list(models.ClinicalDocument.objects.filter(rid__in=mine).only("rid", "set_id", "document_id", "made"))
    found = [one for one in every if not keys.isdisjoint(one.made)]
    series = {name for one in found for name in (one.set_id, one.document_id) if name}
    return {one.rid for one in every if one in found or {one.set_id, one.document_id} & series}


def _rows(person_id: int, keys: Collection[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted(keys), _BATCH):
        pairs = {(kind_of(key.partition("/")[0]), key.partition("/")[2]): key for key in some}
        rows = models.Resource.objects.filter(person_id=person_id, fhir_id__in=[name for _, name in pairs])
        for rid, kind, name in rows.values_list("rid", "kind", "fhir_id"):
            if (kind, name) in pairs:
                found[rid] = pairs[kind, name]
    return found


def _keys(person_id: int, rids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted(rids), _BATCH):
        rows = models.Resource.objects.filter(person_id=person_id, rid__in=some, deleted=False)
        found |= {rid: f"{type_of(kind)}/{name}" for rid, kind, name in rows.values_list("rid", "kind", "fhir_id")}
    return found
