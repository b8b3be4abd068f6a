"""Goals (61146-7): each Goal Observation is a Goal.

C-CDA R2.1 Goal Observation (2.16.840.1.113883.10.20.22.4.121); US Core Goal. C-CDA on FHIR 2.0 has no map for it:
the code says what is measured, the value what is wanted, effectiveTime from when until when.
"""

from chartpost.formats.ccda.intake.amounts import put_value
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, has_template, kid, kids, negated
from chartpost.formats.ccda.intake.people import who
from chartpost.formats.ccda.intake.sections.common import only, status
from chartpost.formats.ccda.intake.sections.nesting import PRIORITY, inside, read_inside, referred
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import annotation, concept, day, statement_text, when

GOAL = "2.16.840.1.113883.10.20.22.4.121"
_PROGRESS = "2.16.840.1.113883.10.20.22.4.110"
_STATUS = {
    "active": "active", "completed": "completed", "cancelled": "cancelled", "aborted": "cancelled",
    "suspended": "on-hold", "held": "on-hold", "new": "proposed", "nullified": "entered-in-error",
    "obsolete": "cancelled",
}  # fmt: skip
_PRIORITIES = {"394849002": "high-priority", "394848005": "medium-priority", "441808003": "low-priority"}
_PRIORITY_SYSTEM = "http://terminology.hl7.org/CodeSystem/goal-priority"
_DETAILS = ("Quantity", "Range", "CodeableConcept", "String", "Boolean", "Integer", "Ratio")


def read(scope: Scope, node: Node) -> None:
    """A goal; a negated one was rejected."""
    made = scope.new("Goal", node, "goal")
    span = when(scope, node)
    measured = concept(scope, kid(node, "code"))
    wanted = _wanted(scope, node)
    made |= {
        "lifecycleStatus": "rejected" if negated(node) else _STATUS.get(status(node), "active"),
        "description": _description(scope, node, measured, wanted),
        "subject": scope.patient,
        "startDate": day(span.start),
        "target": _targets(measured, wanted, day(span.end)),
        "priority": _priority(scope, node),
        "expressedBy": next((w for a in kids(node, "author") if (w := only(who(scope, a)))), None),
        "addresses": referred(scope, node, "Condition", "Observation"),
        "achievementStatus": _progress(scope, node),
        "note": annotation(scope, node),
    }
    read_inside(scope, node)


def _wanted(scope: Scope, node: Node) -> Json:
    """The value as detail[x] of a target; a moment is no detail and becomes words."""
    made: Json = {}
    put_value(scope, made, kid(node, "value"), "detail")
    return {key: value for key, value in made.items() if key.removeprefix("detail") in _DETAILS}


def _description(scope: Scope, node: Node, measured: Json | None, wanted: Json) -> Json:
    """The words of the goal; a coded value names it better than the code of what is measured."""
    text = statement_text(scope, node)
    coded = wanted.get("detailCodeableConcept")
    if coded:
        return {**coded, "text": text or coded.get("text")}
    if measured:
        return {**measured, "text": text or measured.get("text")}
    return {"text": text or wanted.get("detailString") or "Goal without words"}


def _targets(measured: Json | None, wanted: Json, due: str | None) -> list[Json]:
    if not wanted and not due:
        return []
    return [{"measure": measured if wanted else None, **wanted, "dueDate": due}]


def _priority(scope: Scope, node: Node) -> Json | None:
    for inner in inside(node):
        if has_template(inner, PRIORITY):
            made = concept(scope, kid(inner, "value"))
            code = next((p for c in (made or {}).get("coding") or () if (p := _PRIORITIES.get(c["code"]))), "")
            if made and code:
                made["coding"].append({"system": _PRIORITY_SYSTEM, "code": code})
            return made
    return None


def _progress(scope: Scope, node: Node) -> Json | None:
    held = [inner for inner in inside(node) if has_template(inner, _PROGRESS)]
    return concept(scope, kid(held[0], "value")) if held else None


SECTION = Section(
    "goals",
    ("2.16.840.1.113883.10.20.22.2.60",),
    ("61146-7",),
    (Entry((GOAL,), read, ("observation",)),),
    fallback={"observation": read},
)
