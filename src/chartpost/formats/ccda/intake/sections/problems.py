"""Problems and diagnoses: each observation of a concern or diagnosis act is one Condition.

Templates: Problem Concern Act 4.3, Problem Observation 4.4, Encounter Diagnosis 4.80, Hospital Discharge 4.33 and
Admission Diagnosis 4.34, Pre- and Postprocedure Diagnosis 4.65 and 4.51; HL7 C-CDA on FHIR 2.0, Problems.
"""

import re

from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.intake.amounts import quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import (
    Node,
    coded,
    has_template,
    kid,
    negated,
    related,
)
from chartpost.formats.ccda.intake.sections.common import (
    PROBLEM,
    fixed,
    name_both,
    recorder,
    said_by,
    says_none,
    severity,
    sites,
    status,
)
from chartpost.formats.ccda.intake.sections.nesting import read_one
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    Span,
    absent_concept,
    annotation,
    code_of,
    codes_of,
    concept,
    statement_text,
    when,
)

_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_STATUS = {
    "55561003": "active", "73425007": "inactive", "413322009": "resolved", "246455001": "recurrence",
    "263855007": "relapse", "277022003": "remission", "410516002": "", "7087005": "inactive",
    "255227004": "recurrence", "90734009": "active",
}  # fmt: skip
_STATUS_WORDS = {"active": "active", "inactive": "inactive", "resolved": "resolved", "chronic": "active"}
_ACT = {"active": "active", "suspended": "inactive", "aborted": "inactive", "completed": "inactive"}
_ENDED = frozenset({"inactive", "resolved", "remission"})
GENERAL_PROBLEMS = frozenset({"55607006", "64572001", "404684003", "409586006", "418799008", "282291009"})
"""Values so general (problem, disease, finding) that their negation says that there are none."""
_HEALTH_STATUS = "2.16.840.1.113883.10.20.22.4.5"
_NONE_KNOWN = ("160245001", "No current problems or disability")
_NONE_CODES = frozenset({"160245001", "160244002", "373572006"})
PROBLEM_LIST, DIAGNOSIS = "problem-list-item", "encounter-diagnosis"


def concern(scope: Scope, node: Node) -> None:
    """A concern or diagnosis act: a Condition for each observation in it."""
    category = _category_of(scope, node)
    inner = said_by(node, _PROBLEMS, _ASIDES)
    if not inner:
        raise ValueError("a concern without an observation")
    mark = scope.failed
    list(scope.each(inner, lambda s, n: condition(s, n, category, node)))
    if scope.failed == mark + len(inner):
        raise ValueError("none of the observations could be read")


def observed(scope: Scope, node: Node) -> None:
    """A Problem Observation that stands by itself."""
    condition(scope, node, _category_of(scope, node))


def condition(scope: Scope, node: Node, category: str, act: Node | None = None, encounter: Json | None = None) -> Json:
    """The Condition of a Problem Observation; `act` is the concern around it, `category` a condition-category code."""
    profile = "condition-encounter-diagnosis" if category == DIAGNOSIS else "condition-problems-health-concerns"
    made = scope.new("Condition", node, profile)
    found = when(scope, node)
    code, verification = _code(scope, node)
    none = not codes_of(code) - GENERAL_PROBLEMS and says_none(code.get("text"))
    clinical = _clinical(scope, node, act, found, negated(node) or none or bool(codes_of(code) & _NONE_CODES))
    who, recorded = recorder(scope, node, act)
    diagnosed = _diagnosed(scope, node)
    if (act is not None and status(act) == "nullified") or status(node) == "nullified":
        clinical, verification = "", "entered-in-error"
    made |= {
        "extension": [{"url": _ASSERTED, "valueDateTime": diagnosed}] if diagnosed else None,
        "clinicalStatus": fixed(_CLINICAL, clinical) if clinical else None,
        "verificationStatus": fixed(_VERIFIED, verification) if verification else None,
        "category": [_category(category)],
        "severity": severity(scope, node)[0],
        "code": code,
        "bodySite": sites(scope, node),
        "subject": scope.patient,
        "encounter": encounter,
        "recordedDate": recorded or None,
        "recorder": who,
        "note": annotation(scope, node) + (annotation(scope, act) if act is not None else []),
    }
    _put_times(scope, made, node, found, clinical)
    for inner in related(node, _HEALTH_STATUS):
        read_one(scope, inner)
    return made


def _category(code: str) -> Json:
    if code == "health-concern":
        return fixed("http://hl7.org/fhir/us/core/CodeSystem/condition-category", code, "Health Concern")
    display = {PROBLEM_LIST: "Problem List Item", DIAGNOSIS: "Encounter Diagnosis"}[code]
    return fixed(_CATEGORY, code, display)


def _category_of(scope: Scope, node: Node) -> str:
    if scope.kind == "diagnoses" or has_template(node, *_DIAGNOSIS_ACTS):
        return DIAGNOSIS
    return PROBLEM_LIST


_PROBLEMS = (PROBLEM, "2.16.840.1.113883.10.20.1.28")
_ASIDES = ("2.16.840.1.113883.10.20.22.4.143", "2.16.840.1.113883.10.20.22.4.6", "2.16.840.1.113883.10.20.22.4.5")


def _code(scope: Scope, node: Node) -> tuple[Json, str]:
    """What the problem is, and the verification status that a negation gives it."""
    value = kid(node, "value")
    made = concept(scope, value, statement_text(scope, node))
    text = (made or {}).get("text")
    if not negated(node):
        none = made is not None and not codes_of(made) and _NO_PROBLEM.fullmatch(text or "")
        named = name_both(scope, node, made) if made and codes_of(made) - GENERAL_PROBLEMS else made
        return (_none_known(text) if none else named or code_of(scope, node) or absent_concept(value)), ""
    if made is None or (not codes_of(made) - GENERAL_PROBLEMS and _says_general(scope, value, made)):
        return _none_known(statement_text(scope, node) or text), ""
    return made, "refuted"


def _says_general(scope: Scope, value: Node | None, made: Json) -> bool:
    """Whether the words of a value name no problem of their own: none, a general word, or none beside the code."""
    words = scope.text(kid(value, "originalText")) if codes_of(made) else made.get("text")
    return says_none(words) or _GENERAL_WORD.search(words or "") is not None


def _none_known(text: str | None) -> Json:
    code, display = _NONE_KNOWN
    return {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": text or "No known problems"}


_GENERAL_WORD = re.compile(
    r"^\W*(problem|disease|disorder|condition|finding|diagnosis|complaint|symptom)s?\W*$", re.IGNORECASE
)
_NO_PROBLEM = re.compile(
    r"\W*no (known |active |current |significant )*(medical )?(problem|condition|diagnos[ie]s|disease)s?\W*",
    re.IGNORECASE,
)


def _clinical(scope: Scope, node: Node, act: Node | None, found: Span, denied: bool) -> str:
    """The clinical status: the status observation, corrected by an end, else the state of the concern."""
    if denied:
        return ""
    told = _told_status(scope, node) or (_told_status(scope, act) if act is not None else "")
    if found.end or found.ended:
        return told if told in _ENDED else "resolved"
    if told:
        return told
    return _ACT.get(status(act), "") if act is not None else ""


def _told_status(scope: Scope, node: Node) -> str:
    inner = related(node)
    for observation in coded(inner, "33999-4") + [
        n for n in inner if has_template(n, "2.16.840.1.113883.10.20.22.4.6")
    ]:
        made = concept(scope, kid(observation, "value"), statement_text(scope, observation))
        for code in codes_of(made):
            if code in _STATUS:
                return _STATUS[code]
        word = _STATUS_WORDS.get(((made or {}).get("text") or "").casefold())
        if word:
            return word
    return ""


def _diagnosed(scope: Scope, node: Node) -> str:
    """Date of Diagnosis (4.502, LOINC 77975-1)."""
    for inner in coded(related(node), "77975-1"):
        return when(scope, inner).start
    return ""


def _put_times(scope: Scope, made: Json, node: Node, found: Span, clinical: str) -> None:
    if found.start:
        made["onsetDateTime"] = found.start
    else:
        for inner in related(node, "2.16.840.1.113883.10.20.22.4.31"):
            age = quantity(scope, kid(inner, "value"))
            if age and age.get("code") in ("a", "mo", "wk", "d", "h", "min"):
                made["onsetAge"] = age
    if found.end and clinical in _ENDED:
        made["abatementDateTime"] = found.end


_DIAGNOSIS_ACTS = (
    "2.16.840.1.113883.10.20.22.4.80", "2.16.840.1.113883.10.20.22.4.33", "2.16.840.1.113883.10.20.22.4.34",
    "2.16.840.1.113883.10.20.22.4.65", "2.16.840.1.113883.10.20.22.4.51",
)  # fmt: skip
_ENTRIES = (
    Entry(("2.16.840.1.113883.10.20.22.4.3", "2.16.840.1.113883.10.20.1.27"), concern, ("act",)),
    Entry(_DIAGNOSIS_ACTS, concern, ("act",)),
    Entry((PROBLEM, "2.16.840.1.113883.10.20.1.28"), observed, ("observation",)),
)
SECTIONS = (
    Section(
        "problems",
        (
            "2.16.840.1.113883.10.20.22.2.5", "2.16.840.1.113883.10.20.22.2.5.1", "2.16.840.1.113883.10.20.1.11",
            "2.16.840.1.113883.10.20.22.2.20",
        ),
        ("11450-4", "11348-0"),
        _ENTRIES,
        {"act": concern, "observation": observed},
    ),
    Section(
        "diagnoses",
        (
            "2.16.840.1.113883.10.20.22.2.24", "2.16.840.1.113883.10.20.22.2.43", "2.16.840.1.113883.10.20.22.2.34",
            "2.16.840.1.113883.10.20.22.2.35", "2.16.840.1.113883.10.20.22.2.36",
        ),
        ("11535-2", "46241-6", "10219-4", "10218-6", "59769-0", "29308-4", "78375-3"),
        _ENTRIES,
        {"act": concern, "observation": observed},
    ),
)  # fmt: skip
