"""Errors of the ledger room.

LedgerError
├── EventRefusedError       an event has a field the ledger does not take
├── SpoolUnavailableError   a read could not be written down, so it must not be answered
├── NoteRefusedError        a checkpoint is not signed by this ledger's key, or is not a checkpoint
├── ProofRefusedError       a proof does not hold
└── NoSuchEntryError        no entry of that reference, or not under a checkpoint yet
"""

from chartpost.kernel.errors import ChartpostError


class LedgerError(ChartpostError):
    """Root of the errors of this room."""


class EventRefusedError(LedgerError):
    """An event has a field the ledger does not take."""


class SpoolUnavailableError(LedgerError):
    """A read could not be written down, so it must not be answered."""


class NoteRefusedError(LedgerError):
    """A checkpoint is not signed by this ledger's key, or is not a checkpoint."""


class ProofRefusedError(LedgerError):
    """A proof does not hold."""


class NoSuchEntryError(LedgerError):
    """No entry of that reference, or not under a checkpoint yet."""
