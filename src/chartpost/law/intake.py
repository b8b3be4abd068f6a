"""What an office may and may not require of a person who asks for records (rulebook 1.3)."""

from __future__ import annotations

from dataclasses import dataclass

from .citation import Citation
from .rules import cite
from .tables import table


@dataclass(frozen=True, slots=True)
class IntakeVerdict:
    """Whether the requirement may be made, and the rule that says so."""

    allowed: bool
    citation: Citation


def intake_rule(requirement: str, informed: bool = False) -> IntakeVerdict:
    """Say whether an office may make a requirement (45 CFR 164.524(b)(1), 164.514(h)).

    `informed` says whether people were told of it beforehand. What the law does not let an office require is
    a barrier, so a requirement the table does not list is not allowed (rulebook INT-5).
    """
    row = table("intake")["requirement"].get(requirement)
    if row is None:
        return IntakeVerdict(False, cite("INT-5"))
    allowed = informed if row["allowed"] == "if_informed" else row["allowed"] == "yes"
    return IntakeVerdict(allowed, cite(row["rule"]))
