"""What makes a value hold a pattern, and an item belong to a slice."""

from collections.abc import Callable
from typing import Any, TypeAlias

from chartpost.formats.fhirjson.profiles.codes import ValueSet
from chartpost.formats.fhirjson.tables import Json

Belongs: TypeAlias = Callable[[Any], bool]


def holds(wanted: Any, value: Any) -> bool:
    """Whether a value is the wanted text, or a Coding or CodeableConcept with the wanted [system, code]."""
    if type(wanted) is str:
        return bool(value == wanted)
    if type(value) is not dict:
        return False
    coding = value.get("coding")
    if type(coding) is list:
        return any(holds(wanted, one) for one in coding)
    return bool(value.get("system") == wanted[0] and value.get("code") == wanted[1])


def belongs(terms: Json, values: ValueSet | None) -> Belongs:
    """The test of a slice: by extension, by its value set, by a pattern on the item or on one of its elements."""
    if "ext" in terms:
        return _by_element("url", terms["ext"])
    path, wanted = terms["by"]
    if wanted == "in":
        return values.holds if values else lambda _: False
    return _by_element(path, wanted) if path else lambda value: holds(wanted, value)


def _by_element(name: str, wanted: Any) -> Belongs:
    return lambda value: type(value) is dict and name in value and holds(wanted, value[name])
