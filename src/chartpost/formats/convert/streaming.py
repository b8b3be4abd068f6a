"""A large C-CDA document as FHIR, written while it is read: of it only the section at hand is in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

from chartpost.formats.ccda.intake.bodies import STREAM_FROM
from chartpost.formats.ccda.intake.engine import Run
from chartpost.formats.convert import enclosed, to_fhir
from chartpost.formats.convert.types import Document, Entry, Notice, SectionLine
from chartpost.formats.fhirjson.canonical import dump
from chartpost.formats.filekinds import SNIFF_BYTES, XML, sniff


def is_large(stream: BinaryIO, size: int) -> bool:
    """Whether a file is XML of which only parts should be held; the stream stands at its start before and after."""
    head = stream.read(SNIFF_BYTES)
    stream.seek(0)
    return size > STREAM_FROM and sniff(head) is XML


@dataclass
class Streamed:
    """One conversion; `size`, `digest` and what `document` tells are whole once all pieces were taken."""

    stream: BinaryIO
    name: str
    zone: str | None = None
    ndjson: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    size: int = 0
    _digest: Any = field(default_factory=sha256)
    _run: Run | None = None

    def pieces(self) -> Iterator[bytes]:
        """A Bundle, or lines of NDJSON, as `to_fhir` writes them; people and places come last. Raises CcdaError."""
        made = (self._line(entry) for entry in self._entries())
        for piece in made if self.ndjson else _bundle(made):
            self.size += len(piece)
            self._digest.update(piece)
            yield piece

    @property
    def digest(self) -> str:
        """SHA-256 of all pieces, in hexadecimal."""
        return str(self._digest.hexdigest())

    def document(self) -> Document:
        """What was understood; without entries, which were not kept."""
        assert self._run is not None
        lines = (
            SectionLine(s.code, s.title, s.entries, s.understood, s.kept_as_text, s.text_only)
            for s in self._run.sections
        )
        notices = (Notice(i.severity, i.code, i.path or i.section, i.seen, i.did) for i in self._run.doc.issues)
        return Document(self.name, "ccda", (), tuple(lines), tuple(notices), custodian=self._run.doc.header.custodian)

    def _entries(self) -> Iterator[Entry]:
        run = self._run = Run(self.stream, self.zone)
        for resources in run.settled():
            yield from (Entry("", resource) for resource in resources)
            patient = f"Patient/{run.doc.patient['id']}"
            yield from enclosed.references(run.doc.originals, run.doc.header, patient)
            run.doc.originals.clear()

    def _line(self, entry: Entry) -> bytes:
        self.counts[entry.type] += 1
        return dump(entry.resource) + b"\n" if self.ndjson else to_fhir.addressed(entry)


def _bundle(entries: Iterable[bytes]) -> Iterator[bytes]:
    yield b'{"resourceType":"Bundle","type":"collection","entry":['
    for number, entry in enumerate(entries):
        yield b"," + entry if number else entry
    yield b"]}"
