"""FHIR R4 files: one collection Bundle spliced from stored bytes, and a zip of NDJSON with the original documents."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import BinaryIO

import orjson
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery.build import documents
from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, stream
from chartpost.delivery.build.zipping import SUMS, Member, zipped
from chartpost.formats.fhirjson.canonical import instant
from chartpost.formats.readable.words import full_moment
from chartpost.kernel import blobs
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id
from chartpost.records.types import Stored


def build(content: Content) -> list[File]:
    """The Bundle (https://hl7.org/fhir/R4/bundle.html) and the zip."""
    every = [*content.entries, *content.shared]
    head = {"resourceType": "Bundle", "id": new_id(), "type": "collection", "timestamp": instant(content.made_at)}
    bundle, archive = f"{content.file_stem}.fhir.json", f"{content.file_stem}.fhir.zip"
    return [
        File("fhir", bundle, "application/fhir+json", lambda: stream(_bundle(orjson.dumps(head), every))),
        File("fhir", archive, "application/zip", lambda: stream(zipped(_members(content, every), content.made_at))),
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


def _members(content: Content, every: Sequence[Stored]) -> Iterator[Member]:
    """README.txt, a file of NDJSON for each type (https://hl7.org/fhir/uv/bulkdata/), the documents as received."""
    yield "README.txt", _whole(_readme(content))
    by_type: dict[str, list[Stored]] = {}
    for stored in every:
        by_type.setdefault(stored.type, []).append(stored)
    for kind in sorted(by_type):
        yield f"fhir/{kind}.ndjson", partial(_lines, by_type[kind])
    for _key, name, found in documents.filed(content):
        yield f"documents/{name}", partial(blobs.open, found.clean_blob or found.blob)


def _lines(found: Sequence[Stored]) -> BinaryIO:
    return stream(stored.body + b"\n" for stored in found)


def _whole(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def _readme(content: Content) -> bytes:
    """What lies where, and which document belongs to which entry; UTF-8 with CR LF."""
    with translation.override(content.language):
        made = {"office": content.office.name, "when": full_moment(content.made_at, content.zone, content.language)}
        lines = [
            _("Made by %(office)s on %(when)s.") % made,
            _("It holds health information. Keep it in a safe place. Share it only with people you trust."),
            *filter(None, [content.legal_notice]),
            "",
            _("The folder fhir holds the record for health apps: FHIR R4, one entry on each line."),
            _("The folder documents holds the original documents."),
            _("The file %(name)s lists a fingerprint (SHA-256) of each file.") % {"name": SUMS},
        ]
        named = [f"documents/{name}  {key}" for key, name, _found in documents.filed(content)]
        if named:
            lines += ["", _("Each document and its entry in the record:"), *named]
    return "\r\n".join([*lines, ""]).encode()
