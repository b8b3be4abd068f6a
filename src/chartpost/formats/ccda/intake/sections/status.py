"""Functional Status (47420-5), Mental Status (10190-7), Nutrition (61144-2), Physical Exam, Outcomes: observations.

C-CDA R2.1 Functional Status Organizer and Observation (2.16.840.1.113883.10.20.22.4.66, .67), Self-Care (.128),
Sensory (.127), Mental Status (.75, .74), Assessment Scale (.69), Nutritional Status (.124), Nutrition Assessment
(.138), Longitudinal Care Wound (.114), Outcome (.144). Problems of R1.1 (.68, .73) are Conditions.
"""

from chartpost.formats.ccda.intake.amounts import put_absent, put_value
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, has_template, kid, kids, local, negated
from chartpost.formats.ccda.intake.people import performers
from chartpost.formats.ccda.intake.sections.common import OBSERVATION_CATEGORY, PROBLEM, fixed, only, sites, status
from chartpost.formats.ccda.intake.sections.nesting import inside, read_inside, referred
from chartpost.formats.ccda.intake.sections.problems import PROBLEM_LIST, condition
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent_concept, annotation, code_of, codes_of, concept, put_when, when

_R = "2.16.840.1.113883.10.20.22.4."
FUNCTION = (_R + "67", _R + "128", _R + "127")
MIND = (_R + "74",)
PROBLEMS = (_R + "68", _R + "73")
GROUPS = (_R + "66", _R + "75")
SCALE, SCALE_ITEM = _R + "69", _R + "86"
NUTRITION = (_R + "124", _R + "138")
WOUND = (_R + "114", _R + "70")
OUTCOME = _R + "144"
_STATES = {"completed": "final", "active": "preliminary", "aborted": "cancelled", "nullified": "entered-in-error"}
_US_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
_ASSERTION = frozenset({"ASSERTION"})


def functional(scope: Scope, node: Node) -> None:
    """How the patient manages, or a problem with it."""
    _either(scope, node, fixed(_US_CATEGORY, "functional-status", "Functional Status"))


def mental(scope: Scope, node: Node) -> None:
    """How the patient thinks and feels, or a problem with it."""
    _either(scope, node, fixed(_US_CATEGORY, "cognitive-status", "Cognitive Status"))


def _either(scope: Scope, node: Node, category: Json) -> None:
    if has_template(node, *PROBLEMS, PROBLEM) and kid(node, "value") is not None:
        condition(scope, node, PROBLEM_LIST)
    else:
        observation(scope, node, category)
    read_inside(scope, node)


def problem(scope: Scope, node: Node) -> None:
    """A functional or cognitive problem of R1.1: a Condition where it has a value, else an Observation."""
    _either(scope, node, fixed(_US_CATEGORY, "functional-status", "Functional Status"))


def group(scope: Scope, node: Node) -> None:
    """An organizer: each observation in it by itself, in the category the group has."""
    read: list[Node] = [n for n in inside(node) if local(n) == "observation"]
    reader = mental if has_template(node, _R + "75") else functional
    done = [scope.attempt(n, reader)[0] for n in read]
    if not any(done):
        raise ValueError("a group without an observation that could be read")


def scale(scope: Scope, node: Node) -> None:
    """An assessment scale with its answers as components."""
    made = observation(scope, node, fixed(OBSERVATION_CATEGORY, "survey", "Survey"), "observation-screening-assessment")
    made["component"] = _components(scope, [n for n in inside(node) if has_template(n, SCALE_ITEM)])


def nutrition(scope: Scope, node: Node) -> None:
    """What the patient eats and how well nourished they are."""
    observation(scope, node, fixed(OBSERVATION_CATEGORY, "survey", "Survey"))
    read_inside(scope, node)


def wound(scope: Scope, node: Node) -> None:
    """A wound with its measures and look as components."""
    made = observation(scope, node, fixed(OBSERVATION_CATEGORY, "exam", "Exam"))
    made["bodySite"] = next(iter(sites(scope, node)), None)
    made["component"] = _components(scope, [n for n in inside(node) if local(n) == "observation"])


def outcome(scope: Scope, node: Node) -> None:
    """What came of a plan, with how far a goal was reached."""
    made = observation(scope, node, fixed(OBSERVATION_CATEGORY, "survey", "Survey"))
    made["focus"] = referred(scope, node, "Goal", "Condition", "Procedure", "ServiceRequest")
    made["component"] = _components(scope, [n for n in inside(node) if has_template(n, _R + "110")])


def observation(scope: Scope, node: Node, category: Json, profile: str = "simple-observation") -> Json:
    """An Observation of what was seen; ASSERTION as code means that the value names it."""
    made = scope.new("Observation", node, profile)
    value = kid(node, "value")
    made |= {
        "status": _STATES.get(status(node), "final"),
        "category": [category],
        "code": code_of(scope, node) or absent_concept(kid(node, "code")),
        "subject": scope.patient,
        "performer": [p for p in performers(scope, node) if only(p)],
        "interpretation": [c for n in kids(node, "interpretationCode") if (c := concept(scope, n))],
        "note": annotation(scope, node),
    }
    put_when(made, "effective", when(scope, node))
    if negated(node):
        found: Json = {}
        put_value(scope, found, value)
        text = (found.get("valueCodeableConcept") or {}).get("text") or found.get("valueString") or "present"
        made["valueString"] = f"Not: {text}"
    elif not put_value(scope, made, value):
        put_absent(made, value)
    return made


def _components(scope: Scope, held: list[Node]) -> list[Json]:
    found = []
    for node in held:
        code = code_of(scope, node)
        if code:
            made: Json = {"code": code}
            if not put_value(scope, made, kid(node, "value")):
                put_absent(made, kid(node, "value"))
            found.append(_named(made))
    return found


def _named(component: Json) -> Json:
    """A component whose code only asserts is named by its value, which is then said to be so."""
    value = component.get("valueCodeableConcept")
    if value and codes_of(component["code"]) & _ASSERTION:
        return {"code": value, "valueBoolean": True}
    return component


_SHARED = (
    Entry((SCALE,), scale, ("observation",)),
    Entry(NUTRITION, nutrition, ("observation",)),
    Entry(WOUND, wound, ("observation",)),
    Entry((OUTCOME,), outcome, ("observation",)),
)
_FUNCTIONAL = (Entry(FUNCTION, functional, ("observation",)), Entry((_R + "66",), group, ("organizer",)))
_MENTAL = (Entry(MIND, mental, ("observation",)), Entry((_R + "75",), group, ("organizer",)))
SECTIONS = (
    Section(
        "functional status",
        ("2.16.840.1.113883.10.20.22.2.14", "2.16.840.1.113883.10.20.1.5"),
        ("47420-5",),
        (*_FUNCTIONAL, *_MENTAL, Entry(PROBLEMS, problem, ("observation",)), *_SHARED),
        {"observation": functional, "organizer": group},
    ),
    Section(
        "mental status",
        ("2.16.840.1.113883.10.20.22.2.56",),
        ("10190-7",),
        (*_MENTAL, *_FUNCTIONAL, Entry(PROBLEMS, problem, ("observation",)), *_SHARED),
        {"observation": mental, "organizer": group},
    ),
    Section(
        "nutrition",
        ("2.16.840.1.113883.10.20.22.2.57", "2.16.840.1.113883.10.20.22.2.61"),
        ("61144-2", "11383-7"),
        _SHARED,
        {"observation": nutrition},
    ),
)
