"""A long record is set in parts and joined: one PDF with whole tags, page numbers, contents and bookmarks."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pypdfium2
import pytest

from chartpost.formats.pdf import render_record, sandbox
from chartpost.formats.pdf.attach import Attachment, attach
from chartpost.formats.pdf.errors import RenderError
from chartpost.formats.pdf.join import PLACE, join
from chartpost.formats.pdf.parts import split
from chartpost.formats.pdf.types import RecordDocument, Section

from .samples import lab_group, medicines, record
from .structure import structure

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def long_record(lang: str = "en") -> RecordDocument:
    labs = Section("Test results", "labs", labs=tuple(lab_group(8) for _ in range(9)))
    short = record(lang=lang)
    return replace(short, sections=(medicines(90), labs, short.sections[-1]), bills=short.bills * 30)


@pytest.fixture(scope="module")
def joined() -> bytes:
    return sandbox.render_record_apart(long_record(), weight=60)


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def items(document: dict[str, Any], name: str) -> int:
    return sum(len(s[name]) for s in document["sections"])


def test_nothing_is_lost_or_doubled_by_cutting() -> None:
    whole = long_record().to_json()
    parts = split(whole, 60)
    assert len(parts) > 3
    for name in ("rows", "labs", "notes"):
        assert sum(items(part, name) for part in parts) == items(whole, name)
    assert [bill for part in parts for bill in part["bills"]] == whole["bills"]
    assert [s["title"] for part in parts for s in part["sections"] if not s["continued"]] == [
        s["title"] for s in whole["sections"]
    ]
    assert sum("bills" in part["part"]["continued"] for part in parts) == sum(bool(p["bills"]) for p in parts) - 1


def test_a_short_record_is_one_part_and_the_same_bytes() -> None:
    assert len(split(record().to_json())) == 1
    assert sandbox.render_record_apart(record()) == render_record(record())


def test_pages_are_numbered_through(joined: bytes) -> None:
    with pypdfium2.PdfDocument(joined) as pdf:
        texts = [page.get_textpage().get_text_bounded() for page in pdf]
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
    assert any("Medicines (continued)" in text for text in texts)
    assert not any("9999" in text for text in texts)


def test_contents_jump_to_the_pages_they_name(joined: bytes) -> None:
    with opened(joined) as pdf:
        links = [a for page in pdf.pages for a in page.obj.get("/Annots", [])]
        numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages, start=1)}
        with pdf.open_outline() as outline:
            marks = {item.title: numbers[item.destination[0].objgen] for item in outline.root}
        aims = [numbers[link.Dest[0].objgen] for link in links]
    assert list(marks) == [
        "Summary",
        "Medicines",
        "Test results",
        "Notes",
        "Insurance",
        "Bills",
        "Where this record came from",
    ]
    assert sorted(aims) == sorted(page for title, page in marks.items() if title != "Summary")
    assert PLACE.encode() not in joined


def test_tags_are_whole(joined: bytes) -> None:
    with opened(joined) as pdf:
        found = structure(pdf)
        root = pdf.Root.StructTreeRoot
        keys = [int(root.ParentTree.Nums[n]) for n in range(0, len(root.ParentTree.Nums), 2)]
        used = [int(o[k]) for o in pdf.objects if isinstance(o, pikepdf.Dictionary)
                for k in ("/StructParents", "/StructParent") if k in o]  # fmt: skip
        names = [bytes(root.IDTree.Names[n]) for n in range(0, len(root.IDTree.Names), 2)]
        heads = {bytes(o.ID) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/ID" in o}
    with opened(render_record(long_record())) as pdf:
        alone = structure(pdf)
    assert keys == sorted(set(keys))
    assert sorted(used) == keys
    assert names == sorted(set(names))
    assert set(names) == heads
    assert found.order.count("Document") == 1
    assert found.order.count("TD") == alone.order.count("TD")
    assert found.header_scopes.count("/Column") == len(found.header_scopes)


def test_the_same_record_gives_the_same_bytes(joined: bytes) -> None:
    assert sandbox.render_record_apart(long_record(), weight=60) == joined


def test_what_is_not_tagged_cannot_be_joined() -> None:
    out = io.BytesIO()
    plain = pikepdf.new()
    plain.add_blank_page()
    plain.save(out)
    with pytest.raises(RenderError, match="no tags"):
        join([render_record(record()), out.getvalue()])


def test_files_are_attached_and_pages_stay_as_they_are() -> None:
    made = sandbox.render_record_apart(record(), created=NOON, holds_files=True)
    given = (("document-02.pdf", b"%PDF-1"), ("a.pdf", b"%PDF-2"))
    files = [Attachment(name, "application/pdf", "A letter", data) for name, data in given]
    with opened(attach(made, files, NOON)) as pdf, opened(made) as before:
        assert {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments} == {
            "document-02.pdf": b"%PDF-1",
            "a.pdf": b"%PDF-2",
        }
        assert [str(spec.AFRelationship) for spec in pdf.Root.AF] == ["/Supplement", "/Supplement"]
        assert structure(pdf).order == structure(before).order


def test_pdf_a_2_takes_no_attachments() -> None:
    with pytest.raises(RenderError, match="PDF/A-3"):
        attach(render_record(record()), [Attachment("a", "text/plain", "", b"")], NOON)
