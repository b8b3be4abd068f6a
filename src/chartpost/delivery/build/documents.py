"""Original documents of the selection, each as it was received (a PDF with scripts as its cleaned copy)."""

from collections.abc import Iterator
from functools import partial

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File
from chartpost.kernel import blobs
from chartpost.records import queries as records
from chartpost.records.types import DocumentView

ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "text/plain": "txt",
    "image/tiff": "tif",
    "application/xml": "xml",
}


def build(content: Content) -> list[File]:
    """One file per filed document."""
    return [_file(name, found) for _key, name, found in filed(content)]


def names(content: Content) -> dict[str, str]:
    """The file name of each filed document, by Type/id of its entry."""
    return {key: name for key, name, _found in filed(content)}


def filed(content: Content) -> Iterator[tuple[str, str, DocumentView]]:
    """Type/id, file name and document of each filed document."""
    number = 0
    for stored in content.entries:
        found = records.document(content.person.id, stored.rid) if stored.type == "DocumentReference" else None
        if found is not None:
            number += 1
            ending = "pdf" if found.clean_blob else ENDINGS.get(found.media_type.partition(";")[0], "bin")
            yield f"DocumentReference/{stored.id}", f"document-{number:02d}.{ending}", found


def _file(name: str, found: DocumentView) -> File:
    kind = "application/pdf" if found.clean_blob else found.media_type
    return File("document", name, kind, partial(blobs.open, found.clean_blob or found.blob), found.pages)
