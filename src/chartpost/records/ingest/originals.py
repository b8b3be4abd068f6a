"""The row and the encrypted original of each file that is taken in."""

import hashlib
import io
import os
from contextlib import nullcontext
from typing import BinaryIO

from django.db import IntegrityError, transaction

from chartpost.formats.fhirjson.errors import FhirJsonError
from chartpost.formats.filekinds import GZIP_MAGIC, LARGEST, SNIFF_BYTES, Kind, sniff
from chartpost.kernel import blobs
from chartpost.records import models
from chartpost.records.errors import Refused
from chartpost.records.ingest.reading import CHUNK, too_large, unpacked

SMALL = 4 * 1024 * 1024
"""Originals up to this size are stored inside the transaction that makes their row."""
UNKNOWN = "application/octet-stream"
TAKEN_OUT = "it was taken out of the record"
"""What is said of a document that is not filed again."""


def sized(stream: BinaryIO) -> int:
    """How many bytes a seekable stream holds."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def digest(stream: BinaryIO) -> str:
    """SHA-256 of a stream, which stands at its start before and after."""
    found = hashlib.sha256()
    while part := stream.read(CHUNK):
        found.update(part)
    stream.seek(0)
    return found.hexdigest()


def kind_of(stream: BinaryIO, size: int) -> Kind | None:
    """What the file is, looking inside gzip; raises Refused over the cap of its kind."""
    if size > LARGEST:
        raise too_large(size, LARGEST)
    head = unpacked(stream, size, LARGEST).read(SNIFF_BYTES)
    stream.seek(0)
    kind = sniff(head)
    if kind and size > kind.limit:
        raise too_large(size, kind.limit)
    return kind


def receive(stream: BinaryIO, name: str, kind: Kind, target_id: int, source: models.Source) -> models.ImportFile:
    """The row of a file, made with its encrypted original on first sight; the same bytes have one row per target."""
    size, sha256 = sized(stream), digest(stream)
    rows = models.ImportFile.objects.select_related("source")
    row = rows.filter(sha256=sha256, target_id=target_id).first()
    if row is not None:
        return row if blobs.exists(row.blob) else _restored(stream, row, kind)
    new = models.ImportFile(
        sha256=sha256, target_id=target_id, name=name[-300:], size=size, kind=kind.name, source=source
    )
    try:
        with transaction.atomic() if size <= SMALL else nullcontext():
            return _make(stream, new, kind)
    except IntegrityError:  # the same bytes came at the same moment, and their row is there now
        if size > SMALL:
            blobs.delete(new.blob)
        return rows.get(sha256=sha256, target_id=target_id)


def _make(stream: BinaryIO, new: models.ImportFile, kind: Kind) -> models.ImportFile:
    new.blob = _put(stream, kind)
    with transaction.atomic():
        new.save(force_insert=True)
    return new


def _restored(stream: BinaryIO, row: models.ImportFile, kind: Kind) -> models.ImportFile:
    """The row of a file whose original was lost, with the same bytes again."""
    row.blob = _put(stream, kind)
    row.save(update_fields=["blob"])
    return row


def _put(stream: BinaryIO, kind: Kind) -> str:
    media_type = kind.media_type if stream.read(2) != GZIP_MAGIC else "application/gzip"
    stream.seek(0)
    return blobs.put(stream, owner="office", media_type=media_type).id


def original(file: models.ImportFile, limit: int) -> BinaryIO:
    """The bytes of a file as they were received, unpacked where they were gzip."""
    return unpacked(blobs.open(file.blob), file.size, limit)


def whole(file: models.ImportFile, limit: int) -> bytes:
    """All bytes of a file, as `original`."""
    data = blobs.read(file.blob)
    return unpacked(io.BytesIO(data), file.size, limit).read() if data[:2] == GZIP_MAGIC else data


def refuse(file: models.ImportFile, error: Refused | FhirJsonError) -> str:
    """Keep a file as refused, with the reason, which holds nothing of its content."""
    reason = f"{error.seen}; expected {error.expected}. {error.todo}"
    models.ImportFile.objects.filter(pk=file.pk).update(state="refused", problem=reason)
    return reason


def fresh(file: models.ImportFile) -> None:
    """Learn what others decided of a file's patients meanwhile; nobody else decides until the transaction ends.

    What was written by whoever asks, and is not noted yet, stays noted in `file`.
    """
    row = models.ImportFile.objects.select_for_update(no_key=True).get(pk=file.pk)
    done = {key: entry for key, entry in file.people.items() if entry.get("done")}
    file.people, file.state = {**row.people, **done}, row.state


@transaction.atomic
def finish(file: models.ImportFile) -> None:
    """Note how far a file is; the original of one person's file becomes theirs, so that erasing them erases it."""
    fresh(file)
    persons = {said for entry in file.people.values() if isinstance(said := entry.get("person"), int)} - {0}
    file.person_id = persons.pop() if len(persons) == 1 else None
    file.state, file.problem = state(file), ""
    if file.state == "done" and file.person_id and file.blob:
        blobs.reassign(file.blob, f"person:{file.person_id}")
    file.save(update_fields=["state", "person_id", "problem", "people", "done"])


@transaction.atomic
def leave_out(file: models.ImportFile, key: str) -> None:
    """Note that a patient's part of a file stays out of the record, as if staff had thrown it away."""
    fresh(file)
    file.people[key] = {"discarded": True}
    file.state, file.done = state(file), 0
    file.save(update_fields=["people", "state", "done"])


def state(file: models.ImportFile) -> str:
    """How far a file is; still `started` while somebody was decided whose entries are not there: it was cut off."""
    if models.InboxItem.objects.filter(file=file, state="waiting").exists():
        return "waiting"
    people = [entry for key, entry in file.people.items() if key] or list(file.people.values())
    if any(entry.get("person") is not None and not entry.get("done") for entry in people):
        return "started"
    return "done" if any(entry.get("done") for entry in people) else "discarded"
