"""Making the entries of C-CDA originals anew when the way they are read has improved.

One document after the other, each by itself; what is done is noted with the document, so that it can be stopped at
any time and goes on where it was. Twice does it once. What staff took out of the record stays out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction

from chartpost.formats.ccda import INTAKE_VERSION
from chartpost.formats.filekinds import XML
from chartpost.identity import aliases
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel.blobs.errors import LOST
from chartpost.kernel.db import raw
from chartpost.ledger import services as ledger
from chartpost.records import models
from chartpost.records import store as rows
from chartpost.records.errors import Refused
from chartpost.records.ingest import clinical, editions, labels
from chartpost.records.ingest.clinical_entries import Stored, store
from chartpost.records.ingest.clinical_reading import Clinical, opened
from chartpost.records.store import chunks
from chartpost.records.types import kind_of

MOST_AT_ONCE = 20
"""Documents the worker reads anew in one go, so that other work gets its turn."""
_BATCH = 1000


@dataclass
class Rebuilt:
    """What reading anew did; `failed` are (file, reason)."""

    documents: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def go_on() -> int:
    """Read some originals that an earlier version read, or none did; how many. What the worker does."""
    return rebuild(SYSTEM, most=MOST_AT_ONCE).documents


def rebuild(actor: Actor, *, everything: bool = False, most: int | None = None) -> Rebuilt:
    """Read anew the originals an earlier version of the mapping read (all with `everything`), at most so many."""
    done = Rebuilt()
    for file in _waiting(everything=everything):
        if most is not None and done.documents >= most:
            break
        _one(file, actor, done)
    return done


def _waiting(*, everything: bool) -> Iterator[models.ImportFile]:
    files = models.ImportFile.objects.filter(kind=XML.name, state="done").exclude(person_id=None)
    files = files.exclude(clinicaldocument__replaced=True)
    if not everything:
        files = files.exclude(clinicaldocument__intake_version__gte=INTAKE_VERSION)
    for pk in list(files.order_by("pk").values_list("pk", flat=True)):
        file = models.ImportFile.objects.select_related("source").filter(pk=pk).first()
        if file is not None:
            yield file


def _one(file: models.ImportFile, actor: Actor, done: Rebuilt) -> None:
    done.documents += 1
    known = models.ClinicalDocument.objects.filter(file=file).first()
    original = _original(file, known)
    if original is None:
        _pass_over(file, 0)
        return
    before = list(known.made) if known else []
    try:
        with opened(file) as made:
            source = clinical.source_of(file, made.header)
            kept = store(made, original.person_id, source, actor, _gone(before))
    except (Refused, *LOST) as error:
        done.failed.append((file.name, error.message))
        _pass_over(file, original.rid)
        return
    with transaction.atomic():
        person_id = aliases.settled_one(original.person_id, raw.django())  # it may have been merged since
        editions.alone(person_id)
        newer = _replaced_by(file, made, person_id, source)
        now = set(kept.keys)
        gone = [key for key in before if key not in now]
        rows.hold([*before, *now])
        labels.carry(gone, now - set(before), person_id, actor)
        removed = editions.remove(gone, person_id)
        document = clinical.remember(file, original.rid, made, kept, outdated=newer is not None)
        if newer is not None:
            editions.settle(editions.Edition(newer=newer), document, person_id, actor)
            editions.again(newer)
        _tell(original, kept, removed, actor)
    done.created += kept.result.created
    done.updated += kept.result.updated
    done.unchanged += kept.result.unchanged
    done.removed += removed


def _replaced_by(
    file: models.ImportFile, made: Clinical, person_id: int, source: int
) -> models.ClinicalDocument | None:
    """The newer version of a document that came while it was read anew."""
    if not models.ClinicalDocument.objects.filter(file=file, replaced=True).exists():
        return None
    return editions.compare(made.header, person_id, file, source).newer


def _pass_over(file: models.ImportFile, rid: int) -> None:
    """Note that this version has nothing to make of a file, so that it is not looked at again and again."""
    models.ClinicalDocument.objects.update_or_create(
        file=file,
        defaults={"intake_version": INTAKE_VERSION},
        create_defaults={"intake_version": INTAKE_VERSION, "rid": rid},
    )


def _tell(original: models.Document, kept: Stored, removed: int, actor: Actor) -> None:
    count = kept.result.created + kept.result.updated + removed
    thing = f"document:{original.rid}"
    why = "operations"
    told = event(actor, "record.rebuild", original.person_id, thing, why, count=count, version=INTAKE_VERSION)
    ledger.append(told)


def _original(file: models.ImportFile, known: models.ClinicalDocument | None) -> models.Document | None:
    """The filed original: whose it is now, after merges too; None when it was taken out of the record."""
    rows = models.Document.objects.filter(sha256=file.sha256)
    row = rows.filter(rid=known.rid).first() if known else rows.filter(filed_person_id=file.person_id or 0).first()
    if row is None or models.Resource.objects.filter(pk=row.rid, deleted=True).exists():
        return None
    return row


def _gone(keys: list[str]) -> frozenset[str]:
    """Those of the entries that were taken out of the record since."""
    pairs = [(kind_of(key.partition("/")[0]), key.partition("/")[2], key) for key in keys]
    deleted: set[tuple[int, str]] = set()
    for some in chunks(pairs, _BATCH):
        rows = models.Resource.objects.filter(deleted=True, fhir_id__in=[identity for _, identity, _ in some])
        deleted |= set(rows.values_list("kind", "fhir_id"))
    return frozenset(key for kind, identity, key in pairs if (kind, identity) in deleted)
