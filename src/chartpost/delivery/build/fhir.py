"""FHIR R4 files: one collection Bundle spliced from stored bytes, and a zip of NDJSON files, one per type."""

import io
import zipfile
from collections.abc import Iterator, Sequence

import orjson

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, stream, whole
from chartpost.formats.fhirjson.canonical import instant
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id
from chartpost.records.types import Stored

EPOCH = (1980, 1, 1, 0, 0, 0)


def build(content: Content) -> list[File]:
    """The Bundle (https://hl7.org/fhir/R4/bundle.html) and the NDJSON zip."""
    every = [*content.entries, *content.shared]
    head = {"resourceType": "Bundle", "id": new_id(), "type": "collection", "timestamp": instant(content.made_at)}
    bundle = f"{content.file_stem}.fhir.json"
    return [
        File("fhir", bundle, "application/fhir+json", lambda: stream(_bundle(orjson.dumps(head), every))),
        whole("fhir", f"{content.file_stem}.ndjson.zip", "application/zip", _ndjson(every)),
    ]


def _bundle(head: bytes, every: Sequence[Stored]) -> Iterator[bytes]:
    base = config().base_url
    yield head[:-1]
    for number, stored in enumerate(every):
        yield b"," if number else b',"entry":['
        yield b'{"fullUrl":' + orjson.dumps(f"{base}/fhir/{stored.type}/{stored.id}") + b',"resource":'
        yield stored.body
        yield b"}"
    yield b"]}" if every else b"}"


def _ndjson(every: Sequence[Stored]) -> bytes:
    by_type: dict[str, list[bytes]] = {}
    for stored in every:
        by_type.setdefault(stored.type, []).append(stored.body)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in sorted(by_type):
            name = zipfile.ZipInfo(f"{kind}.ndjson", EPOCH)
            name.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(name, "w") as file:
                for body in by_type[kind]:
                    file.write(body + b"\n")
    return buffer.getvalue()
