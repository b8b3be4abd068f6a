"""Hostile and broken documents: refused in plain words, or read for what is whole in them; never a crash."""

import io
import json
import re
import zipfile
from base64 import b64encode

import pytest
from tests.formats.ccda_intake.papers import (
    MEDICATIONS,
    OPEN,
    PERSON,
    PROBLEMS,
    RESULTS,
    medicine,
    paper,
    problem,
    result,
    section,
    template,
)

from chartpost.formats.ccda import CcdaError, NotClinicalDocumentError, NotXmlError, TooLargeError, UnsafeXmlError
from chartpost.formats.ccda.errors import NoPatientError, TwoPatientsError
from chartpost.formats.ccda.intake import Converted, convert

GOOD = paper(section(PROBLEMS, problem()))
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x.example/a.dtd"> %x;]>'


def made(found: Converted, kind: str) -> list[dict[str, object]]:
    return [one for one in found.resources if one["resourceType"] == kind]


def names(found: Converted) -> list[str]:
    return sorted(json.dumps(one["code"]) for one in made(found, "Condition"))


@pytest.mark.parametrize("doctype", [BOMB, FILE, REMOTE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_entities_are_refused_before_they_are_read(doctype: str, encoding: str) -> None:
    with pytest.raises(UnsafeXmlError, match="DOCTYPE"):
        convert((doctype + GOOD.replace("Summary", "&x;&c;")).encode(encoding))


def test_a_truncated_document_is_refused_with_its_place() -> None:
    data = GOOD.encode()
    for part in (len(data) // 4, len(data) // 2, len(data) - 3):
        with pytest.raises(NotXmlError, match=r"line \d+, column \d+"):
            convert(data[:part])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_the_same_document_in_another_encoding_reads_the_same(encoding: str) -> None:
    text = GOOD.replace("Reyes", "Núñez")
    marked = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16"}.get(encoding, encoding)
    head = f'<?xml version="1.0" encoding="{marked}"?>'
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    found = convert(mark + (head + text).encode(encoding))
    assert str(found.header.name) == "Ada Núñez"
    assert len(made(found, "Condition")) == 1


def test_a_wrong_encoding_is_refused_and_not_guessed() -> None:
    latin = GOOD.replace("Reyes", "Núñez").encode("iso-8859-1")
    with pytest.raises(NotXmlError, match="broken XML"):
        convert(b'<?xml version="1.0" encoding="UTF-8"?>' + latin)
    with pytest.raises(CcdaError):
        convert(b'<?xml version="1.0" encoding="UTF-16"?>' + GOOD.encode())


@pytest.mark.parametrize("data", [b"", b" ", b"\x00" * 99, b"%PDF-1.7", b"PK\x03\x04", b"MSH|^~\\&|"])
def test_what_is_not_xml_is_refused(data: bytes) -> None:
    with pytest.raises(NotXmlError):
        convert(data)


def test_another_kind_of_xml_is_refused() -> None:
    with pytest.raises(NotClinicalDocumentError, match="<Bundle>"):
        convert(b'<Bundle xmlns="http://hl7.org/fhir"/>')


def test_a_document_about_nobody_is_refused() -> None:
    with pytest.raises(NoPatientError):
        convert(paper(section(PROBLEMS, problem()), person="").encode())


def test_two_patients_in_one_document_are_refused() -> None:
    other = PERSON.replace("Ada", "Bea").replace("998", "999")
    with pytest.raises(TwoPatientsError, match="2 patients"):
        convert(paper(section(PROBLEMS, problem()), person=PERSON + other).encode())


def test_one_patient_named_twice_is_one_patient() -> None:
    found = convert(paper(section(PROBLEMS, problem()), person=PERSON + PERSON).encode())
    assert len(made(found, "Patient")) == 1


@pytest.mark.parametrize("other", [("19700501", "19700502"), ('code="F"', 'code="M"')])
def test_a_number_shared_by_two_people_does_not_make_them_one(other: tuple[str, str]) -> None:
    with pytest.raises(TwoPatientsError):
        convert(paper(section(PROBLEMS, problem()), person=PERSON + PERSON.replace(*other)).encode())


def test_a_depth_bomb_is_refused() -> None:
    for tag in ("component", "entryRelationship", "section"):
        deep = f"<{tag}>" * 5000 + f"</{tag}>" * 5000
        with pytest.raises(CcdaError):
            convert(paper(deep).encode())


def test_deep_nesting_that_xml_allows_does_not_end_the_stack() -> None:
    nested = problem()
    for _ in range(200):
        nested = (
            f'<act classCode="ACT" moodCode="EVN"><entryRelationship typeCode="COMP">{nested}</entryRelationship></act>'
        )
    found = convert(paper(section(PROBLEMS, nested, problem("38341003"))).encode())
    assert any("38341003" in name for name in names(found))


def test_a_million_empty_entries_are_refused_quickly() -> None:
    with pytest.raises(TooLargeError, match="elements"):
        convert(paper(section(PROBLEMS, *[""] * 1_000_000)).encode())


def test_many_empty_entries_make_nothing_and_lose_nothing() -> None:
    found = convert(paper(section(PROBLEMS, *[""] * 5000, problem())).encode())
    assert len(made(found, "Condition")) == 1
    assert len(found.issues) < 100


@pytest.mark.parametrize(
    "body",
    [
        "<component/>",
        "<component><section/></component>",
        "<component><section><entry/></section></component>",
        "<component><section><text/></section></component>",
        "<component><section><code/><title/><entry><act/></entry></section></component>",
        '<component nullFlavor="NI"><section nullFlavor="NI"/></component>',
    ],
)
def test_empty_shells_do_not_keep_the_rest_from_being_read(body: str) -> None:
    found = convert(paper(body, section(PROBLEMS, problem()), body).encode())
    assert len(made(found, "Condition")) == 1


def test_a_document_without_a_body_still_names_its_patient() -> None:
    found = convert(f"{OPEN}{PERSON}</ClinicalDocument>".encode())
    assert found.resources[0]["resourceType"] == "Patient"


BAD_ENTRIES = {
    "no code": f'<observation classCode="OBS" moodCode="EVN">{template("4")}</observation>',
    "junk time": problem("1").replace("20200102", "-99"),
    "month thirteen": problem("1").replace("20200102", "20201345"),
    "a time of zeros": problem("1").replace("20200102", "00000000"),
    "an unknown type": problem("1").replace('xsi:type="CD"', 'xsi:type="XYZ"'),
    "an undeclared prefix": problem("1").replace('xsi:type="CD"', 'xsi:type="foo:CD"'),
    "a huge number": result('<value xsi:type="PQ" value="1e999999" unit="mg"/>'),
    "not a number": result('<value xsi:type="PQ" value="NaN" unit="mg"/>'),
    "a broken reference": problem("1", '<text><reference value="#nowhere"/></text>'),
    "a reference to itself": problem("1", '<text ID="a"><reference value="#a"/></text>'),
    "an id of blanks": problem("1").replace('root="1.2.840.3"', 'root="  "'),
    "an id that is no OID": problem("1").replace('root="1.2.840.3"', 'root="../../etc/passwd"'),
}


@pytest.mark.parametrize("bad", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_one_bad_entry_never_loses_the_rest(bad: str) -> None:
    whole = paper(section(PROBLEMS, bad, problem("38341003")), section(MEDICATIONS, medicine()))
    found = convert(whole.encode())
    assert any("38341003" in name for name in names(found))
    assert len(made(found, "MedicationRequest")) == 1


def test_ids_used_twice_in_one_document_keep_both_statements() -> None:
    twice = problem("44054006").replace('extension="44054006"', 'extension="same"')
    other = problem("38341003").replace('extension="38341003"', 'extension="same"')
    found = convert(paper(section(PROBLEMS, twice, other)).encode())
    assert len(made(found, "Condition")) == 2
    ids = [f"{one['resourceType']}/{one['id']}" for one in found.resources]
    assert len(ids) == len(set(ids))


def test_ids_used_again_for_another_person_do_not_make_the_same_resource() -> None:
    first = convert(GOOD.encode())
    other = PERSON.replace("Ada", "Bea").replace('extension="998"', 'extension="999"')
    second = convert(
        paper(section(PROBLEMS, problem()), person=other).replace('extension="1"', 'extension="2"').encode()
    )
    assert {one["id"] for one in made(first, "Condition")}.isdisjoint(one["id"] for one in made(second, "Condition"))


def test_the_same_bytes_make_the_same_resources() -> None:
    assert convert(GOOD.encode()).resources == convert(io.BytesIO(GOOD.encode())).resources


HOSTILE = (
    "<paragraph>before <script>alert(1)</script> after</paragraph>"
    '<linkHtml href="javascript:alert(2)">press</linkHtml>'
    '<table onmouseover="alert(3)"/><table><thead/></table><table><tbody/></table>'
    '<renderMultiMedia referencedObject="http://x.example/p.png"/><iframe src="data:text/html,x">frame</iframe>'
)


def test_script_in_a_narrative_never_becomes_markup() -> None:
    found = convert(paper(section(PROBLEMS, problem(), text=HOSTILE)).encode())
    divs = [one["text"]["div"] for one in found.resources if isinstance(one.get("text"), dict)]
    for text in (*divs, json.dumps(found.resources)):
        assert not re.search(r"<script|javascript:|onmouseover|<iframe", text, re.IGNORECASE)
    assert len(made(found, "Condition")) == 1


@pytest.mark.parametrize("words", ["No data available", "No known problems.", "None recorded", "N/A"])
def test_a_row_that_says_there_is_no_data_makes_no_resource(words: str) -> None:
    entry = (
        '<act classCode="ACT" moodCode="EVN" nullFlavor="NI"><templateId root="2.16.840.1.113883.10.20.22.4.3"/>'
        '<code nullFlavor="NI"/></act>'
    )
    vaccine = (
        '<substanceAdministration classCode="SBADM" moodCode="EVN" nullFlavor="NI">'
        '<templateId root="2.16.840.1.113883.10.20.22.4.52"/><consumable><manufacturedProduct><manufacturedMaterial>'
        '<code nullFlavor="NI"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>'
    )
    text = f"<paragraph>{words}</paragraph>"
    found = convert(paper(section(PROBLEMS, entry, text=text), section("11369-6", vaccine, text=text)).encode())
    assert not made(found, "Condition") and not made(found, "Immunization")


def unstructured(media: str, data: bytes, more: str = "") -> bytes:
    held = b64encode(data).decode()
    body = f'<nonXMLBody><text mediaType="{media}" representation="B64"{more}>{held}</text></nonXMLBody>'
    return f"{OPEN}{PERSON}<component>{body}</component></ClinicalDocument>".encode()


def test_an_embedded_zip_bomb_stays_packed() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 50_000_000)
    found = convert(unstructured("application/zip", packed.getvalue()))
    assert [len(one.data) for one in found.originals] == [len(packed.getvalue())]
    assert len(json.dumps(found.resources)) < 10 * len(packed.getvalue())


def test_a_compressed_body_is_not_blown_up() -> None:
    import zlib

    packed = zlib.compress(b"\0" * 50_000_000)
    found = convert(unstructured("application/pdf", packed, ' compression="ZL"'))
    assert all(len(one.data) <= len(packed) for one in found.originals)


@pytest.mark.parametrize("junk", ["@@@@", "AAA", "=", "é"])
def test_base64_that_is_none_is_told(junk: str) -> None:
    body = f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{junk}</text></nonXMLBody>'
    found = convert(f"{OPEN}{PERSON}<component>{body}</component></ClinicalDocument>".encode())
    assert found.issues


def test_a_value_with_markup_in_it_stays_text() -> None:
    found = convert(
        paper(section(RESULTS, result('<value xsi:type="ST">&lt;b onclick="x()"&gt;9&lt;/b&gt;</value>'))).encode()
    )
    assert [one["valueString"] for one in made(found, "Observation")] == ['<b onclick="x()">9</b>']
