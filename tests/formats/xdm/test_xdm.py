"""Packages: what goes in comes out, and what is hostile or damaged is refused."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable

import pytest
from lxml import etree
from tests.formats.xdm.support import CLINIC, MADE, PERSON, PICTURE, RECORD, files, package, paper, zipped
from tests.support.shared import shared_data

from chartpost.formats.xdm import DamagedError, HostileZipError, NotXdmError, XdmError, is_xdm, pack, unpack
from chartpost.formats.xdm import unpacking as limits

DATA = shared_data()
META = "IHE_XDM/SUBSET01/METADATA.XML"
FIRST = "IHE_XDM/SUBSET01/DOC00001.XML"
Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def test_what_is_packed_comes_out_with_its_hash_and_size_checked() -> None:
    packed = unpack(io.BytesIO(package()))
    record, scan = packed.documents
    assert (packed.read(record), packed.read(scan)) == (RECORD, PICTURE)
    assert (record.path, scan.path) == (FIRST, "IHE_XDM/SUBSET01/DOC00002.PDF")
    assert (record.title, record.media_type, record.code) == ("Summary <1>", "text/xml", "34133-9")
    assert record.sha1 == hashlib.sha1(RECORD).hexdigest()
    assert record.size == len(RECORD)
    assert record.checked == {"size", "hash"}
    assert record.patient_id == "MRN\\S\\7^^^&2.16.840.1.113883.19.5&ISO"
    assert packed.sender == "Harbor \\F\\ Clinic"
    assert packed.others == ()


def test_the_layout_is_that_of_the_profile() -> None:
    inside = files(package())
    assert set(inside) == {META, FIRST, "IHE_XDM/SUBSET01/DOC00002.PDF", "INDEX.HTM", "README.TXT"}
    for name in inside:
        assert all(re.fullmatch(r"[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?", part) for part in name.split("/")), name
    assert b'<a href="IHE_XDM/SUBSET01/DOC00001.XML">Summary &lt;1&gt;</a>' in inside["INDEX.HTM"]
    root = etree.fromstring(inside[META])
    rim = {"rim": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    members = root.xpath("//rim:Association/@targetObject", namespaces=rim)
    assert members == root.xpath("//rim:ExtrinsicObject/@id", namespaces=rim) == ["Document01", "Document02"]
    slots = root.xpath("//rim:ExtrinsicObject[1]/rim:Slot/@name", namespaces=rim)
    assert {"creationTime", "hash", "size", "URI", "sourcePatientId", "sourcePatientInfo", "languageCode"} <= set(slots)
    unique = root.xpath("//rim:RegistryPackage/rim:ExternalIdentifier/@value", namespaces=rim)
    assert all(re.fullmatch(r"[0-9.]+|.*ISO", value) for value in unique)


def test_the_same_input_gives_the_same_bytes_piece_by_piece() -> None:
    pieces = list(pack([paper(data=bytes(3_000_000))], CLINIC, PERSON, made=MADE))
    assert b"".join(pieces) == package(paper(data=bytes(3_000_000)))
    assert len(pieces) > 10


def test_nothing_to_pack_is_refused_before_the_first_byte() -> None:
    with pytest.raises(XdmError, match="0 documents"):
        pack([], CLINIC, PERSON, made=MADE)


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.lower(),
        lambda name: f"wrapped folder/{name}",
        lambda name: name.replace("METADATA.XML", "METADATA.xml").replace("INDEX.HTM", "INDEX.htm"),
    ],
)
def test_any_case_and_a_wrapping_folder_are_read(rename: Callable[[str], str]) -> None:
    stream = zipped({rename(name): data for name, data in files(package()).items()})
    assert is_xdm(stream)
    packed = unpack(stream)
    assert [packed.read(d) for d in packed.documents] == [RECORD, PICTURE]


def test_files_without_metadata_are_named() -> None:
    packed = unpack(zipped({**files(package()), "IHE_XDM/SUBSET01/STYLE.XSL": b"x"}))
    assert packed.others == ("IHE_XDM/SUBSET01/STYLE.XSL",)
    assert len(packed.documents) == 2


def changed(name: str, old: bytes, new: bytes) -> Change:
    def change(inside: dict[str, bytes]) -> dict[str, bytes]:
        assert old in inside[name]
        return {**inside, name: inside[name].replace(old, new)}

    return change


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><SubmitObjectsRequest'


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (changed(FIRST, b"ClinicalDocument", b"clinicalDocument"), DamagedError),
        (changed(FIRST, b"/>", b"/> "), DamagedError),
        (changed(META, b"DOC00001.XML", b"DOC00009.XML"), DamagedError),
        (changed(META, b"DOC00001.XML", b"../../DOC00001.XML"), DamagedError),
        (changed(META, b"</SubmitObjectsRequest>", b""), NotXdmError),
        (changed(META, b"<SubmitObjectsRequest", DOCTYPE), NotXdmError),
        (changed(META, b"xsd:lcm:3.0", b"xsd:lcm:9.9"), NotXdmError),
        (lambda inside: {n: d for n, d in inside.items() if n != META}, NotXdmError),
        (lambda inside: {**inside, "../evil": b""}, HostileZipError),
        (lambda inside: {**inside, "/etc/passwd": b""}, HostileZipError),
        (lambda inside: {**inside, "C:evil": b""}, HostileZipError),
        (lambda inside: {**inside, "a/./b": b""}, HostileZipError),
        (lambda inside: {**inside, "a\\b": b""}, HostileZipError),
        (lambda inside: {**inside, "bell\x07": b""}, HostileZipError),
        (lambda inside: {**inside, "x" * 300: b""}, HostileZipError),
        (lambda inside: {**inside, "readme.txt": b""}, HostileZipError),
        (lambda inside: {**inside, "bomb": bytes(5_000_000)}, HostileZipError),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(change: Change, error: type[XdmError]) -> None:
    with pytest.raises(error, match=r"seen: .*expected: .*todo: "):
        unpack(zipped(change(files(package()))))


def test_a_link_is_refused() -> None:
    with pytest.raises(HostileZipError, match="a link"):
        unpack(zipped({**files(package()), "link": b"/etc/passwd"}, links=("link",)))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_FILES", 5)
    assert len(unpack(io.BytesIO(package())).documents) == 2
    with pytest.raises(HostileZipError, match="too large"):
        unpack(zipped({**files(package()), "six": b""}))


def test_a_zip_that_lies_about_its_sizes_is_stopped_by_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    data = package(paper(data=bytes(2_000_000)))
    small = (2_000_000).to_bytes(4, "little")
    monkeypatch.setattr(limits, "_SMALL", 1000)
    with pytest.raises((HostileZipError, DamagedError)):
        unpack(io.BytesIO(data.replace(small, (900).to_bytes(4, "little"))))


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_cut_file_is_refused(cut: int) -> None:
    stream = io.BytesIO(package()[:cut])
    assert not is_xdm(stream)
    with pytest.raises(NotXdmError):
        unpack(stream)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_damaged_in_its_packing_is_refused(how: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files(package()).items():
            archive.writestr(name, data, how if name.endswith("DOC00001.XML") else zipfile.ZIP_DEFLATED)
    whole = bytearray(out.getvalue())
    place = whole.index(b"DOC00001.XML") + len("DOC00001.XML") + 12
    whole[place : place + 20] = b"\xff" * 20
    with pytest.raises(DamagedError):
        unpack(io.BytesIO(bytes(whole)))


def test_a_locked_zip_is_refused() -> None:
    data = bytearray(package())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        start = archive.start_dir
    data[start + 8] |= 1
    with pytest.raises(HostileZipError, match="password"):
        unpack(io.BytesIO(bytes(data)))


@pytest.mark.shared_data
@pytest.mark.skipif(DATA is None, reason="no sample files")
def test_the_sample_of_onc_is_read() -> None:
    assert DATA
    with (DATA / "ccda" / "onc-xdm__XDM_LIM.ZIP").open("rb") as stream:
        assert is_xdm(stream)
        packed = unpack(stream)
        (document,) = packed.documents
        assert document.checked == {"size", "hash"}
        assert document.code == "34096-8"
        assert b"<ClinicalDocument" in packed.read(document)
        assert packed.others == ()
