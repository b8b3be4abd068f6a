"""`chartpost import` says what it did, and ends with 1 when something was refused."""

from pathlib import Path

import pytest

from chartpost import cli
from chartpost.records import models
from chartpost.records.ingest.types import Progress
from tests.formats.ccda_intake.papers import PROBLEMS, paper, problem, section
from tests.records.builders import MRN, bundle, condition, patient, person

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = cli.main(["import", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_good_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(bundle(patient(), condition("c1")))
    code, out, err = run(capsys, path, "--source", "Lakeside")
    assert code == 0
    assert "1 file: 3 entries new, 0 changed, 0 already there." in out
    assert "1 of 1: a.json" in err
    assert models.Source.objects.filter(name="Lakeside").exists()
    assert "2 already there" in run(capsys, path)[1]


def test_refused_files_are_listed_and_the_code_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_bytes(b'{"resourceType": "Patient", ')
    (tmp_path / "good.json").write_bytes(bundle(patient()))
    code, out, err = run(capsys, tmp_path)
    assert code == 1
    assert "2 entries new" in out
    assert "REFUSED bad.json" in err
    assert "Mend it and import it again" in err


def test_the_inbox_is_pointed_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person([(MRN, "old")])
    (tmp_path / "a.json").write_bytes(bundle(patient()))
    code, out, _ = run(capsys, tmp_path)
    assert code == 0
    assert "1 waits in the inbox" in out


def test_a_document_about_somebody_else_than_was_named_waits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    karl = person(given="Karl", family="Berg", birth_date="1950-01-01")
    (tmp_path / "a.xml").write_text(paper(section(PROBLEMS, problem())))
    code, out, _ = run(capsys, tmp_path / "a.xml", "--person", karl.ref)
    assert (code, "0 entries new" in out, "speak of somebody else" in out) == (0, True, True)
    assert not models.Resource.objects.filter(person_id=karl.id).exists()


def test_a_wrong_path_or_person_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, tmp_path / "nowhere")
    assert (code, "no file that can be read" in err) == (1, True)
    (tmp_path / "a.json").write_bytes(bundle(patient()))
    code, _, err = run(capsys, tmp_path, "--person", "nobody")
    assert (code, "unknown person" in err) == (1, True)
    assert models.ImportFile.objects.count() == 0


def test_progress_is_told_entry_by_entry(tmp_path: Path) -> None:
    from chartpost.identity.types import SYSTEM
    from chartpost.records.ingest import import_path

    seen: list[Progress] = []
    (tmp_path / "a.json").write_bytes(bundle(patient(), *(condition(f"c{n}") for n in range(700))))
    import_path(tmp_path / "a.json", SYSTEM, seen.append)
    inside = [p.entries_done for p in seen if p.entries_total == 701]
    assert inside == sorted(inside)
    assert len(inside) > 2
    assert (seen[-1].files_done, seen[-1].files_total) == (1, 1)


def test_documents_are_read_anew_on_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "summary.xml"
    path.write_text(paper(section(PROBLEMS, problem())))
    run(capsys, path)
    assert cli.main(["records", "rebuild-ccda"]) == 0
    assert "0 documents read anew" in capsys.readouterr().out
    assert cli.main(["records", "rebuild-ccda", "--all"]) == 0
    assert "1 document read anew: 0 entries new, 0 changed" in capsys.readouterr().out


def test_a_document_that_needs_a_look_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "summary.xml"
    path.write_text(paper(section("8648-8", '<act classCode="ACT" moodCode="EVN"><code code="1"/></act>')))
    code, out, _ = run(capsys, path)
    assert code == 0
    assert "Please look at summary.xml: 0 of 1 entries read, 1 kept as words" in out
