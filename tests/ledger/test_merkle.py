"""The tree against RFC 6962's own words, written out naively."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.ledger.errors import ProofRefusedError
from chartpost.ledger.merkle import EMPTY, Full, Growing, check_consistency, check_inclusion, leaf_hash

REFERENCE = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
sizes = st.integers(1, 70)


def naive_root(data: list[bytes]) -> bytes:
    """MTH of RFC 6962 2.1, by its recursion."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


def grown(data: list[bytes]) -> Growing:
    tree = Growing()
    for item in data:
        tree.add(leaf_hash(item))
    return tree


def test_reference_root_of_certificate_transparency() -> None:
    assert grown(REFERENCE).root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_empty_tree() -> None:
    assert Growing().root() == EMPTY == hashlib.sha256(b"").digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_growing_and_full_trees_have_the_naive_root(data: list[bytes]) -> None:
    assert grown(data).root() == naive_root(data)
    assert Full([leaf_hash(item) for item in data]).root(len(data)) == naive_root(data)


@given(sizes, st.data())
def test_a_tree_goes_on_from_its_peaks(size: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, size))
    first = grown(entries(cut))
    second = Growing(first.size, first.peaks)
    for item in entries(size)[cut:]:
        second.add(leaf_hash(item))
    assert second.root() == naive_root(entries(size))


def test_peaks_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ProofRefusedError):
        Growing(3, b"\x00" * 32)


@given(sizes, st.data())
def test_every_inclusion_proof_holds_and_for_its_leaf_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf_hash(item) for item in entries(size)]
    path = Full([*leaves, b"later" * 6]).inclusion(index, size)
    root = naive_root(entries(size))
    check_inclusion(leaves[index], index, size, path, root)
    other = data.draw(st.integers(0, size))
    if other != index:
        with pytest.raises(ProofRefusedError):
            check_inclusion(leaves[index], other, size, path, root)
    with pytest.raises(ProofRefusedError):
        check_inclusion(leaf_hash(b"never there"), index, size, path, root)
    with pytest.raises(ProofRefusedError):
        check_inclusion(leaves[index], index, size, [*path, EMPTY], root)


@given(sizes, st.data())
def test_every_consistency_proof_holds_and_for_its_roots_only(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    tree = Full([leaf_hash(item) for item in entries(size)])
    proof = tree.consistency(old, size)
    before, after = naive_root(entries(old)), naive_root(entries(size))
    check_consistency(old, size, before, after, proof)
    wrong = naive_root([*entries(old)[:-1], b"rewritten"])
    with pytest.raises(ProofRefusedError):
        check_consistency(old, size, wrong, after, proof)
    with pytest.raises(ProofRefusedError):
        check_consistency(old, size, before, after, [*proof, EMPTY])
    if 0 < old < size:
        with pytest.raises(ProofRefusedError):
            check_consistency(old, size, before, wrong, proof)


def test_a_tree_that_shrank_is_refused() -> None:
    with pytest.raises(ProofRefusedError):
        check_consistency(3, 2, EMPTY, EMPTY, [])
