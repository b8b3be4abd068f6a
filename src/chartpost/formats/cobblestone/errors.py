"""Why a Cobblestone message is refused.

CobblestoneError
├── CommitmentError   wrong key or context, or a changed header
├── TruncatedError    the message ends too early or has no possible length
└── TamperedError     a chunk was changed, moved or belongs to another message
"""


class CobblestoneError(Exception):
    """A message that is not whole and unchanged."""


class CommitmentError(CobblestoneError):
    """The 32-byte commitment does not fit this key, salt and context."""


class TruncatedError(CobblestoneError):
    """The last chunk is missing or not shorter than 16 KiB, or the length is impossible."""


class TamperedError(CobblestoneError):
    """A chunk does not pass its authentication tag."""
