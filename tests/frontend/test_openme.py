"""OPEN-ME.html has its own words: all its parts say must be among them, in both languages."""

import re
from pathlib import Path

SEALED = Path(__file__).resolve().parents[2] / "frontend" / "src" / "sealed"
USED = ("dom", "ladder", "names", "openme_page", "receive_look", "receive_open", "receive_save", "talk")
NEVER = {"waiting", "saved-look", "saved-told", "who-you"}
"""Said of shares that come from a server only."""


def said() -> dict[str, str]:
    """The names of words and their text as written."""
    source = (SEALED / "openme_words.ts").read_text(encoding="utf-8").partition("export const SAID")[2]
    return dict(re.findall(r'^  "?([a-z-]+)"?: \[(.+?)\],$', source, re.MULTILINE | re.DOTALL))


def wanted() -> set[str]:
    """Every name that one of the page's scripts says, and those made of a reason."""
    found = set()
    for name in USED:
        found |= set(re.findall(r'say\((?:\w+ \? )?"([a-z-]+)"', (SEALED / f"{name}.ts").read_text(encoding="utf-8")))
        found |= set(re.findall(r'say\(\w+ \? "[a-z-]+" : "([a-z-]+)"', (SEALED / f"{name}.ts").read_text("utf-8")))
    for reason in ("damaged", "cancelled", "lost", "full", "unsaved", "failed", "no-look", "big"):
        found |= {f"{reason}-title", f"{reason}-text"}
    return found - NEVER


def test_every_word_that_may_be_said_is_there() -> None:
    assert len(wanted()) > 30
    assert wanted() - set(said()) == set()


def test_every_word_is_there_twice_with_the_same_values() -> None:
    for name, pair in said().items():
        texts = re.findall(r'"((?:[^"\\]|\\.)+)"', pair)
        assert len(texts) == 2, name
        english, spanish = (sorted(re.findall(r"\{\w+\}", text)) for text in texts)
        assert english == spanish, name


def test_every_standing_place_has_its_words() -> None:
    source = (SEALED / "openme_words.ts").read_text(encoding="utf-8").partition("export const SAID")[0]
    standing = set(re.findall(r'^  "?([a-z-]+)"?: \[', source, re.MULTILINE))
    page = (SEALED / "openme.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-say="([a-z-]+)"', page)) == standing
