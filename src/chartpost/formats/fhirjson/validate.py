"""Structural validation against the FHIR R4 JSON schema, one compiled schema per resource type.

The schema of https://hl7.org/fhir/R4/ is pruned to what one type can reach, contained resources are checked
one by one, and cardinality of primitives is added (scripts/build_fhir.py). Terminology and invariants are not
checked.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from jsonschema_rs import Draft7Validator, ValidationError

from chartpost.formats.fhirjson.tables import resource_types, table

REF = "#/definitions/"
_LIMIT = 20  # problems told per resource; more help nobody
DEPTH = 64  # levels of nesting; real resources stay under 15
NESTED = {"Bundle", "Parameters"}
_RULES = {
    "type": "has the wrong JSON type",
    "pattern": "does not have the form of its data type",
    "enum": "is not one of the codes allowed here",
    "const": "is not the value required here",
    "minLength": "is empty",
    "minimum": "is too small",
    "maximum": "is too large",
    "anyOf": "does not fit any form allowed here",
    "oneOf": "does not fit any form allowed here",
}


class Problem(NamedTuple):
    """One broken rule; `path` reads like FHIRPath (`Observation.component[1].code`); no data is quoted."""

    path: str
    message: str


def validate(resource_type: str, value: object) -> list[Problem]:
    """Check one resource, contained and bundled ones included; an empty list means it fits FHIR R4.

    Never raises for any JSON value. At most 20 problems are told.
    """
    if resource_type not in resource_types():
        return [Problem("Resource", "is of a type that FHIR R4 does not have")]
    if not isinstance(value, dict):
        return [Problem(resource_type, "must be a JSON object")]
    if value.get("resourceType") != resource_type:
        return [Problem(f"{resource_type}.resourceType", f"must be {resource_type}")]
    validator = _validator(resource_type)
    try:
        nested = resource_type in NESTED or "contained" in value
        if validator.is_valid(value) and not nested:
            return []
        if too_deep(value):
            return [Problem(resource_type, f"is nested deeper than {DEPTH} levels")]
        problems = [p for e in validator.iter_errors(value) for p in _explain(resource_type, e)]
    except (ValueError, TypeError, RecursionError):
        return [Problem(resource_type, "holds a value that JSON cannot carry")]
    if nested:
        problems += _inside(resource_type, value)
    return list(dict.fromkeys(problems))[:_LIMIT]


def too_deep(value: object, limit: int = DEPTH) -> bool:
    """Whether objects and lists are nested in more than `limit` levels."""
    level: list[Any] = [value] if type(value) in _NESTS else []
    for _ in range(limit):
        level = [
            inner
            for item in level
            for inner in (item.values() if type(item) is dict else item)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


_NESTS = (dict, list)


@cache
def _validator(resource_type: str) -> Draft7Validator:
    definitions = table("schema")["definitions"]
    kept: dict[str, Any] = {}
    waiting = [resource_type]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = definitions[name]
            waiting.extend(refs(definitions[name]))
    return Draft7Validator({"$ref": REF + resource_type, "definitions": kept})


def refs(value: object) -> Iterator[str]:
    """The names of the definitions a schema refers to."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                yield item.removeprefix(REF)
            else:
                yield from refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from refs(item)


def _inside(resource_type: str, value: dict[str, Any]) -> Iterator[Problem]:
    """Problems of the resources carried by this one, which its own schema does not look into."""
    for path, resource in carried(resource_type, value):
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        for problem in validate(kind if isinstance(kind, str) else "", resource):
            yield Problem(re.sub(r"^\w+", path, problem.path, count=1), problem.message)


def carried(resource_type: str, value: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Path and value of each resource inside this one: contained, bundled or a parameter. Types are not checked."""
    for index, resource in _items(value.get("contained")):
        yield f"{resource_type}.contained[{index}]", resource
    for index, entry in _items(value.get("entry") if resource_type == "Bundle" else None):
        path = f"Bundle.entry[{index}]"
        if "resource" in entry:
            yield f"{path}.resource", entry["resource"]
        response = entry.get("response")
        if isinstance(response, dict) and "outcome" in response:
            yield f"{path}.response.outcome", response["outcome"]
    if resource_type == "Parameters":
        yield from _parameters("Parameters.parameter", value.get("parameter"))


def _parameters(path: str, parameters: object) -> Iterator[tuple[str, object]]:
    for index, parameter in _items(parameters):
        if "resource" in parameter:
            yield f"{path}[{index}].resource", parameter["resource"]
        yield from _parameters(f"{path}[{index}].part", parameter.get("part"))


def _items(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


def _explain(root: str, error: ValidationError) -> Iterator[Problem]:
    path = root
    for step in error.instance_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    rule = error.kind.name
    kind: Any = error.kind
    if rule == "additionalProperties":
        for name in kind.unexpected:
            yield Problem(path, f"has {_word(name)}, which FHIR R4 does not know here")
    elif rule == "required":
        yield Problem(path, f"lacks {_word(kind.property)}, which is required")
    elif rule == "anyOf" and "allOf" in error.schema_path:
        yield Problem(path, f"lacks {_choices(kind)}, which is required")
    else:
        yield Problem(path, _RULES.get(rule, "breaks a rule of FHIR R4"))


def _choices(kind: Any) -> str:
    """The names of a required choice, taken from the alternatives that all were missing."""
    names = [e.kind.property for branch in kind.context for e in branch if e.kind.name == "required"]
    return " or ".join(name for name in names if not name.startswith("_")) or "an element"


def _word(name: object) -> str:
    """An element name when it looks like one; anything else may be somebody's data."""
    return name if isinstance(name, str) and re.fullmatch(r"_?[A-Za-z]{1,40}", name) else "an element"
