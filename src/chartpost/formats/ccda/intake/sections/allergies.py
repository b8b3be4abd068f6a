"""Allergies: each observation of an allergy concern is one AllergyIntolerance.

Templates: Allergy Concern Act 4.30, Allergy Intolerance Observation 4.7, Reaction 4.9, Severity 4.8, Criticality
4.145; HL7 C-CDA on FHIR 2.0, Allergies.
"""

import re

from chartpost.formats.ccda.codesystems import SNOMED
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import (
    Node,
    attr,
    coded,
    down,
    flavor,
    has_template,
    kid,
    kids,
    negated,
    related,
)
from chartpost.formats.ccda.intake.sections.common import (
    SEVERITY,
    fixed,
    name_both,
    recorder,
    said_by,
    says_none,
    severity,
    status,
)
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    Span,
    absent,
    absent_concept,
    annotation,
    codes_of,
    concept,
    statement_text,
    when,
)

_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_ABATED = "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement"
_OBSERVATION = "2.16.840.1.113883.10.20.22.4.7"
_REACTION = "2.16.840.1.113883.10.20.22.4.9"
_ALLERGIES = (_OBSERVATION, "2.16.840.1.113883.10.20.1.18")
_ASIDES = tuple(f"2.16.840.1.113883.10.20.22.4.{n}" for n in (8, 9, 28, 143, 145))
_KINDS = {
    "416098002": ("allergy", "medication"), "414285001": ("allergy", "food"), "419199007": ("allergy", ""),
    "426232007": ("allergy", "environment"), "59037007": ("intolerance", "medication"),
    "235719002": ("intolerance", "food"), "418038007": ("", ""), "419511003": ("", "medication"),
    "418471000": ("", "food"), "420134006": ("", ""), "106190000": ("allergy", ""),
    "232347008": ("allergy", "environment"),
}  # fmt: skip
GENERAL_ALLERGIES = frozenset(_KINDS)
"""Values that only say that it is an allergy or intolerance to something."""

_NONE = {
    "medication": ("409137002", "No known drug allergy"), "food": ("429625007", "No known food allergy"),
    "environment": ("428607008", "No known environmental allergy"), "": ("716186003", "No known allergy"),
}  # fmt: skip
_NONE_CODES = frozenset({code for code, _ in _NONE.values()} | {"160244002"})
_STATUS = {"55561003": "active", "73425007": "inactive", "413322009": "resolved"}
_ACT = {"active": "active", "suspended": "inactive", "aborted": "inactive", "completed": "inactive"}
_CRITICAL = {"CRITL": "low", "CRITH": "high", "CRITU": "unable-to-assess"}


def concern(scope: Scope, node: Node) -> None:
    """An allergy concern: an AllergyIntolerance for each observation in it."""
    inner = said_by(node, _ALLERGIES, _ASIDES)
    if not inner:
        raise ValueError("a concern without an observation")
    mark = scope.failed
    list(scope.each(inner, lambda s, n: allergy(s, n, node)))
    if scope.failed == mark + len(inner):
        raise ValueError("none of the observations could be read")


def observed(scope: Scope, node: Node) -> None:
    """An allergy observation that stands by itself."""
    allergy(scope, node, None)


def allergy(scope: Scope, node: Node, act: Node | None) -> Json:
    """The AllergyIntolerance of an observation; `act` is the concern around it."""
    made = scope.new("AllergyIntolerance", node, "allergyintolerance")
    kind, group = _kind(scope, node)
    code, verification = _code(scope, node, group)
    reactions = _reactions(scope, node, act)
    _keep_named(scope, node, code, reactions)
    found = when(scope, node)
    clinical = _clinical(scope, node, act, found, bool(codes_of(code) & _NONE_CODES))
    if "nullified" in (status(node), status(act) if act is not None else ""):
        clinical, verification = {}, "entered-in-error"
    who, recorded = recorder(scope, node, act)
    made |= {
        "extension": [{"url": _ABATED, "valueDateTime": found.end}] if found.end else None,
        "clinicalStatus": clinical,
        "verificationStatus": fixed(_VERIFIED, verification) if verification else None,
        "type": kind or None,
        "category": [group] if group else None,
        "criticality": _criticality(scope, node),
        "code": code,
        "patient": scope.patient,
        "onsetDateTime": found.start or None,
        "recordedDate": recorded or None,
        "recorder": who,
        "note": annotation(scope, node) + (annotation(scope, act) if act is not None else []),
        "reaction": reactions,
    }
    return made


def _kind(scope: Scope, node: Node) -> tuple[str, str]:
    codes = codes_of(concept(scope, kid(node, "value"))) | codes_of(concept(scope, kid(node, "code")))
    return next((_KINDS[c] for c in sorted(codes) if c in _KINDS), ("", ""))


def _code(scope: Scope, node: Node, group: str) -> tuple[Json, str]:
    """The substance, and the verification status that a negation gives; no substance at all is none known."""
    substance = _substance(scope, node)
    if not negated(node):
        made = substance or _by_words(scope, node)
        none = not codes_of(made) and _NO_ALLERGY.fullmatch(made.get("text") or "")
        return (_none_known(group, made["text"]) if none else made), ""
    if (
        substance is None
        or codes_of(substance) & _ANY_SUBSTANCE
        or (not codes_of(substance) and says_none(substance["text"]))
    ):
        return _none_known(group, statement_text(scope, node)), ""
    return substance, "refuted"


def _none_known(group: str, text: str | None) -> Json:
    code, display = _NONE[group]
    return {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": text or display}


_ANY_SUBSTANCE = frozenset({"410942007", "105590001", "762766007", "115668003", "373873005"})
"""Codes for any drug, food or substance at all."""
_NO_ALLERGY = re.compile(
    r"\W*(no (known )?(drug |medication |food |environmental )?allerg(y|ies)|nkd?a)\W*", re.IGNORECASE
)


def _substance(scope: Scope, node: Node) -> Json | None:
    for participant in kids(node, "participant"):
        entity = down(participant, "participantRole", "playingEntity")
        if attr(participant, "typeCode") not in ("", "CSM") or entity is None:
            continue
        code = kid(entity, "code")
        words = scope.text(kid(entity, "name"))
        if flavor(code) and not words and not len(code if code is not None else ()):
            continue
        made = concept(scope, code, words)
        if made:
            return made
    return None


def _by_words(scope: Scope, node: Node) -> Json:
    """Without a substance the value may be it (a finding such as `allergy to penicillin`), else the words are."""
    value = concept(scope, kid(node, "value"))
    text = statement_text(scope, node)
    if value and not codes_of(value) & set(_KINDS):
        return value
    return {"text": text} if text else absent_concept(None)


def _clinical(scope: Scope, node: Node, act: Node | None, found: Span, none_known: bool) -> Json:
    """The clinical status; where nothing says, that it is not known (FHIR ait-1 wants the element)."""
    told = _told(scope, node)
    if found.end or found.ended:
        told = told if told in ("inactive", "resolved") else "resolved"
    if not told and act is not None and not negated(node):
        told = _ACT.get(status(act), "")
    if not told and none_known:
        told = "active"
    return fixed(_CLINICAL, told) if told else absent(None)


def _told(scope: Scope, node: Node) -> str:
    inner = related(node)
    for observation in coded(inner, "33999-4") + [
        n for n in inner if has_template(n, "2.16.840.1.113883.10.20.22.4.28")
    ]:
        made = concept(scope, kid(observation, "value"), statement_text(scope, observation))
        told = next((_STATUS[c] for c in codes_of(made) if c in _STATUS), "")
        if not told and ((made or {}).get("text") or "").casefold() in _STATUS.values():
            told = made["text"].casefold() if made else ""
        if told:
            return told
    return ""


def _criticality(scope: Scope, node: Node) -> str | None:
    inner = related(node)
    for observation in coded(inner, "82606-5") + [
        n for n in inner if has_template(n, "2.16.840.1.113883.10.20.22.4.145")
    ]:
        for code in codes_of(concept(scope, kid(observation, "value"))):
            if code in _CRITICAL:
                return _CRITICAL[code]
    return None


def _keep_named(scope: Scope, node: Node, code: Json, reactions: list[Json]) -> None:
    """Call a substance by the name of its code where its words are those of the reaction or severity.

    Senders do point the words of the substance to the line of the reaction; `Hives` is nothing to be allergic to.
    """
    named = next((c["display"] for c in code.get("coding") or () if c.get("display")), None)
    told = {m["text"] for r in reactions for m in r["manifestation"] if m.get("text")}
    told |= {r["description"] for r in reactions if r.get("description")}
    if named and code.get("text") in told and code["text"].casefold() != named.casefold():
        scope.note("warning", "words-of-another", node, code["text"], "showed the name of the code")
        code["text"] = named
    else:
        code |= name_both(scope, node, code)


def _reactions(scope: Scope, node: Node, act: Node | None) -> list[Json]:
    inner = related(node, _REACTION) or related(node, kind="MFST")
    found = [made for n in inner if (made := _reaction(scope, n))]
    if len(found) == 1 and "severity" not in found[0]:
        grade = severity(scope, node)[1] or (severity(scope, act)[1] if act is not None else "")
        if grade:
            found[0]["severity"] = grade
    return found


def _reaction(scope: Scope, node: Node) -> Json | None:
    if has_template(node, SEVERITY) or negated(node):
        return None
    told = statement_text(scope, node)
    manifestation = concept(scope, kid(node, "value"), told) or concept(scope, kid(node, "code"))
    if not manifestation:
        return None
    made: Json = {"manifestation": [manifestation], "description": told, "onset": when(scope, node).start or None}
    grade = severity(scope, node)[1]
    if grade:
        made["severity"] = grade
    return made


SECTION = Section(
    "allergies",
    ("2.16.840.1.113883.10.20.22.2.6", "2.16.840.1.113883.10.20.22.2.6.1", "2.16.840.1.113883.10.20.1.2"),
    ("48765-2",),
    (
        Entry(("2.16.840.1.113883.10.20.22.4.30",), concern, ("act",)),
        Entry(("2.16.840.1.113883.10.20.1.27",), concern, ("act",), anywhere=False),
        Entry((_OBSERVATION, "2.16.840.1.113883.10.20.1.18"), observed, ("observation",)),
    ),
    {"act": concern, "observation": observed},
)
