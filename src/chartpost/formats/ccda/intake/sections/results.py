"""Results: an organizer is a DiagnosticReport, its observations Observations, its specimen a Specimen.

Templates: Result Organizer 4.1, Result Observation 4.2; HL7 C-CDA on FHIR 2.0, Results.
"""

import re

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, has_template, kid, kids, local, statement, templates
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.people import performers, who
from chartpost.formats.ccda.intake.sections.common import fixed, only, ref, status
from chartpost.formats.ccda.intake.sections.nesting import read_one
from chartpost.formats.ccda.intake.sections.observing import observe
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    absent,
    absent_concept,
    annotation,
    code_of,
    concept,
    instant,
    put_when,
    time,
    when,
)

OBSERVATION = "2.16.840.1.113883.10.20.22.4.2"
_ORGANIZER = "2.16.840.1.113883.10.20.22.4.1"
_STATES = {
    "completed": "final", "active": "preliminary", "aborted": "cancelled", "cancelled": "cancelled",
    "held": "registered", "new": "registered", "suspended": "registered", "nullified": "entered-in-error",
}  # fmt: skip
_IMAGING = re.compile(
    r"\b(x-?ray|xr|ct|cat scan|mri?|mra|us|ultrasound|sonogra\w*|mammogra\w*|radiolog\w*|radiograph\w*|imaging|"
    r"echocardiogra\w*|pet|dexa|fluoroscop\w*|angiogra\w*)\b",
    re.IGNORECASE,
)
_SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
_MAKERS = frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam"})


def organizer(scope: Scope, node: Node) -> None:
    """A battery of results: the report, and each of its members by itself."""
    members = [inner for c in kids(node, "component") if (inner := statement(c)) is not None]
    found = [n for n in members if local(n) in ("observation", "organizer")]
    mark = scope.failed
    code = code_of(scope, node)
    kind = _kind(code, scope.title)
    sample = specimen(scope, node)
    made: list[Json] = []
    for inner in found:
        if local(inner) == "organizer":
            organizer(scope, inner)
        else:
            made += scope.each([inner], lambda s, n: _member(s, n, kind, sample, node))
    if found and scope.failed >= mark + len(found) and not made:
        raise ValueError("none of the results could be read")
    for inner in members:
        if inner not in found:
            read_one(scope, inner)
    for inner in members:
        if local(inner) not in ("observation", "organizer"):
            _aside(scope, inner)
    if made or code:
        _report(scope, node, code, kind, made, sample)


def _aside(scope: Scope, node: Node) -> None:
    """A component that is no result: the specimen and comments are read with the report, others by their own kind."""
    from chartpost.formats.ccda.intake.sections import TABLE

    if has_template(node, _COLLECTION, _COMMENT):
        return
    reader = TABLE.reader(None, node)
    if reader is None:
        scope.note("note", "part-unknown", node, ", ".join(templates(node)), "left it out of the report")
    else:
        scope.attempt(node, reader)


def observation(scope: Scope, node: Node) -> None:
    """A result that stands by itself."""
    kind = _kind(code_of(scope, node), scope.title)
    _member(scope, node, kind, specimen(scope, node), None)


def _member(scope: Scope, node: Node, kind: str, sample: Json | None, group: Node | None) -> Json:
    profile = "observation-lab" if kind == "laboratory" else "observation-clinical-result"
    made = observe(scope, node, kind, profile, "observation-clinical-result")
    made["specimen"] = specimen(scope, node) or sample
    if group is not None and not any(key.startswith("effective") for key in made):
        put_when(made, "effective", when(scope, group))
    if group is not None and not made.get("performer"):
        made["performer"] = [p for p in performers(scope, group) if only(p, _MAKERS)]
    issued = instant(time(scope, down(node, "author", "time")))
    made["issued"] = issued
    return made


def _report(scope: Scope, node: Node, code: Json | None, kind: str, made: list[Json], sample: Json | None) -> None:
    profile = "diagnosticreport-lab" if kind == "laboratory" else "diagnosticreport-note"
    report = scope.new("DiagnosticReport", node, profile, part="report")
    issued = instant(time(scope, down(node, "author", "time")))
    label = ("LAB", "Laboratory") if kind == "laboratory" else ("RAD", "Radiology")
    report |= {
        "identifier": identifiers(kids(node, "id")),
        "status": _state(node, made),
        "category": [fixed(_SERVICE, *label)],
        "code": code or absent_concept(kid(node, "code"), scope.title or None),
        "subject": scope.patient,
        "issued": issued,
        "_issued": None if issued else absent(None),
        "performer": _makers(scope, node),
        "specimen": [sample] if sample else None,
        "result": [ref(m) for m in made],
    }
    if kind != "laboratory":
        report["category"].append(fixed("http://loinc.org", "LP29684-5", "Radiology"))
    found = when(scope, node)
    if found.start or found.end:
        put_when(report, "effective", found)
    else:
        _put_members_time(report, made)
    notes = [n["text"] for n in annotation(scope, node)] + _comments(scope, node)
    if notes:
        report["conclusion"] = " ".join(notes)


def _comments(scope: Scope, node: Node) -> list[str]:
    """The words of comments that are components of an organizer."""
    inner = [n for c in kids(node, "component") if (n := statement(c)) is not None and has_template(n, _COMMENT)]
    return [text for n in inner if (text := scope.text(kid(n, "text")))]


def _state(node: Node, made: list[Json]) -> str:
    """The status of a report: its own, else that of its members where they agree."""
    told = {m["status"] for m in made}
    return _STATES.get(status(node)) or (told.pop() if len(told) == 1 and not status(node) else "unknown")


def _put_members_time(report: Json, made: list[Json]) -> None:
    """The time of the members, where the organizer has none: the earliest to the latest."""
    times = sorted({m["effectiveDateTime"] for m in made if m.get("effectiveDateTime")})
    if len(times) == 1:
        report["effectiveDateTime"] = times[0]
    elif times:
        report["effectivePeriod"] = {"start": times[0], "end": times[-1]}


def _makers(scope: Scope, node: Node) -> list[Json]:
    found = [p for p in performers(scope, node) if only(p, _MAKERS)]
    authors = [only(who(scope, a), _MAKERS) for a in kids(node, "author")]
    return found or [a for a in authors if a]


def _kind(code: Json | None, title: str) -> str:
    """Laboratory, or imaging where the name says so (LOINC's class, which decides, is not in the document)."""
    told = [(code or {}).get("text") or "", *(c.get("display") or "" for c in (code or {}).get("coding") or ())]
    return "imaging" if any(_IMAGING.search(text) for text in (*told, title)) else "laboratory"


def specimen(scope: Scope, node: Node) -> Json | None:
    """The specimen of a statement, as reference; None where nothing is told of it."""
    holder = kid(node, "specimen")
    role = kid(holder, "specimenRole")
    if role is None:
        role = _drawn(node)
    kind = concept(scope, kid(kid(role, "specimenPlayingEntity"), "code")) if role is not None else None
    if role is None or kind is None:
        return None
    made = scope.new("Specimen", role, "specimen")
    made |= {"type": kind, "subject": scope.patient}
    return ref(made)


def _drawn(node: Node) -> Node | None:
    """The specimen of a Specimen Collection Procedure among the components (2.16.840.1.113883.10.20.22.4.415)."""
    for component in kids(node, "component"):
        inner = kid(component, "procedure")
        for participant in kids(inner, "participant"):
            role = kid(participant, "participantRole")
            if inner is None or role is None or not has_template(inner, _COLLECTION):
                continue
            if attr(participant, "typeCode") == "PRD":
                return role
    return None


_COMMENT = "2.16.840.1.113883.10.20.22.4.64"
_COLLECTION = "2.16.840.1.113883.10.20.22.4.415"
SECTION = Section(
    "results",
    ("2.16.840.1.113883.10.20.22.2.3", "2.16.840.1.113883.10.20.22.2.3.1", "2.16.840.1.113883.10.20.1.14"),
    ("30954-2",),
    (
        Entry((_ORGANIZER,), organizer, ("organizer",)),
        Entry(("2.16.840.1.113883.10.20.1.32",), organizer, ("organizer",), anywhere=False),
        Entry((OBSERVATION, "2.16.840.1.113883.10.20.1.31"), observation, ("observation",)),
    ),
    {"organizer": organizer, "observation": observation},
)
