"""Verbs of the ledger room."""

from collections.abc import Iterable

from chartpost.ledger import rows, spool
from chartpost.ledger.encoding import Form, canonical, entry, form
from chartpost.ledger.sequencer import Sequencer, run_sequencer, sign
from chartpost.ledger.types import Event

__all__ = ["Form", "append", "append_all", "form", "note_read", "note_read_like", "run_sequencer", "sequence"]


def append(event: Event) -> None:
    """Write the entry of a change, in the caller's transaction: both are kept or neither.

    Raises EventRefusedError for an event that holds free text where codes belong.
    """
    append_all([event])


def append_all(events: Iterable[Event]) -> None:
    """Write the entries of several changes, as `append` does."""
    rows.insert([canonical(entry(event)) for event in events])


def note_read(event: Event) -> None:
    """Write the entry of a read to the process's encrypted spool, before the answer leaves; no transaction.

    Raises SpoolUnavailableError when it could not be written down; then the read must not be answered.
    """
    spool.writer().write(canonical(entry(event)))


def note_read_like(common: Form, thing: str) -> None:
    """As `note_read`, for an event like others before it, about another object; raises as it does."""
    spool.writer().write(common.filled(thing))


def sequence() -> int:
    """File spooled reads and waiting rows into the tree and sign a checkpoint; returns leaves added. Repeatable."""
    sequencer = Sequencer()
    sequencer.file_spool()
    added = sequencer.extend()
    sign()
    return added
