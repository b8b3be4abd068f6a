"""Taking in documents that do not say whose they are: PDF and images, filed with the person somebody named."""

from pathlib import PurePath

from chartpost.identity import queries as identity
from chartpost.kernel import blobs, clock
from chartpost.records import documents, models
from chartpost.records.ingest import decide, originals
from chartpost.records.ingest.clinical import THE_PATIENT
from chartpost.records.ingest.types import Run
from chartpost.records.matching import Incoming, Match
from chartpost.records.types import SaveResult


def take(file: models.ImportFile, run: Run) -> None:
    """File one document with its person and note its state: done, waiting or discarded. Raises Refused."""
    person_id = _whose(file, run)
    if person_id is None:
        originals.finish(file)
        return
    assert file.source is not None
    known = documents.holds(person_id, file.sha256)
    documents.file_kept(person_id, _described(file), blobs.ref(file.blob), file.source.pk, run.actor)
    run.report.add(SaveResult(unchanged=1) if known else SaveResult(created=1))
    run.report.persons.add(person_id)
    file.people[THE_PATIENT] = {"person": person_id, "done": True}
    file.done = 1
    originals.finish(file)


def _described(file: models.ImportFile) -> documents.Described:
    title = PurePath(file.name).stem.replace("_", " ")
    return documents.Described(title, blobs.ref(file.blob).media_type, clock.today(identity.office_zone()))


def _whose(file: models.ImportFile, run: Run) -> int | None:
    if run.target_id or THE_PATIENT in file.people:
        return decide.decide(file, THE_PATIENT, Incoming(), run)
    match = Match(reason="A document that does not say whose it is")
    decide.ask(file, THE_PATIENT, {"name": ""}, match, run)
    return None
