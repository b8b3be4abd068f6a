"""Hostile and broken XML, and the header of a document."""

import pytest
from tests.formats.ccda.builders import ccd, person

from chartpost.formats.ccda import (
    MAX_BYTES,
    CcdaError,
    NotClinicalDocumentError,
    NotXmlError,
    TooLargeError,
    UnsafeXmlError,
    parse,
    read_header,
)

OPEN = '<ClinicalDocument xmlns="urn:hl7-org:v3">'
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [BOMB, FILE, "<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "http://x.example/a.dtd">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_doctype_is_refused_in_every_encoding(doctype: str, encoding: str) -> None:
    with pytest.raises(UnsafeXmlError, match="DOCTYPE"):
        parse(f"{doctype}{OPEN}<title>&x;</title></ClinicalDocument>".encode(encoding))


@pytest.mark.parametrize("name", ["UTF-7", "cp037", "utf-32"])
def test_an_encoding_that_could_hide_markup_is_refused(name: str) -> None:
    with pytest.raises(NotXmlError, match="encoding"):
        parse(f'<?xml version="1.0" encoding="{name}"?>{OPEN}</ClinicalDocument>'.encode())


def test_an_undeclared_entity_is_refused() -> None:
    with pytest.raises(NotXmlError):
        parse(f"{OPEN}<title>&secret;</title></ClinicalDocument>".encode())


def test_too_many_bytes_are_refused_before_reading() -> None:
    with pytest.raises(TooLargeError, match=str(MAX_BYTES)):
        parse(b" " * (MAX_BYTES + 1))


def test_too_many_elements_are_refused_before_a_tree_is_built() -> None:
    with pytest.raises(TooLargeError, match="elements"):
        parse(f"{OPEN}{'<title/>' * 11}</ClinicalDocument>".encode(), max_elements=10)
    assert parse(f"{OPEN}{'<title/>' * 9}</ClinicalDocument>".encode(), max_elements=10) is not None


def test_absurd_depth_is_refused_with_a_clear_error() -> None:
    with pytest.raises(CcdaError):
        parse(f"{OPEN}{'<component>' * 5000}{'</component>' * 5000}</ClinicalDocument>".encode())


def test_a_scan_of_ten_megabytes_inside_is_read() -> None:
    data = f"{OPEN}<text>{'A' * 11_000_000}</text></ClinicalDocument>".encode()
    assert len(parse(data)[0].text or "") == 11_000_000


@pytest.mark.parametrize("data", [b"", b"hello", b"<a>", OPEN.encode(), b"\x00\x01", b"%PDF-1.7"])
def test_what_is_not_xml_gives_a_position_and_no_content(data: bytes) -> None:
    with pytest.raises(NotXmlError, match=r"line \d+, column \d+"):
        parse(data)


def test_another_kind_of_xml_is_named() -> None:
    with pytest.raises(NotClinicalDocumentError, match="<Bundle>"):
        parse(b'<Bundle xmlns="http://hl7.org/fhir"/>')
    with pytest.raises(NotClinicalDocumentError):
        parse(b"<ClinicalDocument/>")


def test_a_stylesheet_instruction_and_a_byte_order_mark_do_no_harm() -> None:
    plain = ccd()
    marked = b"\xef\xbb\xbf" + plain.replace(
        b"<ClinicalDocument", b'<?xml-stylesheet href="http://x.example/a.xsl"?><ClinicalDocument', 1
    )
    assert read_header(marked) == read_header(plain)


def test_the_header_of_our_own_document_reads_back() -> None:
    header = read_header(ccd(who=person(gender="other")))
    assert str(header.name) == "Ana María Núñez & Sons"
    assert (header.birth_date, header.sex) == ("1980-02-29", "other")
    assert header.code.code == "34133-9"
    assert header.release == "R2.1"
    assert header.custodian == "Harbor Clinic"
    assert header.languages == ("en-US", "es")
    assert header.effective_time == "20260302093000-0500"
    assert "MRN-7" in [extension for _, extension in header.identifiers]
    assert (header.addresses[0].lines, header.addresses[0].city) == (("9 Elm St",), "Salem")
    assert header.telecoms == ("tel:+1(555)0123",)


@pytest.mark.parametrize(
    ("written", "read"),
    [("1962", "1962"), ("196210", "1962-10"), ("19621022", "1962-10-22"), ("19621022101500-0500", "1962-10-22"),
     ("-99", None), ("", None), ("9", None), ("0000", None)],
)  # fmt: skip
def test_birth_dates_keep_the_precision_they_have(written: str, read: str | None) -> None:
    patient = f'<patient><birthTime value="{written}"/></patient>'
    data = f"{OPEN}<recordTarget><patientRole>{patient}</patientRole></recordTarget></ClinicalDocument>"
    assert read_header(data.encode()).birth_date == read


def test_a_header_without_anything_is_empty_not_an_error() -> None:
    header = read_header(f"{OPEN}</ClinicalDocument>".encode())
    assert (header.title, str(header.name), header.birth_date, header.sex) == ("", "", None, "unknown")
    assert (header.identifiers, header.languages, header.release) == ((), (), "")
