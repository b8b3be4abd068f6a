"""Removing what nobody names: parts cut off by a kill, objects whose share went while they came."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from chartpost.kernel.parts.staging import folder
from chartpost.kernel.parts.stores import store

GRACE = timedelta(hours=24)
BATCH = 500
Named = Callable[[Collection[str]], Collection[str]]


def sweep(named: Named, grace: timedelta = GRACE) -> int:
    """Remove objects older than `grace` that `named` does not answer with, and old cut-off parts; returns how many.

    `named` gets names of objects and answers with those that somebody still needs.
    """
    before = datetime.now(UTC) - grace
    removed = 0
    for path in folder().iterdir():
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            path.unlink(missing_ok=True)
            removed += 1
    old = [(name, upload) for name, upload, written in store().stored() if written < before]
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        needed = set(named([name for name, _ in batch]))
        for name, upload in batch:
            if name not in needed:
                store().delete(name, upload)
                removed += 1
    return removed
