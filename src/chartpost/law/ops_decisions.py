"""The evaluations about decisions on a request for access: JSON values in, JSON values out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from . import access, intake, letters
from . import standing as who
from .given import Given

Answer = dict[str, Any]

HELD_KEYS = ("held", "held_here", "held_by_entity", "maintained_here", "in_possession", "we_hold")
HOLDER_KEYS = ("holder_known", "whereabouts_known", "location_known", "where_known", "known_elsewhere")


def _flags(given: Given, facts: type, *skip: str) -> dict[str, bool]:
    """Read every true-or-false field of a dataclass that the facts mention."""
    names = [f.name for f in fields(facts) if f.type == "bool" and f.name not in skip]
    return {name: given.flag(name) for name in names if given.has(name)}


def access_item(given: Given) -> Answer:
    """Answer op access_item."""
    held = given.any_flag(*HELD_KEYS)
    decision = access.decide_item(
        access.ItemFacts(
            item=given.text("item", "medical_record"),
            requester=given.text("requester", "individual"),
            mode=given.text("mode", "copy"),
            profile=given.text("profile", "current"),
            held=True if held is None else held,
            holder_known=given.any_flag(*HOLDER_KEYS) or False,
            in_designated_record_set=given.flag_or_none("in_designated_record_set"),
            harm=_harm(given.part_or_none("harm")),
            **_flags(given, access.ItemFacts, "held", "holder_known"),
        )
    )
    return {"decision": decision.decision, "ground": decision.ground, "reviewable": decision.reviewable}


def _harm(part: Given | None) -> access.Harm | None:
    if part is None:
        return None
    return access.Harm(
        part.text("determined_by", "not_said"),
        part.text("type", "not_said"),
        part.text("target", "individual"),
        part.flag("other_is_provider"),
    )


def requester_standing(given: Given) -> Answer:
    """Answer op requester_standing."""
    answer = who.standing(
        who.StandingFacts(
            requester=given.text("requester"),
            authority=given.text_or_none("authority"),
            authority_active=given.flag_or_none("authority_active"),
            subject_age=given.whole_or_none("subject_age"),
            majority_age=given.whole_or_none("majority_age"),
            years_since_death=given.whole_or_none("years_since_death"),
            state=given.text_or_none("state"),
            minor_exception=given.text_or_none("minor_exception"),
            state_parent_access=given.text("state_parent_access", "silent"),
            **_flags(given, who.StandingFacts),
        )
    )
    return {"standing": answer.standing, "decision": answer.decision}


def intake_rule(given: Given) -> Answer:
    """Answer op intake_rule."""
    return {"allowed": intake.intake_rule(given.text("requirement"), given.flag("informed")).allowed}


def denial_letter(given: Given) -> Answer:
    """Answer op denial_letter."""
    lacking = letters.missing("denial", given.texts("contains"), given.text_or_none("ground"))
    return {"complete": not lacking, "missing": list(lacking)}


OPS: dict[str, Callable[[Given], Answer]] = {
    "access_item": access_item,
    "requester_standing": requester_standing,
    "intake_rule": intake_rule,
    "denial_letter": denial_letter,
}
