"""The program that handles one foreign file in a process of its own: `python -m …pdf.worker`.

Standard input is one line of JSON (operation, arguments, limits) and then the file. Standard output is one
line of JSON (answer or error) and then bytes.
"""

import io
import json
import resource
import sys
from collections.abc import Callable
from typing import Any

from .errors import PdfError, UnreadablePdfError

Answer = tuple[dict[str, Any], bytes]


def clean(data: bytes) -> Answer:
    """Take what acts out of a PDF."""
    from .clean import clean_bytes

    cleaned, removed, pages = clean_bytes(data)
    return {"removed": removed, "pages": pages}, cleaned


def image(data: bytes, alt: str, title: str, lang: str) -> Answer:
    """Turn an image into a PDF."""
    from .images import image_bytes_to_pdf

    return {}, image_bytes_to_pdf(data, alt, title, lang)


def picture(data: bytes) -> Answer:
    """Draw a picture anew."""
    from .pictures import redraw

    drawn, media_type, width, height = redraw(data)
    return {"media_type": media_type, "width": width, "height": height}, drawn


def text(data: bytes, limit: int) -> Answer:
    """Read the text of each page, up to `limit` characters in all."""
    pages = []
    with _pdfium(data) as pdf:
        for page in pdf:
            found = page.get_textpage().get_text_bounded()[:limit]
            limit -= len(found)
            pages.append(found)
            page.close()
    return {"pages": pages}, b""


def scan(data: bytes, pages: list[int], program: str, languages: str) -> Answer:
    """Read the words of some pages that are pictures; null for pages that have text of their own."""
    from .scan import page_words

    with _pdfium(data) as pdf:
        found = {n: page_words(pdf, n, program, languages) for n in pages if n < len(pdf)}
    return {"pages": found}, b""


def set_type(data: bytes, template: str, lang: str, created: str | None, holds_files: bool, measure: bool) -> Answer:
    """Set one of our templates with JSON data; to measure, only its pages and titles are told."""
    from datetime import datetime

    from . import typeset

    if measure:
        pages, titles = typeset.measure(template, json.loads(data), lang=lang)
        return {"pages": pages, "titles": titles}, b""
    when = datetime.fromisoformat(created) if created else None
    return {}, typeset.render(template, json.loads(data), lang=lang, created=when, holds_files=holds_files)


def join(data: bytes, sizes: list[int], round_: int, last: bool) -> Answer:
    """Join the parts of a document of ours, which follow each other in the data."""
    from .join import join as together

    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    return {}, together([data[start : start + size] for start, size in zip(starts, sizes, strict=True)], round_, last)


def thumbnail(data: bytes, page: int, width: int) -> Answer:
    """Draw one page as a PNG."""
    with _pdfium(data) as pdf:
        if not 0 <= page < len(pdf):
            raise UnreadablePdfError(f"there is no page {page + 1}; the PDF has {len(pdf)}")
        across, up = pdf[page].get_size()
        scale = width / max(across, 1)
        scale = min(scale, 8000 / max(up, 1))
        picture = pdf[page].render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return {"width": picture.width, "height": picture.height}, out.getvalue()


def _pdfium(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        raise UnreadablePdfError("the bytes are no readable PDF, or it asks for a password") from None


OPERATIONS: dict[str, Callable[..., Answer]] = {
    "clean": clean,
    "image": image,
    "join": join,
    "picture": picture,
    "scan": scan,
    "text": text,
    "thumbnail": thumbnail,
    "typeset": set_type,
}


def limit_resources(memory: int, seconds: int) -> None:
    """Cap address space (bytes), processor time, and file writing of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer the one request on standard input."""
    request = json.loads(sys.stdin.buffer.readline())
    limit_resources(request["memory"], request["seconds"])
    try:
        answer, out = OPERATIONS[request["operation"]](sys.stdin.buffer.read(), **request["arguments"])
    except PdfError as error:
        answer, out = {"error": error.code, "message": str(error)}, b""
    except (MemoryError, RecursionError):
        answer, out = {"error": "stopped", "message": "the file needs more memory than we give"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(out)


if __name__ == "__main__":
    main()
