"""From bytes to resources: FHIR JSON, NDJSON (each also packed by gzip), C-CDA, and zips of these."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from chartpost.formats.ccda.errors import CcdaError
from chartpost.formats.convert.errors import NotUnderstoodError
from chartpost.formats.convert.types import Document, Entry, Notice, SectionLine
from chartpost.formats.fhirjson.canonical import entries, read_ndjson, split_bundle
from chartpost.formats.fhirjson.classify import category
from chartpost.formats.fhirjson.errors import FhirJsonError
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.filekinds import FHIR, GZIP_MAGIC, MB, NDJSON, SNIFF_BYTES, XML, ZIP, sniff
from chartpost.formats.readable.words import SECTION_NAMES

MOST_BYTES = 256 * MB
"""Of one file, unpacked; the whole of it is held in memory."""
WANTED = "C-CDA XML, FHIR R4 JSON or NDJSON (also .gz), or a zip of these such as XDM"
NOT_A_RECORD = frozenset({"OperationOutcome", "Parameters", "Bundle"})
TOLD = 100
"""Broken resources that are named one by one; the rest are counted."""


def take(data: bytes, name: str, zone: str | None = None) -> list[Document]:
    """The documents in a file: one, or those of a zip; raises NotUnderstoodError, CcdaError.

    `zone` is an IANA time zone for times in a C-CDA that name none.
    """
    data = _unpacked(data)
    kind = sniff(data[:SNIFF_BYTES])
    if kind is XML:
        return [_ccda(data, name, zone)]
    if kind is FHIR:
        return [_fhir([data], name, "fhir")]
    if kind is NDJSON:
        return [_fhir([data], name, "ndjson")]
    if kind is ZIP:
        return _zip(data, name, zone)
    seen = f"a file of the kind {kind.media_type}" if kind else "bytes of no known kind"
    raise NotUnderstoodError(
        seen if data else "an empty file",
        WANTED,
        "give another file; originals such as PDF and images need no conversion",
    )


def take_lines(files: Iterable[bytes], name: str) -> Document:
    """NDJSON files of one export as one document; raises NotUnderstoodError."""
    return _fhir([_unpacked(data) for data in files], name, "ndjson")


def _zip(data: bytes, name: str, zone: str | None) -> list[Document]:
    """What is readable in it; NDJSON files count as one export. Raises NotUnderstoodError when nothing is."""
    from chartpost.formats.convert.zips import files

    found: list[Document] = []
    lines: list[bytes] = []
    left: list[Notice] = []
    for inner in files(data):
        kind = sniff(inner.data[:SNIFF_BYTES])
        if kind is NDJSON or (kind is FHIR and inner.name.endswith(".ndjson")):
            lines.append(inner.data)
        elif kind is FHIR or (kind is XML and b"ClinicalDocument" in inner.data[:SNIFF_BYTES]):
            try:
                found += take(inner.data, f"{name}: {inner.name}", zone)
            except (NotUnderstoodError, CcdaError) as error:
                left.append(Notice("error", "refused", inner.name, error.seen, f"not converted: {error.todo}"))
        else:
            left.append(Notice("note", "other-file", inner.name, "", "left as it is"))
    if lines:
        found.append(_fhir(lines, name, "ndjson"))
    if not found:
        broken = next((f"{one.where}: {one.seen}" for one in left if one.severity == "error"), "a zip of other files")
        raise NotUnderstoodError(broken, WANTED, "unpack it to see what is in it")
    return [replace(found[0], notices=(*found[0].notices, *left)), *found[1:]]


def _ccda(data: bytes, name: str, zone: str | None) -> Document:
    from chartpost.formats.ccda.intake import convert
    from chartpost.formats.convert import enclosed

    found = convert(data, zone=zone)
    entries = [Entry("", resource) for resource in found.resources]
    return Document(
        name,
        "ccda",
        (*entries, *enclosed.references(found.originals, found.header, entries[0].key)),
        tuple(
            SectionLine(s.code, s.title, s.entries, s.understood, s.kept_as_text, s.text_only) for s in found.sections
        ),
        tuple(Notice(i.severity, i.code, i.path or i.section, i.seen, i.did) for i in found.issues),
        original=data,
        custodian=found.header.custodian,
        files=enclosed.kept(found.originals),
    )


def _fhir(files: Iterable[bytes], name: str, kind: Literal["fhir", "ndjson"]) -> Document:
    try:
        read = [entry for data in files for entry in (_lines(data) if kind == "ndjson" else _bundle(data))]
    except FhirJsonError as error:
        raise NotUnderstoodError(error.seen, error.expected, error.todo) from error
    kept: list[Entry] = []
    notices: list[Notice] = []
    lines: Counter[tuple[Category, bool]] = Counter()
    for entry in read:
        if entry.type in NOT_A_RECORD:
            notices.append(Notice("note", "not-a-record", entry.type, "", "left out"))
            continue
        faults = list(_faults(entry))
        lines[category(entry.resource), not faults] += 1
        notices += faults
        kept.append(entry._replace(valid=not faults))
    return Document(name, kind, tuple(kept), _sections(lines), _short(notices))


def _bundle(data: bytes) -> Iterator[Entry]:
    return (Entry(found.full_url, found.resource) for found in split_bundle(data))


def _lines(data: bytes) -> Iterator[Entry]:
    """The resources of each line; a line that is a Bundle stands for its entries."""
    for resource in read_ndjson(data.splitlines()):
        yield from (Entry(found.full_url, found.resource) for found in entries(resource))


def _faults(entry: Entry) -> Iterator[Notice]:
    """What a resource breaks; the paths are of the standard, never of the person."""
    if entry.type not in resource_types():
        yield Notice("error", "not-r4", "entry", entry.type[:40], "kept as it is: FHIR R4 has no such type")
        return
    problems = validate(entry.type, entry.resource)
    if problems:
        yield Notice("error", "invalid", problems[0].path, entry.key[:100], f"kept as it is: {problems[0].message}")


def _sections(lines: Counter[tuple[Category, bool]]) -> tuple[SectionLine, ...]:
    wanted = [c for c in SECTION_NAMES if lines[c, True] or lines[c, False]]
    return tuple(
        SectionLine(c.name.lower(), str(SECTION_NAMES[c]), lines[c, True] + lines[c, False], lines[c, True])
        for c in wanted
    )


def _short(notices: list[Notice]) -> tuple[Notice, ...]:
    """The first TOLD notices, and one that counts the rest."""
    if len(notices) <= TOLD:
        return tuple(notices)
    rest = Notice("error", "more", "file", "", f"{len(notices) - TOLD:,} more like these")
    return (*notices[:TOLD], rest)


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        return data
    try:
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise NotUnderstoodError("a gzip file that is damaged or cut", "a whole file", "get it again") from error
    return within(unpacked)


def within(data: bytes) -> bytes:
    """The bytes themselves; raises NotUnderstoodError for more than MOST_BYTES."""
    if len(data) > MOST_BYTES:
        raise NotUnderstoodError(
            f"over {MOST_BYTES:,} bytes", "less in one file", "split it; NDJSON can be cut between lines"
        )
    return data
