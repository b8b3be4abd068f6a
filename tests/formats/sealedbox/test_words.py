"""Generated passwords and the estimate of own ones."""

from collections import Counter
from hashlib import sha256

import pytest

from chartpost.formats import sealedbox as box


def test_the_word_list_is_the_published_one() -> None:
    text = "".join(f"{word}\n" for word in box.word_list())
    assert len(set(box.word_list())) == 7776
    assert sha256(text.encode()).hexdigest() == "6d557f0693958fb5e650b68b5bee585eb82cf4da32965505c789e924743bc522"


def test_passwords_are_five_words_drawn_evenly() -> None:
    known = {word for word in box.word_list() if "-" not in word}
    drawn = [box.new_password() for _ in range(4000)]
    assert len(set(drawn)) == len(drawn)
    assert {text.count("-") for text in drawn} == {4}, "a word with a hyphen of its own makes six of five"
    counts = Counter(word for text in drawn for word in text.split("-"))
    assert set(counts) <= known
    # 20,000 draws from 7,772 words: each word 2.57 times on average; 20 for one word has odds of one in 10**10.
    assert max(counts.values()) < 20
    assert len(counts) > 6_800


def test_no_password_is_drawn_with_a_word_that_has_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.choice", lambda words: next((one for one in words if "-" in one), words[0]))
    assert box.new_password().count("-") == 4


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short1!",
        "eleven-char",
        "password1234",
        "Password2026!",
        "P@ssw0rd12345",
        "Summer2026!!",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "123456789012345",
        "qwertyuiop1234",
        "1qaz2wsx3edc",
        "iloveyou12345",
        "chartpost2026",
        "monkeydragon1",
        "abcdefghijklmnop",
    ],
)
def test_passwords_a_guesser_tries_first_are_refused(password: str) -> None:
    with pytest.raises(box.WeakPasswordError) as caught:
        box.check_password(password)
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        "kT9#vmQ2xLz!",
        "w3x8k2p0q9zt",
        "purple elephants dance badly",
        "Mi tía baila salsa los jueves",
        "病歴を送るための合言葉です",
    ],
)
def test_passwords_that_hold_are_taken(password: str) -> None:
    box.check_password(password)


def test_generated_passwords_are_always_taken() -> None:
    for _ in range(200):
        box.check_password(box.new_password())
