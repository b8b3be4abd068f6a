"""Errors of the ledger room.

LedgerError
├── EventRefused        an event has a field the ledger does not take
├── SpoolUnavailable    a read could not be written down, so it must not be answered
├── NoteRefused         a checkpoint is not signed by this ledger's key, or is not a checkpoint
├── ProofRefused        a proof does not hold
└── NoSuchEntry         no entry of that reference, or not under a checkpoint yet
"""

from chartpost.kernel.errors import ChartpostError


class LedgerError(ChartpostError):
    """Root of the errors of this room."""


class EventRefused(LedgerError):
    """An event has a field the ledger does not take."""


class SpoolUnavailable(LedgerError):
    """A read could not be written down, so it must not be answered."""


class NoteRefused(LedgerError):
    """A checkpoint is not signed by this ledger's key, or is not a checkpoint."""


class ProofRefused(LedgerError):
    """A proof does not hold."""


class NoSuchEntry(LedgerError):
    """No entry of that reference, or not under a checkpoint yet."""
