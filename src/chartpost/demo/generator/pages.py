"""A few typed pages as a PDF 1.4 file, enough for a letter or a scanned chart in the demo."""

from textwrap import wrap

LINE_HEIGHT, TOP, LEFT, LINES_A_PAGE, COLUMNS = 14, 740, 60, 48, 88


def _string(text: str) -> bytes:
    """A PDF literal string in WinAnsiEncoding (ISO 32000-1 7.3.4.2)."""
    raw = text.encode("cp1252", "replace")
    return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _lines(text: str) -> list[str]:
    return [line for paragraph in text.split("\n") for line in (wrap(paragraph, COLUMNS) or [""])]


def _content(lines: list[str]) -> bytes:
    shown = b"".join(_string(line) + b" Tj T*\n" for line in lines)
    stream = b"BT /F1 11 Tf %d TL %d %d Td\n" % (LINE_HEIGHT, LEFT, TOP) + shown + b"ET"
    return b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream"


def text_pdf(title: str, text: str) -> bytes:
    """Typeset plain text on US Letter pages; the same text gives the same bytes."""
    lines = _lines(text)
    pages = [lines[at : at + LINES_A_PAGE] for at in range(0, len(lines), LINES_A_PAGE)]
    numbers = [4 + 2 * index for index in range(len(pages))]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in zip(numbers, pages, strict=True):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (number + 1)
        )
        objects.append(_content(page))
    objects.append(b"<< /Title " + _string(title) + b" >>")
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    """Join objects with their cross-reference table (ISO 32000-1 7.5); the last object is the Info."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
