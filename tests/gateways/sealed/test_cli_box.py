"""`chartpost open records.cps`: a stick or disc at the shell, without any server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chartpost.formats import media

PASSWORD = "abacus-abdomen-abide-able-abnormal"
FILES = {"a.txt": b"hello", "sub/large.bin": os.urandom(20_000_000), "empty": b""}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box and its password in a file."""
    folder = tmp_path_factory.mktemp("stick")
    sources = [media.Source(n, "text/plain", len(d), lambda d=d: [d]) for n, d in FILES.items()]  # type: ignore[misc]
    made = media.seal_files(sources, PASSWORD, title="Copies", note="", created="2026-11-21T10:00:00Z")
    (folder / "records.cps").write_bytes(b"".join(made.stream()))
    (folder / "password").write_text(f"{PASSWORD}\n")
    return folder / "records.cps"


def opened(box: Path, *more: str, password: str = "", expect: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    file = box.with_name("password")
    if password:
        file = box.with_name("other")
        file.write_text(password)
    command = [sys.executable, "-m", "chartpost", "open", str(box), "--password-file", str(file), *more]
    found = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert found.returncode == expect, found.stderr.decode()
    return found


def test_every_file_is_saved_as_it_was(box: Path, tmp_path: Path) -> None:
    said = opened(box, "-o", str(tmp_path / "got")).stderr.decode()
    assert {name: (tmp_path / "got" / name).read_bytes() for name in FILES} == FILES
    assert "All of it arrived whole." in said
    assert "sender" not in said


def test_one_file_goes_to_standard_output_and_the_list_is_told(box: Path) -> None:
    assert opened(box, "--file", "sub/large.bin", "-o", "-").stdout == FILES["sub/large.bin"]
    assert opened(box, "--list").stdout.decode() == "5\ta.txt\n20000000\tsub/large.bin\n0\tempty\n"


def test_a_wrong_password_saves_nothing(box: Path, tmp_path: Path) -> None:
    said = opened(box, "-o", str(tmp_path / "got"), password="abacus-abdomen", expect=1).stderr.decode()
    assert "does not fit" in said
    assert "password sheet" in said
    assert not (tmp_path / "got").exists()


def test_a_cut_or_changed_box_saves_nothing_of_what_was_changed(box: Path, tmp_path: Path) -> None:
    data = box.read_bytes()
    cut, changed = box.with_name("cut.cps"), box.with_name("changed.cps")
    cut.write_bytes(data[:-1])
    assert "the whole file records.cps" in opened(cut, "-o", str(tmp_path / "cut"), expect=1).stderr.decode()
    middle = len(data) // 2
    changed.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    opened(changed, "-o", str(tmp_path / "changed"), expect=1)
    assert not (tmp_path / "changed" / "sub" / "large.bin").exists()
