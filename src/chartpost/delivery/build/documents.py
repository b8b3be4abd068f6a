"""Original documents of the selection, each as it was received (a PDF with scripts as its cleaned copy)."""

from chartpost.delivery.build.content import Content
from chartpost.delivery.build.file import File
from chartpost.kernel import blobs
from chartpost.records import queries as records

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
    files: list[File] = []
    for stored in content.entries:
        found = records.document(content.person.id, stored.rid) if stored.type == "DocumentReference" else None
        if found is None:
            continue
        name = f"document-{len(files) + 1:02d}.{ENDINGS.get(found.media_type, 'bin')}"
        data = blobs.read(found.clean_blob or found.blob)
        files.append(File("document", name, found.media_type, data, found.pages))
    return files
