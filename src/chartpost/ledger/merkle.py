"""The Merkle tree of RFC 6962 section 2.1: hashes, growth by peaks, inclusion and consistency proofs, their checks.

Hashes are 32 bytes (SHA-256). Nothing here knows the database.
"""

import hashlib
from collections.abc import Sequence

from chartpost.ledger.errors import ProofRefusedError

EMPTY = hashlib.sha256().digest()
HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree that only grows, known by its size and its peaks (roots of full subtrees, largest first)."""

    def __init__(self, size: int = 0, peaks: bytes = b"") -> None:
        if len(peaks) != HASH_BYTES * size.bit_count():
            raise ProofRefusedError(
                seen=f"{len(peaks)} bytes of peaks for {size} leaves",
                expected=f"{HASH_BYTES * size.bit_count()} bytes",
                todo="Run `chartpost ledger verify`.",
            )
        self.size = size
        self._peaks = [peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)]

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        full = self.size
        while full & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            full >>= 1
        self._peaks.append(leaf)
        self.size += 1

    @property
    def peaks(self) -> bytes:
        """The peaks joined, 32 bytes each."""
        return b"".join(self._peaks)

    def root(self) -> bytes:
        """The tree's root hash."""
        if not self._peaks:
            return EMPTY
        folded = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            folded = node_hash(peak, folded)
        return folded


class Full:
    """A tree with all its leaf hashes at hand, to make proofs from; full subtrees are hashed once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = range(0, len(below) - 1, 2)
            self._levels.append([node_hash(below[at], below[at + 1]) for at in pairs])

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return self._range(0, size) if size else EMPTY

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 2.1.1)."""
        return self._path(index, 0, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` leaves begins with that of `old` leaves (RFC 6962 2.1.2)."""
        return self._sub(old, 0, new, True) if 0 < old < new else []

    def _range(self, low: int, high: int) -> bytes:
        count = high - low
        level = count.bit_length() - 1
        if count == 1 << level and low % count == 0:
            return self._levels[level][low >> level]
        middle = low + _split(count)
        return node_hash(self._range(low, middle), self._range(middle, high))

    def _path(self, index: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _split(high - low)
        if index < middle:
            return [*self._path(index, low, middle), self._range(middle, high)]
        return [*self._path(index, middle, high), self._range(low, middle)]

    def _sub(self, old: int, low: int, high: int, whole: bool) -> list[bytes]:
        if old == high:
            return [] if whole else [self._range(low, high)]
        middle = low + _split(high - low)
        if old <= middle:
            return [*self._sub(old, low, middle, whole), self._range(middle, high)]
        return [*self._sub(old, middle, high, False), self._range(low, middle)]


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check an audit path (RFC 9162 2.1.3.2); raises ProofRefusedError when it does not lead to `root`."""
    if not 0 <= index < size:
        raise _refused(f"leaf {index} of a tree of {size}", "a place inside the tree")
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise _refused("a path that is too long", "one hash per level")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise _refused("a path that leads to another root", "the root of the checkpoint")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that one tree begins with another (RFC 9162 2.1.4.2); raises ProofRefusedError."""
    if old > new or old < 0:
        raise _refused(f"{old} leaves before {new}", "a tree that grew")
    if old in (0, new):
        if proof or (old == new and old_root != new_root) or (old == 0 and old_root != EMPTY):
            raise _refused("two roots that differ", "the same root for the same size, and no proof")
        return
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise _refused("an empty proof", "at least one hash")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise _refused("a proof that is too long", "one hash per level")
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    if last or first != old_root or second != new_root:
        raise _refused("a proof that leads to other roots", "the roots of both checkpoints")


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _refused(seen: str, expected: str) -> ProofRefusedError:
    return ProofRefusedError(seen=seen, expected=expected, todo="Do not trust it; run `chartpost ledger verify`.")
