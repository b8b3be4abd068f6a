"""Taking in: files of many kinds become entries of the right person's record, or a question for staff."""

from chartpost.records.ingest.run import import_path, import_stream, resume
from chartpost.records.ingest.types import ImportReport, Progress

__all__ = ["ImportReport", "Progress", "import_path", "import_stream", "resume"]
