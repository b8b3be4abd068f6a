"""FHIR R4 files: one collection Bundle spliced from stored bytes, and a zip of NDJSON files, one per type."""

import io
import zipfile
from collections.abc import Iterable

import orjson

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File
from chartpost.formats.fhirjson.canonical import instant
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id
from chartpost.records.types import Stored

EPOCH = (1980, 1, 1, 0, 0, 0)


def build(content: Content) -> list[File]:
    """The Bundle (https://hl7.org/fhir/R4/bundle.html) and the NDJSON zip."""
    every = [*content.entries, *content.shared]
    return [
        File("fhir", f"{content.file_stem}.fhir.json", "application/fhir+json", _bundle(every, content)),
        File("fhir", f"{content.file_stem}.ndjson.zip", "application/zip", _ndjson(every)),
    ]


def _bundle(every: Iterable[Stored], content: Content) -> bytes:
    base = config().base_url
    head = {"resourceType": "Bundle", "id": new_id(), "type": "collection", "timestamp": instant(content.made_at)}
    entries = (
        b'{"fullUrl":' + orjson.dumps(f"{base}/fhir/{s.type}/{s.id}") + b',"resource":' + s.body + b"}" for s in every
    )
    listed = b",".join(entries)
    entry = b',"entry":[' + listed + b"]" if listed else b""
    return orjson.dumps(head)[:-1] + entry + b"}"


def _ndjson(every: Iterable[Stored]) -> bytes:
    by_type: dict[str, list[bytes]] = {}
    for stored in every:
        by_type.setdefault(stored.type, []).append(stored.body)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in sorted(by_type):
            archive.writestr(
                zipfile.ZipInfo(f"{kind}.ndjson", EPOCH),
                b"\n".join(by_type[kind]) + b"\n",
                compress_type=zipfile.ZIP_DEFLATED,
            )
    return buffer.getvalue()
