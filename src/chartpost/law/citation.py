"""The citation that every result of the law room carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from .errors import LawInputError

Mark = Literal["verified", "verify", "design", "test"]
"""verified: the text was read. verify: believed right, to be checked. design: our choice. test: fictional."""

MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True, slots=True)
class Citation:
    """One rule and the clause behind it.

    `rule_id` is the rulebook's id ("CLK-1"), `cite` the clause ("45 CFR 164.524(b)(2)(i)") and `mark`
    says how well the clause was checked.
    """

    rule_id: str
    cite: str
    mark: Mark

    def __str__(self) -> str:
        return f"{self.rule_id} ({self.cite})" if self.cite else self.rule_id


def as_mark(text: str) -> Mark:
    """Return the text as a mark; raise LawInputError for any other word."""
    if text not in MARKS:
        raise LawInputError.of("mark", text, f"one of {', '.join(MARKS)}")
    return text
