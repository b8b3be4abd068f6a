"""A box: what was sealed comes out; what was cut, changed, swapped or mistyped does not."""

import io
import json
from collections.abc import Callable

import pytest
from tests.formats.media.conftest import FILES, PASSWORD, Made, made, sources

from chartpost.formats import media, sealedbox
from chartpost.formats.media.container import PREFIX


def opened(data: bytes, password: str = PASSWORD) -> dict[str, bytes]:
    """Every file of a box."""
    found = media.open_box(io.BytesIO(data), password)
    return {entry.name: b"".join(found.plain(entry)) for entry in found.manifest.files}


def head_of(data: bytes) -> tuple[dict[str, object], bytes]:
    """The public beginning, and the rest."""
    end = PREFIX + int.from_bytes(data[8:PREFIX], "big")
    return json.loads(data[PREFIX:end]), data[end:]


def with_head(head: dict[str, object], rest: bytes) -> bytes:
    """A box with another beginning."""
    body = json.dumps(head).encode()
    return media.MAGIC + len(body).to_bytes(4, "big") + body + rest


def test_what_was_sealed_comes_out_and_the_size_was_told_before(box: Made) -> None:
    assert opened(box.data) == FILES
    assert len(box.data) == box.sealed.size


def test_the_same_seed_gives_the_same_bytes_and_another_seed_none_of_them(box: Made) -> None:
    assert made().data == box.data
    assert made(seed=b"\1" * 32).data[PREFIX:4096] != box.data[PREFIX:4096]


def test_a_seed_used_twice_never_seals_two_contents_under_one_salt(box: Made) -> None:
    other = made({**FILES, "Record.pdf": b"%PDF-1.7 NOT really"})
    for index in (0, 1):
        salts = []
        for one in (box, other):
            start = one.sealed.head.places(len(one.sealed.head.render()))[index][0]
            salts.append(one.data[start : start + 24])
        assert salts[0] != salts[1]


def test_no_name_and_no_plaintext_can_be_found(box: Made) -> None:
    for text in (b"Record", b"visit", b"xxxx", b"%PDF", b"empty"):
        assert text not in box.data


@pytest.mark.parametrize(
    "password", ["", "abacus", "correct horse battery staple", "abacus-abdomen-abide-able-Abnormal"]
)
def test_only_five_drawn_words_are_taken(password: str) -> None:
    with pytest.raises(sealedbox.WeakPasswordError):
        made(password=password)


def test_another_password_opens_nothing(box: Made) -> None:
    with pytest.raises(sealedbox.WrongKeyError):
        opened(box.data, "abacus-abdomen-abide-able-abrasion")


@pytest.mark.parametrize("length", [0, 5, 11, 12, 200, -1, -5000])
def test_a_box_cut_anywhere_is_refused(box: Made, length: int) -> None:
    with pytest.raises(media.ContainerError):
        opened(box.data[:length])


def test_a_box_with_something_added_is_refused(box: Made) -> None:
    with pytest.raises(media.ContainerError, match="sealed files where"):
        opened(box.data + b"\0")


def test_every_flipped_bit_of_the_objects_is_seen(box: Made) -> None:
    start = len(box.sealed.head.render())
    for at in [start, start + 60, start + 5000, len(box.data) - 30_000, len(box.data) - 73, len(box.data) - 1]:
        data = bytearray(box.data)
        data[at] ^= 1
        with pytest.raises(sealedbox.BoxError):
            opened(bytes(data))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda head: head.update(v=2), media.ContainerError),
        (lambda head: head.update(share="../../etc"), media.ContainerError),
        (lambda head: head.update(objects=[]), media.ContainerError),
        (lambda head: head.update(objects={"a": 1}), media.ContainerError),
        (lambda head: head.update(salt="AAAA"), media.ContainerError),
        (lambda head: head.update(params="1.1000"), sealedbox.ParamsError),
        (lambda head: head.update(params=7), sealedbox.ParamsError),
        (lambda head: head.update(params="1.600001"), sealedbox.WrongKeyError),
        (lambda head: head.update(recipient=sealedbox.new_id()), sealedbox.WrongKeyError),
        (lambda head: head.update(share=sealedbox.new_id()), sealedbox.BoxError),
        (lambda head: head["objects"][1].__setitem__(0, sealedbox.new_id()), sealedbox.ManifestError),
    ],
)
def test_a_changed_beginning_is_refused(
    box: Made, change: Callable[[dict[str, object]], None], error: type[Exception]
) -> None:
    head, rest = head_of(box.data)
    change(head)
    with pytest.raises(error):
        opened(with_head(head, rest))


def test_files_of_another_box_do_not_fit_in(box: Made) -> None:
    other = made(seed=b"\2" * 32)
    start = box.sealed.head.places(len(box.sealed.head.render()))[2][0]
    with pytest.raises(sealedbox.BoxError):
        opened(box.data[:start] + other.data[start:])


def test_a_file_that_changes_while_it_is_sealed_is_noticed() -> None:
    given = iter([[b"first"], [b"other"]])
    source = media.Source("a.txt", "text/plain", 5, lambda: next(given))
    sealed = media.seal_files([source], PASSWORD, title="", note="", created="2026-11-21T10:00:00Z")
    with pytest.raises(ValueError, match="changed while it was sealed"):
        list(sealed.stream())
    short = [media.Source("a.txt", "text/plain", 9, lambda: [b"first"])]
    with pytest.raises(ValueError, match="changed while it was sealed"):
        media.seal_files(short, PASSWORD, title="", note="", created="2026-11-21T10:00:00Z")


def test_names_that_break_a_rule_are_refused() -> None:
    with pytest.raises(sealedbox.ManifestError):
        media.seal_files(sources({"../up.txt": b""}), PASSWORD, title="", note="", created="2026-11-21T10:00:00Z")
