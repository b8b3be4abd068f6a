"""Errors of the law room.

LawError
├── UnknownRuleError     a rule id that is not in the rulebook
├── UnknownProfileError  a named set of rule values that does not exist
└── LawInputError        facts that are missing, of the wrong kind or out of range
"""

from __future__ import annotations


class LawError(Exception):
    """Anything the law room refuses to work with."""


class UnknownRuleError(LawError):
    """A rule id that the rulebook does not hold."""


class UnknownProfileError(LawError):
    """A profile name that no table holds."""


class LawInputError(LawError):
    """Facts that are missing, of the wrong kind or out of range."""

    @classmethod
    def of(cls, field: str, seen: object, expected: str) -> LawInputError:
        """Build the error for one field, naming what was seen and what was expected."""
        return cls(f"{field}: saw {_shown(seen)}, expected {expected}.")


def _shown(seen: object) -> str:
    if seen is None:
        return "nothing"
    text = repr(seen)
    return text if len(text) <= 60 else f"a {type(seen).__name__} of {len(text)} characters"
