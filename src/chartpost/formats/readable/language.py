"""The words of this room in the reader's language: the standard library's gettext over our own catalogue.

The language is the one a `speaking` block names, else the one the program follows (pages follow the reader's), else
English.
"""

import gettext as _gettext
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "locale"
DOMAIN = "django"
"""Name of the catalogue's file, the same as in every other room."""

_spoken: ContextVar[str] = ContextVar("spoken", default="")
_followed: list[Callable[[], str | None]] = []


def follow(current: Callable[[], str | None]) -> None:
    """Take the language from `current` wherever no `speaking` block names one."""
    _followed[:] = [current]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything inside the block in one language (a tag such as `es`)."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def get_language() -> str:
    """The tag of the language that is spoken now."""
    return _spoken.get() or (_followed[0]() if _followed else None) or "en"


def gettext(text: str) -> str:
    """A text in the reader's language."""
    return _catalogue(get_language()[:2]).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """A text about a number of things in the reader's language."""
    return _catalogue(get_language()[:2]).ngettext(one, many, count)


class Words:
    """A text that is said in the language spoken when it is shown."""

    def __init__(self, text: str, context: str = "") -> None:
        self._text, self._context = text, context

    def __str__(self) -> str:
        catalogue = _catalogue(get_language()[:2])
        return catalogue.pgettext(self._context, self._text) if self._context else catalogue.gettext(self._text)

    def __mod__(self, values: object) -> str:
        return str(self) % values


def gettext_lazy(text: str) -> Words:
    """A text to be said later."""
    return Words(text)


def pgettext_lazy(context: str, text: str) -> Words:
    """A text to be said later, told apart by its context from the same English words elsewhere."""
    return Words(text, context)


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
