"""The search parameters of each resource type: R4's, US Core 6.1.0's and those of every resource."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from chartpost.formats.fhirjson.index import date_keys
from chartpost.formats.fhirjson.paths import steps_of
from chartpost.formats.fhirjson.tables import Json, resource_types, table


@dataclass(frozen=True)
class Definition:
    """A search parameter (https://hl7.org/fhir/R4/searchparameter.html).

    `type` is token, string, date, reference, uri, quantity, number, composite or special; `paths` are compact paths
    (see `paths.py`), for a composite those of its elements; `targets` resource types a reference may name (none:
    any); `components` the parts of a composite. `extract` reads the values of an office's own parameter, and `posted`
    says that postings of them are kept.
    `codes` are the (system, code) that elements which state a code alone may have, by their required binding, and
    `systems` the code systems of these.
    """

    name: str
    type: str
    paths: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    components: tuple["Definition", ...] = ()
    extract: Callable[[Json], list[Any]] | None = None
    systems: tuple[str, ...] = ()
    posted: bool = False
    codes: frozenset[tuple[str, str]] = frozenset()


_FILTER = re.compile(r"\[[^\]]*\]")
"""What a step of a path chooses by."""
_EVERY = {
    one.name: one
    for one in (
        Definition("_id", "token", ("id",)),
        Definition("_lastUpdated", "date", ("meta.lastUpdated",)),
        Definition("_tag", "token", ("meta.tag",)),
        Definition("_security", "token", ("meta.security",)),
        Definition("_profile", "uri", ("meta.profile",)),
        Definition("_source", "uri", ("meta.source",)),
        Definition("_text", "special", ("text.div",)),
        Definition("_content", "special"),
        Definition("_list", "special"),
    )
}


def definition(resource_type: str, name: str) -> Definition | None:
    """One search parameter of a resource type; None when there is no such."""
    return definitions(resource_type).get(name)


@cache
def definitions(resource_type: str) -> Mapping[str, Definition]:
    """All search parameters of a resource type by name, those of every resource included; none for unknown types."""
    if resource_type not in resource_types():
        return MappingProxyType({})
    rows = table("search").get(resource_type, {})
    return MappingProxyType(_EVERY | {name: _definition(resource_type, name, row) for name, row in rows.items()})


def reference_parameters(resource_type: str) -> list[str]:
    """Names of the reference parameters of a resource type."""
    return sorted(name for name, one in definitions(resource_type).items() if one.type == "reference")


def include_parameters(resource_type: str) -> list[str]:
    """What `_include` may name for a resource type, as `Type:parameter`."""
    return [
        f"{resource_type}:{name}" for name in reference_parameters(resource_type) if not by_url(resource_type, name)
    ]


@cache
def by_url(resource_type: str, name: str) -> bool:
    """Whether a reference parameter reads canonical addresses: they name a url, and are not followed to what has it.

    https://hl7.org/fhir/R4/references.html#canonical
    """
    return any(_last(resource_type, path) == "canonical" for path in definitions(resource_type)[name].paths)


def _last(resource_type: str, path: str) -> str:
    """The type of the element a path ends at; '' where that cannot be told."""
    kind = resource_type
    for step in _FILTER.sub("", path).split("."):
        kind = table("elements").get(kind, {}).get(step, ("",))[0]
    return kind


@cache
def dated_by(resource_type: str) -> str:
    """The date parameter whose start is the clinical date of a resource that has it; '' when there is none.

    Where it is not '', no resource matches a date that ends at or before its clinical date begins, open starts
    of periods aside.
    """
    known = table("schema")["definitions"].get(resource_type, {}).get("properties", {})
    keys = [key for key in date_keys(resource_type) if "items" not in known.get(key, {"items": 0})]
    for name, one in sorted(definitions(resource_type).items()):
        if one.type == "date" and one.paths and set(one.paths) == set(keys[: len(one.paths)]):
            return name
    return ""


def _definition(resource_type: str, name: str, row: list[Any]) -> Definition:
    kind, paths, targets, components = row
    codes = _codes(resource_type, paths) if kind == "token" else frozenset()
    return Definition(
        name,
        kind,
        tuple(paths),
        _narrowed(resource_type, paths, targets),
        tuple(Definition(part, of, tuple(texts)) for part, of, texts in components),
        _deceased if (resource_type, name) == ("Patient", "deceased") else None,
        tuple(sorted({system for system, _ in codes})),
        codes=codes,
    )


def _narrowed(resource_type: str, paths: list[str], targets: list[str]) -> tuple[str, ...]:
    """Targets that the elements may refer to: parameters shared by many types list those of all of them."""
    allowed: set[str] = set()
    for path in paths:
        row = _element(resource_type, path)
        if row is None or not row[4]:
            return tuple(targets)
        allowed.update(row[4])
    return tuple(target for target in targets if target in allowed) or tuple(targets)


def _codes(resource_type: str, paths: list[str]) -> frozenset[tuple[str, str]]:
    rows = [_element(resource_type, path) for path in paths]
    if not all(row and row[0] == "code" for row in rows):
        return frozenset()
    bound = [table("bindings").get(row[3], {}) for row in rows if row]
    return frozenset((system, code) for one in bound for system, codes in one.items() for code in codes)


def _element(resource_type: str, path: str) -> list[Any] | None:
    """The row of the element at the end of a path in the table of elements."""
    node, row = resource_type, None
    for step in steps_of(path)[0]:
        row = table("elements").get(node, {}).get(step.key)
        node = row[0] if row else ""
    return row


def _deceased(patient: Json) -> list[Any]:
    """Dead when said so or when a date of death is known; else not (`Patient.deceased` of the R4 parameters)."""
    return ["deceasedDateTime" in patient or patient.get("deceasedBoolean") is True]
