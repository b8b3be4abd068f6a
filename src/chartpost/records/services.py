"""Verbs of the records room."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from django.db import transaction

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.policies import EXCEPTED
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel.db import meeting, raw
from chartpost.ledger import services as ledger
from chartpost.records import contexts, models, on_write, preparing, provenances, store
from chartpost.records.errors import NotStored
from chartpost.records.types import DocumentView, Incoming, SaveResult, kind_of, type_of

if TYPE_CHECKING:
    from chartpost.records.ingest import ImportReport

ROWS_PER_STEP = 200
"""Resources per transaction: keeps each write transaction under about 50 ms."""
FILES = ("files", "Files brought in")
"""Key and name of the source of files whose sender nobody named."""


def source_id(key: str, name: str = "") -> int:
    """The number of a source, made on first use."""
    row = raw.django().one("SELECT id FROM records_source WHERE key = ?", [key])
    return int(row[0]) if row else source(key, name).pk


def source(key: str, name: str = "") -> models.Source:
    """A source, made on first use."""
    row, _ = models.Source.objects.get_or_create(key=key, defaults={"name": name or key})
    return row


def save(
    incoming: Iterable[Incoming], source: int, actor: Actor, why: str = "import", meets: store.Meets | None = None
) -> SaveResult:
    """Store resources in steps of one transaction each, with one ledger entry per step and person of
    whom something was made or changed.

    `meets` looks in each of them at the rows that are met; what it raises ends the save. Raises OfAnother.
    """
    waiting = iter(incoming)
    done: list[SaveResult] = []
    while step := list(islice(waiting, ROWS_PER_STEP)):
        done.append(save_step(step, source, actor, why, meets))
    return SaveResult(
        sum(r.created for r in done),
        sum(r.updated for r in done),
        sum(r.unchanged for r in done),
        tuple(rid for r in done for rid in r.rids),
        tuple(person for r in done for person in r.persons),
    )


def save_step(
    step: list[Incoming], source: int, actor: Actor, why: str, meets: store.Meets | None = None
) -> SaveResult:
    """One transaction of a save; everything that can be worked out before it begins is."""
    ready = preparing.prepare(step)
    store.warm(ready)
    return meeting.again(partial(_write_step, ready, source, actor, why, meets))


def _write_step(
    ready: list[preparing.Ready], source: int, actor: Actor, why: str, meets: store.Meets | None
) -> SaveResult:
    result = store.write(ready, source, meets=meets)
    for person_id, count in sorted(Counter(result.persons).items()):
        ledger.append(event(actor, "record.import", person_id or None, f"source:{source}", why, count=count))
    return result


@transaction.atomic
def delete(person_id: int, resource_type: str, fhir_id: str, actor: Actor, why: str = "operations") -> None:
    """Remove an entry from a record; its versions stay in the history. Raises NotStored."""
    mine = {f"{resource_type}/{fhir_id}"}
    store.hold(mine | contexts.belonging(mine, person_id))
    row = _locked(person_id, resource_type, fhir_id)
    gone = store.delete(row.rid)
    for thing, whose in [(f"{resource_type}/{fhir_id}", person_id), *gone]:
        ledger.append(event(actor, "record.delete", whose or None, thing, why))


@transaction.atomic
def label(person_id: int, resource_type: str, fhir_id: str, labels: Label, actor: Actor) -> None:
    """Set the sensitivity labels staff give an entry, on top of those it carries itself. Raises NotStored.

    What tells the same (`beside`) gets the labels too, and keeps them until staff take them from it: documents all,
    entries of other places those that speak of the fact itself.
    """
    from chartpost.records.beside import beside

    mine = {f"{resource_type}/{fhir_id}"}
    same = {*mine, *beside(person_id, mine).values()}
    store.hold(same | contexts.belonging(same, person_id) | provenances.about(same, person_id))
    set_labels(_locked(person_id, resource_type, fhir_id), int(labels), actor)
    documents = beside(person_id, mine, joined=False)
    for rid in sorted(beside(person_id, mine)):
        more = int(labels) if rid in documents else int(labels) & ~EXCEPTED
        row = models.Resource.objects.select_for_update().get(pk=rid)
        if more & ~row.staff_labels:
            set_labels(row, row.staff_labels | more, actor)


def set_labels(row: models.Resource, labels: int, actor: Actor) -> None:
    """Make these the labels staff set on a locked row, beside those it carries itself; with its entry in the ledger."""
    carried = (row.labels & ~row.staff_labels) | int(index.labels(parse(bytes(row.body))))
    new = carried | labels
    store.count(_moved(row.person_id, row, new))
    models.Resource.objects.filter(pk=row.pk).update(labels=new, staff_labels=labels)
    if new != row.labels:
        store.relabelled(row.pk, row.labels)
    on_write.tell_labels({row.person_id: new & ~row.labels})
    thing = f"{type_of(row.kind)}/{row.fhir_id}"
    ledger.append(event(actor, "record.label", row.person_id, thing, labels=labels))
    if new != row.labels:
        contexts.follow((row.kind, row.fhir_id), row.person_id)
        provenances.follow([((row.kind, row.fhir_id), row.person_id)])


def settle(inbox_ref: str, person_id: int | None, actor: Actor) -> "ImportReport":
    """File an inbox item with a person (None: with a new one); see `inbox.settle`."""
    from chartpost.records import inbox

    return inbox.settle(inbox_ref, person_id, actor)


def discard(inbox_ref: str, reason: str, actor: Actor) -> None:
    """Put an inbox item aside for good; see `inbox.discard`."""
    from chartpost.records import inbox

    inbox.discard(inbox_ref, reason, actor)


def file_document(
    person_id: int,
    title: str,
    media_type: str,
    stream: BinaryIO | bytes,
    date: date,
    labels: Label,
    source: int,
    actor: Actor,
    category: Category = Category.DOCUMENTS,
) -> DocumentView:
    """File a document with a person; see `documents.file_document`."""
    from chartpost.records import documents

    return documents.file_document(person_id, title, media_type, stream, date, labels, source, actor, category)


def _locked(person_id: int, resource_type: str, fhir_id: str) -> models.Resource:
    rows = models.Resource.objects.select_for_update()
    row = rows.filter(person_id=person_id, kind=kind_of(resource_type), fhir_id=fhir_id, deleted=False).first()
    if row is None:
        raise NotStored(seen="no such entry", expected="an entry of this record", todo="Reload the record.")
    return row


def _moved(person_id: int, row: models.Resource, labels: int) -> store.Tally:
    tally: store.Tally = Counter({(person_id, row.category, labels): 1})
    tally[person_id, row.category, row.labels] -= 1
    return tally
