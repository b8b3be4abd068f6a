"""Sections of the record PDF, one shape per kind of entry."""

from typing import Any

from django.utils.translation import gettext as _

from chartpost.delivery.build.words import SECTION_NAMES, known_date, plain_title
from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.text import plain
from chartpost.formats.fhirjson.views import ItemView
from chartpost.formats.pdf.types import Bill, Insurance, LabGroup, LabResult, Note, Section
from chartpost.records.types import Stored

Found = list[tuple[Stored, dict[str, Any], ItemView]]
OWN_PLACE = frozenset({Category.BILLS, Category.COVERAGE, Category.PEOPLE})
MEASURED = frozenset({Category.RESULTS, Category.VITALS})
FLAGS = {"low": "low", "high": "high", "abnormal": "abnormal", "critical": "abnormal"}
DETAILS_SHOWN = 4
UNSHOWN = frozenset({"Category", "Kind of order"})
NOTE_CHARACTERS = 40_000


def section(category: Category, found: Found, language: str) -> Section:
    """One section with all its entries, newest first."""
    title = str(SECTION_NAMES[category])
    if category in MEASURED:
        return Section(title, "labs", labs=_labs(found, language))
    if category is Category.DOCUMENTS:
        return Section(title, "note", notes=tuple(_note(s, r, v, language) for s, r, v in found))
    columns = (_("What"), _("When"), _("Status"), _("More"))
    rows = tuple((plain_title(v.title), known_date(v.when, language), v.status, _details(v)) for _s, _r, v in found)
    return Section(title, "table", columns=columns, widths=(3, 2, 1.6, 3.4), rows=rows)


def insurance(found: Found) -> tuple[Insurance, ...]:
    """Coverages."""
    rows = []
    for _stored, _resource, shown in found:
        details = dict(shown.details)
        rows.append(
            Insurance(
                payer=shown.source or shown.title,
                plan=shown.title,
                member_id=details.get("Member number", ""),
                group=details.get("Group or plan number", ""),
                period=details.get("Dates", ""),
                status=shown.status,
            )
        )
    return tuple(rows)


def bills(found: Found, language: str) -> tuple[Bill, ...]:
    """Claims and what insurance said about them."""
    rows = []
    for stored, _resource, shown in found:
        details = dict(shown.details)
        rows.append(
            Bill(
                date=known_date(shown.when, language),
                service=details.get("Services", shown.title),
                provider=details.get("Provider", shown.source),
                charged=details.get("Total charged", "" if stored.type != "Claim" else details.get("Total", "")),
                insurance_paid=details.get("Paid", ""),
                you_owe=details.get("You owe", ""),
                status=shown.status if stored.type == "Claim" else details.get("Outcome", shown.status),
            )
        )
    return tuple(rows)


def _labs(found: Found, language: str) -> tuple[LabGroup, ...]:
    groups: dict[str, list[LabResult]] = {}
    for stored, _resource, shown in found:
        if stored.type == "DiagnosticReport" and not shown.value:
            continue
        groups.setdefault(known_date(shown.when, language), []).append(_result(shown))
    return tuple(LabGroup(title=day, results=tuple(results)) for day, results in groups.items())


def _result(shown: ItemView) -> LabResult:
    return LabResult(
        test=plain_title(shown.title),
        value=shown.value or _("see the notes"),
        unit=shown.unit,
        reference_range=shown.reference_range,
        flag=FLAGS.get(shown.flag, ""),  # type: ignore[arg-type]
        note=" ".join(shown.notes)[:400],
    )


def _note(stored: Stored, resource: dict[str, Any], shown: ItemView, language: str) -> Note:
    texts = [_readable(a.content_type, a.data) for a in attachments(resource)]
    paragraphs = [p.strip() for text in texts for p in text[:NOTE_CHARACTERS].split("\n\n") if p.strip()]
    paragraphs += [note for note in shown.notes if note not in paragraphs]
    if not paragraphs:
        paragraphs = [_("This document is in the package as a file of its own.")]
    author = shown.source if shown.source != stored.source else ""
    return Note(shown.title, tuple(paragraphs), author=author, date=known_date(shown.when, language))


def _readable(content_type: str, data: bytes | None) -> str:
    kind = content_type.partition(";")[0].strip()
    if data is None or kind not in {"text/plain", "text/html", "text/markdown"}:
        return ""
    text = data.decode("utf-8", errors="replace")
    return plain(text) if kind == "text/html" else text


def _details(shown: ItemView) -> str:
    lines = [f"{label}: {value}" for label, value in shown.details[:DETAILS_SHOWN] if label not in UNSHOWN]
    if shown.value:
        lines.insert(0, f"{shown.value} {shown.unit}".strip())
    return "\n".join([*lines, *shown.notes[:2]])
