"""Files inside a document: none is lost on the way."""

import base64
import json
from pathlib import Path

from tests.formats.convert import inputs
from tests.formats.convert.inputs import EDITH, bundle, made, one
from tests.formats.pdf.foreign import plain, saved

from chartpost.cli import main
from chartpost.formats.pdf.sandbox import page_text

SCAN = saved(plain("Left knee"))


def attached(data: bytes) -> list[bytes]:
    resources = [entry["resource"] for entry in json.loads(data)["entry"]]
    found = [r["content"][0]["attachment"] for r in resources if r["resourceType"] == "DocumentReference"]
    return [base64.b64decode(a["data"]) for a in found if a["contentType"] == "application/pdf"]


def test_a_file_goes_from_fhir_into_a_ccda_and_back() -> None:
    written = one(bundle(*EDITH, inputs.scan(SCAN)), "ccda").data
    assert b"observationMedia" in written
    assert attached(one(written, "fhir").data) == [SCAN]


def test_a_document_that_is_a_pdf_stays_one() -> None:
    document = inputs.unstructured(SCAN)
    assert "Left knee" in page_text(one(document, "pdf").data)[0]
    assert attached(one(document, "fhir").data) == [SCAN]
    page = one(document, "html").data.decode()
    assert base64.b64encode(SCAN).decode() in page
    assert "download=" in page


def test_files_of_a_document_lie_beside_its_pdf() -> None:
    written = one(bundle(*EDITH, inputs.scan(SCAN)), "ccda").data
    record, file = made(written, "pdf")
    assert (record.ending, file.ending, file.beside) == (".pdf", ".file-1.pdf", True)
    assert "Left knee" in page_text(file.data)[0]


def test_what_cannot_be_made_safe_is_left_out_and_told() -> None:
    record, file = made(inputs.unstructured(b"%PDF-1.7 broken"), "pdf")
    assert record.ending == ".pdf"
    assert (file.ending, [n.code for n in file.notices]) == ("", ["file-inside"])


def test_the_shell_writes_it_beside(tmp_path: Path) -> None:
    source = tmp_path / "visit.xml"
    source.write_bytes(one(bundle(*EDITH, inputs.scan(SCAN)), "ccda").data)
    assert main(["convert", str(source), "--to", "pdf", "-o", str(tmp_path / "out.pdf"), "-q"]) == 0
    assert main(["convert", str(source), "--to", "pdf", "-o", f"{tmp_path}/all/", "-q"]) == 0
    assert {p.name for p in tmp_path.glob("out*")} == {"out.pdf", "out.file-1.pdf"}
    assert {p.name for p in (tmp_path / "all").iterdir()} == {"visit.pdf", "visit.file-1.pdf"}
