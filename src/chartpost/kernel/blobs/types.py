"""Plain values of the blob store."""

from dataclasses import dataclass

ID_LENGTH = 26


@dataclass(frozen=True)
class BlobRef:
    """One stored file: `sha256` (64 hexadecimal characters) and `size` in bytes are of the plaintext."""

    id: str
    sha256: str
    size: int
    media_type: str


def is_id(name: str) -> bool:
    """Whether `name` has the form of a stored file's id: 26 letters and digits."""
    return len(name) == ID_LENGTH and name.isascii() and name.isalnum()
