"""What is read of a file, and what a broken one is told."""

import json
import zipfile

import pytest
from tests.formats.convert import inputs

from chartpost.formats.ccda import CcdaError
from chartpost.formats.convert import ConvertError, NotUnderstoodError, take, take_lines, zips


@pytest.mark.parametrize("form", [inputs.bundle, inputs.lines])
@pytest.mark.parametrize("pack", [bytes, inputs.packed])
def test_json_and_ndjson_plain_and_packed_hold_the_same(form, pack) -> None:  # type: ignore[no-untyped-def]
    document = inputs.taken(pack(form(*inputs.EDITH)))
    assert [entry.key for entry in document.entries] == [
        "Patient/p1",
        "Condition/c1",
        "AllergyIntolerance/a1",
        "Organization/o1",
    ]
    found = {line.code: (line.found, line.understood) for line in document.sections}
    assert found == {"problems": (1, 1), "allergies": (1, 1), "people": (2, 2)}
    assert document.notices == ()


def test_one_resource_alone_is_a_document() -> None:
    document = inputs.taken(json.dumps(inputs.patient()).encode())
    assert [entry.key for entry in document.entries] == ["Patient/p1"]


def test_a_broken_resource_costs_only_itself_and_is_told_without_its_content() -> None:
    broken = inputs.condition("c2", clinicalStatus="secret words")
    document = inputs.taken(inputs.bundle(*inputs.EDITH, broken, {"resourceType": "Spaceship", "id": "x"}))
    assert [(n.severity, n.code, n.seen) for n in document.notices] == [
        ("error", "invalid", "Condition/c2"),
        ("error", "not-r4", "Spaceship"),
    ]
    assert "secret" not in repr(document.notices)
    problems = next(line for line in document.sections if line.code == "problems")
    assert (problems.found, problems.understood) == (2, 1)


def test_what_is_no_part_of_a_record_is_left_out_and_said() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
    document = inputs.taken(inputs.bundle(*inputs.EDITH, outcome))
    assert [n.code for n in document.notices] == ["not-a-record"]
    assert len(document.entries) == len(inputs.EDITH)


def test_hundreds_of_broken_resources_are_counted() -> None:
    many = [inputs.condition(f"c{n}", clinicalStatus="x") for n in range(250)]
    document = inputs.taken(inputs.lines(inputs.patient(), *many))
    assert len(document.notices) == 101
    assert document.notices[-1].did == "150 more like these"


def test_the_files_of_an_export_are_one_document() -> None:
    found = take_lines([inputs.lines(inputs.patient()), inputs.packed(inputs.lines(inputs.condition("c1")))], "export")
    assert [entry.type for entry in found.entries] == ["Patient", "Condition"]


OTHER_FILES = {
    "nothing": b"",
    "words": b"hello",
    "PDF": b"%PDF-1.7 a file that needs no conversion",
    "entries that are no list": b'{"resourceType":"Bundle","entry":7}',
    "no type": b'{"no":"type"}',
    "JSON cut off": b'{"resourceType":"Patient"',
    "broken gzip": b"\x1f\x8b broken",
    "broken zip": b"PK\x03\x04 broken",
    "web page": b"<html><body>no record</body></html>",
    "zip of other files": inputs.zipped({"photo.txt": b"hello"}),
    "empty zip": inputs.zipped({}),
}


@pytest.mark.parametrize("data", OTHER_FILES.values(), ids=OTHER_FILES)
def test_other_files_are_refused_in_three_parts(data: bytes) -> None:
    with pytest.raises(ConvertError) as caught:
        take(data, "file")
    assert caught.value.seen
    assert caught.value.expected
    assert caught.value.todo


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument xmlns="urn:hl7-org:v3"/>',
        "<ClinicalDocument xmlns='urn:hl7-org:v3'>",
        "<note/>",
    ],
)
def test_unsafe_broken_and_other_xml_is_refused(text: str) -> None:
    with pytest.raises(CcdaError):
        take(text.encode(), "file")


def test_a_zip_gives_each_document_and_counts_its_ndjson_as_one() -> None:
    data = inputs.zipped(
        {
            "a/Patient.ndjson": inputs.lines(inputs.patient()),
            "a/Condition.ndjson": inputs.lines(inputs.condition("c1"), inputs.condition("c2")),
            "whole.json": inputs.bundle(*inputs.EDITH),
            "scan.png": b"\x89PNG\r\n\x1a\n",
            "broken.xml": b"<ClinicalDocument",
        }
    )
    documents = take(data, "record.zip")
    assert [(d.name, len(d.entries)) for d in documents] == [("record.zip: whole.json", 4), ("record.zip", 3)]
    told = {(n.code, n.where) for n in documents[0].notices}
    assert told == {("other-file", "scan.png"), ("refused", "broken.xml")}


def test_zip_bombs_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MOST_BYTES", 1_000_000)
    with pytest.raises(NotUnderstoodError, match="grows"):
        take(inputs.zipped({"a.json": b" " * 2_000_000}), "bomb.zip")
    monkeypatch.setattr(zips, "MOST_FILES", 3)
    with pytest.raises(NotUnderstoodError, match="4 files"):
        take(inputs.zipped({f"{n}.json": b"{}" for n in range(4)}), "many.zip")


def test_a_zip_with_a_password_is_refused() -> None:
    data = bytearray(inputs.zipped({"a.json": inputs.bundle(*inputs.EDITH)}))
    for at in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[at] |= 1
    assert zipfile.ZipFile(__import__("io").BytesIO(bytes(data))).infolist()[0].flag_bits & 1
    with pytest.raises(NotUnderstoodError, match="locked"):
        take(bytes(data), "locked.zip")
