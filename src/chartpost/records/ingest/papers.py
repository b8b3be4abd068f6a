"""Taking in documents: PDF, images and C-CDA, filed as originals with the person they are about."""

from datetime import date
from pathlib import PurePath

from chartpost.formats import ccda
from chartpost.formats.ccda import CcdaError, Header
from chartpost.formats.filekinds import XML
from chartpost.identity import queries as identity
from chartpost.identity.queries import fold
from chartpost.kernel import blobs, clock
from chartpost.records import documents, models, services
from chartpost.records.errors import Refused
from chartpost.records.ingest import decide, originals
from chartpost.records.ingest.patients import from_header
from chartpost.records.ingest.types import Run
from chartpost.records.matching import Incoming, Match
from chartpost.records.types import SaveResult

LOINC = "2.16.840.1.113883.6.1"
THE_PATIENT = "document"
"""The key of the one patient a document is about."""


class NotClinical(Refused):
    """XML that is no clinical document."""


def take(file: models.ImportFile, run: Run) -> None:
    """File one document with its person and note its state: done, waiting or discarded. Raises Refused."""
    header = _header(file) if file.kind == XML.name else None
    person_id = _whose(file, header, run)
    if person_id is None:
        discarded = file.people.get(THE_PATIENT, {}).get("discarded")
        originals.finish(file, "discarded" if discarded else "waiting")
        return
    known = models.Document.objects.filter(person_id=person_id, sha256=file.sha256).exists()
    described, source = _described(file, header), _source(file, header)
    documents.file_kept(person_id, described, blobs.ref(file.blob), source, run.actor)
    run.report.add(SaveResult(unchanged=1) if known else SaveResult(created=1))
    run.report.persons.add(person_id)
    file.people[THE_PATIENT] = {"person": person_id, "done": True}
    file.done = 1
    originals.finish(file, "done")


def _described(file: models.ImportFile, header: Header | None) -> documents.Described:
    media_type = blobs.ref(file.blob).media_type
    if header is None:
        title = PurePath(file.name).stem.replace("_", " ")
        return documents.Described(title, media_type, clock.today(identity.office_zone()))
    kind = (header.code.code, header.code.display or header.title) if header.code.system == LOINC else None
    return documents.Described(header.title or "Clinical document", media_type, _day(header), kind=kind)


def _day(header: Header) -> date:
    text = header.effective_time[:8]
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return clock.today(identity.office_zone())


def _source(file: models.ImportFile, header: Header | None) -> int:
    """The sender a document names, unless one was named for the import."""
    assert file.source is not None
    if header and header.custodian and file.source.key == services.FILES[0]:
        return services.source_id(f"custodian:{fold(header.custodian)}"[:200], header.custodian[:200])
    return file.source.pk


def _header(file: models.ImportFile) -> Header:
    with originals.original(file, XML.limit) as stream:
        data = stream.read()
    try:
        return ccda.read_header(data)
    except ccda.NotClinicalDocumentError as error:
        raise NotClinical(error.seen, error.expected, "File it with a person as a PDF.") from error
    except CcdaError as error:
        raise Refused(error.seen, error.expected, error.todo) from error


def _whose(file: models.ImportFile, header: Header | None, run: Run) -> int | None:
    if header:
        return decide.decide(file, THE_PATIENT, from_header(header), run)
    if run.target_id or THE_PATIENT in file.people:
        return decide.decide(file, THE_PATIENT, Incoming(), run)
    match = Match(reason="A document that does not say whose it is")
    decide.ask(file, THE_PATIENT, {"name": ""}, match, run)
    return None
