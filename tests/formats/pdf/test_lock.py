"""A locked copy of our own PDF: nothing of it readable without the password, all of it there with it."""

import io
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
from tests.formats.pdf.samples import RECEIPT

from chartpost.formats.pdf import render_receipt
from chartpost.formats.pdf.errors import UnreadablePdfError
from chartpost.formats.pdf.lock import lock

PASSWORD = "abacus-abdomen-abide-able-abnormal"


@pytest.fixture(scope="module")
def plain() -> bytes:
    return render_receipt(RECEIPT)


@pytest.fixture(scope="module")
def locked(plain: bytes) -> bytes:
    return lock(plain, PASSWORD)


def test_it_opens_with_the_password_alone(locked: bytes) -> None:
    for wrong in ("", PASSWORD.upper(), PASSWORD + " "):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(locked), password=wrong)
    with pikepdf.open(io.BytesIO(locked), password=PASSWORD) as pdf:
        assert (pdf.encryption.R, pdf.encryption.bits, str(pdf.encryption.stream_method)) == (
            6,
            256,
            "EncryptionMethod.aesv3",
        )


def test_tags_and_language_stay_and_no_false_claim(plain: bytes, locked: bytes) -> None:
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(locked), password=PASSWORD) as after:
        assert len(after.pages) == len(before.pages)
        assert after.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in after.Root
        assert after.Root.Lang == before.Root.Lang
        said = after.open_metadata()
        assert said.get("pdfuaid:part") == "1"
        assert said.get("pdfaid:part") is None


def test_no_title_stands_in_the_clear(plain: bytes, locked: bytes) -> None:
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        title = str(pdf.docinfo["/Title"])
    assert title.encode() not in locked
    assert title.encode("utf-16-be") not in locked
    assert b"<x:xmpmeta" not in locked


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_opens_it(locked: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(locked)
    opened = subprocess.run(["qpdf", f"--password={PASSWORD}", "--check", str(path)], capture_output=True, check=False)
    assert opened.returncode == 0, opened.stdout
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize("password", ["", "x" * 128])
def test_passwords_have_a_length(plain: bytes, password: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 127"):
        lock(plain, password)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(UnreadablePdfError):
        lock(b"no pdf", PASSWORD)
