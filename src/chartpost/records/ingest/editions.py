"""Versions of one document: setId and versionNumber, or the same id sent again (CDA R2 4.2.1.9, 4.2.1.10)."""

from typing import Any, NamedTuple

from chartpost.formats.ccda import Header
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.numbers import whole
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel.db import turns
from chartpost.ledger import services as ledger
from chartpost.records import documents, models
from chartpost.records import store as rows
from chartpost.records.ingest import labels
from chartpost.records.store import chunks
from chartpost.records.types import Incoming, kind_of, type_of

_BATCH = 200


class Edition(NamedTuple):
    """How a document stands to those of the person that are there: which it replaces, or that one replaced it."""

    replaces: tuple[models.ClinicalDocument, ...] = ()
    newer: models.ClinicalDocument | None = None

    @property
    def outdated(self) -> bool:
        """Whether a newer version is there already."""
        return self.newer is not None


def number_of(header: Header) -> int:
    """The versionNumber, 0 where it is none."""
    return whole(header.version) or 0


def compare(header: Header, person_id: int, file: models.ImportFile, source: int) -> Edition:
    """Compare a document with the other current ones of the person from the same source.

    Another source never replaces: else anybody could take entries of the office out by naming its document.

    The same set with a higher number is newer; the same document id is the same document sent again, and the later
    written is newer. The same set and number with another id are two documents: senders do reuse set ids.
    """
    replaced: list[models.ClinicalDocument] = []
    for other in _current(header, person_id, file, source):
        order = _order(header, other)
        if order < 0:
            return Edition(newer=other)
        if order > 0:
            replaced.append(other)
    return Edition(tuple(replaced))


def alone(person_id: int) -> None:
    """Compare and settle one document of a person at a time, until the transaction ends.

    Ask after the person is locked and before any row is (docs/adr/0009).
    """
    turns.alone(f"editions {person_id}")


def settle(edition: Edition, document: models.ClinicalDocument, person_id: int, actor: Actor) -> None:
    """Take out the entries of replaced documents, and say in both DocumentReferences what replaced what.

    A document that is outdated has entries when the newer came while these were stored.
    """
    every = [document, *edition.replaces, *([edition.newer] if edition.newer else [])]
    rows.hold([*_papers(every), *(key for one in every for key in one.made)])
    for other in edition.replaces:
        _replace(other, document, person_id, actor)
    if edition.newer is not None and document.made:
        _replace(document, edition.newer, person_id, actor)
    elif edition.newer is not None:
        _supersede(document.rid, edition.newer.rid)


def again(document: models.ClinicalDocument) -> None:
    """Have the worker read a document anew (`rebuild`): one that came beside it may have changed what it says."""
    models.ClinicalDocument.objects.filter(pk=document.pk).update(intake_version=0)


def _replace(old: models.ClinicalDocument, new: models.ClinicalDocument, person_id: int, actor: Actor) -> None:
    kept = set(new.made)
    gone = [key for key in old.made if key not in kept]
    labels.carry(gone, kept, person_id, actor)
    _label_as(old.rid, new.rid, actor)
    count = remove(gone, person_id)
    models.ClinicalDocument.objects.filter(pk=old.pk).update(replaced=True, made=[])
    _supersede(old.rid, new.rid)
    ledger.append(event(actor, "record.replace", person_id, f"document:{old.rid}", "import", count=count))


def _current(header: Header, person_id: int, file: models.ImportFile, source: int) -> list[models.ClinicalDocument]:
    mine = models.Resource.objects.filter(person_id=person_id, source_id=source).values("rid")
    found = models.ClinicalDocument.objects.filter(rid__in=mine, replaced=False).exclude(file__sha256=file.sha256)
    document, set_id = "|".join(header.document_id).strip("|"), "|".join(header.set_id or ()).strip("|")
    near = list(found.filter(document_id=document[:300])) if document else []
    if set_id and header.version:
        near += [row for row in found.filter(set_id=set_id[:300]) if row not in near]
    return near


def _order(header: Header, other: models.ClinicalDocument) -> int:
    """1 when the document is newer than the other, -1 when it is older, 0 when they are two documents."""
    number = number_of(header)
    if number != other.number and header.set_id and other.set_id == "|".join(header.set_id)[:300].strip("|"):
        return 1 if number > other.number else -1
    if other.document_id == "|".join(header.document_id)[:300].strip("|"):
        return 1 if header.effective_time[:14] >= other.written[:14] else -1
    return 0


def remove(keys: list[str], person_id: int) -> int:
    """Take entries of a person out of the record, Patients aside; their versions stay. How many there were."""
    done = 0
    pairs = [(kind_of(key.partition("/")[0]), key.partition("/")[2]) for key in keys]
    for some in chunks(pairs, _BATCH):
        found = models.Resource.objects.filter(person_id=person_id, deleted=False, fhir_id__in=[i for _, i in some])
        for rid, kind, identity in found.values_list("rid", "kind", "fhir_id"):
            if (kind, identity) in some and kind != kind_of("Patient"):
                rows.delete(rid)
                done += 1
    return done


def _papers(every: list[models.ClinicalDocument]) -> list[str]:
    """The DocumentReferences of documents, as Type/id."""
    found = models.Resource.objects.filter(pk__in=[one.rid for one in every])
    return [f"{type_of(kind)}/{name}" for kind, name in found.values_list("kind", "fhir_id")]


def _label_as(old_rid: int, new_rid: int, actor: Actor) -> None:
    rows_ = {row.pk: row for row in models.Resource.objects.select_for_update().filter(pk__in=(old_rid, new_rid))}
    if old_rid in rows_ and new_rid in rows_:
        labels.inherit(rows_[new_rid], rows_[old_rid].staff_labels, actor)


def _supersede(old_rid: int, new_rid: int) -> None:
    old = models.Resource.objects.filter(pk=old_rid).first()
    new = models.Resource.objects.filter(pk=new_rid).first()
    if old is None or new is None or old.deleted or new.deleted:
        return
    _save(old, {"status": "superseded"})
    link = {"code": "replaces", "target": {"reference": f"DocumentReference/{old.fhir_id}"}}
    held = parse(bytes(new.body)).get("relatesTo", [])
    _save(new, {"relatesTo": [*held, link] if link not in held else held})


def _save(row: models.Resource, changes: dict[str, Any]) -> None:
    resource = parse(bytes(row.body)) | changes
    rows.save([Incoming(resource, row.fhir_id, row.person_id, words=documents.words(row.rid))], row.source_id)
