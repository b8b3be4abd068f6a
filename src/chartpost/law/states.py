"""State time limits on access, as rows (rulebook 1.4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from .calendar import add_days, business_days_after
from .citation import Citation, as_mark
from .tables import in_force, table

Unit = Literal["calendar", "business"]

KIND_COVERS: dict[str, frozenset[str]] = {
    "both": frozenset({"inspect", "copy"}),
    "inspection": frozenset({"inspect"}),
    "electronic_record": frozenset({"electronic_record", "copy"}),
}
"""Kinds of request that more than one kind of row speaks about; any other kind is covered by its own rows."""


@dataclass(frozen=True, slots=True)
class StateLimit:
    """One row: the state's limit in days of `unit` for one `kind` of request."""

    state: str
    applies_to: str
    kind: str
    unit: Unit
    days: int
    citation: Citation
    note: str = ""
    extended_days: int | None = None
    extended_unit: Unit | None = None

    def due(self, received: date, extra_holidays: Iterable[date] = ()) -> date:
        """Return the state's due date for a request received on a date."""
        if self.unit == "business":
            return business_days_after(received, self.days, extra_holidays)
        return add_days(received, self.days)


@cache
def _rows() -> tuple[tuple[dict[str, object], StateLimit], ...]:
    return tuple((row, _limit(row)) for row in table("state_deadlines")["row"])


def _limit(row: dict[str, object]) -> StateLimit:
    keys = ("state", "applies_to", "kind", "unit", "days", "note", "extended_days", "extended_unit")
    values = {key: row[key] for key in keys if key in row}
    citation = Citation("CLK-6", str(row["cite"]), as_mark(str(row["mark"])))
    return StateLimit(citation=citation, **values)  # type: ignore[arg-type]  # a test reads every row


def state_limits(state: str | None = None, kind: str | None = None, on: date | None = None) -> list[StateLimit]:
    """Return the rows for a state and kind of request in force on a date; None means all."""
    kinds = None if kind is None else KIND_COVERS.get(kind, frozenset({kind}))
    return [
        limit
        for row, limit in _rows()
        if (state is None or limit.state == state)
        and (kinds is None or limit.kind in kinds)
        and (on is None or in_force(row, on))
    ]
