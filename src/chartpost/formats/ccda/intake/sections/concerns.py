"""Health Concerns (75310-3): what worries the patient or the care team, as Conditions of category health-concern.

C-CDA R2.1 Health Concern Act (2.16.840.1.113883.10.20.22.4.132), Risk Concern Act (.136), Health Status (.5).
"""

from chartpost.formats.ccda.intake.amounts import put_absent, put_value
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, has_template, kid
from chartpost.formats.ccda.intake.people import performers
from chartpost.formats.ccda.intake.sections.common import OBSERVATION_CATEGORY, PROBLEM, fixed, recorder, status
from chartpost.formats.ccda.intake.sections.nesting import inside, read_one
from chartpost.formats.ccda.intake.sections.problems import condition
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.values import (
    absent_concept,
    annotation,
    code_of,
    concept,
    put_when,
    statement_text,
    when,
)

HEALTH_CONCERN = "health-concern"
_CONCERN = ("2.16.840.1.113883.10.20.22.4.132", "2.16.840.1.113883.10.20.22.4.136")
_HEALTH_STATUS = ("2.16.840.1.113883.10.20.22.4.5", "2.16.840.1.113883.10.20.1.51")
_GENERAL = frozenset({"75310-3", "281694009", "CONC"})
"""Codes that only say that this is a concern or a risk."""

_CATEGORY = fixed("http://hl7.org/fhir/us/core/CodeSystem/condition-category", HEALTH_CONCERN, "Health Concern")
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_ACT = {"active": "active", "suspended": "inactive", "aborted": "inactive", "completed": "resolved"}


def concern(scope: Scope, node: Node) -> None:
    """A Condition for each problem in a concern, or one of the concern itself; other statements in it are read too."""
    problems = [n for n in inside(node) if has_template(n, PROBLEM)]
    for problem in problems:
        scope.attempt(problem, lambda s, n: condition(s, n, HEALTH_CONCERN, node))
    for inner in inside(node):
        if inner not in problems:
            read_one(scope, inner)
    if not problems:
        _itself(scope, node, statement_text(scope, node))


def _itself(scope: Scope, node: Node, named: str | None) -> None:
    made = scope.new("Condition", node, "condition-problems-health-concerns")
    coded = concept(scope, kid(node, "code"))
    codes = {c["code"] for c in (coded or {}).get("coding") or ()}
    span = when(scope, node)
    who, recorded = recorder(scope, node)
    made |= {
        "clinicalStatus": fixed(_CLINICAL, _ACT.get(status(node), "active")),
        "category": [_CATEGORY],
        "code": {"text": named} if named and codes & _GENERAL else coded or absent_concept(kid(node, "code"), named),
        "subject": scope.patient,
        "onsetDateTime": span.start or None,
        "recordedDate": recorded or None,
        "recorder": who,
        "note": annotation(scope, node),
    }


def health_status(scope: Scope, node: Node) -> None:
    """How the patient is on the whole, as an Observation."""
    made = scope.new("Observation", node)
    made |= {
        "status": "final",
        "category": [fixed(OBSERVATION_CATEGORY, "survey", "Survey")],
        "code": code_of(scope, node) or absent_concept(kid(node, "code")),
        "subject": scope.patient,
        "performer": performers(scope, node),
        "note": annotation(scope, node),
    }
    put_when(made, "effective", when(scope, node))
    if not put_value(scope, made, kid(node, "value")):
        put_absent(made, kid(node, "value"))


SECTION = Section(
    "health concerns",
    ("2.16.840.1.113883.10.20.22.2.58",),
    ("75310-3",),
    (Entry(_CONCERN, concern, ("act",)), Entry(_HEALTH_STATUS, health_status, ("observation",))),
    fallback={"act": concern},
)
