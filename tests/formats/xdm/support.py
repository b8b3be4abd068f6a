"""Small packages, whole and broken."""

import io
import stat
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

from chartpost.formats.xdm import Document, Patient, Sender, pack
from chartpost.formats.xdm.types import of_bytes

MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLINIC = Sender("Harbor | Clinic", "6a1c6f0e-52a4-4c0e-9f35-0d4b2f8d7c11")
PERSON = Patient(("2.16.840.1.113883.19.5", "MRN^7"), "Núñez & Sons", "Ana María", "1980-02-29", "female")
RECORD = b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>" * 50
PICTURE = b"%PDF-1.7 " + bytes(range(256)) * 40


def paper(title: str = "Summary <1>", kind: str = "text/xml", data: bytes = RECORD) -> Document:
    return Document(title, kind, of_bytes(data), "1.2.3.4.5", "20260302143000")


def package(*documents: Document) -> bytes:
    return b"".join(pack(documents or (paper(), paper("Scan", "application/pdf", PICTURE)), CLINIC, PERSON, made=MADE))


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(entries: Mapping[str, bytes], *, links: tuple[str, ...] = (), prefix: str = "") -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(prefix + name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFLNK if name in links else stat.S_IFREG) << 16
            archive.writestr(info, data)
    out.seek(0)
    return out
