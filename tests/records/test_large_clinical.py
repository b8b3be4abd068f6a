"""Large C-CDA files: read section by section they give the same as read whole, and too large ones are refused early."""

import base64
import gzip
import io
import os
from pathlib import Path

import pytest

from chartpost.formats import ccda
from chartpost.formats.ccda.intake import bodies
from chartpost.formats.filekinds import MB, XML, Kind
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel.models import Blob
from chartpost.records import models, queries
from chartpost.records.ingest import clinical_reading, import_path, import_stream, rebuild
from chartpost.records.ingest.types import Progress
from tests.formats.ccda_intake.papers import (
    MEDICATIONS,
    PROBLEMS,
    RESULTS,
    medicine,
    paper,
    problem,
    result,
    section,
)
from tests.records.test_documents import pdf
from tests.support.shared import shared_data

pytestmark = pytest.mark.django_db
OFFICIAL = "onc__170.315_b1_toc_amb_ccd_r21_sample1_v13.xml"


@pytest.fixture
def by_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document counts as large."""
    for module in (bodies, clinical_reading):
        monkeypatch.setattr(module, "STREAM_FROM", 0)
    monkeypatch.setattr(ccda, "STREAM_FROM", 0)


def text(sections: int = 3) -> str:
    parts = [section(PROBLEMS, problem()), section(MEDICATIONS, medicine())]
    parts += [section(RESULTS, *(result(test=f"{n}{m}-{m}") for m in range(4))) for n in range(sections)]
    return paper(*parts)


def stored() -> dict[tuple[int, str], bytes]:
    rows = models.Resource.objects.filter(deleted=False)
    return {(row.kind, row.fhir_id): bytes(row.digest) for row in rows}


def same_when_streamed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    assert import_stream(io.BytesIO(data), "summary.xml", SYSTEM).refused == []
    before = stored()
    for module in (bodies, clinical_reading):
        monkeypatch.setattr(module, "STREAM_FROM", 0)
    done = rebuild.rebuild(SYSTEM, everything=True)
    assert (done.documents, done.created, done.updated, done.removed, done.failed) == (1, 0, 0, 0, [])
    assert stored() == before


def test_a_document_read_by_section_gives_the_same_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    same_when_streamed(monkeypatch, text().encode())


@pytest.mark.shared_data
def test_a_real_document_read_by_section_gives_the_same_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    path = (shared_data() or Path()) / "ccda" / OFFICIAL
    if not path.exists():
        pytest.skip("the shared data is not here")
    same_when_streamed(monkeypatch, path.read_bytes())


@pytest.mark.usefixtures("by_section")
def test_the_files_and_words_of_a_large_document_are_kept() -> None:
    media = (
        '<observationMedia classCode="OBS" moodCode="EVN" ID="scan">'
        f'<value mediaType="application/pdf" representation="B64">{_base64(pdf())}</value></observationMedia>'
    )
    words = "<paragraph>Zebra crossing.</paragraph>"
    import_stream(io.BytesIO(paper(section(PROBLEMS, problem(), media, text=words)).encode()), "a.xml", SYSTEM)
    assert {row.media_type for row in models.Document.objects.all()} == {"application/xml", "application/pdf"}
    (person_id,) = set(models.Resource.objects.exclude(person_id=0).values_list("person_id", flat=True))
    found = queries.search_text(person_id, "zebra", RowFilter()).items
    assert "DocumentReference" in {item.stored.type for item in found}


@pytest.mark.usefixtures("by_section")
def test_progress_is_told_section_by_section(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(text(5))
    seen: list[Progress] = []
    import_path(tmp_path / "a.xml", SYSTEM, seen.append)
    told = [one.entries_done for one in seen if one.entries_total]
    assert told == sorted(told)
    assert len(set(told)) > 5
    assert max(told) <= max(one.entries_total for one in seen)


@pytest.mark.usefixtures("by_section")
def test_a_packed_document_leaves_no_copy_behind() -> None:
    assert import_stream(io.BytesIO(gzip.compress(text().encode())), "a.xml.gz", SYSTEM).refused == []
    assert Blob.objects.count() == 1


@pytest.mark.usefixtures("by_section")
@pytest.mark.parametrize("broken", ["</ClinicalDocument", "<sdtc2:x/>"])
def test_nothing_of_a_broken_document_is_stored(broken: str) -> None:
    """One is cut before its end, one has a name of no known place in its last section."""
    whole = text()
    data = whole[: whole.index(broken)] if broken in whole else whole.replace("Words.", broken, 5)
    report = import_stream(io.BytesIO(data.encode()), "a.xml", SYSTEM)
    assert "broken XML" in report.refused[0][1]
    assert models.Resource.objects.count() == 0


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    giant = tmp_path / "giant.xml"
    with giant.open("wb") as file:
        file.write(b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">')
        file.truncate(1024**3)
    ((name, reason),) = import_path(giant, SYSTEM).refused
    assert (name, f"{1024**3:,} bytes" in reason, f"at most {XML.limit:,}" in reason) == ("giant.xml", True, True)
    assert models.ImportFile.objects.count() == 0


@pytest.mark.usefixtures("by_section")
def test_a_packed_document_that_grows_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinical_reading, "XML", Kind(XML.name, XML.media_type, 3 * MB))
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        out.write(paper().partition("<structuredBody>")[0].encode())
        for _ in range(4):
            out.write(os.urandom(8000).hex().encode() + b" " * MB)
    packed.seek(0)
    report = import_stream(packed, "giant.xml.gz", SYSTEM)
    assert "unpacked" in report.refused[0][1]
    assert models.Resource.objects.count() == 0


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
