"""Passwords of five words, drawn evenly from 7,776: 64.6 bits that can be read aloud over the phone."""

import secrets
from functools import cache
from importlib import resources

WORDS = 5


@cache
def word_list() -> tuple[str, ...]:
    """The 7,776 words of EFF's long list (CC BY 3.0 US; third_party/eff-wordlist/README.md)."""
    return tuple(resources.files(__package__).joinpath("words.txt").read_text("ascii").split())


@cache
def drawn_words() -> tuple[str, ...]:
    """The 7,772 words passwords are drawn from: four of the list have a hyphen, which here parts words."""
    return tuple(word for word in word_list() if "-" not in word)


def new_password(count: int = WORDS) -> str:
    """A fresh password: `count` words joined by hyphens."""
    return "-".join(secrets.choice(drawn_words()) for _ in range(count))
