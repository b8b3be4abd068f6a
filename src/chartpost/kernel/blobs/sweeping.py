"""Removing what no row names: files of rolled-back work, of deletions during a backup, of a kill while writing."""

from datetime import UTC, datetime, timedelta

from chartpost.kernel.blobs.hold import nobody_holds
from chartpost.kernel.blobs.stores import staging, store
from chartpost.kernel.blobs.wrapping import SHREDDED
from chartpost.kernel.models import Blob

GRACE = timedelta(hours=24)
BATCH = 500


def sweep(grace: timedelta = GRACE) -> int:
    """Remove unnamed and shredded files older than `grace`; returns how many. Does nothing while a backup runs."""
    before = datetime.now(UTC) - grace
    removed = 0
    with nobody_holds() as free:
        if not free:
            return 0
        for path in staging().iterdir():
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink(missing_ok=True)
                removed += 1
        batch: list[str] = []
        for blob_id, written in store().stored():
            if written < before:
                batch.append(blob_id)
            if len(batch) == BATCH:
                removed += _remove_unnamed(batch)
                batch = []
        return removed + _remove_unnamed(batch)


def _remove_unnamed(ids: list[str]) -> int:
    rows = Blob.objects.filter(id__in=ids).exclude(wrapped=SHREDDED)
    named = set(rows.values_list("id", flat=True))
    unnamed = [blob_id for blob_id in ids if blob_id not in named]
    for blob_id in unnamed:
        store().delete(blob_id)
    return len(unnamed)
