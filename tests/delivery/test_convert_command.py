"""`chartpost convert` at the shell: files and folders in, files out, a report, and words for what cannot be."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from chartpost.cli import main
from chartpost.delivery.command import files
from chartpost.delivery.errors import FileError
from tests.formats.convert import inputs


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "edith.json"
    path.parent.mkdir()
    path.write_bytes(inputs.bundle(*inputs.EDITH))
    return path


def run(*words: object) -> int:
    return main(["convert", *map(str, words)])


def test_each_kind_is_made_private_and_whole(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for target in ("fhir", "ccda", "html", "xdm"):
        assert run(source, "--to", target, "-o", f"{out}/", "-q") == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"edith.fhir.json", "edith.ccda.xml", "edith.html", "edith.xdm.zip"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}


def test_the_report_says_what_was_understood(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source.write_bytes(inputs.bundle(*inputs.EDITH, inputs.condition("c2", clinicalStatus="x")))
    told = tmp_path / "report.json"
    assert run(source, "--to", "html", "-o", tmp_path / "a.html", "--report", told) == 0
    said = capsys.readouterr().err
    assert "Health problems: 1 of 2 understood" in said
    assert "error: invalid" in said
    report = json.loads(told.read_text())
    (one,) = report["inputs"]
    assert (report["to"], report["understood"], one["kind"], one["refused"]) == ("html", False, "fhir", None)
    assert one["resources"]["Condition"] == 2
    assert one["made"][0]["bytes"] == (tmp_path / "a.html").stat().st_size
    assert run(source, "--to", "html", "-o", tmp_path / "b.html", "--strict", "-q") == 1


def test_a_folder_is_converted_file_by_file_and_its_ndjson_as_one(tmp_path: Path, source: Path) -> None:
    folder = source.parent
    (folder / "export").mkdir()
    (folder / "export" / "Patient.ndjson").write_bytes(inputs.lines(inputs.patient()))
    (folder / "export" / "Condition.ndjson").write_bytes(inputs.lines(inputs.condition("c1")))
    (folder / "photo.txt").write_text("hello")
    (folder / ".hidden.json").write_text("not looked at")
    out = tmp_path / "out"
    assert run(folder, "--to", "fhir", "-o", out, "-q") == 1, "one file of it was refused"
    assert {path.name for path in out.iterdir()} == {"edith.fhir.json", "export.fhir.json"}
    assert len(json.loads((out / "export.fhir.json").read_bytes())["entry"]) == 2


def test_standard_input_and_output(
    source: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(source.read_bytes())))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(os.fdopen(os.dup(1), "wb")))
    assert run("-", "--to", "html", "-q") == 0
    assert capfdbinary.readouterr().out.startswith(b"<!DOCTYPE html>")


def test_nothing_that_is_there_is_written_over_unasked(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    out.write_text("mine")
    assert run(source, "--to", "html", "-o", out, "-q") == 1
    assert out.read_text() == "mine"
    assert run(source, "--to", "html", "-o", out, "-q", "--force") == 0
    assert out.read_text().startswith("<!DOCTYPE")


def test_a_write_that_fails_leaves_nothing_behind(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert run(source, "--to", "html", "-o", out, "-q") == 1
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing.json", "--to", "pdf"), "no file missing.json"),
        (("{source}", "--to", "html", "--zone", "Mars/Base"), "--zone Mars/Base"),
        (("{source}", "--to", "html", "-o", "x.html", "--report", "{source}"), "a report over an input"),
        (("{source}", "{source}", "--to", "html"), "no folder for what is made"),
        (("{source}", "--to", "html", "-o", "/proc/none/x.html"), "cannot be written"),
    ],
)
def test_wrong_calls_are_told_in_three_parts(
    words: tuple[str, ...], said: str, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*(word.format(source=source) for word in words)) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Expected: " in error
    assert "What to do: " in error


def test_two_people_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = tmp_path / "both.json"
    both.write_bytes(inputs.bundle(*inputs.EDITH, inputs.patient("p2", "Pruitt")))
    assert run(both, "--to", "html", "-o", tmp_path / "one.html") == 1
    assert "several people" in capsys.readouterr().err
    assert not (tmp_path / "one.html").exists()
    assert run(both, "--to", "html", "-o", f"{tmp_path}/out/", "-q") == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"both-1.html", "both-2.html"}


def test_an_empty_folder_and_a_file_over_the_cap(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "--to", "fhir", "-o", f"{tmp_path}/out/") == 1
    big = tmp_path / "big"
    big.write_bytes(b"x" * 11)
    with pytest.raises(FileError, match="over 10 bytes"):
        files.read(big, 10)


def test_no_home_no_settings_and_no_framework_are_needed(source: Path, tmp_path: Path) -> None:
    """Neither a home nor Django: a wrong setting that would stop every other command stops nothing here."""
    code = (
        "import sys; from chartpost.cli import main; "
        f"status = main(['convert', {str(source)!r}, '--to', 'ccda', '-o', 'out.xml', '-q']); "
        "assert 'django' not in sys.modules, sorted(m for m in sys.modules if m.startswith('django'))[:3]; "
        "sys.exit(status)"
    )
    environment = {"PATH": os.environ["PATH"], "CHARTPOST_PORT": "no number", "HOME": str(tmp_path / "nowhere")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out.xml").read_bytes().startswith(b"<?xml")
    assert not (tmp_path / "nowhere").exists()
