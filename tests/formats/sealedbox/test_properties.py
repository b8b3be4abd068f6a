"""What must hold for every share: no nonce twice, round trips, no cut unnoticed, names that cannot lead astray."""

import itertools
from pathlib import PurePosixPath
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from chartpost.formats import sealedbox as box
from chartpost.formats.cobblestone import derive
from chartpost.formats.sealedbox.filehash import PART

CHUNK = 16_384
KEY = bytes(range(32))
SHARE, OBJECT = "AAECAwQFBgcICQoLDA0ODw", "EBESExQVFhcYGRobHB0eHw"


class Watched:
    """AES-256-GCM that remembers the key and nonce of every encryption."""

    used: list[tuple[bytes, bytes]] = []

    def __init__(self, key: bytes) -> None:
        self.key, self.aead = key, AESGCM(key)

    def encrypt(self, nonce: bytes, data: Any, bound: bytes | None) -> bytes:
        self.used.append((self.key, nonce))
        return self.aead.encrypt(nonce, data, bound)


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 4 * CHUNK), min_size=1, max_size=6), same_ids=st.booleans())
def test_no_key_and_nonce_are_used_twice(sizes: list[int], same_ids: bool) -> None:
    """Over objects and chunks of a share, also when ids are repeated by mistake; the salt keeps them apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derive, "AESGCM", Watched)
        Watched.used = []
        for index, size in enumerate(sizes):
            place = (0, OBJECT) if same_ids else (index, box.new_id())
            list(box.seal_stream([bytes(size)], KEY, SHARE, *place))
    assert len(set(Watched.used)) == len(Watched.used) == sum(size // CHUNK + 1 for size in sizes)


def test_the_watch_would_see_a_nonce_used_twice() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derive, "AESGCM", Watched)
        Watched.used = []
        for data in (b"one", b"two"):
            list(box.seal_stream([data], KEY, SHARE, 1, OBJECT, salt=bytes(24)))
    assert len(set(Watched.used)) == 1 < len(Watched.used)


@given(numbers=st.sets(st.integers(0, 2**38 - 1), min_size=2, max_size=50), salt=st.binary(min_size=24, max_size=24))
def test_chunk_numbers_give_different_nonces(numbers: set[int], salt: bytes) -> None:
    keys = derive.message_keys(KEY, salt, b"")
    assert len({keys.nonce(number) for number in numbers}) == len(numbers)


@settings(max_examples=40, deadline=None)
@given(pieces=st.lists(st.binary(max_size=3 * CHUNK), max_size=4), cuts=st.lists(st.integers(1, 40_000), max_size=5))
def test_what_was_sealed_is_opened_however_it_is_cut_into_pieces(pieces: list[bytes], cuts: list[int]) -> None:
    sealed = b"".join(box.seal_stream(pieces, KEY, SHARE, 7, OBJECT))
    whole = b"".join(pieces)
    assert len(sealed) == box.sealed_size(len(whole))
    ends = [*itertools.accumulate(cuts), len(sealed)]
    arriving = (sealed[a:b] for a, b in itertools.pairwise([0, *ends]))
    assert b"".join(box.open_stream(arriving, KEY, SHARE, 7, OBJECT)) == whole


SEALED = b"".join(box.seal_stream([bytes(range(256)) * 150], KEY, SHARE, 1, OBJECT))


@settings(max_examples=200, deadline=None)
@given(length=st.integers(0, len(SEALED) - 1))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(box.BoxError):
        list(box.open_stream([SEALED[:length]], KEY, SHARE, 1, OBJECT))


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, len(SEALED) - 1), mask=st.integers(1, 255))
def test_every_changed_byte_is_refused(place: int, mask: int) -> None:
    data = bytearray(SEALED)
    data[place] ^= mask
    with pytest.raises(box.BoxError):
        list(box.open_stream([bytes(data)], KEY, SHARE, 1, OBJECT))


@given(sealed=st.integers(72, 2**50))
def test_parts_cover_an_object_without_gaps(sealed: int) -> None:
    size = box.part_size(sealed)
    assert size % box.PART == 0
    assert -(-sealed // size) <= 10_000
    if sealed < 4 * box.PART:
        bounds = box.part_bounds(sealed)
        assert [start for start, _ in bounds] == list(range(0, sealed, size))
        assert sum(length for _, length in bounds) == sealed


@settings(max_examples=20, deadline=None)
@given(extra=st.integers(-2, 2), cut=st.integers(1, PART))
def test_a_file_hash_does_not_depend_on_pieces(extra: int, cut: int) -> None:
    data = bytes(PART + extra)
    assert box.file_hash([data]) == box.file_hash([data[:cut], data[cut:]])


RAW = st.text(alphabet=st.characters(), max_size=60) | st.from_regex(
    r"(\.\.?/|[a-z]{0,3}/|\\)*[a-zé]{0,4}", fullmatch=True
)


@given(raw=st.lists(RAW, max_size=8))
def test_tidied_names_are_safe_and_all_different(raw: list[str]) -> None:
    names = box.tidy_names(raw)
    assert len(names) == len(raw) == len({name.lower() for name in names})
    for name in names:
        assert box.is_safe_name(name)
        assert ".." not in PurePosixPath(name).parts
        assert not PurePosixPath(name).is_absolute()


@given(name=st.text(max_size=40))
def test_safe_names_are_kept_as_they_are(name: str) -> None:
    if box.is_safe_name(name):
        assert box.safe_name(name) == name
