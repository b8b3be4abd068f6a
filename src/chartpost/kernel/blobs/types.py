"""Plain values of the blob store."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BlobRef:
    """One stored file: `sha256` (64 hexadecimal characters) and `size` in bytes are of the plaintext."""

    id: str
    sha256: str
    size: int
    media_type: str
