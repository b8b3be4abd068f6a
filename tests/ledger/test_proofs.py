"""Proofs a person takes away, checked with the verifier key alone."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartpost.ledger import proofs, services
from chartpost.ledger.errors import LedgerError, NoSuchEntryError, NoteRefusedError
from chartpost.ledger.note import Checkpoint, signer, verifier_from
from chartpost.ledger.types import Event

from .support import rows

Sequence = Callable[[], int]


def grow(event: Event, sequence: Sequence, *steps: int) -> list[str]:
    for count in steps:
        for _ in range(count):
            services.append(event)
        sequence()
    return [row[0] for row in rows("SELECT ref FROM ledger_entry ORDER BY id")]


def test_every_entry_is_proved_under_the_newest_checkpoint(event: Event, sequence: Sequence) -> None:
    verifier = verifier_from(proofs.own_verifier().text)
    for ref in grow(event, sequence, 1, 5, 7):
        assert ref.encode() in proofs.check(proofs.inclusion(ref), verifier)


def test_a_proof_with_any_byte_of_its_facts_changed_is_refused(event: Event, sequence: Sequence) -> None:
    ref = grow(event, sequence, 6)[2]
    text = proofs.inclusion(ref)
    verifier = proofs.own_verifier()
    forged = base64.b64encode(proofs.check(text, verifier).replace(b"Ana", b"Eva")).decode()
    lines = text.split("\n")
    changes = [
        [lines[0], f"extra {forged}", *lines[2:]],
        [*lines[:2], "index 3", *lines[3:]],
        [*lines[:2], "index ²", *lines[3:]],
        [*lines[:2], f"index {'9' * 10_000}", *lines[3:]],
        [*lines[:3], "é", *lines[4:]],
        [*lines[:3], *lines[4:]],
        [line.replace("\u2014", "-") for line in lines],
        ["6" if line == "5" else "7" if line == "6" else line for line in lines],
        lines[1:],
    ]
    for change in changes:
        with pytest.raises(LedgerError):
            proofs.check("\n".join(change), verifier)


def test_growth_is_proved_between_any_two_checkpoints(event: Event, sequence: Sequence) -> None:
    grow(event, sequence, 1, 2, 5, 3)
    verifier = proofs.own_verifier()
    for size in (1, 3, 8, 11):
        text = proofs.consistency(size)
        assert proofs.check_growth(text, verifier) == (size, 11)
    forged = signer().sign(Checkpoint(3, bytes(32)))
    parts = proofs.consistency(3).split("\n\n")
    with pytest.raises(LedgerError):
        proofs.check_growth("\n\n".join([parts[0], forged.rstrip("\n"), *parts[3:]]), verifier)


@pytest.mark.django_db
def test_what_is_not_under_a_checkpoint_has_no_proof(event: Event) -> None:
    services.append(event)
    ((ref,),) = rows("SELECT ref FROM ledger_entry")
    for wanted in (ref, "0" * 26):
        with pytest.raises(NoSuchEntryError):
            proofs.inclusion(wanted)
    with pytest.raises(NoSuchEntryError):
        proofs.consistency(4)


@given(st.integers(0, 2**40), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back_as_it_was_signed(size: int, root: bytes) -> None:
    one = signer()
    text = one.sign(Checkpoint(size, root))
    assert one.verifier.open(text) == Checkpoint(size, root)
    assert text.startswith(f"{one.verifier.name}\n{size}\n")


@given(st.data())
def test_a_checkpoint_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    one = signer()
    text = one.sign(Checkpoint(12, bytes(range(32))))
    place = data.draw(st.integers(0, len(text) - 3))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    if letter != text[place]:
        with pytest.raises(NoteRefusedError):
            one.verifier.open(text[:place] + letter + text[place + 1 :])


def test_bits_that_padding_leaves_unused_must_be_zero() -> None:
    """A last letter can be one of four that mean the same bytes; only one of them is the checkpoint that was signed."""
    one = signer()
    text = one.sign(Checkpoint(12, bytes(range(32))))
    last = len(text) - 3
    assert text[last:] == f"{text[last]}=\n"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    first = letters.index(text[last])
    assert first % 4 == 0
    for other in letters[first + 1 : first + 4]:
        with pytest.raises(NoteRefusedError):
            one.verifier.open(f"{text[:last]}{other}=\n")


@pytest.mark.parametrize("letter", ["é", "²", "\u2014"])
def test_a_letter_outside_ascii_is_refused_in_every_line(letter: str) -> None:
    one = signer()
    text = one.sign(Checkpoint(12, bytes(range(32))))
    for place in range(len(text)):
        if text[place] != letter:
            with pytest.raises(NoteRefusedError):
                one.verifier.open(text[:place] + letter + text[place + 1 :])


def test_a_size_of_ten_thousand_digits_is_refused() -> None:
    one = signer()
    name, _, rest = one.sign(Checkpoint(12, bytes(range(32)))).split("\n", 2)
    with pytest.raises(NoteRefusedError):
        one.verifier.open(f"{name}\n{'9' * 10_000}\n{rest}")


@pytest.mark.parametrize("text", ["", "name", "name+00000000+AQ==", "name+zz+!!"])
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefusedError):
        verifier_from(text)
