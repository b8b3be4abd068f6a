"""Checking the ledger from the ground up: every leaf from its entry, every root against every signed checkpoint.

What it sees: a changed, removed, inserted or reordered row under a checkpoint; a tail cut off behind one; a forged
checkpoint; an entry kept out of the tree; a spool file that cannot be read. What no check inside one machine sees:
a ledger rewritten by somebody who holds the signing key, or cut back together with both copies of its checkpoints;
checkpoints kept on another machine show these too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from chartpost.kernel import clock
from chartpost.ledger import rows, spool
from chartpost.ledger.errors import NoteRefusedError
from chartpost.ledger.merkle import EMPTY, Growing, leaf_hash
from chartpost.ledger.models import Checkpoint, Tree
from chartpost.ledger.note import Verifier, signer
from chartpost.ledger.sequencer import checkpoint_file

ROWS_PER_READ = 5000
LATE_MS = 60_000
SHOWN = 20
_Signed = tuple[str, str, int | None]
"""Where a checkpoint was found, its signed text, the size its row gives it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the row it was seen at."""

    row: str
    text: str


@dataclass
class VerifyReport:
    """What a check found; `problems` begins with the first bad row in the order of the tree."""

    size: int = 0
    root: bytes = EMPTY
    checkpoints: int = 0
    signed_size: int = 0
    waiting: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def first(self) -> Problem | None:
        """The first problem."""
        return self.problems[0] if self.problems else None


@dataclass(frozen=True)
class _Row:
    """A leaf and the entry it stands for; the entry's fields are None when it is gone."""

    seq: int
    entry_id: int
    hash: bytes
    columns: tuple[Any, ...]
    body: bytes | None


def verify(copies: Path | None = None) -> VerifyReport:
    """Check the whole ledger; `copies` is a file of checkpoints kept elsewhere. Runs beside readers and writers.

    Checkpoints are read before the tree's state, and the tree only grows, so work going on does not disturb it.
    """
    report = VerifyReport()
    roots = _signed_roots(report, copies)
    state = Tree.objects.get(pk=1)
    tree = _grow(report, roots, state.size)
    report.size, report.root = tree.size, tree.root()
    if report.ok and (tree.size != state.size or tree.peaks != bytes(state.peaks)):
        _add(report, "tree", "the sequencer's state is not that of the leaves")
    for size in sorted(size for size in roots if size > tree.size):
        _add(
            report, f"checkpoint {size}", f"it was signed over {size} leaves and {tree.size} are there: the end is cut"
        )
    _outside_the_tree(report)
    for path in spool.damaged(spool.folder()):
        _add(report, f"spool {path.name}", "records of reads in this file cannot be read")
    return report


def _signed_roots(report: VerifyReport, copies: Path | None) -> dict[int, bytes]:
    """Size -> root of every checkpoint whose signature holds: table, file of this home, copies from elsewhere."""
    verifier = signer().verifier
    roots: dict[int, bytes] = {0: EMPTY}
    for found in _checkpoints(copies):
        _take(report, roots, verifier, found)
    report.signed_size = max(roots)
    return roots


def _take(report: VerifyReport, roots: dict[int, bytes], verifier: Verifier, checkpoint: _Signed) -> None:
    where, text, size = checkpoint
    report.checkpoints += 1
    try:
        found = verifier.open(text)
    except NoteRefusedError as error:
        _add(report, where, error.seen)
        return
    if size not in (None, found.size):
        _add(report, where, f"its row says {size} leaves and its signed text {found.size}")
    if roots.setdefault(found.size, found.root) != found.root:
        _add(report, where, "another checkpoint of the same size has another root")


def _checkpoints(copies: Path | None) -> Iterator[_Signed]:
    for path in (checkpoint_file(), copies):
        if path is not None and path.exists():
            for number, text in enumerate(_notes(path), 1):
                yield f"{path.name}, checkpoint {number}", text, None
    for row in Checkpoint.objects.order_by("size").iterator():
        yield f"checkpoint {row.size}", row.note, row.size


def _notes(path: Path) -> Iterator[str]:
    """The notes of a file: each is a body, an empty line, signature lines, an empty line."""
    text = path.read_text(encoding="utf-8", errors="replace").strip("\n")
    parts = text.split("\n\n") if text else []
    for at in range(0, len(parts), 2):
        yield parts[at] + "\n\n" + (parts[at + 1] + "\n" if at + 1 < len(parts) else "")


def _grow(report: VerifyReport, roots: dict[int, bytes], size: int) -> Growing:
    """Grow the tree again from the entries; stops at the first leaf that is missing."""
    tree = Growing()
    held, trusted = 0, True
    for row in _rows(size):
        if row.seq != tree.size:
            _add(report, f"leaf {tree.size}", f"it is missing; the next one is leaf {row.seq}")
            return tree
        tree.add(_leaf(report, row))
        if trusted and tree.size in roots:
            trusted = tree.root() == roots[tree.size]
            if trusted:
                held = tree.size
            elif report.ok:
                text = f"the entries of leaves {held} to {tree.size - 1} are not those that were signed"
                _add(report, f"leaf {held}", text)
            else:
                _add(report, f"checkpoint {tree.size}", "the tree no longer has the root that was signed")
    if tree.size < size:
        _add(report, f"leaf {tree.size}", f"it is missing; the tree should have {size} leaves")
    return tree


def _leaf(report: VerifyReport, row: _Row) -> bytes:
    """The leaf hash of a row, from its entry where there is one."""
    if row.body is None:
        _add(report, f"leaf {row.seq}", f"its entry (row {row.entry_id}) is gone")
        return row.hash
    computed = leaf_hash(row.body)
    if computed != row.hash:
        _add(report, f"leaf {row.seq}", f"its entry (row {row.entry_id}, {row.columns[0]}) was changed")
    elif not _columns_fit(row):
        _add(report, f"leaf {row.seq}", f"the columns of its entry (row {row.entry_id}) were changed")
    return computed


def _columns_fit(row: _Row) -> bool:
    try:
        return rows.columns(row.body or b"") == row.columns
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _rows(size: int) -> Iterator[_Row]:
    """Leaves in order with their entries, in pieces; rows never change, so no snapshot is needed."""
    last = -(2**62)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.seq, l.entry_id, l.hash, e.ref, e.at_ms, e.actor, e.action, e.object, e.person_id, e.body"
                " FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id"
                " WHERE l.seq > %s AND l.seq < %s ORDER BY l.seq LIMIT %s",
                [last, size, ROWS_PER_READ],
            )
            some = cursor.fetchall()
        for row in some:
            body = None if row[9] is None else bytes(row[9])
            yield _Row(row[0], row[1], bytes(row[2]), tuple(row[3:9]), body)
        if len(some) < ROWS_PER_READ:
            return
        last = some[-1][0]


def _outside_the_tree(report: VerifyReport) -> None:
    """Entries without a leaf: those in the queue are counted, those outside it or late in it are problems."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.ref FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry_id = e.id"
            " LEFT JOIN ledger_waiting w ON w.entry_id = e.id"
            " WHERE l.seq IS NULL AND w.entry_id IS NULL ORDER BY e.id LIMIT %s",
            [SHOWN],
        )
        for number, ref in cursor.fetchall():
            _add(report, f"entry {number}", f"{ref} has no leaf and is not waiting for one")
        cursor.execute("SELECT count(*), min(e.at_ms) FROM ledger_waiting w JOIN ledger_entry e ON e.id = w.entry_id")
        report.waiting, oldest = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM ledger_leaf l WHERE l.seq >= (SELECT size FROM ledger_tree WHERE id = 1) OR l.seq < 0"
        )
        beyond = cursor.fetchone()[0]
    if beyond:
        _add(report, "tree", f"{beyond} leaves lie outside the tree")
    if report.waiting and clock.now_ms() - oldest > LATE_MS:
        _add(report, "queue", f"{report.waiting} entries wait for more than a minute; is the worker running?")


def _add(report: VerifyReport, row: str, text: str) -> None:
    report.problems.append(Problem(row, text))
