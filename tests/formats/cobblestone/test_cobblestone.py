"""Cobblestone-256 against an independent reading of the specification, and against tampering."""

import hashlib
import hmac
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from chartpost.formats import cobblestone
from chartpost.formats.cobblestone import CHUNK, HEADER, SEALED_CHUNK
from chartpost.formats.cobblestone.derive import message_keys

KEY = bytes(range(32))
SALT = bytes(range(100, 124))
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 777)


def by_the_book(plaintext: bytes, key: bytes, salt: bytes, context: bytes) -> bytes:
    """The specification spelled out with HMAC alone, sharing no code with the module."""
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_256_GCM" + b"\x00" + salt + context
    first = hmac.new(key, info + b"\x01", hashlib.sha512).digest()
    out = first + hmac.new(key, first + info + b"\x02", hashlib.sha512).digest()
    aead, nonce, commitment = AESGCM(out[:32]), out[32:44], out[44:76]
    message = salt + commitment
    for number in range(len(plaintext) // CHUNK + 1):
        counter = number.to_bytes(12, "big")
        mixed = bytes(a ^ b for a, b in zip(nonce, counter, strict=True))
        message += aead.encrypt(mixed, plaintext[number * CHUNK : (number + 1) * CHUNK], None)
    return message


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_follows_the_specification(size: int) -> None:
    message = cobblestone.encrypt(pattern(size), KEY, b"CPS1/test", salt=SALT)
    assert message == by_the_book(pattern(size), KEY, SALT, b"CPS1/test")
    assert len(message) == cobblestone.ciphertext_size(size)
    assert cobblestone.plaintext_size(len(message)) == size


VECTORS = {
    0: "a5b8f26d1255e4fbae918a34dc3902a3485f554bdd0c0ad193a6ef3d5d1ede92",
    1: "c487a34c4dd53541c8195ef606c4836f7db0060b7b0b2a0516524911a58d045b",
    CHUNK: "37bce5bc561944762d735aebc485a32d13f9bde2a0ae34eb75049bb040578a06",
    CHUNK + 1: "0e49419c820c6af149b01683e22a7aa74e739421232e332fdd5252f33f725f61",
}


@pytest.mark.parametrize("size", VECTORS)
def test_fixed_vectors_never_change(size: int) -> None:
    message = cobblestone.encrypt(pattern(size), KEY, b"chartpost", salt=SALT)
    assert hashlib.sha256(message).hexdigest() == VECTORS[size]


@given(st.binary(max_size=3 * CHUNK), st.integers(1, 40_000), st.integers(1, 40_000))
@settings(max_examples=40, deadline=None)
def test_any_split_of_the_streams_gives_the_same(plaintext: bytes, cut: int, other: int) -> None:
    parts = [plaintext[i : i + cut] for i in range(0, len(plaintext), cut)]
    message = b"".join(cobblestone.encrypt_stream(parts, KEY, b"c", salt=SALT))
    assert message == cobblestone.encrypt(plaintext, KEY, b"c", salt=SALT)
    pieces = [message[i : i + other] for i in range(0, len(message), other)]
    assert b"".join(cobblestone.decrypt_stream(pieces, KEY, b"c")) == plaintext


BIG = pattern(3 * CHUNK + 777)
MESSAGE = cobblestone.encrypt(BIG, KEY, b"c", salt=SALT)


def reader(message: bytes = MESSAGE) -> cobblestone.Reader:
    return cobblestone.Reader(lambda at, length: message[at : at + length], len(message), KEY, b"c")


@given(st.integers(0, len(BIG) + 10), st.integers(0, len(BIG) + 10))
@settings(deadline=None)
def test_random_access_reads_the_same_bytes(offset: int, length: int) -> None:
    assert reader().read(offset, length) == BIG[offset : offset + length]


def test_random_access_decrypts_only_what_it_needs() -> None:
    asked: list[tuple[int, int]] = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return MESSAGE[offset : offset + length]

    found = cobblestone.Reader(read_at, len(MESSAGE), KEY, b"c")
    asked.clear()
    assert found.read(CHUNK + 5, 10) == BIG[CHUNK + 5 : CHUNK + 15]
    assert asked == [(HEADER + SEALED_CHUNK, SEALED_CHUNK)]
    with pytest.raises(ValueError, match="offset -1"):
        found.read(-1, 1)


def _flip(at: int) -> bytes:
    return MESSAGE[:at] + bytes([MESSAGE[at] ^ 1]) + MESSAGE[at + 1 :]


def _swap() -> bytes:
    a, b = HEADER, HEADER + SEALED_CHUNK
    return MESSAGE[:a] + MESSAGE[b : b + SEALED_CHUNK] + MESSAGE[a:b] + MESSAGE[b + SEALED_CHUNK :]


OTHER = cobblestone.encrypt(BIG, KEY, b"c", salt=bytes(24))
TAMPERED = {
    "cut by one byte": MESSAGE[:-1],
    "cut at a chunk border": MESSAGE[: HEADER + 2 * SEALED_CHUNK],
    "last chunk dropped": MESSAGE[: HEADER + 3 * SEALED_CHUNK],
    "cut inside the tag of the last chunk": MESSAGE[: HEADER + 3 * SEALED_CHUNK + 7],
    "cut inside the header": MESSAGE[:40],
    "nothing": b"",
    "header alone": MESSAGE[:HEADER],
    "two chunks swapped": _swap(),
    "a chunk removed": MESSAGE[:HEADER] + MESSAGE[HEADER + SEALED_CHUNK :],
    "a chunk repeated": MESSAGE[: HEADER + SEALED_CHUNK] + MESSAGE[HEADER:],
    "a chunk of another message": MESSAGE[:HEADER]
    + OTHER[HEADER : HEADER + SEALED_CHUNK]
    + MESSAGE[HEADER + SEALED_CHUNK :],
    "salt changed": _flip(3),
    "commitment changed": _flip(30),
    "bit flipped in the first chunk": _flip(HEADER + 9),
    "bit flipped in the last byte": _flip(len(MESSAGE) - 1),
    "bytes added": MESSAGE + b"x",
    "a full chunk added": MESSAGE + bytes(SEALED_CHUNK),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_every_tampering_is_refused(how: str) -> None:
    with pytest.raises(cobblestone.CobblestoneError):
        cobblestone.decrypt(TAMPERED[how], KEY, b"c")
    with pytest.raises(cobblestone.CobblestoneError):
        found = reader(TAMPERED[how])
        found.read(0, found.size)


def test_wrong_key_or_context_is_told_before_any_chunk() -> None:
    with pytest.raises(cobblestone.CommitmentError):
        cobblestone.decrypt(MESSAGE, bytes(32), b"c")
    with pytest.raises(cobblestone.CommitmentError):
        cobblestone.decrypt(MESSAGE, KEY, b"d")
    assert next(iter(cobblestone.decrypt_stream([MESSAGE], KEY, b"c"))) == BIG[: 3 * CHUNK]


def test_a_source_that_shrinks_while_read_is_refused() -> None:
    found = cobblestone.Reader(lambda at, n: MESSAGE[at : at + n] if at != HEADER else b"", len(MESSAGE), KEY, b"c")
    with pytest.raises(cobblestone.TruncatedError):
        found.read(0, 10)


@given(st.lists(st.integers(0, 2**38 - 1), min_size=2, max_size=50, unique=True))
def test_nonces_of_one_message_never_repeat(numbers: list[int]) -> None:
    keys = message_keys(KEY, SALT, b"")
    nonces = sorted(keys.nonce(n) for n in numbers)
    assert all(a != b for a, b in pairwise(nonces))


def test_the_chunk_counter_stops_at_its_limit() -> None:
    with pytest.raises(OverflowError):
        message_keys(KEY, SALT, b"").nonce(2**38)


def test_salts_are_fresh_and_lengths_of_keys_checked() -> None:
    assert cobblestone.encrypt(b"a", KEY) != cobblestone.encrypt(b"a", KEY)
    with pytest.raises(ValueError, match="expected 32 and 24"):
        cobblestone.encrypt(b"a", b"short")
    assert "base_nonce" not in repr(message_keys(KEY, SALT, b""))


@pytest.mark.parametrize("size", [0, 55, 56, 71, HEADER + SEALED_CHUNK, HEADER + SEALED_CHUNK + 15])
def test_impossible_lengths_are_refused(size: int) -> None:
    with pytest.raises(cobblestone.TruncatedError):
        cobblestone.plaintext_size(size)
