"""Files put inside a PDF of our own as attachments (PDF/A-3, ISO 19005-3 6.8): pages and tags stay as they are."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from .errors import RenderError


@dataclass(frozen=True)
class Attachment:
    """A file to attach; `name` is its plain file name, `about` what it is, in words."""

    name: str
    media_type: str
    about: str
    data: bytes


def attach(pdf: bytes, files: Sequence[Attachment], when: datetime) -> bytes:
    """The PDF with the files in it; it must claim PDF/A-3, since PDF/A-2 allows no such files (ISO 19005-2 6.8).

    `when` (with an offset) is given as their date. Raises RenderError.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        with document.open_metadata() as meta:
            if meta.get("pdfaid:part") != "3":
                raise RenderError("the PDF claims no PDF/A-3; set it with attachments in mind")
        specs = [_spec(document, file, when) for file in files]
        named = sorted(zip((file.name for file in files), specs, strict=True), key=lambda pair: pair[0].encode())
        names = document.Root.get("/Names", Dictionary())
        names.EmbeddedFiles = Dictionary(Names=Array([part for name, spec in named for part in (String(name), spec)]))
        document.Root.Names = names
        document.Root.AF = Array(specs)
        out = io.BytesIO()
        document.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def _spec(document: pikepdf.Pdf, file: Attachment, when: datetime) -> pikepdf.Object:
    stream = document.make_stream(file.data)
    stream.Type = Name.EmbeddedFile
    stream.Subtype = Name(f"/{file.media_type}")
    day = String(when.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ"))
    checksum = String(hashlib.md5(file.data, usedforsecurity=False).digest())  # the field is an MD5 by definition
    stream.Params = Dictionary(Size=len(file.data), ModDate=day, CheckSum=checksum)
    return document.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(file.name),
            UF=String(file.name),
            Desc=String(file.about),
            AFRelationship=Name.Supplement,
            EF=Dictionary(F=stream, UF=stream),
        )
    )
