"""Walk a resource by its element tables: required bindings, reference targets, invariants of the base types.

One plan per type is compiled on first use; elements without rules cost one look-up.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from chartpost.formats.fhirjson.profiles.choices import choices
from chartpost.formats.fhirjson.profiles.codes import ValueSet, value_set
from chartpost.formats.fhirjson.profiles.invariants import TESTS, WORDS, Test
from chartpost.formats.fhirjson.profiles.issues import Findings, Where
from chartpost.formats.fhirjson.profiles.primitives import PRIMITIVES, Primitive, kind_of
from chartpost.formats.fhirjson.profiles.rules import apply, profile
from chartpost.formats.fhirjson.profiles.targets import target
from chartpost.formats.fhirjson.tables import Json, resource_types, table

Visit = Callable[[Any, Where, Findings], None]
Choices = list[tuple[str, dict[str, str]]]
"""Choices of an element: the name, and of each key it may be given under the element that it gives."""
_KEPT = ("id", "implicitRules", "language")  # primitives of every resource, without rules


class Plan:
    """What to look at in an element: a visitor for each child that has rules, and tests of the whole."""

    __slots__ = ("choices", "rows", "tests")

    def __init__(self, rows: dict[str, Visit], tests: list[tuple[str, Test]], several: Choices) -> None:
        """Keep the parts."""
        self.rows = rows
        self.tests = tests
        self.choices = several


def visit(plan: Plan, element: Json, where: Where, found: Findings) -> None:
    """Check one element and all below it."""
    if not element:
        found.add("invariant", where, "ele-1", "must have a value or children")
        return
    rows = plan.rows
    for key, value in element.items():
        if type(value) is list and not value:
            found.add("structure", (where, key, None), "array", "must not be an empty list: leave it out")
        row = rows.get(key)
        if row is None:
            continue
        if type(value) is list:
            for index, item in enumerate(value):
                row(item, (where, key, index), found)
        else:
            row(value, (where, key, None), found)
    for name, test in plan.tests:
        if not test(element):
            found.add("invariant", where, name, WORDS.get(name, "breaks a rule of its type in FHIR R4"))
    for name, types in plan.choices:
        given = {types[key] for key in element if key in types}
        if len(given) > 1:
            found.add("structure", (where, name, None), "choice", f"is given as {', '.join(sorted(given))}: give one")


@cache
def plan(kind: str) -> Plan:
    """The plan of a resource type, data type or backbone element; empty for unknown ones."""
    rows: dict[str, Visit] = {}
    for name, (child, _, attribute, bound, targets) in table("elements").get(kind, {}).items():
        if child == "Resource" and name != "contained":
            continue  # bundled resources are checked on their own
        row = _row(kind_of(name, child, attribute, kind), value_set(bound) if bound else None, frozenset(targets))
        if row is not None:
            rows[name] = row
        if child[0].islower() and not attribute and name not in _KEPT:
            rows["_" + name] = _complex("Element")
    several = [(name, {key: one for one in some for key in (one, "_" + one)}) for name, some in choices(kind).items()]
    return Plan(rows, TESTS.get(kind, []), several)


def _row(kind: str, bound: ValueSet | None, targets: frozenset[str]) -> Visit | None:
    if kind == "Resource":
        return _resource
    if kind == "Reference":
        return _reference(targets)
    if kind[0].islower():
        return _primitive(PRIMITIVES[kind]) if kind in PRIMITIVES else bound.check if bound else None
    inner = _extension if kind == "Extension" else _complex(kind)
    if bound is None:
        return inner
    check = bound.check

    def both(value: Any, where: Where, found: Findings) -> None:
        check(value, where, found)
        inner(value, where, found)

    return both


def _primitive(rule: Primitive) -> Visit:
    def run(value: Any, where: Where, found: Findings) -> None:
        if not rule.keeps(value):
            found.add("value", where, rule.rule, rule.words)

    return run


def _complex(kind: str) -> Visit:
    """A visitor that compiles the plan of its type when it is first needed (types may hold themselves)."""
    ready: list[Plan] = []

    def run(value: Any, where: Where, found: Findings) -> None:
        if type(value) is dict:
            if not ready:
                ready.append(plan(kind))
            visit(ready[0], value, where, found)

    return run


def _extension(value: Any, where: Where, found: Findings) -> None:
    if type(value) is not dict:
        return
    visit(plan("Extension"), value, where, found)
    url = value.get("url")
    rules = profile(url) if type(url) is str else None
    if rules is not None and rules.type == "Extension":
        apply(rules, value, where, found)


def _resource(value: Any, where: Where, found: Findings) -> None:
    kind = value.get("resourceType") if type(value) is dict else None
    if type(kind) is str and kind in resource_types():
        visit(plan(kind), value, where, found)


def _reference(targets: frozenset[str]) -> Visit:
    inner = _complex("Reference")

    def run(value: Any, where: Where, found: Findings) -> None:
        inner(value, where, found)
        if type(value) is not dict:
            return
        text = value.get("reference")
        if type(text) is str and text[:1] == "#":
            _contained(text[1:], where, found)
        if targets:
            kind = target(value, found.contained)
            if kind and kind not in targets:
                found.add("structure", where, "reference", f"must lead to one of: {', '.join(sorted(targets))}")

    return run


def _contained(id: str, where: Where, found: Findings) -> None:
    found.pointed.add(id)
    if id and id not in found.contained:
        found.add("invariant", where, "ref-1", "must lead to a contained resource that is there")
