"""Verbs of the ledger room."""

from chartpost.ledger import rows, spool
from chartpost.ledger.encoding import canonical, entry
from chartpost.ledger.types import Event


def append(event: Event) -> None:
    """Write the entry of a change, in the caller's transaction: both are kept or neither.

    Raises EventRefused for an event that holds free text where codes belong.
    """
    rows.insert([canonical(entry(event))])


def note_read(event: Event) -> None:
    """Write the entry of a read to the process's encrypted spool, before the answer leaves; no transaction.

    Raises SpoolUnavailable when it could not be written down; then the read must not be answered.
    """
    spool.writer().write(canonical(entry(event)))
