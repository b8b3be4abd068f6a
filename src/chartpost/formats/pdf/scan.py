"""Words of scanned pages, read by Tesseract where it is installed (https://tesseract-ocr.github.io)."""

import io
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any, Final

DPI: Final = 300
LONGEST_SIDE: Final = 5_000
"""Points of the picture of a page; a large sheet is read at less than DPI."""

TEXT_ENOUGH: Final = 20
"""Characters of its own from which a page needs no reading."""

SECONDS_A_PAGE: Final = 60
_LANGUAGES: Final = ("eng", "spa")
_SPACES: Final = re.compile(r"[ \t]+")


@cache
def reader() -> tuple[str, str] | None:
    """The program that reads scans and its languages (`eng+spa`); None where it, or its English, is not installed."""
    program = which("tesseract")
    if program is None:
        return None
    told = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False, timeout=30)
    known = set((told.stdout + told.stderr).split())
    return (program, "+".join(lang for lang in _LANGUAGES if lang in known)) if "eng" in known else None


def page_words(pdf: Any, number: int, program: str, languages: str) -> str | None:
    """The words of page `number` (from 0) of an open pypdfium2 document; None when the page has text of its own.

    A page whose reading takes longer than SECONDS_A_PAGE has no words.
    """
    page = pdf[number]
    try:
        if len(page.get_textpage().get_text_bounded().strip()) >= TEXT_ENOUGH:
            return None
        across, up = page.get_size()
        scale = min(DPI / 72, LONGEST_SIDE / max(across, up, 1))
        picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")
    finally:
        page.close()
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(DPI, DPI), compress_level=1)
    return _read(out.getvalue(), program, languages)


def _read(picture: bytes, program: str, languages: str) -> str:
    command = [program, "stdin", "stdout", "-l", languages, "--psm", "3"]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": str(Path(program).parent), "LC_ALL": "C.UTF-8"}
    if "TESSDATA_PREFIX" in os.environ:
        environment["TESSDATA_PREFIX"] = os.environ["TESSDATA_PREFIX"]
    try:
        done = subprocess.run(
            command, input=picture, capture_output=True, env=environment, timeout=SECONDS_A_PAGE, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    lines = (_SPACES.sub(" ", line).strip() for line in done.stdout.decode("utf-8", "replace").splitlines())
    return "\n".join(line for line in lines if line).replace("\0", "").strip()
