"""Age of majority and the services minors may agree to alone, by state (rulebook 1.1.1, WHO-10, WHO-13)."""

from __future__ import annotations

from dataclasses import dataclass

from .citation import Citation, as_mark
from .tables import table


@dataclass(frozen=True, slots=True)
class MinorConsent:
    """A service a minor may agree to alone from an age on, and what state law lets the parent see."""

    state: str
    area: str
    from_age: int
    parent_access: str
    citation: Citation


def majority_age(state: str | None) -> int:
    """Return the age of majority in a state, in years (18 where the table names none)."""
    rows = table("majority")["row"]
    default: int = table("majority")["default"]
    return next((int(row["age"]) for row in rows if row["state"] == state), default)


def consent_areas() -> tuple[str, ...]:
    """Return the service areas that the minor-consent table speaks about (rulebook WHO-13)."""
    return tuple(table("minor_consent")["areas"])


def minor_consent(state: str, area: str | None = None) -> list[MinorConsent]:
    """Return the rows for a state, or for one area of it; an empty list means a person must decide."""
    rows = table("minor_consent")["row"]
    return [_row(row) for row in rows if row["state"] == state and area in (None, row["area"])]


def may_consent_alone(state: str, area: str, age: int) -> bool | None:
    """Say whether a minor of an age may agree alone to a service; None where the table does not know."""
    rows = minor_consent(state, area)
    return any(age >= row.from_age for row in rows) if rows else None


def _row(row: dict[str, str]) -> MinorConsent:
    citation = Citation("WHO-13", row["cite"], as_mark(row["mark"]))
    return MinorConsent(row["state"], row["area"], int(row["from_age"]), row["parent_access"], citation)
