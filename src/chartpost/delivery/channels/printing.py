"""Putting the parts of a package on paper."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pikepdf

from chartpost.delivery import queries
from chartpost.delivery.errors import NotReady
from chartpost.delivery.types import PackageView, PartView
from chartpost.formats.pdf.sandbox import image_to_pdf, render_apart
from chartpost.formats.pdf.types import Document, Office
from chartpost.identity.types import OfficeView
from chartpost.kernel import blobs

LETTER = (612, 792)
"""US letter in points."""
PICTURES = frozenset({"image/png", "image/jpeg", "image/tiff"})


def printable(package: PackageView) -> list[bytes]:
    """The record and its original documents as PDFs, the record first; raises NotReady when there is no record PDF."""
    parts = [p for p in package.parts if p.format == "pdf"]
    if not parts:
        raise NotReady(
            seen="a package without a PDF", expected="a PDF to print", todo="Build the package again with PDF chosen."
        )
    documents = [p for p in package.parts if p.format == "document" and p.media_type in {"application/pdf", *PICTURES}]
    return [_as_pdf(part, package.language) for part in [*parts, *documents]]


@dataclass(frozen=True)
class Packet:
    """Papers as one PDF for both sides of the sheet: each begins on a new sheet."""

    data: bytes
    pages: int
    sheets: int


def page_count(data: bytes) -> int:
    """Pages of a PDF of ours."""
    with pikepdf.open(io.BytesIO(data)) as one:
        return len(one.pages)


def sheets(pages: int) -> int:
    """Sheets that so many pages take on both sides."""
    return -(-pages // 2)


def packet(documents: Sequence[bytes]) -> Packet:
    """Several PDFs as one, for paper: the tags that screen readers use are not kept.

    An empty page ends each document of an odd number of pages, so that no two papers share a sheet. The file asks the
    printer for both sides, turned on the long edge, at its own size (ISO 32000-2 12.2), since windows need that.
    """
    out = io.BytesIO()
    with pikepdf.new() as whole:
        for data in documents:
            with pikepdf.open(io.BytesIO(data)) as one:
                whole.pages.extend(one.pages)
            if len(whole.pages) % 2:
                whole.add_blank_page(page_size=LETTER)
        whole.Root.ViewerPreferences = pikepdf.Dictionary(
            Duplex=pikepdf.Name.DuplexFlipLongEdge,
            PrintScaling=pikepdf.Name("/None"),
            PickTrayByPDFSize=True,
        )
        pages = len(whole.pages)
        whole.save(out)
    return Packet(out.getvalue(), pages, sheets(pages))


def typeset(template: str, document: Document, language: str, made_at: datetime) -> bytes:
    """A paper of our own as PDF; its metadata says when it was made, to the second."""
    return render_apart(template, document.to_json(), lang=language, created=made_at.replace(microsecond=0))


def letterhead(office: OfficeView) -> Office:
    """The office as documents print it."""
    address = ", ".join(line.strip() for line in office.address.splitlines() if line.strip())
    return Office(office.name, address, office.phone)


def _as_pdf(part: PartView, language: str) -> bytes:
    data = blobs.read(queries.part(part.ref)[2])
    if part.media_type in PICTURES:
        return image_to_pdf(data, alt=part.name, title=part.name, lang=language)
    return data
