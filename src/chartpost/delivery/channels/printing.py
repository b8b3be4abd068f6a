"""Putting the parts of a package on paper."""

import io
from collections.abc import Iterable
from datetime import datetime

import pikepdf

from chartpost.delivery import queries
from chartpost.delivery.errors import NotReady
from chartpost.delivery.types import PackageView, PartView
from chartpost.formats.pdf.sandbox import image_to_pdf, render_apart
from chartpost.formats.pdf.types import Document, Office
from chartpost.identity.types import OfficeView
from chartpost.kernel import blobs

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


def joined(documents: Iterable[bytes]) -> bytes:
    """Several PDFs as one, for paper: the tags that screen readers use are not kept."""
    out = io.BytesIO()
    with pikepdf.new() as whole:
        for data in documents:
            with pikepdf.open(io.BytesIO(data)) as one:
                whole.pages.extend(one.pages)
        whole.save(out)
    return out.getvalue()


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
