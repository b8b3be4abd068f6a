"""One device as C-CDA tells it: Product Instance (2.16.840.1.113883.10.20.22.4.37) and UDI Organizer (.311).

Used by whatever names a device: equipment and supplies, and procedures that put one in. US Core Implantable Device.
"""

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, flavor, has_template, kid, kids, words
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.sections.nesting import inside
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept

PRODUCT = "2.16.840.1.113883.10.20.22.4.37"
_UDI = ("2.16.840.1.113883.10.20.22.4.311",)
_FDA = "2.16.840.1.113883.3.3719"


def device(scope: Scope, role: Node | None, node: Node, kind: Json) -> Json:
    """The Device of this type that a participantRole of a statement tells of, or the statement itself without one."""
    source, part = (role, "") if role is not None else (node, "device")
    made = scope.new("Device", source, "implantable-device", part=part, ids=False)
    carrier = next((attr(i, "extension") for i in kids(role, "id") if attr(i, "root") == _FDA), "")
    made |= {
        "identifier": identifiers([i for i in kids(role, "id") if attr(i, "root") != _FDA]),
        "type": kind,
        "patient": scope.patient,
        "manufacturer": words(kid(kid(role, "scopingEntity"), "desc")) or None,
        "modelNumber": words(kid(kid(role, "playingDevice"), "manufacturerModelName")) or None,
    }
    told = {**udi(carrier), **_told(scope, node)}
    number = told.pop("deviceIdentifier", "")
    if carrier or number:
        made["udiCarrier"] = [{"carrierHRF": carrier or None, "deviceIdentifier": number or None}]
    made |= told
    return made


def kind_of(scope: Scope, role: Node | None) -> Json | None:
    """What device a participantRole says it is, by its code."""
    return concept(scope, kid(kid(role, "playingDevice"), "code"))


def numbered(role: Node) -> bool:
    """Whether a participantRole tells a number or a model."""
    numbers = any(attr(i, "extension") or (attr(i, "root") and not flavor(i)) for i in kids(role, "id"))
    return numbers or bool(words(kid(kid(role, "playingDevice"), "manufacturerModelName")))


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
