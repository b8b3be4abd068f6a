"""Words of scanned documents, read in the background where Tesseract is installed, so that search finds them.

Each page is kept when it is read: a reading that was stopped goes on where it was. What a machine read is marked so,
since it may be wrong.
"""

import logging
import time
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.pdf import sandbox
from chartpost.formats.pdf.errors import PdfError
from chartpost.formats.pdf.scan import reader
from chartpost.kernel import blobs
from chartpost.kernel.blobs.errors import LOST
from chartpost.records import models, text
from chartpost.records.preparing import words_of

log = logging.getLogger("chartpost.records")

WAITING, READ, NONE = "waiting", "read", "none"
BUDGET_SECONDS = 60
PAGES_AT_ONCE = 2
MOST_PAGES = 500
"""Pages of a document that are read; later ones are not searched."""


def go_on() -> int:
    """Read documents that wait, for about a minute; returns how many are done. Safe to stop and repeat."""
    if reader() is None:
        return 0
    until, done = time.monotonic() + BUDGET_SECONDS, 0
    for row in models.Document.objects.filter(scan=WAITING).order_by("pk")[:100]:
        if time.monotonic() > until or not _read(row, until):
            break
        done += 1
    return done


def words(person_id: int, rid: int) -> list[str]:
    """What a machine read of a document's pages that are pictures, in their order; who may see it is asked before."""
    if not models.Document.objects.filter(rid=rid, person_id=person_id, scan=READ).exists():
        return []
    return list(_pages(rid).exclude(words="").values_list("words", flat=True))


def _read(row: models.Document, until: float) -> bool:
    """Read what is missing of a document; False when the time ran out before its end."""
    try:
        data = _pdf(row)
        known = set(_pages(row.rid).values_list("page", flat=True))
        missing = (page for page in range(min(row.pages or 1, MOST_PAGES)) if page not in known)
        while some := list(islice(missing, PAGES_AT_ONCE)):
            if time.monotonic() > until:
                return False
            _keep(row.rid, some, sandbox.scanned_words(data, some))
    except PdfError as error:
        log.warning("a scan could not be read: %s", error.code)
    except LOST as error:
        log.error("the file of a scan is lost: %s", type(error).__name__)  # noqa: TRY400 - others wait behind it
        models.Document.objects.filter(pk=row.pk).update(scan=NONE)
        return True
    _finish(row)
    return True


def _pdf(row: models.Document) -> bytes:
    if row.clean_blob:
        return blobs.read(row.clean_blob)
    return sandbox.image_to_pdf(blobs.read(row.blob), alt="page", title="page")


def _keep(rid: int, pages: list[int], found: dict[int, str | None]) -> None:
    rows = [models.ScanPage(rid=rid, page=page, words=found.get(page) or "") for page in pages]
    models.ScanPage.objects.bulk_create(rows, ignore_conflicts=True)


def _pages(rid: int) -> QuerySet[models.ScanPage]:
    return models.ScanPage.objects.filter(rid=rid).order_by("page")


def _finish(row: models.Document) -> None:
    """Put the words into the index, with those the document had."""
    found = "\n".join(_pages(row.rid).exclude(words="").values_list("words", flat=True))
    own = "\n".join(sandbox.page_text(blobs.read(row.clean_blob))) if row.clean_blob and found else ""
    with transaction.atomic():
        entry = models.Resource.objects.select_for_update(no_key=True).filter(pk=row.rid, deleted=False).first()
        if entry is not None and found:
            text.remove([row.rid])
            text.add([(row.rid, entry.person_id, words_of(parse(bytes(entry.body)), f"{own}\n{found}"))])
        models.Document.objects.filter(pk=row.pk).update(scan=READ if found else NONE)
