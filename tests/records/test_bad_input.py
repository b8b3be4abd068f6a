"""Whatever is wrong with a file ends with a clear message, and with nothing half-done."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import orjson
import pytest

from chartpost.formats import filekinds as kinds
from chartpost.identity.types import SYSTEM
from chartpost.records import models
from chartpost.records.ingest import archive, import_path, import_stream
from tests.records.builders import bundle, condition, patient, take

pytestmark = pytest.mark.django_db


def refused(data: bytes, name: str = "bad.json") -> str:
    """The reason of a refusal, when nothing of the file came into any record."""
    report = take(data, name)
    assert (report.created, report.inbox, models.Resource.objects.count()) == (0, 0, 0)
    ((_, reason),) = report.refused
    return reason


def test_broken_json_is_refused_and_kept() -> None:
    reason = refused(bundle(patient(), condition("c1"))[:-40])
    assert "no JSON" in reason
    row = models.ImportFile.objects.get()
    assert (row.state, row.problem) == ("refused", reason)


def test_broken_ndjson_names_the_line() -> None:
    data = orjson.dumps(patient()) + b"\n" + orjson.dumps(condition("c1"))[:-5] + b"\n"
    assert "line 2" in refused(data, "x.ndjson")


def test_an_unknown_type_is_refused_whole_with_its_place() -> None:
    reason = refused(bundle(patient(), {"resourceType": "Spaceship", "id": "s1"}, condition("c1")))
    assert "entry 1" in reason
    assert "type that FHIR R4 does not have" in reason


def test_an_invalid_resource_is_refused_whole_with_its_path() -> None:
    reason = refused(bundle(patient(), condition("c1"), condition("c2", onsetAge="forty")))
    assert "entry 2" in reason
    assert "Condition.onsetAge" in reason
    assert "forty" not in reason


def test_the_mended_file_comes_in_afterwards() -> None:
    refused(bundle(patient(), condition("c2", onsetAge="forty")))
    assert take(bundle(patient(), condition("c2"))).created == 3


def test_a_refused_file_is_refused_again_without_a_second_row() -> None:
    data = bundle(patient(), {"resourceType": "Spaceship"})
    assert refused(data) == refused(data)
    assert models.ImportFile.objects.count() == 1


def test_json_that_is_no_resource_is_refused() -> None:
    assert "resourceType" in refused(b'{"hello": "world"}')
    assert "not an object" in refused(b"[1, 2, 3]")
    assert "without any resource" in refused(b'{"resourceType": "Bundle", "type": "collection"}')


def test_nesting_without_end_is_refused() -> None:
    deep = b'{"resourceType":"Basic","code":' + b'{"extension":[' * 400 + b"]}" * 400 + b"}"
    assert refused(deep)


def test_a_file_of_2_gb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    giant = tmp_path / "giant.ndjson"
    with giant.open("wb") as file:
        file.truncate(2 * 1024**3)
    report = import_path(giant, SYSTEM)
    ((name, reason),) = report.refused
    assert name == "giant.ndjson"
    assert "2,147,483,648 bytes" in reason
    assert "at most 1,073,741,824" in reason
    assert models.ImportFile.objects.count() == 0


def test_a_gzip_bomb_is_refused() -> None:
    bomb = gzip.compress(b'{"resourceType":"Patient"}\n' + b" " * (64 * 1024 * 1024), 9)
    assert "unpacked bytes" in refused(bomb, "bomb.ndjson.gz")


def test_cut_gzip_is_refused() -> None:
    assert "damaged or cut" in refused(gzip.compress(os.urandom(9000) and bundle(patient()))[:-20], "cut.gz")


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return packed.getvalue()


def test_a_zip_bomb_is_refused() -> None:
    assert "grows" in refused(zipped({"bomb.json": b"0" * (50 * 1024 * 1024)}), "bomb.zip")


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    data = zipped({"bomb.json": b"{" + b" " * (30 * 1024 * 1024)})
    size = (30 * 1024 * 1024 + 1).to_bytes(4, "little")
    assert "damaged or cut" in refused(data.replace(size, (1000).to_bytes(4, "little")), "liar.zip")


def test_too_many_files_in_a_zip_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 3)
    assert "a zip of 4 files" in refused(zipped({f"{n}.json": bundle(patient()) for n in range(4)}), "many.zip")


def test_a_zip_in_a_zip_is_refused() -> None:
    assert "zip inside a zip" in refused(zipped({"in.zip": zipped({"a.json": bundle(patient())})}), "out.zip")


def test_a_broken_zip_is_refused() -> None:
    assert "does not open" in refused(zipped({"a.json": bundle(patient())})[:-30], "broken.zip")


def test_an_unknown_kind_is_refused_with_what_is_taken() -> None:
    assert kinds.WANTED in refused(b"MZ\x90\x00 hello", "virus.exe")


def test_xml_with_a_doctype_is_refused() -> None:
    assert "DOCTYPE" in refused(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a.xml")


def test_a_file_of_two_patients_is_not_put_on_one_named_person() -> None:
    from tests.records.builders import person

    ref = person(family="Zimmer").ref
    report = take(bundle(patient("p1"), patient("p2")), person=ref)
    assert "2 patients" in report.refused[0][1]
    assert models.Resource.objects.count() == 0


def test_hostile_names_stay_labels(tmp_path: Path) -> None:
    report = import_stream(io.BytesIO(zipped({"../../etc/passwd": bundle(patient())})), "x.zip", SYSTEM)
    assert report.created == 2
    assert models.ImportFile.objects.get().name == "x.zip/../../etc/passwd"


def packed(how: int, **files: bytes) -> bytearray:
    """A zip whose first file is packed in a way, and damaged."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as packing:
        for name, data in files.items():
            packing.writestr(f"{name}.json", data)
    return bytearray(out.getvalue())


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("at", [36, 40, 60])
def test_a_damaged_file_of_a_zip_ends_alone_and_in_words(how: int, at: int) -> None:
    data = packed(how, a=bundle(patient("p1")), b=bundle(patient("p2"), condition("c2", "Patient/p2")))
    data[at : at + 20] = b"\xff" * 20
    report = take(bytes(data), "both.zip")
    ((name, reason),) = report.refused
    assert name == "both.zip/a.json"
    assert "damaged" in reason
    assert models.Resource.objects.filter(fhir_id="c2").exists()
    assert not models.Resource.objects.filter(fhir_id="p1").exists()


def test_a_file_packed_in_an_unknown_way_ends_alone() -> None:
    data = packed(zipfile.ZIP_DEFLATED, a=bundle(patient("p1")), b=bundle(patient("p2")))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = data.index(mark) + at
        data[place : place + 2] = (97).to_bytes(2, "little")
    report = take(bytes(data), "both.zip")
    assert [name for name, _ in report.refused] == ["both.zip/a.json"]
    assert models.Resource.objects.filter(fhir_id="p2").exists()
