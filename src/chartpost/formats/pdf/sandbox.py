"""Work done in a separate process with limits: foreign PDFs and images, and long documents of our own.

The readers are native code; typst keeps what it has set in memory until its process ends.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from .errors import BY_CODE, UnreadablePdfError, WorkerStoppedError
from .parts import WEIGHT, expected, numbered, split
from .scan import reader
from .types import RecordDocument

SOURCE: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Limits:
    """What one file may use: memory in bytes, processor time and wall time in seconds."""

    memory: int = 1_500_000_000
    seconds: int = 30
    wall_seconds: int = 60


@dataclass(frozen=True)
class CleanResult:
    """A PDF without anything that acts; `removed` names what was taken out with counts."""

    data: bytes
    removed: tuple[str, ...]
    pages: int


@dataclass(frozen=True)
class Picture:
    """A picture drawn anew: PNG or JPEG, its size in points."""

    data: bytes
    media_type: str
    width: int
    height: int


DEFAULT: Final = Limits()
SCANNING: Final = Limits(memory=1_500_000_000, seconds=120, wall_seconds=240)
TYPESETTING: Final = Limits(memory=4_000_000_000, seconds=120, wall_seconds=120)


def clean_pdf(data: bytes, *, limits: Limits = DEFAULT) -> CleanResult:
    """Make a copy of a foreign PDF without scripts, actions, attachments, XFA, multimedia and unsafe links.

    Keep the original bytes as received and show this copy. Signatures in the file no longer hold and a tag
    tree stays. Raises EncryptedPdfError, UnreadablePdfError, PdfTooLargeError or WorkerStoppedError.
    """
    answer, cleaned = _run("clean", data, {}, limits)
    return CleanResult(cleaned, tuple(answer["removed"]), answer["pages"])


def image_to_pdf(data: bytes, *, alt: str, title: str, lang: str = "en", limits: Limits = DEFAULT) -> bytes:
    """Turn a JPEG, PNG, TIFF (all pages), GIF, BMP or WebP into a tagged PDF on letter pages.

    `alt` is the text a screen reader says for each page. Raises UnreadableImageError, PdfTooLargeError or
    WorkerStoppedError.
    """
    return _run("image", data, {"alt": alt, "title": title, "lang": lang}, limits)[1]


def picture(data: bytes, *, limits: Limits = DEFAULT) -> Picture:
    """Draw a foreign image anew, for showing on a page: its first frame, upright, at most 2,400 points a side.

    Raises UnreadableImageError, PdfTooLargeError or WorkerStoppedError.
    """
    answer, drawn = _run("picture", data, {}, limits)
    return Picture(drawn, answer["media_type"], answer["width"], answer["height"])


def page_text(data: bytes, *, limit: int = 20_000_000, limits: Limits = DEFAULT) -> tuple[str, ...]:
    """Read the text of each page; at most `limit` characters in all, empty for pages that are pictures.

    Raises UnreadablePdfError or WorkerStoppedError.
    """
    return tuple(_run("text", data, {"limit": limit}, limits)[0]["pages"])


def scanned_words(data: bytes, pages: Sequence[int], *, limits: Limits = SCANNING) -> dict[int, str | None]:
    """Read the words of pages (counted from 0) that are pictures, with Tesseract; None for pages with text.

    Empty when `scan.reader()` is None. Raises UnreadablePdfError or WorkerStoppedError.
    """
    found = reader()
    if found is None:
        return {}
    program, languages = found
    arguments = {"pages": list(pages), "program": program, "languages": languages}
    return {int(n): words for n, words in _run("scan", data, arguments, limits)[0]["pages"].items()}


def thumbnail(data: bytes, *, page: int = 0, width: int = 240, limits: Limits = DEFAULT) -> bytes:
    """Draw a page (counted from 0) as a PNG of `width` pixels.

    Raises UnreadablePdfError (also where there is no such page) or WorkerStoppedError.
    """
    return _run("thumbnail", data, {"page": page, "width": width}, limits)[1]


def render_apart(
    template: str,
    data: Mapping[str, object],
    *,
    lang: str = "en",
    created: datetime | None = None,
    holds_files: bool = False,
    limits: Limits = TYPESETTING,
) -> bytes:
    """Do what `typeset.render` does in a process of its own, for servers and workers that run long.

    Costs a tenth of a second more; leaves no text of the document in typst's memory here. Raises
    RenderError or WorkerStoppedError.
    """
    return _run("typeset", orjson.dumps(data), _typesetting(template, lang, created, holds_files), limits)[1]


def render_record_apart(
    document: RecordDocument,
    *,
    created: datetime | None = None,
    holds_files: bool = False,
    limits: Limits = TYPESETTING,
    weight: int = WEIGHT,
) -> bytes:
    """Set a record in processes of its own, a long one in parts of about `weight` lines that are joined at the end.

    However long the record, one part is in memory at a time, and then the file itself. Raises RenderError or
    WorkerStoppedError.
    """
    settings = _typesetting("record", document.lang, created, holds_files)
    pieces = split(document.to_json(), weight)
    if len(pieces) == 1:
        return _run("typeset", orjson.dumps(document.to_json()), settings, limits)[1]
    measured = []
    for piece in expected(pieces):
        answer, _ = _run("typeset", orjson.dumps(piece), {**settings, "measure": True}, limits)
        measured.append((answer["pages"], [(title, page) for title, page in answer["titles"]]))
    made = [_run("typeset", orjson.dumps(piece), settings, limits)[1] for piece in numbered(pieces, measured)]
    return _joined(made, limits)


def _joined(parts: list[bytes], limits: Limits) -> bytes:
    """One part after the other is put behind those before: less is in memory at once than with halves."""
    whole = parts[0]
    for number, part in enumerate(parts[1:], start=1):
        settings = {"sizes": [len(whole), len(part)], "round_": number, "last": number == len(parts) - 1}
        whole = _run("join", whole + part, settings, limits)[1]
    return whole


def _typesetting(template: str, lang: str, created: datetime | None, holds_files: bool) -> dict[str, Any]:
    when = created.isoformat() if created else None
    return {"template": template, "lang": lang, "created": when, "holds_files": holds_files, "measure": False}


def _run(operation: str, data: bytes, arguments: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], bytes]:
    request = {
        "operation": operation,
        "arguments": arguments,
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "chartpost.formats.pdf.worker"],
            input=json.dumps(request).encode() + b"\n" + data,
            capture_output=True,
            timeout=limits.wall_seconds,
            cwd="/",
            env={"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/nonexistent"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WorkerStoppedError(f"the file took over {limits.wall_seconds} s; it was not handled") from None
    header, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not header:
        raise _stopped(done.returncode, limits)
    answer: dict[str, Any] = json.loads(header)
    if "error" in answer:
        raise BY_CODE[answer["error"]](answer["message"])
    return answer, body


def _stopped(status: int, limits: Limits) -> Exception:
    if status < 0:
        return WorkerStoppedError(
            f"the reader stopped with signal {-status} (limits {limits.seconds} s, {limits.memory:,} bytes); "
            "the file is damaged, too large or hostile: keep it unopened, or ask for another copy"
        )
    return UnreadablePdfError("the file could not be read; ask the sender for another copy")
