"""The zips of a package, opened by other programs: FHIR with documents and checksums, XDM with its metadata."""

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest

from chartpost.delivery.types import PackageView
from chartpost.formats import xdm
from chartpost.formats.ccda import check_document
from chartpost.formats.convert import take
from chartpost.formats.fhirjson.terms import Label
from chartpost.identity.types import SYSTEM
from chartpost.records import documents
from chartpost.records import services as records
from tests.delivery import support
from tests.formats.pdf.foreign import plain, saved
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"
SCAN = saved(plain("Knee"))


@pytest.fixture
def package() -> PackageView:
    """A package in both, with two original documents."""
    world = worlds.build(WHO)
    source = records.source_id("scan", "Scanned")
    for title, kind, data in (
        ("Knee of E. Marsh", "application/pdf", SCAN),
        ("A letter", "text/plain", b"All is well."),
    ):
        documents.file_document(world.people[WHO].id, title, kind, data, date(2024, 5, 6), Label.NONE, source, SYSTEM)
    return support.make(world, WHO, "fhir", "xdm")


def test_what_is_packed_opens_elsewhere(package: PackageView, tmp_path: Path) -> None:
    fhir, packed = support.data(package, ".fhir.zip"), support.data(package, ".xdm.zip")
    _sums_hold(fhir, tmp_path)
    with zipfile.ZipFile(io.BytesIO(fhir)) as archive:
        names = set(archive.namelist())
        readme = archive.read("README.txt").decode()
        scans = [archive.read(name) for name in names if name.startswith("documents/") and name.endswith(".pdf")]
        key = next(line for line in readme.splitlines() if line.startswith("documents/document-01"))
        assert f'"id":"{key.rpartition("/")[2]}"'.encode() in archive.read("fhir/DocumentReference.ndjson")
    assert {"README.txt", "SHA256SUMS", "fhir/Patient.ndjson", "fhir/Coverage.ndjson"} <= names
    assert all(b"%PDF" in scan for scan in scans)
    assert scans
    assert "one entry on each line" in readme
    _converts(fhir)
    _xdm_holds(packed, package)


def _sums_hold(data: bytes, folder: Path) -> None:
    """`sha256sum -c` on what `unzip` takes out, where both are there."""
    (folder / "fhir.zip").write_bytes(data)
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-q", "fhir.zip"], cwd=folder, check=True)
    else:
        zipfile.ZipFile(folder / "fhir.zip").extractall(folder)
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(b": OK") == len(zipfile.ZipFile(io.BytesIO(data)).namelist()) - 1


def _converts(data: bytes) -> None:
    """Our own converter reads the zip as one record."""
    (document,) = take(data, "record.zip")
    assert {"Patient", "DocumentReference"} <= {entry.type for entry in document.entries}
    assert all(entry.valid for entry in document.entries)


def _xdm_holds(data: bytes, package: PackageView) -> None:
    found = xdm.unpack(io.BytesIO(data))
    first, *others = found.documents
    assert check_document(found.read(first)) == []
    assert sorted(d.media_type for d in others) == ["application/pdf", "text/plain"]
    assert {found.read(d) for d in others} == {
        support.data(package, part.name) for part in package.parts if part.format == "document"
    }
    assert all(d.checked == {"size", "hash"} for d in found.documents)
    said = b"".join(zipfile.ZipFile(io.BytesIO(data)).read(n) for n in ("README.TXT", "INDEX.HTM"))
    assert b"Marsh" not in said, "what can be read without opening a document names nobody"
