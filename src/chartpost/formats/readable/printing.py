"""Setting a record as PDF in processes of their own: a long one in parts, files that came as PDF attached to it."""

from collections.abc import Sequence
from datetime import datetime

from chartpost.formats.pdf.attach import Attachment, attach
from chartpost.formats.pdf.sandbox import Limits, render_record_apart
from chartpost.formats.pdf.types import RecordDocument

LIMITS = Limits(memory=4_000_000_000, seconds=300, wall_seconds=600)


def print_record(document: RecordDocument, *, created: datetime, attached: Sequence[Attachment] = ()) -> bytes:
    """The tagged PDF of a record: PDF/UA-1 with PDF/A-2a, or with PDF/A-3a when files are attached.

    Raises RenderError, WorkerStoppedError.
    """
    made = render_record_apart(document, created=created, holds_files=bool(attached), limits=LIMITS)
    return attach(made, attached, created) if attached else made
