"""A PDF under a password (AES-256, ISO 32000-2 7.6.4.4.10: revision 6); tags and bookmarks stay."""

import io

import pikepdf

from .errors import UnreadablePdfError

LONGEST = 127
"""Bytes of a password (ISO 32000-2 7.6.4.3.3)."""


def lock(data: bytes, password: str) -> bytes:
    """A copy of one of our own PDFs that opens with the password alone; its metadata is locked too.

    The copy no longer claims PDF/A, which forbids locks (ISO 19005-2 6.1.3). Raises UnreadablePdfError, and ValueError
    for a password that is empty or too long.
    """
    if not 0 < len(password.encode()) <= LONGEST:
        message = f"a password of {len(password.encode())} bytes; expected 1 to {LONGEST}"
        raise ValueError(message)
    out = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as said:
                for name in ("pdfaid:part", "pdfaid:conformance"):
                    said.pop(name, None)
            key = pikepdf.Encryption(owner=password, user=password, R=6, aes=True, metadata=True)
            pdf.save(out, encryption=key, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    except pikepdf.PdfError:
        raise UnreadablePdfError("the bytes are no PDF that can be opened; give one of our own") from None
    return out.getvalue()
