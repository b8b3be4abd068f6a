"""C-CDA files: a Continuity of Care Document, or the letter one office writes to another.

Every document is held against our own check before it leaves (`formats.ccda.selfcheck`).
"""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils import translation

from chartpost.delivery.build import pdf
from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, whole
from chartpost.delivery.errors import DeliveryError
from chartpost.delivery.types import REFERRING
from chartpost.formats.ccda import Address, CannotWriteError, KindName, Organization, Recipient, Record, write
from chartpost.formats.fhirjson.canonical import parse
from chartpost.kernel import blobs
from chartpost.kernel.keys import derive
from chartpost.records import queries as records
from chartpost.records.types import Stored

KINDS: dict[str, tuple[KindName, str]] = {
    "ccda": ("ccd", "health-record"),
    "ccda_files": ("ccd", "health-record-with-files"),
    "referral": ("referral", "referral-note"),
    "discharge": ("discharge", "discharge-summary"),
    "transfer": ("transfer", "transfer-summary"),
}
"""Formats of a package that are C-CDA: the kind of document, and how the name of its file begins."""
EMBEDDED = {"application/pdf", "image/jpeg", "image/png"}
MOST_EMBEDDED = 24_000_000
"""Bytes of original files that are put inside one document; the rest is named and sent beside it."""


def build(content: Content, name: str = "ccda") -> list[File]:
    """One document; raises DeliveryError when it would not hold."""
    kind, stem = KINDS[name]
    embed = name == "ccda_files"
    entries = _with_files(content) if embed else (resource for _, resource in content.parsed())
    shared = [parse(s.body) for s in content.shared]
    try:
        data = write(
            kind,
            Record(content.patient, [*(r for r in entries if r["resourceType"] != "Patient"), *shared]),
            custodian=_custodian(content),
            created=content.made_at,
            document_id=str(uuid.uuid4()),
            recipient=_recipient(content) if name in REFERRING else None,
            reason=content.referral.reason,
            selection=_selection(content),
            embed=embed,
        )
    except CannotWriteError as error:
        raise DeliveryError(seen=error.seen, expected=error.expected, todo=error.todo) from None
    day = content.file_stem.removeprefix("health-record")
    return [whole(name, f"{stem}{day}.ccda.xml", "application/xml", data)]


BUILDERS = {name: partial(build, name=name) for name in KINDS}


def _selection(content: Content) -> str:
    """What was chosen and whether something is held back; in English, as the rest of the document."""
    with translation.override("en"):
        words = pdf.covers(replace(content, language="en"))
        held = [pdf.withheld()] if content.something_withheld else []
        return "\n".join([words, *held, *content.told_by_several()])


def _with_files(content: Content) -> Iterator[dict[str, Any]]:
    """Each entry; filed PDFs and pictures carry their bytes, as their cleaned copy, up to MOST_EMBEDDED in all."""
    left = MOST_EMBEDDED
    for stored, resource in content.parsed():
        file = _file(content, stored, left) if stored.type == "DocumentReference" else None
        left -= file["size"] if file else 0
        yield {**resource, "content": [{"attachment": file}]} if file else resource


def _file(content: Content, stored: Stored, most: int) -> dict[str, Any] | None:
    filed = records.document(content.person.id, stored.rid)
    kind = "application/pdf" if filed and filed.clean_blob else (filed.media_type.partition(";")[0] if filed else "")
    if filed is None or kind not in EMBEDDED or filed.size > most:
        return None
    data = blobs.read(filed.clean_blob or filed.blob)
    return {"contentType": kind, "title": filed.title, "data": base64.b64encode(data).decode(), "size": len(data)}


def _recipient(content: Content) -> Recipient | None:
    to = content.referral
    return Recipient(to.given, to.family, to.organization, to.npi, to.phone) if to.named else None


def _custodian(content: Content) -> Organization:
    lines = tuple(line.strip() for line in content.office.address.splitlines() if line.strip())
    return Organization(
        name=content.office.name,
        identifier=str(uuid.UUID(bytes=derive("custodian-id", 16), version=4)),
        phone=content.office.phone,
        address=Address(lines=lines[:1], city=lines[1] if len(lines) > 1 else ""),
    )
