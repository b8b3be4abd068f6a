"""Cobblestone-256: one chunked encryption for shares, blobs, media and backups.

The format is C2SP chunked-encryption (https://c2sp.org/chunked-encryption, as of commit 6f65019) with SHA-512
and AES-256-GCM: 16 KiB chunks, the last always shorter, so that its end cannot be cut off unseen.
"""

from chartpost.formats.cobblestone.errors import (
    CobblestoneError,
    CommitmentError,
    TamperedError,
    TruncatedError,
)
from chartpost.formats.cobblestone.read import Reader, decrypt, decrypt_stream
from chartpost.formats.cobblestone.sizes import (
    CHUNK,
    HEADER,
    SEALED_CHUNK,
    ciphertext_size,
    plaintext_size,
)
from chartpost.formats.cobblestone.write import encrypt, encrypt_stream

__all__ = [
    "CHUNK",
    "HEADER",
    "SEALED_CHUNK",
    "CobblestoneError",
    "CommitmentError",
    "Reader",
    "TamperedError",
    "TruncatedError",
    "ciphertext_size",
    "decrypt",
    "decrypt_stream",
    "encrypt",
    "encrypt_stream",
    "plaintext_size",
]
