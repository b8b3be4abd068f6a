"""What the record PDF carries of filed documents: pictures printed in it, PDF files attached to it."""

import base64
from collections.abc import Iterator
from typing import Literal, cast

from django.utils.translation import gettext as _

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.documents import filed
from chartpost.formats.pdf import sandbox
from chartpost.formats.pdf.attach import Attachment
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.types import Picture, Section
from chartpost.kernel import blobs
from chartpost.records.types import DocumentView

MOST_PICTURES = 60
MOST_ATTACHED = 20 * 1024 * 1024
"""Bytes of attached files in all; larger ones only lie beside the record, which names them."""


def pictures(content: Content) -> list[Section]:
    """A section with the pictures on file, newest first; what cannot be drawn is left to the files of the package."""
    images = (found for _key, _name, found in filed(content) if found.media_type.startswith("image/"))
    drawn = [picture for found in images if not found.problem for picture in _drawn(found)][:MOST_PICTURES]
    return [Section(_("Pictures"), "pictures", pictures=tuple(drawn))] if drawn else []


def _drawn(found: DocumentView) -> Iterator[Picture]:
    try:
        made = sandbox.picture(blobs.read(found.blob))
    except PdfError:
        return
    title = found.title or _("Picture")
    kind = cast("Literal['image/png', 'image/jpeg']", made.media_type)
    alt = _("Picture: %(title)s") % {"title": title}
    yield Picture(base64.b64encode(made.data).decode(), kind, made.width, made.height, alt, title)


def attached(content: Content) -> list[Attachment]:
    """The PDF files of the selection as their cleaned copies, as many as there is room for."""
    room, found = MOST_ATTACHED, []
    for _key, name, document in filed(content):
        if not document.clean_blob or document.media_type != "application/pdf":
            continue
        data = blobs.read(document.clean_blob)
        if len(data) <= room:
            room -= len(data)
            found.append(Attachment(name, "application/pdf", document.title or name, data))
    return found
