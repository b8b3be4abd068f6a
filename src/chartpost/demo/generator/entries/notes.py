"""Clinical notes: DocumentReferences that carry their text, web page or PDF inside."""

from base64 import b64encode
from hashlib import sha1
from html import escape

from chartpost.demo.generator.coding import Code, hl7, loinc, reference
from chartpost.demo.generator.data.phrases import BORN, SIGNED, long_date
from chartpost.demo.generator.pages import text_pdf
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

PROGRESS_NOTE = loinc("11506-3", "Progress note")
HISTORY_AND_PHYSICAL = loinc("34117-2", "History and physical note")
DISCHARGE_SUMMARY = loinc("18842-5", "Discharge summary")
OPERATIVE_NOTE = loinc("11504-8", "Surgical operation note")
CONSULT_NOTE = loinc("11488-4", "Consult note")
EMERGENCY_NOTE = loinc("34111-5", "Emergency department Note")
PROCEDURE_NOTE = loinc("28570-0", "Procedure note")
PATHOLOGY_REPORT = loinc("11526-1", "Pathology study")
IMAGING_REPORT = loinc("18748-4", "Diagnostic imaging study")

Section = tuple[str, str]
"""A heading and the paragraph under it; an empty heading continues the one before."""


def note_text(visit: Visit, title: str, sections: list[Section], author: str) -> str:
    """Lay a note out as plain text with its head and signature, in the person's language."""
    chart = visit.chart
    language = chart.profile.language
    lines = [
        f"{visit.place.name}",
        f"{title} - {long_date(visit.day, language)}",
        f"{chart.profile.full_name}, {BORN[language]} {long_date(chart.birth, language)}",
        "",
    ]
    for heading, paragraph in sections:
        lines += [*([heading.upper()] if heading else []), paragraph, ""]
    return "\n".join([*lines, f"{SIGNED[language]} {author}"])


def _page(title: str, text: str, language: str) -> str:
    head, *rest = [escape(part) for part in text.split("\n\n")]
    body = "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in [head, *rest])
    return (
        f'<!doctype html><html lang="{language}"><head><title>{escape(title)}</title></head><body>{body}</body></html>'
    )


def _encode(text: str, title: str, media_type: str, language: str) -> bytes:
    if media_type == "application/pdf":
        return text_pdf(title, text)
    return (_page(title, text, language) if media_type == "text/html" else text).encode()


def write_note(
    visit: Visit,
    kind: Code,
    title: str,
    sections: list[Section],
    media_type: str = "text/plain",
    *,
    author: str | None = None,
) -> Resource:
    """File a note of the visit (US Core DocumentReference) as text/plain, text/html or application/pdf."""
    signer = visit.chart.shared("Practitioner", author) if author else visit.author
    text = note_text(visit, title, sections, signer["display"])
    content = _encode(text, title, media_type, visit.chart.profile.language)
    attachment = {
        "contentType": media_type + ("" if media_type == "application/pdf" else "; charset=utf-8"),
        "language": visit.chart.profile.language,
        "data": b64encode(content).decode("ascii"),
        "size": len(content),
        "hash": b64encode(sha1(content, usedforsecurity=False).digest()).decode("ascii"),
        "title": title,
        "creation": visit.end.isoformat(),
    }
    number = visit.chart.new_id("document-number")
    return visit.chart.add(
        "DocumentReference",
        identifier=[{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{number}"}],
        status="current",
        docStatus="final",
        type_=kind.concept(),
        category=[
            Code(
                "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                "clinical-note",
                "Clinical Note",
            ).concept()
        ],
        subject=visit.chart.subject,
        date=visit.end.isoformat(),
        author=[signer],
        custodian=visit.custodian,
        description=title,
        content=[{"attachment": attachment, "format": _FORMAT}],
        context={
            "encounter": [visit.reference],
            "period": {"start": visit.when, "end": visit.end.isoformat()},
        },
    )


_FORMAT = {
    "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
    "display": "mimeType Sufficient",
}


def report_study(
    visit: Visit, code: Code, part: Code, note: Resource, results: list[Resource], conclusion: str
) -> Resource:
    """File the report of a study such as a heart tracing or a biopsy, with its note and what was found."""
    return visit.chart.add(
        "DiagnosticReport",
        status="final",
        category=[part.concept()],
        code=code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        effectiveDateTime=visit.later(10),
        issued=visit.later(180),
        performer=[note["author"][0], visit.custodian],
        result=[reference(result, result["code"]["text"]) for result in results],
        conclusion=conclusion,
        presentedForm=[dict(note["content"][0]["attachment"])],
    )


def report_imaging(
    visit: Visit, code: Code, title: str, *, findings: str, impression: str, study: Resource
) -> Resource:
    """File a radiology report as DiagnosticReport with its note (US Core Report and Note exchange)."""
    note = write_note(
        visit, IMAGING_REPORT, title, [("Findings", findings), ("Impression", impression)], author="radiologist"
    )
    return visit.chart.add(
        "DiagnosticReport",
        status="final",
        category=[loinc("LP29684-5", "Radiology").concept(), hl7("v2-0074", "RAD", "Radiology")],
        code=code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        effectiveDateTime=visit.later(10),
        issued=visit.later(180),
        performer=[visit.chart.shared("Practitioner", "radiologist")],
        imagingStudy=[{"reference": f"ImagingStudy/{study['id']}"}],
        conclusion=impression,
        presentedForm=[dict(note["content"][0]["attachment"])],
    )
