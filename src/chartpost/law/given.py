"""Read the facts of one evaluation from plain JSON values; errors say what was seen and expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from .errors import LawInputError

YEARS = (1800, 2999)
"""Dates outside these years are typing errors, not facts."""


@dataclass(frozen=True, slots=True)
class Given:
    """The `given` object of one evaluation; every reader raises LawInputError on a wrong kind of value."""

    values: Mapping[str, Any]
    path: str = "given"

    def _get(self, key: str) -> Any:
        return self.values.get(key)

    def _refuse(self, key: str, expected: str) -> LawInputError:
        return LawInputError.of(f"{self.path}.{key}", self._get(key), expected)

    def has(self, key: str) -> bool:
        """Say whether a key is there with a value other than null."""
        return self._get(key) is not None

    def day_or_none(self, key: str) -> date | None:
        """Read an ISO date such as 2026-01-05, or None."""
        value = self._get(key)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._refuse(key, "a date such as 2026-01-05") from None
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise self._refuse(key, f"a date in the years {YEARS[0]} to {YEARS[1]}")
        return day

    def day(self, key: str) -> date:
        """Read an ISO date that must be there."""
        value = self.day_or_none(key)
        if value is None:
            raise self._refuse(key, "a date such as 2026-01-05")
        return value

    def instant(self, key: str) -> datetime:
        """Read an ISO date and time such as 2026-01-05T14:00:00Z."""
        try:
            instant = datetime.fromisoformat(self._get(key))
        except (TypeError, ValueError):
            raise self._refuse(key, "a date and time such as 2026-01-05T14:00:00Z") from None
        if not YEARS[0] <= instant.year <= YEARS[1]:
            raise self._refuse(key, f"a date and time in the years {YEARS[0]} to {YEARS[1]}")
        return instant

    def days(self, key: str) -> tuple[date, ...]:
        """Read a list of ISO dates; absent means empty."""
        values = self.rows(key)
        return tuple(Given({key: value}, self.path).day(key) for value in values)

    def text_or_none(self, key: str) -> str | None:
        """Read a text, or None."""
        value = self._get(key)
        if value is not None and not isinstance(value, str):
            raise self._refuse(key, "a text")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text; without a default it must be there."""
        value = self.text_or_none(key)
        value = default if value is None else value
        if value is None:
            raise self._refuse(key, "a text")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Read true or false; absent means the default."""
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._refuse(key, "true or false")
        return value

    def flag_or_none(self, key: str) -> bool | None:
        """Read true, false or None."""
        return self.flag(key) if self.has(key) else None

    def whole_or_none(self, key: str) -> int | None:
        """Read a whole number, or None."""
        value = self._get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self._refuse(key, "a whole number")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """Read a whole number; without a default it must be there."""
        value = self.whole_or_none(key)
        value = default if value is None else value
        if value is None:
            raise self._refuse(key, "a whole number")
        return value

    def amount_or_none(self, key: str) -> Fraction | None:
        """Read a number exactly as written (7.5 is 15/2), or None."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse(key, "a number")
        try:
            return Fraction(str(value))
        except ValueError:
            raise self._refuse(key, "a finite number") from None

    def rows(self, key: str) -> list[Any]:
        """Read a list; absent means empty."""
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._refuse(key, "a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; absent means empty."""
        values = self.rows(key)
        if not all(isinstance(value, str) for value in values):
            raise self._refuse(key, "a list of texts")
        return tuple(values)

    def part_or_none(self, key: str) -> Given | None:
        """Read an object inside, or None."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._refuse(key, "an object")
        return Given(value, f"{self.path}.{key}")

    def parts(self, key: str) -> tuple[Given, ...]:
        """Read a list of objects; absent means empty."""
        values = self.rows(key)
        if not all(isinstance(value, Mapping) for value in values):
            raise self._refuse(key, "a list of objects")
        return tuple(Given(value, f"{self.path}.{key}[{i}]") for i, value in enumerate(values))

    def any_flag(self, *keys: str) -> bool | None:
        """Read the first of several spellings of one flag that is there, or None."""
        return next((self.flag(key) for key in keys if self.has(key)), None)
