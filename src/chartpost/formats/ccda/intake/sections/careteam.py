"""Care Teams (85847-2): each organizer of the section is a CareTeam.

C-CDA Companion Guide R2-R4, Care Team Organizer (2.16.840.1.113883.10.20.22.4.500); US Core CareTeam.
"""

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, ext, has_template, kid, kids
from chartpost.formats.ccda.intake.people import who
from chartpost.formats.ccda.intake.sections.common import CLINICIANS, only, status
from chartpost.formats.ccda.intake.sections.nesting import inside
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, when

_TEAM = "2.16.840.1.113883.10.20.22.4.500"
_MEMBER = "2.16.840.1.113883.10.20.22.4.500.1"
_TYPE = "2.16.840.1.113883.10.20.22.4.500.2"
_NOTE = "2.16.840.1.113883.10.20.22.4.202"
_STATUS = {
    "active": "active", "completed": "inactive", "aborted": "inactive", "cancelled": "inactive",
    "suspended": "suspended", "held": "suspended", "new": "proposed", "nullified": "entered-in-error",
}  # fmt: skip

_KINDS = CLINICIANS | {"Organization"}


def read(scope: Scope, node: Node) -> None:
    """A team with its members; one without members is not a CareTeam and stays words."""
    made = scope.new("CareTeam", node, "careteam")
    notes = [text for n in inside(node) if has_template(n, _NOTE) and (text := scope.text(kid(n, "text")))]
    made |= {
        "status": _STATUS.get(status(node), "active"),
        "name": scope.text(kid(kid(node, "code"), "originalText")) or scope.text(kid(node, "text")),
        "category": [c for n in inside(node) if has_template(n, _TYPE) and (c := concept(scope, kid(n, "value")))],
        "subject": scope.patient,
        "period": when(scope, node).period,
        "participant": [*_leads(scope, node), *_members(scope, node)],
        "note": [{"text": text} for text in notes],
    }


def _leads(scope: Scope, node: Node) -> list[Json]:
    """Participants of the organizer who are no members of their own: an office in charge of the team."""
    held = [p for n in inside(node) if has_template(n, _MEMBER) for p in kids(n, "performer")]
    named = [who(scope, performer) for performer in held]
    leads = [only(who(scope, p), _KINDS) for p in kids(node, "participant") if attr(p, "typeCode") == "PPRF"]
    return [{"role": [{"text": "Team lead"}], "member": lead} for lead in leads if lead and lead not in named]


def _members(scope: Scope, node: Node) -> list[Json]:
    return [m for n in inside(node) if has_template(n, _MEMBER) for m in _member(scope, n)]


def _member(scope: Scope, node: Node) -> list[Json]:
    """The performers of a member act, each in the role the function code, else the role code, gives."""
    found = []
    for performer in kids(node, "performer"):
        member = only(who(scope, performer), _KINDS)
        if member is not None:
            role = concept(scope, ext(performer, "functionCode")) or concept(scope, kid(performer, "functionCode"))
            specialty = concept(scope, kid(kid(performer, "assignedEntity"), "code"))
            roles = [role or specialty or {"text": "Care team member"}]
            found.append({"role": roles, "member": member, "period": when(scope, node).period})
    return found


SECTION = Section(
    "care team",
    ("2.16.840.1.113883.10.20.22.2.500",),
    ("85847-2",),
    (Entry((_TEAM,), read, ("organizer",)),),
)
