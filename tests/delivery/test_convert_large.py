"""`chartpost convert` of C-CDA files too large to be held: the same as of small ones, and nothing of a broken one."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chartpost.cli import main
from chartpost.delivery.command import convert
from chartpost.formats.ccda.intake import bodies
from chartpost.formats.convert import streaming
from tests.formats.ccda_intake.papers import MEDICATIONS, PROBLEMS, medicine, paper, problem, section
from tests.formats.ccda_intake.test_header import AUTHOR, CUSTODIAN, VISIT
from tests.support.shared import shared_data

OFFICIAL = "onc__170.315_b1_toc_amb_ccd_r21_sample1_v13.xml"
MEDIA = (
    '<observationMedia classCode="OBS" moodCode="EVN" ID="scan"><value mediaType="application/pdf" '
    f'representation="B64">{base64.b64encode(b"%PDF-1.4 scan").decode()}</value></observationMedia>'
)


def document() -> bytes:
    parts = (section(PROBLEMS, problem(), MEDIA), section(MEDICATIONS, medicine()))
    return paper(*parts, head=AUTHOR + CUSTODIAN + VISIT).encode()


def made(source: Path, out: Path, *more: str) -> dict[str, Any]:
    """The report of a conversion to FHIR."""
    told = out.with_suffix(".report")
    words = [str(source), "--to", "fhir", "-o", str(out), "--report", str(told), "-q", "--force", *more]
    assert main(["convert", *words]) == 0
    (one,) = json.loads(told.read_text())["inputs"]
    return dict(one)


def resources(path: Path, *, ndjson: bool = False) -> dict[str, Any]:
    """What a file holds, by address or by type and id."""
    if ndjson:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return {f"{one['resourceType']}/{one['id']}": one for one in lines}
    return {entry["fullUrl"]: entry["resource"] for entry in json.loads(path.read_text())["entry"]}


@pytest.mark.parametrize("more", [(), ("--ndjson",)], ids=["bundle", "ndjson"])
@pytest.mark.parametrize("name", ["", OFFICIAL])
def test_a_large_file_gives_what_a_small_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, more: tuple[str, ...]
) -> None:
    shared = (shared_data() or Path()) / "ccda" / name
    if name and not shared.exists():
        pytest.skip("the shared data is not here")
    source = tmp_path / "in.xml"
    source.write_bytes(shared.read_bytes() if name else document())
    whole = made(source, tmp_path / "whole.json", *more)
    for module, size in ((bodies, "STREAM_FROM"), (streaming, "STREAM_FROM"), (convert, "SMALL")):
        monkeypatch.setattr(module, size, 0)
    parts = made(source, tmp_path / "parts.json", *more)
    ndjson = bool(more)
    assert resources(tmp_path / "parts.json", ndjson=ndjson) == resources(tmp_path / "whole.json", ndjson=ndjson)
    assert (parts["resources"], parts["sections"]) == (whole["resources"], whole["sections"])
    assert parts["made"][0]["holds"] == whole["made"][0]["holds"]
    assert parts["made"][0]["bytes"] == (tmp_path / "parts.json").stat().st_size


def test_nothing_is_written_of_a_large_file_that_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module, size in ((bodies, "STREAM_FROM"), (streaming, "STREAM_FROM"), (convert, "SMALL")):
        monkeypatch.setattr(module, size, 0)
    source, out = tmp_path / "in.xml", tmp_path / "out.json"
    source.write_bytes(document()[:-30])
    assert main(["convert", str(source), "--to", "fhir", "-o", str(out)]) == 1
    assert "broken XML" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.xml"]


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    giant = tmp_path / "giant.xml"
    with giant.open("wb") as file:
        file.write(b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">')
        file.truncate(1024**3)
    assert main(["convert", str(giant), "--to", "fhir", "-o", str(tmp_path / "out.json")]) == 1
    assert "over 268,435,456 bytes" in capsys.readouterr().err
