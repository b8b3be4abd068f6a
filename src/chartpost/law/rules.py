"""The text of each rule: what the desk shows when someone asks "why this figure?"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from .citation import Citation, Mark, as_mark
from .errors import UnknownRuleError
from .tables import table


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule in plain words, with the clause behind it (`cite` is empty where no law requires it)."""

    id: str
    text: str
    cite: str
    mark: Mark
    effective_from: date | None = None


@cache
def all_rules() -> dict[str, RuleText]:
    """Return every rule by id, in the order of the table."""
    return {rule_id: _rule(rule_id, row) for rule_id, row in table("rules")["rules"].items()}


def _rule(rule_id: str, row: list[object]) -> RuleText:
    text, cite, mark, *since = row
    effective = since[0] if since else None
    return RuleText(
        rule_id, str(text), str(cite), as_mark(str(mark)), effective if isinstance(effective, date) else None
    )


def explain(rule_id: str) -> RuleText:
    """Return one rule in plain words; raise UnknownRuleError for an id the rulebook does not hold."""
    try:
        return all_rules()[rule_id]
    except KeyError:
        raise UnknownRuleError(f"Rule id: saw {rule_id!r}, expected one of the ids in docs/rules.md.") from None


def cite(rule_id: str) -> Citation:
    """Return the citation of a rule; raise UnknownRuleError for an id the rulebook does not hold."""
    rule = explain(rule_id)
    return Citation(rule.id, rule.cite, rule.mark)
