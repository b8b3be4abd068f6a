"""One row per requirement, kept in the order in which the modules name them."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.interop.checklist.office import Office

Check = Callable[[Office], None]


@dataclass(frozen=True)
class Row:
    """A requirement; `check` raises AssertionError when it does not hold; without one it is inspected at `where`."""

    id: str
    section: str
    words: str
    strength: str = "SHALL"
    check: Check | None = None
    where: str = ""


ROWS: list[Row] = []


def add(row: Row) -> None:
    """Keep a row; two rows never share an id."""
    assert row.id not in {one.id for one in ROWS}, row.id
    ROWS.append(row)


def requires(id_: str, section: str, words: str, strength: str = "SHALL") -> Callable[[Check], Check]:
    """Make a check the row of a requirement."""

    def keep(check: Check) -> Check:
        add(Row(id_, section, words, strength, check))
        return check

    return keep


def inspected(id_: str, section: str, words: str, where: str) -> None:
    """A requirement a person attests; `where` says what to look at."""
    add(Row(id_, section, words, "attested", None, where))
