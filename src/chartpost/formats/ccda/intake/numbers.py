"""Instance identifiers (II) as FHIR Identifier; HL7 C-CDA on FHIR 2.0, "CDA id to FHIR identifier"."""

from chartpost.formats.ccda.intake.nodes import Node, attr, flavor
from chartpost.formats.ccda.intake.systems import NPI, NUMBERS, is_uuid, number_system
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.npi import good

URI = "urn:ietf:rfc:3986"


def identifier(node: Node) -> Json | None:
    """An II as Identifier; None for a null one, and for a root that only names a registry."""
    root, number = attr(node, "root"), " ".join(attr(node, "extension").split())
    if flavor(node) and not number:
        return None
    if not number:
        return _root_only(root)
    if not root:
        return {"value": number}
    system = number_system(root)
    if system == NPI and not good(number):
        system = f"urn:oid:{root}"
    return {"system": system or None, "value": number if system else f"{root}:{number}"}


def _root_only(root: str) -> Json | None:
    if not root or root in NUMBERS:
        return None
    system = number_system(root)
    if not system:
        return {"value": root}
    prefix = "urn:uuid:" + root.lower() if is_uuid(root) else f"urn:oid:{root}"
    return {"system": URI, "value": prefix}


def identifiers(nodes: list[Node]) -> list[Json]:
    """The usable ids of a statement or role, each once."""
    found: list[Json] = []
    for node in nodes:
        made = identifier(node)
        if made and made not in found:
            found.append(made)
    return found
