"""What `chartpost doctor` says about records."""

from chartpost.formats.pdf.scan import reader
from chartpost.kernel.doctor import Check
from chartpost.records import models
from chartpost.records.scans import WAITING


def scans() -> Check:
    """Whether the words of scans are read, so that search finds them."""
    waiting = models.Document.objects.filter(scan=WAITING).count()
    found = reader()
    if found is not None:
        return Check("words of scans", True, f"Scans are read ({found[1]}); {waiting} document(s) wait.", must=False)
    text = f"Tesseract with English is not installed: search does not find the words of scans; {waiting} wait."
    todo = "Install tesseract-ocr, tesseract-ocr-eng and tesseract-ocr-spa; what waits is then read."
    return Check("words of scans", False, text, todo, must=False)
