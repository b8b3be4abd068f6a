"""Key derivation of one message: HKDF-Expand-SHA-512 (RFC 5869 2.3) to key, base nonce and commitment."""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chartpost.formats.cobblestone.errors import CommitmentError, TamperedError, TruncatedError
from chartpost.formats.cobblestone.sizes import CHUNK, COMMITMENT, HEADER, KEY, MAX_CHUNKS, NONCE, SALT, SEALED_CHUNK

_INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


@dataclass(frozen=True)
class MessageKeys:
    """What one message is encrypted with."""

    salt: bytes
    commitment: bytes
    base_nonce: int = field(repr=False)
    aead: AESGCM = field(repr=False)

    @property
    def header(self) -> bytes:
        """The first 56 bytes of the message: salt and commitment."""
        return self.salt + self.commitment

    def nonce(self, number: int) -> bytes:
        """The nonce of chunk `number`, counted from 0; raises OverflowError at 2**38 chunks."""
        if not 0 <= number < MAX_CHUNKS:
            message = f"chunk number {number} is outside the format's limit of 2**38 chunks"
            raise OverflowError(message)
        return (self.base_nonce ^ number).to_bytes(NONCE, "big")

    def seal(self, number: int, chunk: bytes | memoryview) -> bytes:
        """Encrypt one chunk."""
        return self.aead.encrypt(self.nonce(number), chunk, None)

    def seal_all(self, number: int, chunks: memoryview, out: memoryview) -> int:
        """Encrypt whole chunks, the first of them number `number`, into `out`; returns how many bytes that makes."""
        count, encrypt = len(chunks) // CHUNK, self.aead.encrypt_into
        for i in range(count):
            sealed = out[i * SEALED_CHUNK : (i + 1) * SEALED_CHUNK]
            encrypt(self.nonce(number + i), chunks[i * CHUNK : (i + 1) * CHUNK], None, sealed)
        return count * SEALED_CHUNK

    def open(self, number: int, sealed: bytes | memoryview) -> bytes:
        """Decrypt one chunk; raises TamperedError."""
        try:
            return self.aead.decrypt(self.nonce(number), sealed, None)
        except InvalidTag as error:
            message = f"chunk {number} was changed, moved or belongs to another message"
            raise TamperedError(message) from error


def message_keys(key: bytes, salt: bytes, context: bytes) -> MessageKeys:
    """Derive the keys of one message from 32 uniformly random bytes and a salt of 24 that never repeats."""
    if len(key) != KEY or len(salt) != SALT:
        message = f"key of {len(key)} and salt of {len(salt)} bytes; expected {KEY} and {SALT}"
        raise ValueError(message)
    out = HKDFExpand(hashes.SHA512(), KEY + NONCE + COMMITMENT, _INFO + salt + context).derive(key)
    base_nonce = int.from_bytes(out[KEY : KEY + NONCE], "big")
    return MessageKeys(salt, out[KEY + NONCE :], base_nonce, AESGCM(out[:KEY]))


def keys_of(key: bytes, header: bytes, context: bytes) -> MessageKeys:
    """The keys of a message that starts with `header`; raises CommitmentError for another key or context."""
    if len(header) < HEADER:
        message = f"{len(header)} bytes of header; expected {HEADER}"
        raise TruncatedError(message)
    keys = message_keys(key, header[:SALT], context)
    if not bytes_eq(keys.commitment, header[SALT:HEADER]):
        message = "the message was not encrypted with this key and context, or its header was changed"
        raise CommitmentError(message)
    return keys
