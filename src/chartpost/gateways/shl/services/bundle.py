"""The FHIR Bundle a link leads to: a collection of the chosen entries, with a PDF and a C-CDA inside when asked for."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chartpost.delivery.build import ccda, documents, pdf
from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File
from chartpost.formats.fhirjson.canonical import instant
from chartpost.gateways.shl.errors import LARGEST, too_big
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id

BUILDERS = {"pdf": pdf.build, "ccda": ccda.build}
TITLES: dict[str, Promise] = {
    "pdf": _("The record to read and print (PDF)"),
    "ccda": _("The record for a doctor's computer (C-CDA)"),
}
TYPES = {"pdf": "application/pdf", "ccda": "text/xml"}


def build(content: Content, formats: Sequence[str]) -> bytes:
    """The Bundle (https://hl7.org/fhir/R4/bundle.html) as JSON; stored resources go in as the bytes they are."""
    every = [*content.entries, *content.shared]
    held = _originals(content) if "originals" in formats else {}
    entries = [_entry(s.type, s.id, held.get(s.rid) or orjson.Fragment(s.body)) for s in every]
    if not any(s.type == "Patient" for s in every):
        patient = content.patient
        entries.append(_entry("Patient", str(patient["id"]), patient))
    entries += _papers(content, formats)
    whole = {
        "resourceType": "Bundle",
        "id": new_id(),
        "type": "collection",
        "timestamp": instant(content.made_at),
        "entry": entries,
    }
    return orjson.dumps(whole)


def _originals(content: Content) -> dict[int, dict[str, Any]]:
    """The DocumentReferences of filed papers with their bytes inside, by row; raises TooBig before memory fills."""
    found: dict[int, dict[str, Any]] = {}
    bodies = {f"{stored.type}/{stored.id}": stored for stored in content.entries}
    files = dict(zip(documents.names(content).items(), documents.build(content), strict=True))
    left = LARGEST * 3 // 4
    for (key, name), file in files.items():
        with file.open() as stream:
            data = stream.read(left + 1)
        left -= len(data)
        if left < 0:
            raise too_big(LARGEST)
        resource = orjson.loads(bodies[key].body)
        resource["content"] = [{"attachment": _attachment(resource, name, file.media_type, data)}]
        found[bodies[key].rid] = resource
    return found


def _attachment(resource: dict[str, Any], name: str, media_type: str, data: bytes) -> dict[str, Any]:
    """What the entry said of its file, with the bytes in place of an address only we can open."""
    said: dict[str, Any] = next((one.get("attachment", {}) for one in resource.get("content", ())), {})
    words = ["language", "title", "creation"]
    kept = {word: said[word] for word in words if word in said}
    whole = {"contentType": media_type, "data": base64.b64encode(data).decode(), "size": len(data)}
    return {"title": name, **kept, **whole}


def _entry(kind: str, name: str, resource: Any) -> dict[str, Any]:
    return {"fullUrl": f"{config().base_url}/fhir/{kind}/{name}", "resource": resource}


def _papers(content: Content, formats: Sequence[str]) -> Iterator[dict[str, Any]]:
    patient = content.patient
    for kind in (kind for kind in formats if kind in BUILDERS):
        for file in BUILDERS[kind](content):
            resource = _document(content, kind, file, f"Patient/{patient['id']}")
            yield _entry("DocumentReference", str(resource["id"]), resource)


def _document(content: Content, kind: str, file: File, patient: str) -> dict[str, Any]:
    """A DocumentReference with its file inside (https://hl7.org/fhir/R4/documentreference.html)."""
    with file.open() as stream:
        data = stream.read()
    with translation.override(content.language):
        title = str(TITLES[kind])
    attachment = {
        "contentType": TYPES[kind],
        "language": content.language,
        "data": base64.b64encode(data).decode(),
        "size": len(data),
        "title": title,
        "creation": instant(content.made_at),
    }
    return {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "status": "current",
        "type": {
            "coding": [{"system": "http://loinc.org", "code": "34133-9", "display": "Summarization of Episode Note"}]
        },
        "subject": {"reference": patient},
        "date": instant(content.made_at),
        "description": title,
        "custodian": {"display": content.office.name},
        "content": [{"attachment": attachment}],
    }
