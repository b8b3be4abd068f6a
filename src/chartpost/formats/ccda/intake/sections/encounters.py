"""Encounters of the section and the encompassing one of the header; the same encounter is one resource.

Templates: Encounter Activity 4.49; HL7 C-CDA on FHIR 2.0, Encounters.
"""

from functools import partial

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, ext, has_template, kid, kids, related
from chartpost.formats.ccda.intake.people import location, organization, places, who
from chartpost.formats.ccda.intake.sections.common import PROBLEM, fixed, only, reasons, ref, status
from chartpost.formats.ccda.intake.sections.problems import DIAGNOSIS, condition
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import REASON_SYSTEM, Span, absent_concept, code_of, concept, when

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CLASSES = {
    "AMB": "ambulatory", "EMER": "emergency", "FLD": "field", "HH": "home health", "IMP": "inpatient encounter",
    "ACUTE": "inpatient acute", "NONAC": "inpatient non-acute", "OBSENC": "observation encounter",
    "PRENC": "pre-admission", "SS": "short stay", "VR": "virtual",
}  # fmt: skip
_UNKNOWN = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
_STATES = {
    "active": "in-progress", "completed": "finished", "aborted": "cancelled", "cancelled": "cancelled",
    "held": "onleave", "suspended": "onleave", "new": "planned", "nullified": "entered-in-error",
}  # fmt: skip
_DIAGNOSIS_ACT = "2.16.840.1.113883.10.20.22.4.80"
_PARTICIPANTS = frozenset({"Practitioner", "PractitionerRole", "RelatedPerson"})
_ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def encounter(scope: Scope, node: Node) -> None:
    """An Encounter Activity; one that the header told already is completed there."""
    made = _encounter(scope, node, kid(node, "code"), when(scope, node))
    made["participant"] = [_participant(None, p) for n in kids(node, "performer") if (p := _person(scope, n))]
    made["location"] = [{"location": place} for place in places(scope, node)]
    made["reasonCode"] = reasons(scope, node)
    disposition = concept(scope, ext(node, "dischargeDispositionCode"))
    made["hospitalization"] = {"dischargeDisposition": disposition} if disposition else None
    known = _known(scope, made)
    target = known or made
    target.setdefault("diagnosis", []).extend(_diagnoses(scope, node, ref(target)))
    if known:
        _complete(known, made)
        scope.note("note", "visit-known", node, "", "added it to the visit that was told before")
        scope.drop(made)
    else:
        _remember(scope, made)


def encompassing(scope: Scope, node: Node) -> None:
    """The encompassingEncounter of the header."""
    made = _encounter(scope, node, kid(node, "code"), when(scope, node))
    leader = _person(scope, kid(node, "responsibleParty"))
    made["participant"] = [_participant("RESP", leader)] if leader else []
    for holder in kids(node, "encounterParticipant"):
        person = _person(scope, holder)
        if person:
            made["participant"].append(_participant(attr(holder, "typeCode") or None, person))
    facility = down(node, "location", "healthCareFacility")
    place = location(scope, facility)
    made["location"] = [{"location": place}] if place else None
    made["serviceProvider"] = organization(scope, kid(facility, "serviceProviderOrganization"))
    disposition = concept(scope, kid(node, "dischargeDispositionCode"))
    made["hospitalization"] = {"dischargeDisposition": disposition} if disposition else None
    scope.doc.encounters[""] = ref(made)
    _remember(scope, made)


def _encounter(scope: Scope, node: Node, code: Node | None, found: Span) -> Json:
    made = scope.new("Encounter", node, "encounter")
    kind = concept(scope, code) or code_of(scope, node)
    rest = [c for c in (kind or {}).get("coding") or () if not _is_class(c)]
    text = (kind or {}).get("text")
    made |= {
        "status": _status(node, found),
        "class": _class(kind),
        "type": [{"coding": rest, "text": text}] if rest or text else [absent_concept(code, "Visit")],
        "subject": scope.patient,
        "period": found.period if not found.point else ({"start": found.start} if found.start else None),
    }
    return made


def _status(node: Node, found: Span) -> str:
    if attr(node, "moodCode") in ("INT", "APT", "ARQ", "PRMS", "PRP", "RQO"):
        return "planned"
    told = _STATES.get(status(node))
    if told:
        return told
    return "finished" if found.end or found.ended or (found.point and found.start) else "unknown"


def _is_class(coding: Json) -> bool:
    return coding.get("system") == ACT_CODE and coding["code"] in _CLASSES


def _class(kind: Json | None) -> Json:
    for coding in (kind or {}).get("coding") or ():
        if _is_class(coding):
            return {"system": ACT_CODE, "code": coding["code"], "display": _CLASSES[coding["code"]]}
    return dict(_UNKNOWN)


def _person(scope: Scope, holder: Node | None) -> Json | None:
    return only(who(scope, holder), _PARTICIPANTS)


def _participant(kind: str | None, person: Json) -> Json:
    return {"type": [fixed(_ROLES, kind)] if kind else None, "individual": person}


def _diagnoses(scope: Scope, node: Node, here: Json) -> list[Json]:
    found = []
    for act in (*related(node, _DIAGNOSIS_ACT), node):
        inner = [n for n in related(act) if kid(n, "value") is not None and has_template(n, PROBLEM)]
        read = partial(_diagnosis, None if act is node else act, here)
        found += [{"condition": ref(made)} for made in scope.each(inner, read)]
    return found


def _diagnosis(act: Node | None, here: Json, scope: Scope, node: Node) -> Json:
    return condition(scope, node, DIAGNOSIS, act, here)


def _known(scope: Scope, made: Json) -> Json | None:
    for number in made.get("identifier") or ():
        known = scope.doc.visits.get(f"{number.get('system')}|{number['value']}")
        if known is not None and _same_day(known, made):
            return known
    return None


def _same_day(one: Json, other: Json) -> bool:
    """Whether two tellings do not disagree on the day: senders do reuse ids for other visits."""
    starts = [(told.get("period") or {}).get("start") or "" for told in (one, other)]
    return not all(starts) or starts[0][:10] == starts[1][:10]


def _remember(scope: Scope, made: Json) -> None:
    for number in made.get("identifier") or ():
        scope.doc.visits.setdefault(f"{number.get('system')}|{number['value']}", made)


def _complete(known: Json, made: Json) -> None:
    """Fill what the first telling left open."""
    if known["class"] == _UNKNOWN and made["class"] != _UNKNOWN:
        known["class"] = made["class"]
    if known["status"] == "unknown":
        known["status"] = made["status"]
    if _untyped(known) and not _untyped(made):
        known["type"] = made["type"]
    for key in ("period", "participant", "location", "reasonCode", "hospitalization"):
        if made.get(key) and not known.get(key):
            known[key] = made[key]


def _untyped(made: Json) -> bool:
    """Whether the type only says that none is known."""
    return any(c.get("system") == REASON_SYSTEM for c in made["type"][0].get("coding") or ())


SECTION = Section(
    "encounters",
    ("2.16.840.1.113883.10.20.22.2.22", "2.16.840.1.113883.10.20.22.2.22.1", "2.16.840.1.113883.10.20.1.3"),
    ("46240-8",),
    (Entry(("2.16.840.1.113883.10.20.22.4.49", "2.16.840.1.113883.10.20.1.21"), encounter, ("encounter",)),),
    {"encounter": encounter},
)
