"""XDM (IHE ITI TF-1 16): the C-CDA and the original documents in one zip, as systems of other offices take it."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.delivery.build import ccda, documents
from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File, stream
from chartpost.formats import xdm
from chartpost.formats.ccda import Header, read_header
from chartpost.formats.readable.patient import UNPRINTED_NUMBERS
from chartpost.kernel import blobs
from chartpost.kernel.keys import derive

OTHER = ("34133-9", "Summarization of Episode Note")
_DOCUMENT = ("51851-4", "Administrative note")
"""LOINC class of documents whose own is not known to the package."""


def build(content: Content) -> list[File]:
    """One zip, packed while it is read."""
    (document,) = ccda.build(content)
    with document.open() as opened:
        header = read_header(opened.read())
    packed = partial(_packed, content, header, document.open)
    return [File("xdm", f"{content.file_stem}.xdm.zip", "application/zip", lambda: stream(packed()))]


def _packed(content: Content, header: Header, opener: Callable[[], BinaryIO]) -> Iterator[bytes]:
    office = str(uuid.UUID(bytes=derive("custodian-id", 16), version=4))
    found = [_summary(content, header, opener), *_originals(content)]
    return iter(
        xdm.pack(found, xdm.Sender(content.office.name, office), _patient(content, office), made=content.made_at)
    )


def _summary(content: Content, header: Header, opener: Callable[[], BinaryIO]) -> xdm.Document:
    return xdm.Document(
        title=header.title,
        media_type="text/xml",
        open=opener,
        unique_id=header.document_id[0],
        created=_moment(content),
        code=(header.code.code, header.code.display) if header.code.code else OTHER,
        language=next(iter(header.languages), "en-US"),
    )


def _originals(content: Content) -> Iterator[xdm.Document]:
    """Every filed document under a title that names nobody; what it is called stands inside the C-CDA."""
    for key, name, found in documents.filed(content):
        with translation.override(content.language):
            title = _("Original document %(name)s") % {"name": name}
        yield xdm.Document(
            title=title,
            media_type="application/pdf" if found.clean_blob else found.media_type.partition(";")[0],
            open=partial(blobs.open, found.clean_blob or found.blob),
            unique_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {found.sha256}")),
            created=_moment(content),
            code=_DOCUMENT,
            language="es-US" if content.language == "es" else "en-US",
        )


def _patient(content: Content, office: str) -> xdm.Patient:
    person = content.person
    numbers = [v for system, v in person.identifiers if not any(part in system for part in UNPRINTED_NUMBERS)]
    return xdm.Patient(
        identifier=(office, next(iter(numbers), person.ref)),
        family=person.family,
        given=person.given,
        birth_date=person.birth_date.isoformat() if person.birth_date else "",
        sex=person.sex or "unknown",
    )


def _moment(content: Content) -> str:
    """An HL7 TS in UTC."""
    return content.made_at.strftime("%Y%m%d%H%M%S")
