"""`chartpost export` at the shell: each form of a record, what the ledger keeps, and what never leaves."""

import io
import json
import stat
import zipfile
from pathlib import Path

import pikepdf
import pycdlib
import pytest

from chartpost.cli import main
from chartpost.formats import media, xdm
from chartpost.formats.ccda import check_document, read_header
from chartpost.formats.fhirjson.terms import Label
from chartpost.formats.pdf.sandbox import page_text
from chartpost.identity.types import SYSTEM
from chartpost.ledger import queries as ledger
from chartpost.ledger import services as sequencing
from chartpost.records import services as records
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db
WHO = "edith-marsh"


@pytest.fixture
def world() -> worlds.World:
    made = worlds.build(WHO)
    support.put(made.people[WHO].id, support.condition("kept-apart", "p", "Notes of therapy"))
    records.label(made.people[WHO].id, "Condition", "kept-apart", Label.PSYCHOTHERAPY, SYSTEM)
    return made


def export(world: worlds.World, form: str, out: Path, *more: str) -> bytes:
    assert main(["export", world.people[WHO].ref, "--as", form, "-o", str(out), *more]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return out.read_bytes()


def test_every_form_opens_and_the_ledger_says_so(
    world: worlds.World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Edith Pearl Marsh" in " ".join(page_text(export(world, "pdf", tmp_path / "a.pdf")))
    assert check_document(export(world, "ccda", tmp_path / "a.xml")) == []
    transfer = export(world, "ccda", tmp_path / "t.xml", "--document", "transfer")
    assert read_header(transfer).code.code == "18761-7"
    words = (
        "--document",
        "referral",
        "--reason",
        "Weak knee",
        "--recipient",
        "Lena van Ortiz",
        "--recipient-office",
        "Bay",
    )
    note = export(world, "ccda", tmp_path / "n.xml", *words)
    for said in (b"Weak knee", b"<given>Lena van</given>", b"<family>Ortiz</family>", b"<name>Bay</name>"):
        assert said in note
    bundle = json.loads(export(world, "fhir", tmp_path / "a.json"))
    assert bundle["resourceType"] == "Bundle"
    assert b"Notes of therapy" not in (tmp_path / "a.json").read_bytes(), "psychotherapy notes stay"
    with zipfile.ZipFile(io.BytesIO(export(world, "fhir", tmp_path / "a.zip"))) as archive:
        assert "SHA256SUMS" in archive.namelist()
    assert xdm.unpack(io.BytesIO(export(world, "xdm", tmp_path / "x.zip"))).documents
    sequencing.sequence()
    found = [e for e in ledger.for_person(world.people[WHO].id, limit=500) if e.action == "record.export"]
    assert len(found) == 7
    assert found[0].where.startswith("shell:")
    assert "1 entry exported" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["stick.zip", "disc.iso"])
def test_a_stick_and_a_disc_open_with_the_password_that_is_told(
    world: worlds.World, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    data = export(world, "media", tmp_path / name)
    password = capsys.readouterr().err.partition("told this once: ")[2].split()[0]
    box, paper = io.BytesIO(), io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            box.write(archive.read("records.cps"))
            paper.write(archive.read("SUMMARY.pdf"))
    else:
        disc = pycdlib.PyCdlib()
        disc.open_fp(io.BytesIO(data))
        disc.get_file_from_iso_fp(box, joliet_path="/records.cps")
        disc.get_file_from_iso_fp(paper, joliet_path="/SUMMARY.pdf")
    names = {entry.name for entry in media.open_box(box, password).manifest.files}
    assert {ending for ending in ("pdf", "xml", "json", "zip") if any(n.endswith(ending) for n in names)} == {
        "pdf", "xml", "json", "zip"
    }  # fmt: skip
    with pikepdf.open(paper, password=password) as pdf:
        assert 0 < len(pdf.pages) < 6


def test_wrong_calls_write_nothing_and_are_no_entry_of_the_ledger(
    world: worlds.World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person, out, there = world.people[WHO].ref, tmp_path / "a.pdf", tmp_path / "there.json"
    there.write_text("mine")
    for words, said in (
        (("nobody-at-all", "--as", "pdf", "-o", out), "person"),
        ((person, "--as", "pdf", "--category", "hats", "-o", out), "hats"),
        ((person, "--as", "pdf", "--from", "yesterday", "-o", out), "2026-01-31"),
        ((person, "--as", "pdf", "--from", "2190-01-01", "-o", out), "no entry"),
        ((person, "--as", "fhir", "-o", there), "is there already"),
    ):
        assert main(["export", *map(str, words)]) == 1
        assert said in capsys.readouterr().err
    assert not out.exists()
    assert there.read_text() == "mine"
    sequencing.sequence()
    assert "record.export" not in {e.action for e in ledger.for_person(world.people[WHO].id, limit=500)}
