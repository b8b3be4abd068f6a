"""What a search parameter finds in a resource: its values, its references, its place in an order."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from chartpost.formats.fhirjson.dates import bounds
from chartpost.formats.fhirjson.index import IndexValue, fold, reference_text, string_parts, text, token_forms
from chartpost.formats.fhirjson.paths import steps_of, walk
from chartpost.formats.fhirjson.search.definitions import Definition
from chartpost.formats.fhirjson.search.numbers import amount
from chartpost.formats.fhirjson.search.units import canonical
from chartpost.formats.fhirjson.tables import Json


def values(resource: Json, definition: Definition) -> list[Any]:
    """The JSON values a parameter stands for, in a resource or in an element of a composite."""
    if definition.extract is not None:
        return definition.extract(resource)
    if definition.name == "_content":
        return [text(resource)]
    found: list[Any] = []
    for path in definition.paths:
        steps, target = steps_of(path)
        some = walk(resource, steps)
        if target:
            some = [value for value in some if reference_text(value, target) or _unnamed(value, target)]
        found += some
    return found


def index_values(resource: Json, definition: Definition) -> list[IndexValue]:
    """What postings are made of for an office's own parameter of type token, string or reference."""
    found: list[IndexValue] = []
    for value in values(resource, definition):
        if definition.type == "token":
            found += [IndexValue(definition.name, "token", code, system) for system, code in token_forms(value)]
        elif definition.type == "string":
            found += [IndexValue(definition.name, "string", part) for part in string_parts(value)]
        elif text_ := reference_text(value, ""):
            found.append(IndexValue(definition.name, "reference", text_))
    return found


def composites(resource: Json, definition: Definition) -> Iterator[list[list[Any]]]:
    """For each element of a composite the values of each component."""
    for path in definition.paths:
        for element in walk(resource, steps_of(path)[0]):
            if isinstance(element, dict):
                yield [_component(resource, element, part) for part in definition.components]


def targets(resource: Json, definition: Definition) -> list[str]:
    """What the references of a parameter point at, each once: `Type/id` or the text as received, unversioned."""
    if definition.type != "reference":
        return []
    found = (reference_text(value, "") for value in values(resource, definition))
    return list(dict.fromkeys(text for text in found if text))


def sort_value(resource: Json, definition: Definition, descending: bool) -> Any:
    """What a resource is ordered by; None when it has no such value. Values of one parameter compare with each other.

    Of several values the least counts, or the greatest when descending (https://hl7.org/fhir/R4/search.html#sort).
    """
    keys = [key for value in values(resource, definition) for key in _keys(value, definition.type, descending)]
    if not keys:
        return None
    return max(keys) if descending else min(keys)


def _component(resource: Json, element: Json, part: Definition) -> list[Any]:
    found: list[Any] = []
    for path in part.paths:
        start = resource if path.startswith("%") else element
        found += walk(start, steps_of(path.removeprefix("%"))[0])
    return found


def _unnamed(value: object, target: str) -> bool:
    """Whether a reference without a literal address names the type it is wanted of, or none."""
    return isinstance(value, dict) and "reference" not in value and value.get("type", target) == target


def _keys(value: Any, kind: str, descending: bool) -> list[Any]:
    if kind == "date":
        span = bounds(value)
        return [span[1 if descending else 0]] if span else []
    if kind == "token":
        return [code for _, code in token_forms(value)]
    if kind == "string":
        return string_parts(value)
    if kind == "reference":
        found = reference_text(value, "")
        return [found] if found else []
    if kind in ("number", "quantity"):
        return _amounts(value)
    return [fold(value)] if isinstance(value, str) else []


def _amounts(value: Any) -> list[tuple[str, Fraction]]:
    if not isinstance(value, dict):
        found = amount(value)
        return [] if found is None else [("", found)]
    found = amount(value.get("value"))
    if found is None:
        return []
    code = value.get("code") or value.get("unit") or ""
    unit = canonical(code) if isinstance(code, str) else None
    return [(repr(unit.dimension), found * unit.factor + unit.offset)] if unit else [(str(code), found)]
