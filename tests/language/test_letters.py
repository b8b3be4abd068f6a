"""Letters and the record PDF: wholly Spanish for those who read Spanish, and plain English for the others."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
from django.utils import translation

from chartpost.delivery import packages
from chartpost.delivery import queries as delivery
from chartpost.identity.types import RowFilter
from chartpost.kernel import blobs, jobs
from chartpost.records.types import Selection
from chartpost.rights import letters
from chartpost.rights.letters.make import _document
from chartpost.rights.models import AccessRequest
from tests.language import scene
from tests.language.words import english_words
from tests.rights import office
from tests.support import reading

pytestmark = pytest.mark.django_db

FACTS: dict[str, dict[str, Any]] = {
    "acknowledgement": {"needed": "su fecha de nacimiento"},
    "more_information": {"needed": "Los años que necesita"},
    "extension": {"reason": "Archivo externo", "promised": date(2027, 1, 5)},
    "redirect": {"holder": "Hospital Modelo", "holder_contact": "510 555 0199"},
    "review_outcome": {"outcome": "upheld", "reason": "Sin cambios"},
}


@pytest.fixture
def request_in_hand(db: None) -> AccessRequest:
    small = office.build()
    row = office.complete(small, "ready")
    office.add_denial(row)
    return row


def said(value: object) -> list[str]:
    """Every text inside a letter."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for f in fields(value) if f.name != "lang" for text in said(getattr(value, f.name))]
    return [text for inner in value for text in said(inner)] if isinstance(value, tuple | list) else []


def document(row: AccessRequest, kind: str, language: str) -> Any:
    with translation.override(language):
        return _document(row, letters.KINDS[kind](row, FACTS.get(kind, {})), language)


@pytest.mark.parametrize("kind", sorted(letters.KINDS))
def test_a_letter_in_spanish_has_no_english(request_in_hand: AccessRequest, kind: str) -> None:
    made = document(request_in_hand, kind, "es")
    assert made.lang == "es"
    assert [text for text in said(made) if english_words(text)] == []


@pytest.mark.parametrize("kind", sorted(letters.KINDS))
def test_a_letter_in_english_is_plain(request_in_hand: AccessRequest, kind: str) -> None:
    text = " ".join(t for t in said(document(request_in_hand, kind, "en")) if t.rstrip().endswith((".", "?", "!")))
    assert sum(map(len, reading.sentences(text))) >= 20
    assert reading.grade(text) <= 8


@pytest.mark.parametrize("kind", ["acknowledgement", "partial_denial"])
def test_the_printed_letter_is_spanish_to_its_last_line(request_in_hand: AccessRequest, kind: str) -> None:
    actor = request_in_hand.prepared_by
    small_actor = _clerk(actor)
    row = letters.make(request_in_hand.ref, kind, "es", small_actor, **FACTS.get(kind, {}))
    lines = pdf_lines(blobs.read(row.blob))
    assert any("solicitud" in line for line in lines)
    assert [line for line in lines if english_words(line)] == []


def test_dates_in_letters_are_full_words(request_in_hand: AccessRequest) -> None:
    AccessRequest.objects.filter(pk=request_in_hand.pk).update(received_on=date(2026, 3, 5))
    row = AccessRequest.objects.get(pk=request_in_hand.pk)
    assert "5 de marzo de 2026" in said(document(row, "acknowledgement", "es"))
    assert "March 5, 2026" in said(document(row, "acknowledgement", "en"))
    assert row.received_on + timedelta(days=30)


RECORDED = {
    part["display"].casefold()
    for resource in scene.RESOURCES
    for concept in (resource.get("code"), resource.get("vaccineCode"), *resource.get("type", ()))
    if isinstance(concept, dict)
    for part in concept.get("coding", ())
    if "display" in part
}


def test_the_record_in_spanish_has_no_english_but_recorded_names(db: None) -> None:
    small = office.build()
    scene.file_record(small.person)
    rows = RowFilter()
    asked = packages.ask("", small.person.id, Selection(), rows, ["pdf"], "es", [], small.actor("person"))
    jobs.run_waiting()
    package = delivery.package(asked)
    assert package is not None
    assert package.state == "ready"
    part = next(p for p in package.parts if p.format == "pdf")
    lines = pdf_lines(blobs.read(delivery.part(part.ref)[2]))
    assert any("azúcar promedio" in line for line in lines), "plain names come first"
    recorded = [i for i, line in enumerate(lines) if "como se anotaron" in line]
    assert recorded, "a list says under which names things were recorded"
    assert any("Hemoglobin A1c/Hemoglobin.total" in line for line in lines[recorded[0] :])
    assert [line for line in lines[: recorded[0]] if english_words(line)] == []


def _clerk(account_id: int | None) -> Any:
    from chartpost.identity import queries
    from chartpost.identity.models import Account

    return queries.actor_of(Account.objects.get(pk=account_id), fresh=True)


def pdf_lines(data: bytes) -> list[str]:
    """Lines of text of a PDF."""
    found = []
    with pypdfium2.PdfDocument(data) as pdf:
        for page in pdf:
            found += [line.strip() for line in page.get_textpage().get_text_bounded().splitlines() if line.strip()]
    return found
