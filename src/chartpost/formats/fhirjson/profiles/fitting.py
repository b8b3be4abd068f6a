"""A quick yes: for each type and profile one compiled schema that only what breaks no rule fits.

The R4 schema of a type is made stricter by the tables and functions the walk goes by (`walk`, `rules`), and is asked
first: most of what comes is right, and a compiled schema sees that in a sixth of the time. Whoever does not fit may yet
be right: the walk says, with the place and the words.
"""

from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from chartpost.formats.fhirjson.profiles import shapes
from chartpost.formats.fhirjson.profiles.choices import choices
from chartpost.formats.fhirjson.profiles.codes import value_set
from chartpost.formats.fhirjson.profiles.invariants import TESTS
from chartpost.formats.fhirjson.profiles.primitives import ELEMENT_ID, LANGUAGE, PRIMITIVES, Whole, kind_of
from chartpost.formats.fhirjson.profiles.rules import profile
from chartpost.formats.fhirjson.tables import Json, resource_types, table
from chartpost.formats.fhirjson.validate import DEPTH, NESTED, REF, refs

_EXTENSION, _WITHIN = "Extension", "Extension.extension"
_NEVER: Json = {"not": {}}
_ASKED: Json = {"type": "object", "fitsExtension": True}
_CLAIMS = 8


def fits(kind: str, resource: Json, claimed: list[str]) -> bool:
    """Whether a resource surely breaks no rule of R4 nor of the US Core profiles among those claimed.

    Never raises for any JSON value. Who fits is nested in at most 64 levels. Profiles not known here ask for nothing.
    """
    base = _of_type(kind) if kind in resource_types() else None
    try:
        if base is None or not base.is_valid(resource) or len(claimed) > _CLAIMS:
            return False
        found = [_of_profile(url) for url in claimed if profile(url) is not None]
        return all(of == kind and validator.is_valid(resource) for of, validator in found)
    except (ValueError, TypeError, RecursionError):
        return False


@cache
def _of_profile(url: str) -> tuple[str, Draft202012Validator]:
    rules = profile(url)
    assert rules is not None
    return rules.type, _compiled(shapes.of_profile(rules))


@cache
def _of_type(kind: str) -> Draft202012Validator | None:
    schema = strict(kind)
    return _compiled(schema) if schema else None


class _Extension:
    """The keyword `fitsExtension`: extensions may hold any data type, so that one schema serves them for all types."""

    def __init__(self, parent_schema: Json, value: object, schema_path: object) -> None:
        """There is nothing to know."""
        del parent_schema, value, schema_path

    def validate(self, instance: Any) -> None:
        """Raise ValueError where an extension does not fit."""
        validator = _of_type(_EXTENSION)
        if validator is None or not validator.is_valid(instance):
            raise ValueError


def _compiled(schema: Json) -> Draft202012Validator:
    keywords: Any = {"holds": shapes.Holds, "fitsExtension": _Extension, "whole": Whole}
    return Draft202012Validator(schema, keywords=keywords)


def strict(kind: str) -> Json | None:
    """The schema of a resource type, or of Extension, with all that the walk asks of it.

    None for types that hold whole resources, and where something could be nested too deeply.
    """
    if kind in NESTED:
        return None
    types = _Types(kind)
    types.grow(kind, kind)
    deep = types.depth[kind] + (0 if kind == _EXTENSION else 1 + _depth_of_extensions())
    return {"$ref": REF + kind, "definitions": types.made} if deep <= DEPTH else None


@cache
def _depth_of_extensions() -> int:
    types = _Types(_EXTENSION)
    types.grow(_EXTENSION, _EXTENSION)
    return types.depth[_EXTENSION]


class _Types:
    """The definitions a type reaches. None reaches itself, so that what fits has as few levels as they have."""

    def __init__(self, root: str) -> None:
        """Begin with none."""
        self._root = root
        self.made: dict[str, Json] = {}
        self.depth: dict[str, int] = {}
        self._source: dict[str, Json] = table("schema")["definitions"]
        self._open: set[str] = set()

    def grow(self, name: str, element: str) -> None:
        """Add a definition, that of an element type, and all it reaches."""
        if name in self.made:
            return
        source = self._source[name]
        if "properties" not in source:
            rule = PRIMITIVES.get(name)
            self.made[name], self.depth[name] = rule.schema if rule else source, 0
            return
        if source.get("additionalProperties") is not False:
            self.made[name], self.depth[name] = _NEVER, 0
            return
        self._open.add(name)
        self.depth[name] = 1
        properties = {key: self._property(name, element, key, shape) for key, shape in source["properties"].items()}
        self._open.remove(name)
        more = [shapes.invariant(test) for test, _ in TESTS.get(element, ())]
        if name != _EXTENSION:  # which has its own, `ext-1`
            for names in choices(element).values():
                properties |= dict.fromkeys(("_" + one for one in names), False)  # for the walk
                more.append(shapes.at_most_one(names))
        else:
            more.append(_known_extensions())
            self.made[_WITHIN] = _definition(source, {**properties, "extension": False}, more)
            properties["extension"] = {"type": "array", "minItems": 1, "items": {"$ref": REF + _WITHIN}}
            self.depth[name] += 2
        self.made[name] = _definition(source, properties, more)

    def _property(self, name: str, element: str, key: str, shape: Json) -> Json | bool:
        """What an element is: as R4 has it, of its value set, leading where it may, and not of a type that holds it."""
        row = table("elements")[element].get(key.removeprefix("_"))
        reached = list(refs(shape))
        if row is None:
            return shape if not reached else False
        if reached == [_EXTENSION] and self._root != _EXTENSION:
            return {"type": "array", "minItems": 1, "items": _ASKED}
        child, _, attribute, bound, targets = row
        for other in reached:
            if other in self._open or other == "ResourceList":
                return False
            self.grow(other, "Element" if key.startswith("_") else child)
            self.depth[name] = max(self.depth[name], self.depth[other] + 2)
        more = self._more(key, kind_of(key, child, attribute, element), bound, frozenset(targets))
        if shape.get("type") == "array":
            items = {"allOf": [shape["items"], *more]} if more else shape["items"]
            return {"type": "array", "minItems": 1, "items": items}
        return {"allOf": [shape, *more]} if more else shape

    @staticmethod
    def _more(key: str, child: str, bound: str, targets: frozenset[str]) -> list[Any]:
        if key.startswith("_"):
            return []
        values = value_set(bound) if bound else None
        found = [shapes.bound(values)] if values else []
        if child in (ELEMENT_ID, LANGUAGE):
            found.append(PRIMITIVES[child].schema)
        if child == "Reference":
            found += [shapes.leading(targets)] if targets else [shapes.elsewhere()]
        return found


def _definition(source: Json, properties: Json, more: list[Json]) -> Json:
    rules = [*source.get("allOf", ()), *more]
    made = {**source, "properties": properties, "minProperties": 1}
    return {**made, "allOf": rules} if rules else made


def _known_extensions() -> Json:
    """What US Core asks of its extensions, wherever they are."""
    found = [rules for url in table("uscore") if (rules := profile(url)) is not None and rules.type == "Extension"]
    each = [{"if": shapes.given("url", {"const": one.url}), "then": shapes.of_profile(one)} for one in found]
    return {"if": shapes.given("url", {"enum": [one.url for one in found]}), "then": {"allOf": each}}
