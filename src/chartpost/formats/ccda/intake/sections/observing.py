"""Observations of any section: code, value, range, interpretation, times."""

from chartpost.formats.ccda.intake.amounts import limits, put_absent, put_value, quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.embedded import is_file, of_value
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, kid, kids, negated, xsi_type
from chartpost.formats.ccda.intake.people import performers, who
from chartpost.formats.ccda.intake.sections.common import OBSERVATION_CATEGORY, fixed, named, only, sites, status
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    annotation,
    concept,
    concepts,
    put_when,
    statement_text,
    when,
)

_STATES = {
    "completed": "final", "active": "preliminary", "aborted": "cancelled", "cancelled": "cancelled",
    "held": "registered", "new": "registered", "suspended": "registered", "nullified": "entered-in-error",
}  # fmt: skip
_PERFORMERS = frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"})
_NAMES = {
    "laboratory": "Laboratory", "imaging": "Imaging", "vital-signs": "Vital Signs", "survey": "Survey",
    "social-history": "Social History", "exam": "Exam", "procedure": "Procedure", "therapy": "Therapy",
}  # fmt: skip


def category(code: str) -> Json:
    """An observation category."""
    return fixed(OBSERVATION_CATEGORY, code, _NAMES.get(code))


def state(node: Node) -> str:
    """The status of an Observation: what the statusCode says, cancelled where it was not done."""
    if negated(node):
        return "cancelled"
    return _STATES.get(status(node), "final" if not status(node) and kid(node, "value") is not None else "unknown")


def observe(scope: Scope, node: Node, kind: str, *profiles: str, part: str = "") -> Json:
    """An Observation of a category with everything a statement of kind observation can say."""
    made = scope.new("Observation", node, *profiles, part=part)
    made |= {
        "status": state(node),
        "category": [category(kind)],
        "code": named(scope, node),
        "subject": scope.patient,
    }
    put_when(made, "effective", when(scope, node))
    put_result(scope, made, node)
    made |= {
        "interpretation": concepts(scope, kids(node, "interpretationCode")),
        "note": annotation(scope, node),
        "bodySite": next(iter(sites(scope, node)), None),
        "method": concept(scope, kid(node, "methodCode")),
        "referenceRange": ranges(scope, node),
        "performer": _performers(scope, node),
    }
    return made


def put_result(scope: Scope, made: Json, node: Node) -> None:
    """The value of an observation, or why there is none; several values are joined, a file is handed back."""
    values = [v for v in kids(node, "value") if not (flavor(v) and not len(v) and not v.text)]
    if values and is_file(values[0]):
        of_value(scope, values[0], statement_text(scope, node) or scope.title)
        put_absent(made, None)
        return
    if len(values) > 1 and _put_many(scope, made, values):
        return
    if values and put_value(scope, made, values[0]):
        return
    first = kid(node, "value")
    if made.get("status") != "cancelled" or first is not None:
        put_absent(made, first)


def _put_many(scope: Scope, made: Json, values: list[Node]) -> bool:
    """Several coded values are one concept list as components; others are words."""
    found = []
    for value in values:
        part: Json = {"code": made["code"]}
        if put_value(scope, part, value):
            found.append(part)
    if len(found) > 1:
        made["component"] = found
    return len(found) > 1


def ranges(scope: Scope, node: Node) -> list[Json]:
    """Reference ranges: normal ones with their limits, others as words that say which they are."""
    found: list[Json] = []
    for holder in kids(node, "referenceRange"):
        inner = kid(holder, "observationRange")
        made = _range(scope, inner) if inner is not None else None
        if made and made not in found:
            found.append(made)
    return found


def _range(scope: Scope, inner: Node) -> Json | None:
    value, told = kid(inner, "value"), scope.text(kid(inner, "text"))
    flag = attr(kid(inner, "interpretationCode"), "code")
    made: Json = {"text": told}
    if value is not None:
        both = limits(scope, value)
        if both:
            made |= {k: v for k, v in both.items() if v and v.get("value") is not None}
        elif xsi_type(value) in ("ST", "ED"):
            made["text"] = told or scope.text(value)
        elif xsi_type(value) in ("CD", "CE"):
            made["text"] = told or (concept(scope, value) or {}).get("text")
        else:
            single = quantity(scope, value)
            made["text"] = told or (f"{single['value']} {single.get('unit', '')}".strip() if single else None)
    if flag not in ("", "N") and (made.get("text") or made.get("low") or made.get("high")):
        made["appliesTo"] = [{"text": flag}]
    return made if made.get("text") or made.get("low") or made.get("high") else None


def _performers(scope: Scope, node: Node) -> list[Json]:
    found = [p for p in performers(scope, node) if only(p, _PERFORMERS)]
    if not found:
        authors = [only(who(scope, a), _PERFORMERS) for a in kids(node, "author")]
        found = [a for a in authors if a]
    return list({p["reference"]: p for p in found}.values())
