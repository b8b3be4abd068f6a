"""What a file is, by its first bytes; names and endings prove nothing."""

from dataclasses import dataclass

SNIFF_BYTES = 4096
MB = 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """A kind of file that is taken in, its media type and the most bytes of it (unpacked)."""

    name: str
    media_type: str
    limit: int


FHIR = Kind("fhir", "application/fhir+json", 128 * MB)
NDJSON = Kind("ndjson", "application/fhir+ndjson", 1024 * MB)
PDF = Kind("pdf", "application/pdf", 256 * MB)
PNG = Kind("image", "image/png", 200 * MB)
JPEG = Kind("image", "image/jpeg", 200 * MB)
TIFF = Kind("image", "image/tiff", 200 * MB)
XML = Kind("ccda", "application/xml", 256 * MB)
ZIP = Kind("zip", "application/zip", 1024 * MB)
KINDS = (FHIR, NDJSON, PDF, PNG, JPEG, TIFF, XML, ZIP)
LARGEST = max(kind.limit for kind in KINDS)
GZIP_MAGIC = b"\x1f\x8b"
WANTED = "FHIR JSON or NDJSON (also .gz), C-CDA XML, PDF, PNG, JPEG, TIFF, or a zip of these"


def sniff(head: bytes) -> Kind | None:
    """The kind of a file whose first bytes (up to SNIFF_BYTES, unpacked) are `head`; None for others."""
    for magic, kind in (
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff", JPEG),
        (b"II*\x00", TIFF),
        (b"MM\x00*", TIFF),
        (b"PK\x03\x04", ZIP),
        (b"PK\x05\x06", ZIP),
    ):
        if head.startswith(magic):
            return kind
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return XML
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return None if text[:15].lower().startswith((b"<html", b"<!doctype html")) else XML
    return _json(text) if text.startswith((b"{", b"[")) else None


def _json(text: bytes) -> Kind:
    """NDJSON when a first line is an object of its own and another line begins one; one JSON value otherwise."""
    line, newline, rest = text.partition(b"\n")
    closed = line.rstrip().endswith(b"}") and line.count(b"{") == line.count(b"}")
    return NDJSON if closed and newline and (not rest.strip() or rest.lstrip().startswith(b"{")) else FHIR
