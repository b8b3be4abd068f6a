"""Medical Equipment (46264-8): what a patient has or uses.

C-CDA R2.1 Non-Medicinal Supply Activity (2.16.840.1.113883.10.20.22.4.50), Medical Equipment Organizer (.135).
"""

from chartpost.formats.ccda.intake.amounts import quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, kid, kids, negated
from chartpost.formats.ccda.intake.sections.common import ref, sites, status
from chartpost.formats.ccda.intake.sections.instances import device, kind_of
from chartpost.formats.ccda.intake.sections.nesting import read_inside
from chartpost.formats.ccda.intake.table import Entry, Section
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import (
    absent_concept,
    annotation,
    code_of,
    concept,
    put_when,
    statement_text,
    when,
)

_OLD = "2.16.840.1.113883.10.20.1."
SUPPLY = ("2.16.840.1.113883.10.20.22.4.50", _OLD + "34")
PLANNED_SUPPLY = ("2.16.840.1.113883.10.20.22.4.43",)
_ORGANIZER = ("2.16.840.1.113883.10.20.22.4.135",)
_STATES = {
    "active": "active", "completed": "completed", "aborted": "stopped", "cancelled": "stopped", "suspended": "on-hold",
    "held": "on-hold", "new": "intended", "nullified": "entered-in-error",
}  # fmt: skip
_ORDERED = {
    "active": "active", "completed": "completed", "aborted": "revoked", "cancelled": "revoked",
    "suspended": "on-hold", "held": "on-hold", "new": "draft", "nullified": "entered-in-error",
}  # fmt: skip
_INTENTS = {"INT": "plan", "RQO": "order", "PRP": "proposal", "PRMS": "plan"}


def supply(scope: Scope, node: Node) -> None:
    """A supply: a device and its use where it was given, an order where it is wanted; one not given makes nothing."""
    if negated(node):
        scope.note("note", "supply-negated", node, "", "made no device of what was not supplied")
        return
    if attr(node, "moodCode") in _INTENTS:
        _order(scope, node)
        return
    holder = next((p for p in kids(node, "participant") if attr(p, "typeCode") in ("PRD", "DEV")), None)
    role = kid(holder, "participantRole")
    made = device(scope, role, node, _kind(scope, role, node))
    use = scope.new("DeviceUseStatement", node, part="use", ids=False)
    use |= {
        "status": _STATES.get(status(node), "active"),
        "subject": scope.patient,
        "device": ref(made),
        "bodySite": next(iter(sites(scope, node)), None),
        "note": annotation(scope, node),
    }
    put_when(use, "timing", when(scope, node))
    read_inside(scope, node)


def _kind(scope: Scope, role: Node | None, node: Node) -> Json:
    """What device it is: by the role, the product, or the supply."""
    thing = kid(role, "playingDevice")
    product = down(node, "product", "manufacturedProduct", "manufacturedMaterial")
    named = kid(thing, "code") if thing is not None else kid(product, "code")
    told = kind_of(scope, role) or concept(scope, kid(product, "code")) or code_of(scope, node)
    return told or absent_concept(named, statement_text(scope, node))


def _order(scope: Scope, node: Node) -> None:
    product = down(node, "product", "manufacturedProduct", "manufacturedMaterial")
    made = scope.new("DeviceRequest", node)
    amount = quantity(scope, kid(node, "quantity"))
    made |= {
        "status": _ORDERED.get(status(node), "active"),
        "intent": _INTENTS[attr(node, "moodCode")],
        "codeCodeableConcept": concept(scope, kid(product, "code"))
        or code_of(scope, node)
        or absent_concept(kid(product, "code"), statement_text(scope, node)),
        "subject": scope.patient,
        "parameter": [{"code": {"text": "Quantity"}, "valueQuantity": amount}] if amount else None,
        "note": annotation(scope, node),
    }
    put_when(made, "occurrence", when(scope, node))


def organizer(scope: Scope, node: Node) -> None:
    """A group of devices: each by itself."""
    if not read_inside(scope, node):
        raise ValueError("a group of devices without one that could be read")


SECTION = Section(
    "medical equipment",
    ("2.16.840.1.113883.10.20.22.2.23", "2.16.840.1.113883.10.20.1.7"),
    ("46264-8",),
    (Entry((*SUPPLY, *PLANNED_SUPPLY), supply, ("supply",)), Entry(_ORGANIZER, organizer, ("organizer",))),
    fallback={"supply": supply, "organizer": organizer},
)
