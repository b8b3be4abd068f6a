"""Setting a record as PDF in a process of its own, under limits that grow with the record."""

from datetime import datetime

from chartpost.formats.pdf.errors import WorkerStoppedError
from chartpost.formats.pdf.sandbox import Limits, render_apart
from chartpost.formats.pdf.types import RecordDocument

LIMITS = Limits(memory=4_000_000_000, seconds=120, wall_seconds=180)
BIG_LIMITS = Limits(memory=8_000_000_000, seconds=600, wall_seconds=900)
BIG = 4_000
"""Entries from which a record is set under the higher limits."""


def print_record(document: RecordDocument, *, created: datetime, entries: int) -> bytes:
    """The tagged PDF of a record with about so many entries; raises RenderError, WorkerStoppedError."""
    return _set(document, created, BIG_LIMITS if entries >= BIG else LIMITS)


def _set(document: RecordDocument, created: datetime, limits: Limits) -> bytes:
    try:
        return render_apart("record", document.to_json(), lang=document.lang, created=created, limits=limits)
    except WorkerStoppedError:
        if limits is BIG_LIMITS:
            raise
        return _set(document, created, BIG_LIMITS)
