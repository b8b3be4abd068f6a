"""Family History (10157-6): each organizer is a relative with what they had.

C-CDA R2.1 Family History Organizer (2.16.840.1.113883.10.20.22.4.45); FHIR R4 FamilyMemberHistory.
"""

from chartpost.formats.ccda.intake.amounts import quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, ext, has_template, kid, kids, negated, statement
from chartpost.formats.ccda.intake.people import names
from chartpost.formats.ccda.intake.sections.nesting import inside
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent_concept, concept, span, time

_OLD = "2.16.840.1.113883.10.20.1."
_MEMBER = "2.16.840.1.113883.10.20.22.4.45"
_CONDITION = "2.16.840.1.113883.10.20.22.4.46"
_AGE = ("2.16.840.1.113883.10.20.22.4.31", _OLD + "38")
_DEATH = ("2.16.840.1.113883.10.20.22.4.47", _OLD + "42")
_SEXES = {"M": "male", "F": "female", "UN": "other"}
_AGES = {"a": "a", "mo": "mo", "wk": "wk", "d": "d", "h": "h", "min": "min"}


def read(scope: Scope, node: Node) -> None:
    """One relative; what is negated is noted in words, for FHIR has no place for it."""
    relative = kid(kid(node, "subject"), "relatedSubject")
    person = kid(relative, "subject")
    held = [n for c in kids(node, "component") if (n := statement(c)) is not None]
    denied = [text for n in held if negated(n) and (text := _name(scope, n))]
    made = scope.new("FamilyMemberHistory", node)
    made |= {
        "status": "completed",
        "patient": scope.patient,
        "date": time(scope, kid(node, "effectiveTime")) or None,
        "name": next((n["text"] for n in names(scope, kids(person, "name"))), None),
        "relationship": concept(scope, kid(relative, "code")) or absent_concept(kid(relative, "code"), "Relative"),
        "sex": _sex(kid(person, "administrativeGenderCode")),
        "bornDate": time(scope, kid(person, "birthTime"))[:10] or None,
        "condition": [c for n in held if not negated(n) and (c := _condition(scope, n))],
        "note": [{"text": f"Said not to have had: {text}"} for text in denied],
    }
    _death(scope, person, held, made)


def alone(scope: Scope, node: Node) -> None:
    """A condition that stands without organizer: of a relative nobody names."""
    made = scope.new("FamilyMemberHistory", node)
    found = _condition(scope, node)
    made |= {
        "status": "completed",
        "patient": scope.patient,
        "relationship": {"coding": [{"system": _ROLES, "code": "FAMMEMB", "display": "family member"}]},
        "condition": [found] if found and not negated(node) else [],
        "note": [{"text": f"Said not to have had: {_name(scope, node)}"}] if negated(node) else [],
    }


_ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def _condition(scope: Scope, node: Node) -> Json | None:
    code = concept(scope, kid(node, "value")) or concept(scope, kid(node, "code"), scope.text(kid(node, "text")))
    if code is None:
        return None
    age = next((a for n in inside(node) if has_template(n, *_AGE) and (a := _years(scope, n))), None)
    found = span(scope, kid(node, "effectiveTime"))
    made: Json = {"code": code}
    if age:
        made["onsetAge"] = age
    elif found.end:
        made["onsetPeriod"] = found.period
    elif found.start:
        made["onsetString"] = found.start
    if any(has_template(n, *_DEATH) for n in inside(node)):
        made["contributedToDeath"] = True
    return made


def _years(scope: Scope, node: Node) -> Json | None:
    """An Age Observation as Age, in a unit of time."""
    made = quantity(scope, kid(node, "value"))
    unit = _AGES.get((made or {}).get("code", "a"))
    if made is None or unit is None or made["value"] < 0:
        return None
    return {
        "value": made["value"],
        "unit": made.get("unit") or unit,
        "system": "http://unitsofmeasure.org",
        "code": unit,
    }


def _death(scope: Scope, person: Node | None, held: list[Node], made: Json) -> None:
    at = time(scope, ext(person, "deceasedTime"))
    dead = attr(ext(person, "deceasedInd"), "value")
    caused = any(has_template(i, *_DEATH) for n in held for i in inside(n))
    if at:
        made["deceasedDate"] = at[:10]
    elif dead in ("true", "false"):
        made["deceasedBoolean"] = dead == "true"
    elif caused:
        made["deceasedBoolean"] = True


def _sex(node: Node | None) -> Json | None:
    code = _SEXES.get(attr(node, "code"))
    return {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": code}]} if code else None


def _name(scope: Scope, node: Node) -> str:
    return str((concept(scope, kid(node, "value")) or concept(scope, kid(node, "code")) or {}).get("text") or "")


SECTION = Section(
    "family history",
    ("2.16.840.1.113883.10.20.22.2.15", "2.16.840.1.113883.10.20.1.4"),
    ("10157-6",),
    (Entry((_MEMBER, _OLD + "23"), read, ("organizer",)), Entry((_CONDITION, _OLD + "22"), alone, ("observation",))),
    fallback={"organizer": read, "observation": alone},
)
