"""Medical Equipment (46264-8): what a patient has or uses.

C-CDA R2.1 Non-Medicinal Supply Activity (2.16.840.1.113883.10.20.22.4.50), Medical Equipment Organizer (.135),
Product Instance (.37) and UDI Organizer (.311); US Core Implantable Device.
"""

from chartpost.formats.ccda.intake.amounts import quantity
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, has_template, kid, kids, negated, words
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.sections.common import ref, sites, status
from chartpost.formats.ccda.intake.sections.nesting import inside, read_inside
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
_UDI = ("2.16.840.1.113883.10.20.22.4.311",)
_FDA = "2.16.840.1.113883.3.3719"
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
    made = device(scope, kid(holder, "participantRole"), node)
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


def device(scope: Scope, role: Node | None, node: Node) -> Json:
    """The Device of a participantRole (Product Instance), or of a supply's own product."""
    source = role if role is not None else node
    thing = kid(role, "playingDevice")
    product = down(node, "product", "manufacturedProduct", "manufacturedMaterial")
    kind = concept(scope, kid(thing, "code")) or concept(scope, kid(product, "code"))
    made = scope.new("Device", source, "implantable-device", part="" if role is not None else "device", ids=False)
    carrier = next((attr(i, "extension") for i in kids(role, "id") if attr(i, "root") == _FDA), "")
    made |= {
        "identifier": identifiers([i for i in kids(role, "id") if attr(i, "root") != _FDA]),
        "type": kind or code_of(scope, node) or _unknown(scope, thing, product, node),
        "patient": scope.patient,
        "manufacturer": words(kid(kid(role, "scopingEntity"), "desc")) or None,
        "modelNumber": words(kid(thing, "manufacturerModelName")) or None,
    }
    told = {**udi(carrier), **_told(scope, node)}
    number = told.pop("deviceIdentifier", "")
    if carrier or number:
        made["udiCarrier"] = [{"carrierHRF": carrier or None, "deviceIdentifier": number or None}]
    made |= told
    return made


def _unknown(scope: Scope, thing: Node | None, product: Node | None, node: Node) -> Json:
    named = kid(thing, "code") if thing is not None else kid(product, "code")
    return absent_concept(named, statement_text(scope, node))


def udi(text: str) -> Json:
    """What the human readable form of a GS1 UDI says: identifier, lot, serial, dates (21 CFR 830.3)."""
    found: Json = {}
    for part in text.split("(")[1:]:
        key, _, value = part.partition(")")
        value = value.strip()
        if key == "01" and value:
            found["deviceIdentifier"] = value
        elif key in _PARTS and value:
            name = _PARTS[key]
            found[name] = _day(value) if name.endswith("Date") else value
    return found


_PARTS = {"10": "lotNumber", "21": "serialNumber", "11": "manufactureDate", "17": "expirationDate"}


def _day(text: str) -> str | None:
    """YYMMDD as a date; day 00 means the month."""
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        return None
    year, month, day = f"20{text[:2]}", text[2:4], text[4:]
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def _told(scope: Scope, node: Node) -> Json:
    """What the observations of a UDI Organizer say."""
    found: Json = {}
    for organizer in inside(node):
        if has_template(organizer, *_UDI):
            for inner in inside(organizer):
                name = _UDI_CODES.get(attr(kid(inner, "code"), "code"))
                value = kid(inner, "value")
                text = attr(value, "extension") or words(value) or when_value(scope, value)
                if name and text:
                    found[name] = text
    return found


_UDI_CODES = {
    "C101672": "lotNumber", "C101671": "serialNumber", "C101669": "manufactureDate", "C101670": "expirationDate",
    "C101722": "deviceIdentifier", "C113843": "distinctIdentifier", "C99285": "modelNumber", "C71898": "manufacturer",
}  # fmt: skip


def when_value(scope: Scope, value: Node | None) -> str:
    """A value that is a time, in FHIR form."""
    return scope.doc.read_time(attr(value, "value")).text


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
