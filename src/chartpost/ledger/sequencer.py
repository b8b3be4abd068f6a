"""The sequencer: files spooled reads as rows, gives every row its place in the tree, signs checkpoints.

One at a time: SQLite admits one writer (IMMEDIATE), PostgreSQL locks the tree's row. Each step is safe to repeat,
so a kill at any point loses nothing and files nothing twice. Write transactions are kept under 50 ms by fitting the
batch to the time the last one took.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.db import close_old_connections, connection, transaction
from django.db.backends.utils import CursorWrapper

from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.ledger import rows, spool
from chartpost.ledger.merkle import Growing, leaf_hash
from chartpost.ledger.note import Checkpoint, signer

log = logging.getLogger("chartpost.ledger")

TICK_SECONDS = 0.5
CHECKPOINT_SECONDS = 10.0
_TARGET_SECONDS = 0.03
_SMALLEST, _LARGEST = 20, 1000


@dataclass
class Pace:
    """How many rows fit in one write transaction here."""

    rows: int = 200

    def after(self, took: int, seconds: float) -> None:
        """Fit the next batch to what the last one took."""
        if took >= self.rows or seconds > _TARGET_SECONDS:
            fitting = int(took * _TARGET_SECONDS / max(seconds, 0.001))
            self.rows = max(_SMALLEST, min(_LARGEST, fitting, 2 * self.rows))


@dataclass
class Sequencer:
    """The state one sequencing process keeps; losing it costs time only."""

    pace: Pace = field(default_factory=Pace)
    offsets: dict[Path, int] = field(default_factory=dict)
    next_checkpoint: float = 0.0

    def tick(self) -> int:
        """File and sequence everything there is; sign at most once in CHECKPOINT_SECONDS. Returns leaves added."""
        self.file_spool()
        added = self.extend()
        if time.monotonic() >= self.next_checkpoint:
            sign()
            self.next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
        return added

    def file_spool(self) -> int:
        """Turn spooled reads into entry rows; returns how many were read. A file goes once its rows are committed."""
        found = spool.files(spool.folder())
        self.offsets = {path: at for path, at in self.offsets.items() if path in found}
        return sum(self._file_one(path) for path in found)

    def _file_one(self, path: Path) -> int:
        try:
            batch = spool.read(path, spool.spool_key(), self.offsets.get(path, 0))
        except FileNotFoundError:
            return 0
        bodies = batch.bodies
        while bodies:
            some, bodies = bodies[: self.pace.rows], bodies[self.pace.rows :]
            began = time.monotonic()
            with transaction.atomic():
                rows.insert(some)
            self.pace.after(len(some), time.monotonic() - began)
        transaction.on_commit(lambda: self._after(path, batch))
        return len(batch.bodies)

    def _after(self, path: Path, batch: spool.Batch) -> None:
        """Remember how far a live file was read; remove a finished one; keep one with damage for a person to see."""
        if batch.damaged:
            log.error("a record of a spool file of the ledger is damaged; the file is kept")
        if not batch.finished:
            self.offsets[path] = batch.offset
        elif batch.damaged:
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink(missing_ok=True)

    def extend(self) -> int:
        """Give every waiting entry its leaf, in batches; returns leaves added."""
        total = 0
        while True:
            began = time.monotonic()
            added = extend_once(self.pace.rows)
            if not added:
                return total
            self.pace.after(added, time.monotonic() - began)
            total += added


@transaction.atomic
def extend_once(limit: int) -> int:
    """Give the first `limit` waiting entries their leaves, in one transaction; returns how many."""
    with connection.cursor() as cursor:
        tree = _locked_tree(cursor)
        cursor.execute(
            "SELECT e.id, e.body FROM ledger_waiting w JOIN ledger_entry e ON e.id = w.entry_id"
            " ORDER BY w.entry_id LIMIT %s",
            [limit],
        )
        waiting = cursor.fetchall()
        if not waiting:
            return 0
        values: list[int | bytes] = []
        for entry_id, body in waiting:
            leaf = leaf_hash(bytes(body))
            values += [tree.size, entry_id, leaf]
            tree.add(leaf)
        marks = ",".join(["(%s,%s,%s)"] * len(waiting))
        cursor.execute(f"INSERT INTO ledger_leaf (seq, entry_id, hash) VALUES {marks}", values)  # noqa: S608 - marks
        marks = ",".join(["%s"] * len(waiting))
        cursor.execute(
            f"DELETE FROM ledger_waiting WHERE entry_id IN ({marks})",  # noqa: S608 - marks
            [row[0] for row in waiting],
        )
        cursor.execute("UPDATE ledger_tree SET size = %s, peaks = %s WHERE id = 1", [tree.size, tree.peaks])
        return len(waiting)


def sign() -> bool:
    """Sign a checkpoint when the tree grew since the last one; it is stored, then copied to HOME/ledger/checkpoints."""
    with transaction.atomic(), connection.cursor() as cursor:
        tree = _locked_tree(cursor)
        cursor.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint")
        if cursor.fetchone()[0] >= tree.size:
            return False
        text = signer().sign(Checkpoint(tree.size, tree.root()))
        cursor.execute(
            "INSERT INTO ledger_checkpoint (size, at_ms, note) VALUES (%s, %s, %s)",
            [tree.size, clock.now_ms(), text],
        )
        transaction.on_commit(lambda: copy_out(text))
    return True


def checkpoint_file() -> Path:
    """The file every checkpoint is copied to; keep a copy of it on another machine."""
    return config().home / "ledger" / "checkpoints"


def copy_out(text: str) -> None:
    """Append a checkpoint, and an empty line, to the file of checkpoints."""
    path = checkpoint_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a", encoding="utf-8") as file:
        file.write(text + "\n")


def run_sequencer(stop: threading.Event) -> None:
    """Sequence every half second until `stop` is set, then once more; errors are logged and tried again."""
    sequencer = Sequencer()
    while True:
        last = stop.wait(TICK_SECONDS)
        try:
            sequencer.tick()
            if last:
                sign()
        except Exception:
            log.exception("the ledger could not be sequenced; trying again")
        finally:
            close_old_connections()
        if last:
            return


def _locked_tree(cursor: CursorWrapper) -> Growing:
    """The tree's state, locked against another sequencer until the transaction ends."""
    state = "SELECT size, peaks FROM ledger_tree WHERE id = 1"
    cursor.execute(f"{state} FOR UPDATE" if connection.vendor == "postgresql" else state)
    size, peaks = cursor.fetchone()
    return Growing(size, bytes(peaks))
