"""Our documents before HL7's schema, and other people's documents before our reader."""

import gzip
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.formats.ccda.builders import V3, ccd, concept, lab, person, resource, vital
from tests.support.shared import shared_data

from chartpost.formats.ccda import CcdaError, check_document, parse, read_header, render_html

DATA = shared_data()
ONE_LINE_EACH = {
    "Condition": "11450-4", "AllergyIntolerance": "48765-2", "Immunization": "11369-6", "Procedure": "47519-4",
    "Encounter": "46240-8", "MedicationRequest": "10160-0", "Goal": "61146-7", "Device": "46264-8",
}  # fmt: skip
BROKEN = "onc-negative__NT_BadXml_r11_v2.xml"


def samples() -> list[Path]:
    folder = DATA / "ccda" if DATA else Path("/nonexistent")
    return sorted([*folder.glob("*.xml"), *folder.glob("*.ccd")])


def people() -> list[Path]:
    return sorted((DATA / "fhir").glob("*.json.gz")) if DATA else []


def bundle(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    resources = [e["resource"] for e in json.loads(gzip.decompress(path.read_bytes()))["entry"]]
    return next(r for r in resources if r["resourceType"] == "Patient"), resources


@pytest.mark.parametrize(
    "items",
    [
        (),
        (lab(), vital(2), lab(3, valueQuantity={"value": 1, "unit": "odd unit"})),
        (resource("Condition", code=concept("1", "Cold")), resource("AllergyIntolerance", code={"text": "Cats"})),
        (resource("MedicationRequest", medicationCodeableConcept={"text": "Tea"}), resource("Procedure")),
        (resource("Immunization", status="completed"), resource("Encounter", **{"class": {}})),
        (resource("Coverage"), resource("Goal"), resource("Device", patient={})),
        (resource("ServiceRequest", status="active"), resource("DiagnosticReport", conclusion="Fine\x0b")),
    ],
    ids=lambda items: "-".join(r["resourceType"] for r in items) or "empty",
)
def test_sparse_records_are_sound(items: tuple[dict[str, Any], ...]) -> None:
    data = ccd(*items, who=person(deceasedBoolean=True))
    assert check_document(data) == []


@pytest.mark.shared_data
@pytest.mark.parametrize("path", people(), ids=lambda p: p.name[:40])
def test_synthetic_people_become_sound_documents(path: Path) -> None:
    who, resources = bundle(path)
    data = ccd(*resources, who=who)
    assert check_document(data) == []
    root = parse(data)
    for kind, loinc in ONE_LINE_EACH.items():
        lines = root.xpath("//v3:section[v3:code/@code=$code]//v3:tbody/v3:tr", code=loinc, namespaces=V3)
        assert len(lines) == sum(r["resourceType"] == kind for r in resources), kind


@pytest.mark.shared_data
@pytest.mark.parametrize("path", samples(), ids=lambda p: p.name[:40])
def test_other_peoples_documents_are_read_or_refused_clearly(path: Path) -> None:
    data = path.read_bytes()
    if path.name == BROKEN:
        with pytest.raises(CcdaError, match=r"seen: broken XML at line \d+"):
            read_header(data)
        return
    header = read_header(data)
    assert header.name.family
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", header.birth_date or "")
    assert header.sex in ("male", "female")
    assert header.identifiers
    assert header.code.code


@pytest.mark.shared_data
@pytest.mark.parametrize("path", [p for p in samples() if p.name != BROKEN], ids=lambda p: p.name[:40])
def test_no_word_of_a_narrative_is_lost_when_it_is_shown(path: Path) -> None:
    root = parse(path.read_bytes())
    texts = root.findall(".//{urn:hl7-org:v3}section/{urn:hl7-org:v3}text")
    shown = render_html(path.read_bytes())
    if texts:
        assert sorted(words("".join(map(_text, texts)))) == sorted(words(_Text.of("".join(s.html for s in shown))))


def words(text: str) -> Iterator[str]:
    return iter(re.sub(r"\s", "", text.replace("[picture: see the original document]", "")))


def _text(node: etree._Element) -> str:
    return "".join(map(str, node.itertext()))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @classmethod
    def of(cls, html: str) -> str:
        reader = cls()
        reader.feed(html)
        reader.close()
        return "".join(reader.parts)
