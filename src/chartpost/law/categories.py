"""The record categories a person can choose on the request form (rulebook 8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from .errors import LawInputError
from .tables import table


@dataclass(frozen=True, slots=True)
class Category:
    """One category, the labels it starts with, and whether the right of access covers it."""

    key: str
    name: str
    labels: tuple[str, ...] = ()
    in_record_set: bool = True


@cache
def all_categories() -> tuple[Category, ...]:
    """Return every category in the order of the form."""
    return tuple(_category(row) for row in table("categories")["category"])


def category(key: str) -> Category:
    """Return one category; raise LawInputError for a key that is not known."""
    found = next((row for row in all_categories() if row.key == key), None)
    if found is None:
        raise LawInputError.of("category", key, "a key of the category table (docs/rules.md)")
    return found


def sensitive_categories() -> tuple[Category, ...]:
    """Return the categories that start with a security label and are asked for line by line."""
    return tuple(row for row in all_categories() if row.labels)


def _category(row: dict[str, Any]) -> Category:
    return Category(row["key"], row["name"], tuple(row.get("labels", ())), row.get("in_record_set", True))
