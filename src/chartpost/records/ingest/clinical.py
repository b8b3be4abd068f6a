"""Taking in C-CDA: the original is filed as it came, and what it says becomes entries of the record.

The entries can be made again from the original (`rebuild`); a newer version of a document takes the place of an older.
"""

import hashlib
from dataclasses import replace
from datetime import date

from django.db import transaction

from chartpost.formats.ccda import INTAKE_VERSION, Embedded, Header
from chartpost.formats.filekinds import sniff
from chartpost.identity import aliases
from chartpost.identity import queries as identity
from chartpost.identity import services as persons
from chartpost.identity.queries import fold
from chartpost.kernel import blobs, clock
from chartpost.kernel.db import raw
from chartpost.records import documents, models, services
from chartpost.records.ingest import decide, editions, originals
from chartpost.records.ingest.clinical_entries import Stored, store
from chartpost.records.ingest.clinical_reading import Clinical, NotClinical, opened
from chartpost.records.ingest.patients import from_header
from chartpost.records.ingest.types import Run
from chartpost.records.matching import Incoming
from chartpost.records.types import DocumentView, SaveResult

LOINC = "2.16.840.1.113883.6.1"
THE_PATIENT = "document"
"""The key of the one patient a document is about."""


def take(file: models.ImportFile, run: Run) -> None:
    """Take in one C-CDA file and note its state: done, waiting or discarded. Raises Refused."""
    with opened(file) as made:
        person_id = decide.decide(file, THE_PATIENT, _described(made), run)
        if person_id is None:
            originals.finish(file)
            return
        source = source_of(file, made.header)
        if documents.taken_out(person_id, file.sha256) and not run.target_id:
            originals.leave_out(file, THE_PATIENT)
            run.report.discarded += 1
            run.report.skipped.append((file.name, originals.TAKEN_OUT))
            return
        edition = editions.compare(made.header, person_id, file, source)
        kept = Stored((), SaveResult(), "") if edition.outdated else _store(made, person_id, source, file, run)
        view = _file_original(file, person_id, made, source, run)  # names the Patient, which a new person has by now
        for embedded in made.files():
            file_embedded(embedded, person_id, made, source, run)
    with transaction.atomic():
        person_id = aliases.settled_one(person_id, raw.django())  # it may have been merged since
        editions.alone(person_id)
        originals.fresh(file)
        kept = _settle(file, view.rid, made, kept, edition, source, person_id, run)
        _close(file, person_id, kept, made, run)
    run.report.add(kept.result)
    run.report.notes += _notes(file.name, made)


def _settle(
    file: models.ImportFile,
    rid: int,
    made: Clinical,
    kept: Stored,
    edition: editions.Edition,
    source: int,
    person_id: int,
    run: Run,
) -> Stored:
    """Remember a document and settle how it stands to the others; gives what of it is in the record.

    Another version may have come while its entries were stored, which neither knew of: it is compared again, and the
    one that counts is read anew, since entries of the same ids may say by now what the other says.
    """
    now = editions.compare(made.header, person_id, file, source)
    document = remember(file, rid, made, kept, outdated=now.outdated)
    editions.settle(now, document, person_id, run.actor)
    if now != edition:
        editions.again(now.newer or document)
    return Stored((), SaveResult(), kept.patient) if now.outdated else kept


def _store(made: Clinical, person_id: int, source: int, file: models.ImportFile, run: Run) -> Stored:
    """Store the entries, and tell how far it is."""
    return store(
        made, person_id, source, run.actor, tell=lambda done: run.tell(file.name, min(done, made.count), made.count)
    )


def source_of(file: models.ImportFile, header: Header) -> int:
    """The custodian a document names, unless a source was named for the import."""
    assert file.source is not None
    if header.custodian and file.source.key == services.FILES[0]:
        return services.source_id(f"custodian:{fold(header.custodian)}"[:200], header.custodian[:200])
    return file.source.pk


def remember(
    file: models.ImportFile, rid: int, made: Clinical, kept: Stored, *, outdated: bool
) -> models.ClinicalDocument:
    """Keep what was made of an original, and by which version of the mapping."""
    header = made.header
    document, _ = models.ClinicalDocument.objects.update_or_create(
        file=file,
        defaults={
            "rid": rid,
            "document_id": "|".join(header.document_id)[:300].strip("|"),
            "set_id": "|".join(header.set_id)[:300].strip("|") if header.set_id else "",
            "number": editions.number_of(header),
            "written": header.effective_time[:40],
            "replaced": outdated,
            "intake_version": INTAKE_VERSION,
            "made": list(kept.keys),
            "report": made.report,
        },
    )
    return document


def file_embedded(embedded: Embedded, person_id: int, made: Clinical, source: int, run: Run) -> None:
    """File a file out of a document by itself; what it is is told by its bytes, not by its name."""
    kind = sniff(embedded.data[:4096])
    plain = embedded.media_type if embedded.media_type.startswith("text/") else "application/octet-stream"
    media_type = kind.media_type if kind and kind.name in ("pdf", "image") else plain
    title = embedded.title or made.header.title or "Attached file"
    sha256 = hashlib.sha256(embedded.data).hexdigest()
    if documents.taken_out(person_id, sha256):
        run.report.notes.append((title, originals.TAKEN_OUT))
        return
    known, day = documents.holds(person_id, sha256), day_of(made.header)
    documents.file_document(
        person_id, title, media_type, embedded.data, day, made.labels, source, run.actor, again=False
    )
    run.report.add(SaveResult(unchanged=1) if known else SaveResult(created=1))


def day_of(header: Header) -> date:
    """The day a document was written; today where it does not say."""
    text = header.effective_time[:8]
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return clock.today(identity.office_zone())


def _described(made: Clinical) -> Incoming:
    """The patient as the header names them; numbers also as FHIR writes them, as other files may have brought them."""
    said = from_header(made.header)
    return replace(said, identifiers=tuple(dict.fromkeys([*said.identifiers, *made.numbers])))


def _file_original(file: models.ImportFile, person_id: int, made: Clinical, source: int, run: Run) -> DocumentView:
    known = documents.holds(person_id, file.sha256)
    header, kept = made.header, blobs.ref(file.blob)
    kind = (header.code.code, header.code.display or header.title) if header.code.system == LOINC else None
    described = documents.Described(
        header.title or "Clinical document", kept.media_type, day_of(header), made.labels, kind=kind
    )
    view = documents.file_kept(person_id, described, kept, source, run.actor)
    run.report.add(SaveResult(unchanged=1) if known else SaveResult(created=1))
    return view


def _close(file: models.ImportFile, person_id: int, kept: Stored, made: Clinical, run: Run) -> None:
    entry = {**file.people.get(THE_PATIENT, {}), "person": person_id, "done": True}
    new = entry.pop("new", False)
    if kept.patient:
        entry["id"] = kept.patient
        given = run.actor.kind == "person"
        numbers = () if new or given else made.numbers
        key = file.source.key if file.source else ""
        if persons.add_source(person_id, key, kept.patient, list(numbers)):
            persons.patients_turned([kept.patient])
    file.people[THE_PATIENT] = entry
    file.done = 1 + len(kept.keys)
    originals.finish(file)
    run.report.persons.add(person_id)


def _notes(name: str, made: Clinical) -> list[tuple[str, str]]:
    """What of a file was not taken as written, in one sentence; none where all was."""
    entries = sum(s.entries for s in made.sections)
    as_text = sum(s.kept_as_text for s in made.sections)
    told = [i for i in made.issues if i.severity != "note"]
    if not as_text and not told:
        return []
    return [(name, f"{entries - as_text} of {entries} entries read, {as_text} kept as words, {len(told)} warnings")]


__all__ = ["THE_PATIENT", "NotClinical", "file_embedded", "remember", "source_of", "take"]
