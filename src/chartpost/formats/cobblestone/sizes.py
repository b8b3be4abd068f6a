"""Sizes of the format and the mapping between plaintext and ciphertext positions."""

from chartpost.formats.cobblestone.errors import TruncatedError

KEY = 32
NONCE = 12
SALT = 24
COMMITMENT = 32
TAG = 16
CHUNK = 16 * 1024
SEALED_CHUNK = CHUNK + TAG
HEADER = SALT + COMMITMENT
MAX_CHUNKS = 2**38


def ciphertext_size(size: int) -> int:
    """How many bytes the message of `size` plaintext bytes has."""
    return HEADER + size + (size // CHUNK + 1) * TAG


def plaintext_size(size: int) -> int:
    """How many plaintext bytes a message of `size` bytes has; raises TruncatedError for impossible lengths.

    Only decrypting the last chunk proves the length; see `Reader.check_end`.
    """
    chunks, rest = divmod(size - HEADER, SEALED_CHUNK)
    if size < HEADER + TAG or rest < TAG:
        message = f"{size} bytes is not the length of a whole message; its end is missing"
        raise TruncatedError(message)
    return chunks * CHUNK + rest - TAG
