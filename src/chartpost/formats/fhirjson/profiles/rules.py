"""Profiles as trees of rules, compiled from the built table on first use, and applied to parsed JSON.

Slices are open throughout US Core: items that belong to no slice are left alone
(https://hl7.org/fhir/R4/profiling.html#slicing).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from chartpost.formats.fhirjson.profiles import uscore
from chartpost.formats.fhirjson.profiles.codes import ValueSet, value_set
from chartpost.formats.fhirjson.profiles.invariants import Test
from chartpost.formats.fhirjson.profiles.issues import Findings, Where
from chartpost.formats.fhirjson.profiles.slices import Belongs, belongs, holds
from chartpost.formats.fhirjson.profiles.targets import target
from chartpost.formats.fhirjson.tables import Json, table

Value: TypeAlias = tuple[Any, Any, Where]
"""A value, what stands beside it when it is a primitive (its id and extensions), and its place."""


class Slice(NamedTuple):
    """A slice of an element: its name, the test of what belongs to it, its rule, and its line of the table."""

    label: str
    belongs: Belongs
    rule: "Rule"
    terms: Json


class Rule:
    """The rules of one element, with those of its children and slices."""

    __slots__ = (
        *("binding", "children", "fixed", "high", "keys", "kind", "label", "low", "names"),
        *("needed", "refused", "slices", "targets", "tests"),
    )

    def __init__(self, name: str, holder: str, terms: Json) -> None:
        """Read the terms of one line of the table; `holder` is the type that holds the element."""
        self.label = name.removesuffix("[x]")
        self.names = list(_names(name, holder))
        self.keys = frozenset((*self.names, *("_" + one for one in self.names)))
        self.kind = _kind(holder, self.names)
        allowed = {self.label + t[0].upper() + t[1:] for t in terms.get("as", ())}
        self.refused = [n for n in self.names if allowed and n not in allowed]
        self.low, self.high = terms.get("card", (0, None))
        self.needed = bool(self.low)  # whether its absence breaks a rule: its own, or that of a slice
        self.fixed: Any = terms.get("is")
        self.binding: ValueSet | None = value_set(terms["in"]) if "in" in terms else None
        self.targets = frozenset(terms.get("to", ()))
        self.tests: list[tuple[str, Test]] = [(t[1:], uscore.TESTS[t[1:]]) for t in terms if t.startswith("!")]
        self.children: list[Rule] = []
        self.slices: list[Slice] = []


class Profile:
    """One profile or extension: its type, invariants and element rules."""

    __slots__ = ("children", "must", "tests", "type", "url")

    def __init__(self, url: str, definition: Json) -> None:
        """Compile the definition of the table."""
        self.url = url
        self.type: str = definition["type"]
        self.tests = [(name, uscore.TESTS[name]) for name in definition["invariants"]]
        elements: Json = definition["elements"]
        self.must = [f"{self.type}.{path}" for path, terms in elements.items() if "must" in terms]
        self.children = _tree(self.type, elements)


def profile(url: str) -> Profile | None:
    """A profile by its address without version; None when it is not one of US Core 6.1.0 or its bases."""
    return _profile(url) if url in table("uscore") else None


@cache
def _profile(url: str) -> Profile:
    return Profile(url, table("uscore")[url])


def apply(rules: Profile, resource: Json, where: Where, found: Findings) -> None:
    """Note where a resource, or an extension, breaks a profile."""
    for name, test in rules.tests:
        _hold(name, test, resource, where, found)
    for child in rules.children:
        _element(child, resource, where, found)


def _element(rule: Rule, holder: Json, where: Where, found: Findings) -> None:
    absent = rule.keys.isdisjoint(holder)
    if absent and not rule.needed:
        return
    values: list[Value] = []
    for name in () if absent else rule.names:
        if name in holder or "_" + name in holder:
            values += _values(holder, name, where)
            if name in rule.refused:
                found.add(
                    "structure", (where, name, None), "type", "is given in a type that the profile does not allow"
                )
    place = (where, rule.label, None)
    _count(rule, len(values), "", place, found)
    for value in values:
        _value(rule, value, found)
    if values or not rule.low:
        for label, belongs_to, inner, _ in rule.slices:
            members = [value for value in values if belongs_to(value[0])]
            _count(inner, len(members), label, place, found)
            for value in members:
                _value(inner, value, found)


def _values(holder: Json, name: str, where: Where) -> Iterator[Value]:
    """Each value of an element with what stands beside it (id and extensions of a primitive) and its place."""
    value, beside = holder.get(name), holder.get("_" + name)
    if type(value) is not list and type(beside) is not list:
        yield value, beside, (where, name, None)
        return
    values = value if type(value) is list else []
    extras = beside if type(beside) is list else []
    for index in range(max(len(values), len(extras))):
        yield (
            values[index] if index < len(values) else None,
            extras[index] if index < len(extras) else None,
            (where, name, index),
        )


def _count(rule: Rule, count: int, label: str, where: Where, found: Findings) -> None:
    name, what = ("slice", f"of the slice {label} ") if label else ("cardinality", "")
    if count < rule.low:
        found.add("required", where, name, f"needs at least {rule.low} {what}but has {count}")
    elif rule.high is not None and count > rule.high:
        found.add("structure", where, name, f"may have at most {rule.high} {what}but has {count}")


def _value(rule: Rule, given: Value, found: Findings) -> None:
    value, beside, where = given
    if value is not None:
        if rule.fixed is not None and not holds(rule.fixed, value):
            found.add("value", where, "pattern", f"must be or hold {_wanted(rule.fixed)}")
        if rule.binding is not None:
            rule.binding.check(value, where, found)
        if rule.targets:
            _target(rule, value, where, found)
        for name, test in rule.tests:
            _hold(name, test, value if type(value) is dict else {"value": value}, where, found)
    holder = value if type(value) is dict else beside
    if type(holder) is dict:
        for child in rule.children:
            _element(child, holder, where, found)


def _target(rule: Rule, value: Any, where: Where, found: Findings) -> None:
    kind = target(value, found.contained) if type(value) is dict else ""
    if kind and kind not in rule.targets:
        allowed = ", ".join(sorted(rule.targets))
        found.add("structure", where, "reference", f"the profile lets it lead only to: {allowed}")


def _hold(name: str, test: Test, value: Json, where: Where, found: Findings) -> None:
    if not test(value):
        short, severity = uscore.NAMES.get(name, name), uscore.SEVERITY.get(name, "error")
        found.add("invariant", where, short, uscore.WORDS[name], severity)


def _wanted(fixed: Any) -> str:
    return f"code {fixed[1]} of {fixed[0]}" if isinstance(fixed, list) else f"'{fixed}'"


def _names(name: str, holder: str) -> Iterator[str]:
    """The JSON names of an element: one, or those of each type of a choice."""
    if not name.endswith("[x]"):
        yield name
        return
    short = name[:-3]
    for known, row in table("elements")[holder].items():
        child = row[0]
        if known == short + child[0].upper() + child[1:]:
            yield known


def _kind(holder: str, names: list[str]) -> str:
    """The type of an element; for primitives the Element that stands beside them."""
    row = table("elements").get(holder, {}).get(names[0]) if names else None
    if row is None:
        return "Element"
    return str(row[0]) if row[0][0].isupper() else "Element"


def _tree(kind: str, elements: Json) -> list[Rule]:
    """The rules by element: `component:systolic.code` hangs under the slice systolic of component."""
    top = Rule("", kind, {})
    top.kind = kind  # the root itself is no element of anything
    known = {"": top}
    for path in elements:
        _grow(path, elements, known)
    return top.children


def _grow(path: str, elements: Json, known: dict[str, Rule]) -> Rule:
    """The rule of a path, made with its parents when it is not there yet."""
    if path in known:
        return known[path]
    parent = _grow(path.rpartition(".")[0], elements, known)
    name, _, label = path.rpartition(".")[2].partition(":")
    terms = elements.get(path, {})
    rule = known[path] = Rule(name, parent.kind, terms)
    if label:
        whole = _grow(path.removesuffix(f":{label}"), elements, known)
        whole.slices.append(Slice(label, belongs(terms, rule.binding), rule, terms))
        whole.needed = whole.needed or rule.needed
    else:
        parent.children.append(rule)
    return rule
