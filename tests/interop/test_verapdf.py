"""veraPDF finds nothing wrong in any PDF we set: PDF/UA-1 and PDF/A-2a, with attachments PDF/A-3a."""

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from chartpost.formats.pdf import render_address_sheet, render_letter, render_receipt, render_record, sandbox
from chartpost.formats.pdf.attach import Attachment, attach
from chartpost.formats.pdf.types import LabGroup, Picture, RecordDocument, Section
from tests.formats.pdf.foreign import hostile, saved
from tests.formats.pdf.samples import GLUCOSE, LETTER, RECEIPT, SHEET, lab_group, record
from tests.formats.pdf.test_parts import long_record
from tests.interop.verapdf.checker import Finding, check, classpath

CLASSES = classpath()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEMPLATES = ("record", "record_es", "summary", "record_parts", "letter", "receipt", "address_sheet")

pytestmark = pytest.mark.skipif(CLASSES is None, reason="needs Java, Maven and veraPDF from Maven Central")


def full() -> RecordDocument:
    """A record with lines of results over time and pictures."""
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(out, "JPEG")
    drawn = Picture(base64.b64encode(out.getvalue()).decode(), "image/jpeg", 300, 200, "Picture: hand", "Hand")
    results = (replace(GLUCOSE, trend=(90.0, 99.0, 131.0), usual=(70.0, 99.0)), *lab_group().results)
    labs = Section("Test results", "labs", labs=(LabGroup("June 2, 2026", results),))
    return replace(record(), sections=(*record().sections, labs, Section("Pictures", "pictures", pictures=(drawn,))))


def ours() -> dict[str, bytes]:
    """Each template, in both languages where words differ; the record whole and in parts."""
    return {
        "record": render_record(full()),
        "record_es": render_record(record(lang="es")),
        "summary": render_record(replace(record(), brief=True)),
        "record_parts": sandbox.render_record_apart(long_record("es"), weight=60),
        "letter": render_letter(LETTER),
        "receipt": render_receipt(RECEIPT),
        "address_sheet": render_address_sheet(SHEET),
    }


def with_files() -> bytes:
    """A record that carries a foreign PDF, cleaned."""
    made = sandbox.render_record_apart(full(), created=NOON, holds_files=True)
    cleaned = sandbox.clean_pdf(saved(hostile())).data
    return attach(made, [Attachment("scan.pdf", "application/pdf", "Scan", cleaned)], NOON)


def scan() -> bytes:
    """A picture made into a PDF."""
    out = io.BytesIO()
    Image.new("L", (300, 200), "white").save(out, "PNG")
    return sandbox.image_to_pdf(out.getvalue(), alt="Scan of a letter", title="Letter")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """What the checker finds in each file, all in one run of it."""
    templates = ours()
    made = {**templates, "files": with_files(), "scan": scan(), "foreign": saved(hostile())}
    standards = {**dict.fromkeys((*templates, "foreign"), "ua1,2a"), "files": "ua1,3a", "scan": "ua1"}
    folder: Path = tmp_path_factory.mktemp("pdf")
    for name, data in made.items():
        (folder / name).write_bytes(data)
    found: dict[str, list[Finding]] = {name: [] for name in made}
    for one in check({folder / name: standards[name] for name in made}, CLASSES or ""):
        found[Path(one.file).name].append(one)
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_pdf_ua_1_and_pdf_a_2a(findings: dict[str, list[Finding]], name: str) -> None:
    assert findings[name] == []


def test_every_template_is_checked(findings: dict[str, list[Finding]]) -> None:
    assert findings.keys() - {"files", "scan", "foreign"} == set(TEMPLATES)


def test_a_record_with_files_is_pdf_ua_1_and_pdf_a_3a(findings: dict[str, list[Finding]]) -> None:
    assert findings["files"] == []


def test_a_scan_made_into_a_pdf_is_pdf_ua_1(findings: dict[str, list[Finding]]) -> None:
    assert findings["scan"] == []


def test_the_checker_can_find_something(findings: dict[str, list[Finding]]) -> None:
    assert {one.standard for one in findings["foreign"]} == {"ua1", "2a"}
