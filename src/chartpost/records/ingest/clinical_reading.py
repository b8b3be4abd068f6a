"""A C-CDA original on its way in: read whole where it is small, section by section where it is large.

A large one is read twice, as large NDJSON is: once to the end, so that nothing of a broken document is stored and all
that is sensitive in it is known, and once more while it is stored.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from chartpost.formats import ccda
from chartpost.formats.ccda import STREAM_FROM, CcdaError, Embedded, Header, Issue, Run, SectionReport
from chartpost.formats.fhirjson import classify
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.terms import Label
from chartpost.formats.filekinds import XML
from chartpost.kernel import blobs
from chartpost.records import models
from chartpost.records.errors import Refused
from chartpost.records.ingest import originals
from chartpost.records.ingest.calm import without_collector
from chartpost.records.ingest.patients import from_resource


class NotClinical(Refused):
    """XML that is no clinical document."""


class Batch(NamedTuple):
    """Some resources of a document, and the files in the same part of it that no resource carries itself."""

    resources: list[Json]
    files: list[Embedded]


@dataclass
class Clinical:
    """What a document says; `labels` is all that is sensitive anywhere in it.

    `patient` is the id of its Patient, `numbers` what identifies them as (system, value); `later` are keys (Type/id)
    of resources that come last and may be referred to before; `count` says how many resources there are.
    """

    data: bytes | BinaryIO
    header: Header
    patient: str
    numbers: tuple[tuple[str, str], ...]
    later: tuple[str, ...]
    count: int = 0
    labels: Label = Label.NONE
    sections: list[SectionReport] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    _loose: int = 0
    _kept: list[Batch] | None = None

    @property
    def large(self) -> bool:
        """Whether it is too large to be held."""
        return self._kept is None

    def batches(self) -> Iterator[Batch]:
        """All of it: at once, or section by section where it is too large to be held."""
        yield from self._kept if self._kept is not None else _read(Run(self.data))

    def files(self) -> Iterator[Embedded]:
        """The files inside it that no resource carries itself."""
        yield from (one for batch in self.batches() for one in batch.files) if self._loose else ()

    @property
    def report(self) -> dict[str, Any]:
        """Sections and issues as plain values."""
        return {"sections": [vars(s) for s in self.sections], "issues": [vars(i) for i in self.issues]}


@contextmanager
def opened(file: models.ImportFile) -> Iterator[Clinical]:
    """What a C-CDA original says, while it is open; raises Refused for what is no such document."""
    with _data(file) as data:
        try:
            found = _survey(data)
        except ccda.NotClinicalDocumentError as error:
            raise NotClinical(error.seen, error.expected, "File it with a person as a PDF.") from error
        except CcdaError as error:
            raise Refused(error.seen, error.expected, error.todo) from error
        yield found


@contextmanager
def _data(file: models.ImportFile) -> Iterator[bytes | BinaryIO]:
    """All bytes of a small original, a seekable stream of a large one; packed ones are kept encrypted meanwhile."""
    with originals.original(file, XML.limit) as stream:
        head = stream.read(STREAM_FROM + 1)
        if len(head) <= STREAM_FROM:
            yield head
            return
        del head
        if stream.seekable():
            yield stream
            return
    with originals.original(file, XML.limit) as packed:
        kept = blobs.put(packed, owner="office", media_type=XML.media_type, limit=XML.limit)
    try:
        with blobs.open(kept.id) as stream:
            yield stream
    finally:
        blobs.delete(kept.id)


def _survey(data: bytes | BinaryIO) -> Clinical:
    """Read a document to its end; of a small one the resources are kept, and the collector is held back."""
    with without_collector() if isinstance(data, bytes) else nullcontext():
        return _read_to_end(data)


def _read_to_end(data: bytes | BinaryIO) -> Clinical:
    run, labels, loose, count = Run(data), Label.NONE, 0, 0
    patient: Json = {}
    kept: list[Batch] = []
    for batch in _read(run):
        patient = patient or batch.resources[0]
        loose += len(batch.files)
        count += len(batch.resources)
        for resource in batch.resources:
            labels |= classify.labels(resource)
        if isinstance(data, bytes):
            kept.append(batch)
    whole = [_together(kept)] if isinstance(data, bytes) else None
    header, numbers = run.doc.header, from_resource(patient).identifiers
    said = (header, patient["id"], numbers, run.later, count, labels, run.sections, run.doc.issues)
    return Clinical(data, *said, loose, whole)


def _read(run: Run) -> Iterator[Batch]:
    """Each part of a document with its loose files, which the run then lets go of."""
    for resources in run.batches():
        yield Batch(resources, _loose(run.doc.originals, resources))
        run.doc.originals.clear()


def _together(parts: list[Batch]) -> Batch:
    return Batch([r for part in parts for r in part.resources], [f for part in parts for f in part.files])


def _loose(files: list[Embedded], resources: list[Json]) -> list[Embedded]:
    """The files that no entry carries itself, as a note carries its own."""
    if not files:
        return []
    carried = {
        content["attachment"].get("data")
        for resource in resources
        if resource["resourceType"] == "DocumentReference"
        for content in resource["content"]
    }
    return [one for one in files if base64.b64encode(one.data).decode() not in carried]
