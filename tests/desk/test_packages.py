"""A desk release in every format: each file is saved from its page and opened by another program."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from lxml import etree

from chartpost.delivery import queries as delivery
from chartpost.formats import xdm
from chartpost.rights.models import AccessRequest
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db


def test_each_file_of_a_release_opens_elsewhere(
    world: World, ready: Callable[[AccessRequest], AccessRequest], tmp_path: Path
) -> None:
    row = ready(world.request(delivery="hand_over", formats=("pdf", "ccda", "fhir", "xdm")))
    files = world.get("clerk", world.url(row, "qa")).content.decode()
    assert "PDF to read" in files
    assert "About these files" in files
    assert re.search(r'data-label="Pages"><span>[1-9]', files)
    world.post("clerk", row, "make_letter", {"kind": "grant", "language": "en"})
    assert world.post("approver", row, "release").status_code == 302
    assert "May not be charged" not in world.get("clerk", world.url(row)).content.decode(), "free: nothing is to do"
    (found,) = delivery.deliveries(row.ref)
    for part in found.package.parts:
        answer = world.get("clerk", world.url(row, "part", part_ref=part.ref))
        data = b"".join(answer.streaming_content)
        assert sha256(data).hexdigest() == part.sha256
        (tmp_path / part.name).write_bytes(data)
    by_format = {part.name.partition(".")[2]: tmp_path / part.name for part in found.package.parts}
    assert set(by_format) == {"pdf", "ccda.xml", "fhir.json", "fhir.zip", "xdm.zip", "txt"}
    _pdf(by_format["pdf"])
    assert etree.parse(str(by_format["ccda.xml"])).getroot().tag == "{urn:hl7-org:v3}ClinicalDocument"
    assert json.loads(by_format["fhir.json"].read_bytes())["resourceType"] == "Bundle"
    for name in ("fhir.zip", "xdm.zip"):
        _zip(by_format[name])
    packed = xdm.unpack(io.BytesIO(by_format["xdm.zip"].read_bytes()))
    assert packed.read(packed.documents[0]).startswith(b"<?xml")
    assert [p.name in (tmp_path / "README.txt").read_text() for p in found.package.parts].count(False) == 1


def _pdf(path: Path) -> None:
    with pikepdf.open(path) as pdf:
        assert pdf.Root.MarkInfo.Marked
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def _zip(path: Path) -> None:
    assert zipfile.ZipFile(path).testzip() is None
    for tool in (["unzip", "-tqq", str(path)], ["7z", "t", str(path)]):
        if shutil.which(tool[0]):
            subprocess.run(tool, check=True, capture_output=True)
