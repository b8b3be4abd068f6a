"""Load the versioned data tables of the rulebook (TOML files in `law/data`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

ENGINE_VERSION = "1.0"
"""Version of the interpreters; stored with each computed date, fee and decision."""

TABLES = (
    "access_profiles",
    "categories",
    "holidays",
    "infoblock",
    "intake",
    "labels",
    "letters",
    "majority",
    "minor_consent",
    "purposes",
    "rules",
    "state_deadlines",
    "state_fee_caps",
    "timers",
)


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return the parsed table `name` (one of TABLES)."""
    text = resources.files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def versions() -> Mapping[str, str]:
    """Return the version of every table, to be stored beside each computed result."""
    return {name: str(table(name)["version"]) for name in TABLES}


def in_force(row: Mapping[str, Any], on: date) -> bool:
    """Say whether a row applies on a date: `effective_from` <= on <= `effective_to`, open where absent."""
    starts: date | None = row.get("effective_from")
    ends: date | None = row.get("effective_to")
    return (starts is None or starts <= on) and (ends is None or on <= ends)
