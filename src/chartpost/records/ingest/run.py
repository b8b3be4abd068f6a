"""Taking in files, zips and folders, one file after the other; each file stands on its own."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from chartpost.formats import xdm
from chartpost.formats.fhirjson.errors import FhirJsonError
from chartpost.formats.filekinds import FHIR, LARGEST, NDJSON, SNIFF_BYTES, WANTED, XML, ZIP, Kind
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import blobs
from chartpost.kernel.blobs import BlobTooLargeError
from chartpost.records import documents, models, services
from chartpost.records.errors import Refused
from chartpost.records.ingest import archive, clinical, decide, fhir, originals, papers
from chartpost.records.ingest.calm import without_collector
from chartpost.records.ingest.entries import IN_MEMORY
from chartpost.records.ingest.ids import GIVEN
from chartpost.records.ingest.reading import too_large, unpacked
from chartpost.records.ingest.types import ImportReport, Run, Watch
from chartpost.records.reconcile import comparing
from chartpost.records.reconcile import queries as reconcile

OPEN_STATES = ("started", "refused", "waiting")
"""States in which a file is looked at again; done and discarded ones are not."""
_TAKERS = {FHIR.name: fhir.take, NDJSON.name: fhir.take, XML.name: clinical.take}


def import_path(
    path: Path,
    actor: Actor,
    progress: Watch | None = None,
    person_ref: str | None = None,
    source_name: str = "",
) -> ImportReport:
    """Take in a file, or every file of a folder and its folders; a zip is taken in file by file.

    Nothing is half-done: a file is taken in whole or refused with its reason. What was interrupted goes on where it
    stopped, what was taken in already is left alone. `person_ref` names the person all of it is about.
    Raises NotFound for an unknown person, FileNotFoundError.
    """
    files = list(_files(path))
    run = Run(
        actor=actor,
        watch=progress,
        source_name=source_name,
        target_id=identity.person(person_ref).id if person_ref else 0,
        files_total=len(files),
        folder=path.is_dir(),
    )
    for number, file in enumerate(files):
        if number and file.parent != files[number - 1].parent:
            run.known.clear()
            run.ambiguous.clear()
        name = str(file.relative_to(path)) if path.is_dir() else file.name
        run.tell(name)
        with file.open("rb") as stream:
            _take(stream, name, run)
        run.report.files += 1
        run.tell(name)
    return _compared(run)


def import_stream(
    stream: BinaryIO, name: str, actor: Actor, person_ref: str | None = None, source_name: str = ""
) -> ImportReport:
    """Take in one uploaded file (a seekable stream), as `import_path` does."""
    target = identity.person(person_ref).id if person_ref else 0
    run = Run(actor=actor, source_name=source_name, target_id=target, files_total=1)
    _take(stream, name, run)
    run.report.files = 1
    return _compared(run)


def resume(file: models.ImportFile, actor: Actor) -> ImportReport:
    """Go on with a file that is stored already: after a question was settled, or after an interruption."""
    run = Run(actor=actor, target_id=file.target_id, files_total=1)
    if file.source and file.source.key != services.FILES[0]:
        run.source_name = file.source.name
    _understand(file, run)
    run.report.files = 1
    return _compared(run)


def _compared(run: Run) -> ImportReport:
    """Look at what came in beside what was there, and count what somebody should look at."""
    for person_id in sorted(run.report.persons):
        comparing.compare(person_id)
        run.report.to_check += reconcile.count(person_id, RowFilter())
    return run.report


def _files(path: Path) -> Iterator[Path]:
    """The files under a path in a fixed order, Patients of NDJSON folders first; hidden ones and links left out."""
    if not path.is_dir():
        yield path
        return
    names = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
    names = [p for p in names if not any(part.startswith(".") for part in p.relative_to(path).parts)]
    yield from sorted(names, key=lambda p: (str(p.parent), not _has_patients(p), p.name))


def _has_patients(path: Path) -> bool:
    with path.open("rb") as stream:
        size = originals.sized(stream)
        head = unpacked(stream, size, LARGEST).read(SNIFF_BYTES) if size <= LARGEST else b""
    return b'"Patient"' in head[:200]


def _take(stream: BinaryIO, name: str, run: Run) -> None:
    try:
        kind = originals.kind_of(stream, originals.sized(stream))
        if kind is None:
            _unknown(name, run)
        elif kind is ZIP:
            _zip(stream, name, run)
        else:
            _one(stream, name, kind, run)
    except Refused as error:
        run.report.refused.append((name, error.message))


def _unknown(name: str, run: Run) -> None:
    if run.folder:
        run.report.skipped.append((name, "not a kind of file that is taken in"))
        return
    raise Refused("a file of another kind", WANTED, "Choose another file.")


def _zip(stream: BinaryIO, name: str, run: Run) -> None:
    archive.check(stream)
    stream.seek(0)
    files = archive.documents(stream) if xdm.is_xdm(stream) else archive.contents(stream)
    outer, run.folder = run.folder, True
    try:
        for inner_name, inner in files:
            try:
                _packed(inner, f"{name}/{inner_name}", run)
            except Refused as error:
                run.report.refused.append((f"{name}/{inner_name}", error.message))
    finally:
        run.folder = outer


def _packed(inner: BinaryIO, name: str, run: Run) -> None:
    """One file of a zip: kept encrypted first, because it can be read only once."""
    kept = blobs.put(inner, owner="office", media_type=originals.UNKNOWN, limit=LARGEST)
    try:
        with blobs.open(kept.id) as stream:
            if originals.kind_of(stream, kept.size) is ZIP:
                reason = "a zip inside a zip; expected files. Unpack it and import it by itself."
                run.report.refused.append((name, reason))
                return
            _take(stream, name, run)
    finally:
        blobs.delete(kept.id)


def _one(stream: BinaryIO, name: str, kind: Kind, run: Run) -> None:
    try:
        file = originals.receive(stream, name, kind, run.target_id, _source(run))
    except BlobTooLargeError as error:
        raise too_large(originals.sized(stream), kind.limit) from error
    staff = bool(run.target_id) and run.actor.kind != "person"
    if staff and file.state == "discarded":
        decide.ask_again(file)  # somebody of the office names whose it is
    out = _taken_out(file, run)
    if out and not staff:
        run.report.discarded += 1
        run.report.skipped.append((name, originals.TAKEN_OUT))
    elif out or file.state in OPEN_STATES:
        _understand(file, run)
    elif file.state == "discarded":
        run.report.discarded += 1
        run.report.skipped.append((name, "the office decided before that it belongs in no record"))
    else:
        run.report.unchanged += max(1, file.done)
    _remember(file, run)


def _taken_out(file: models.ImportFile, run: Run) -> bool:
    """Whether the document was in the record of whoever it is for, and was taken out."""
    whose = run.target_id or file.person_id or 0
    return whose != 0 and file.kind not in (FHIR.name, NDJSON.name) and documents.taken_out(whose, file.sha256)


def _understand(file: models.ImportFile, run: Run) -> None:
    try:
        take = _TAKERS.get(file.kind, papers.take)
        with without_collector() if file.size <= IN_MEMORY and file.kind != XML.name else nullcontext():
            take(file, run)
    except clinical.NotClinical as error:
        if not run.folder:
            run.report.refused.append((file.name, originals.refuse(file, error)))
        else:
            originals.refuse(file, error)
            run.report.skipped.append((file.name, "XML that is no clinical document"))
    except (Refused, FhirJsonError) as error:
        run.report.refused.append((file.name, originals.refuse(file, error)))


def _remember(file: models.ImportFile, run: Run) -> None:
    """Carry patients over to the other NDJSON files of a folder; a name two patients bear is no name."""
    if not run.folder or file.kind != NDJSON.name:
        return
    for key, entry in file.people.items():
        if not entry.get("id"):
            continue
        said = (entry["person"], entry["id"])
        if run.known.setdefault(key, said) != said:
            run.ambiguous.add(key)
    for key in run.ambiguous:
        run.known.pop(key, None)


def _source(run: Run) -> models.Source:
    if run.source is None:
        key, name = services.FILES
        if run.source_name:
            own = run.actor.kind == "person"
            key = f"{GIVEN}{run.target_id}" if own else f"named:{run.source_name}"[:200]
            name = run.source_name[:200]
        run.source = services.source(key, name)
    return run.source
