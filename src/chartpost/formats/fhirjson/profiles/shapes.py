"""The rules of profiles, bindings, references and invariants as JSON schemas, as far as these can say them.

Each schema is for values the R4 schema has passed, and at least as strict as the rule it stands for: what a schema
cannot say it refuses, or has the function of the rule itself say (`holds`).
"""

from itertools import combinations
from typing import Any

from chartpost.formats.fhirjson.profiles import invariants, uscore
from chartpost.formats.fhirjson.profiles.codes import ValueSet
from chartpost.formats.fhirjson.profiles.invariants import Test
from chartpost.formats.fhirjson.profiles.rules import Profile, Rule, Slice
from chartpost.formats.fhirjson.tables import Json, resource_types, table

_TESTS: dict[str, Test] = {name: test for tests in invariants.TESTS.values() for name, test in tests} | uscore.TESTS
_VER = "http://terminology.hl7.org/CodeSystem/"


class Holds:
    """The keyword `holds`: the function of an invariant is asked (a primitive as {"value": ...})."""

    def __init__(self, parent_schema: Json, value: str, schema_path: object) -> None:
        """Find the function of the invariant named."""
        del parent_schema, schema_path
        self._test = _TESTS[value]

    def validate(self, instance: Any) -> None:
        """Raise ValueError where the invariant does not hold."""
        if not self._test(instance if type(instance) is dict else {"value": instance}):
            raise ValueError


def one_of(*names: str) -> Json:
    """At least one of these elements."""
    return {"required": list(names)} if len(names) == 1 else {"anyOf": [{"required": [name]} for name in names]}


def given(name: str, value: Json) -> Json:
    """An element with such a value."""
    return {"required": [name], "properties": {name: value}}


def either(*some: Json) -> Json:
    """At least one of these."""
    return {"anyOf": list(some)}


def without(*names: str) -> Json:
    """None of these elements."""
    return {"properties": dict.fromkeys([*names, *("_" + name for name in names)], False)}


def at_most_one(names: tuple[str, ...]) -> Json:
    """One of these elements or none."""
    return {"dependentSchemas": {one: {"properties": dict.fromkeys(set(names) - {one}, False)} for one in names}}


def choices(kind: str, name: str) -> list[str]:
    """The names a choice element may be given under."""
    size = len(name)
    return [known for known in table("elements")[kind] if known.startswith(name) and known[size : size + 1].isupper()]


def coding(systems: dict[str, Any]) -> Json:
    """A Coding or Quantity with a code of one of these systems; None stands for every code of the system."""
    parts = [
        {"properties": {"system": {"const": system}, **({} if codes is None else {"code": {"enum": sorted(codes)}})}}
        for system, codes in systems.items()
    ]
    return {"type": "object", "required": ["system", "code"], "anyOf": parts}


def concept(one: Json) -> Json:
    """A CodeableConcept with such a Coding, or itself such a Coding."""
    within = {"properties": {"coding": {"contains": one}}}
    return {"type": "object", "if": {"required": ["coding"]}, "then": within, "else": one}


def bound(values: ValueSet) -> Json:
    """A code, Coding or CodeableConcept of a value set."""
    code: Json = {} if values.everything else {"enum": sorted(values.codes)}
    return {"if": {"type": "string"}, "then": code, "else": concept(coding(values.systems))}


def elsewhere() -> Json:
    """A Reference to anything but a contained resource."""
    return {"properties": {"reference": {"pattern": "^[^#]"}}}


def leading(targets: frozenset[str]) -> Json:
    """A Reference that leads to one of these types, or whose text does not tell where it leads."""
    kinds = "|".join(sorted(targets & resource_types()))
    told = given("reference", {"pattern": f"^(?:{kinds})/[A-Za-z0-9.-]+$"})
    urn = given("reference", {"pattern": "^urn:(?:uuid|oid):[^/]*$"})
    return either(told, without("reference", "type"), {"allOf": [urn, without("type")]})


def _needs(name: str, other: str) -> Json:
    return {"dependentRequired": {name: [other], "_" + name: [other]}}


def _status(*codes: str) -> Json:
    return given("status", {"enum": list(codes)})


_UNREPORTED = _status("registered", "cancelled", "entered-in-error", "unknown")
_ERRONEOUS = concept(coding({_VER + "condition-ver-status": ["entered-in-error"]}))
_ENDED = concept(coding({_VER + "condition-clinical": ["resolved", "remission", "inactive"]}))
_VALUES, _EFFECTIVE = choices("Observation", "value"), choices("Observation", "effective")
_SAYS = one_of(*_VALUES, "component", "hasMember", "dataAbsentReason")
SHAPES: dict[str, Json] = {
    "per-1": {"if": {"required": ["start", "end"]}, "then": {"holds": "per-1"}},
    "qty-3": _needs("code", "system"),
    "att-1": _needs("data", "contentType"),
    "cpt-2": _needs("value", "system"),
    "ref-type": {"if": {"required": ["type"]}, "then": {"holds": "ref-type"}},
    "tim-1": _needs("duration", "durationUnit"),
    "tim-2": _needs("period", "periodUnit"),
    "tim-4": {"properties": {"duration": {"minimum": 0}}},
    "tim-5": {"properties": {"period": {"minimum": 0}}},
    "tim-6": _needs("periodMax", "period"),
    "tim-7": _needs("durationMax", "duration"),
    "tim-8": _needs("countMax", "count"),
    "con-4": either(without(*choices("Condition", "abatement")), given("clinicalStatus", _ENDED)),
    "con-5": either(without("clinicalStatus"), {"not": given("verificationStatus", _ERRONEOUS)}),
    "obs-3": one_of("low", "high", "text"),
    "obs-6": either(without("dataAbsentReason"), without(*_VALUES)),
    "obs-7": either(without("component"), without(*_VALUES)),
    "ext-1": either(
        {"allOf": [{"maxProperties": 2}, one_of(*choices("Extension", "value"))]},  # its url, and one value
        {"allOf": [{"required": ["extension"]}, without(*choices("Extension", "value"))]},
    ),
    "us-core-1": {"minLength": 10},
    "us-core-2": _SAYS,
    "us-core-6-attachment": one_of("url", "data"),
    "us-core-7": either(
        one_of(*choices("Procedure", "performed")),
        _status("preparation", "not-done", "on-hold", "stopped", "entered-in-error", "unknown"),
    ),
    "us-core-8": either(one_of(*choices("DiagnosticReport", "effective")), _UNREPORTED),
    "us-core-9": either(one_of("issued"), _UNREPORTED),
    "us-core-10": either(one_of(*choices("DiagnosticReport", "effective")), _UNREPORTED),
    "us-core-13": one_of("practitioner", "organization", "healthcareService", "location"),
    "us-core-14": one_of("name", "relationship"),
    "us-core-20": one_of("whenHandedOver"),
    "us-core-21": one_of("requester"),
    "pd-1": one_of("telecom", "endpoint"),
    "prr-1": _needs("orderDetail", "code"),
    "vs-1": {"minLength": 10},
    "vs-2": _SAYS,
    "vs-3": one_of(*_VALUES, "dataAbsentReason"),
}
"""Invariants that can be said; the others are asked (`holds`)."""


def invariant(name: str) -> Json:
    """The schema of an invariant."""
    return SHAPES.get(name) or {"holds": name}


def of_profile(rules: Profile) -> Json:
    """The schema of a profile or extension."""
    return _all([*_tests(rules.tests), *(_element(child) for child in rules.children)])


def _tests(tests: list[tuple[str, Test]]) -> list[Json]:
    return [invariant(name) for name, _ in tests if uscore.SEVERITY.get(name) != "warning"]


def _all(parts: list[Json]) -> Json:
    kept = [part for part in parts if part]
    return {"allOf": kept} if kept else {}


def _element(rule: Rule) -> Json:
    """What holds an element: how often it is there, under which names, and what each value is."""
    names = [name for name in rule.names if name not in rule.refused and rule.high != 0]
    value = _values(rule)
    properties: Json = {name: value if name in names else False for name in rule.names}
    properties |= dict.fromkeys(("_" + name for name in rule.names), False)  # for the walk
    parts = [{"properties": properties}]
    if rule.needed:
        parts.append(one_of(*names) if names else {"not": {}})
    if rule.high is not None and len(names) > 1:
        parts.append({"not": either(*({"required": list(pair)} for pair in combinations(names, 2)))})
    return _all(parts)


def _values(rule: Rule) -> Json:
    """One value, or a list of them with its slices."""
    one = _value(rule)
    many = [{"items": one} if one else {}, *(_slice(part) for part in rule.slices)]
    many += [{"minItems": rule.low}] if rule.low else []
    many += [{"maxItems": rule.high}] if rule.high is not None else []
    if not one and not _all(many) and not rule.slices:
        return {}
    return {"if": {"type": "array"}, "then": _all(many), "else": {"not": {}} if rule.slices or rule.low > 1 else one}


def _slice(part: Slice) -> Json:
    """How many items belong to a slice, and what these are."""
    rule, shape = part.rule, belonging(part.terms, part.rule.binding)
    count = {"contains": shape, "minContains": rule.low} if rule.low or rule.high is not None else {}
    count |= {} if rule.high is None else {"maxContains": rule.high}
    inner = _value(rule)
    return _all([count, {"items": {"if": shape, "then": inner}} if inner else {}])


def _value(rule: Rule) -> Json:
    """What a value is."""
    parts = [] if rule.fixed is None else [holding(rule.fixed)]
    parts += [bound(rule.binding)] if rule.binding else []
    parts += [leading(rule.targets)] if rule.targets else []
    parts += [*_tests(rule.tests), *(_element(child) for child in rule.children)]
    return _all(parts)


def holding(wanted: Any) -> Json:
    """A wanted text, or a Coding or CodeableConcept with the wanted [system, code]."""
    return {"const": wanted} if type(wanted) is str else concept(coding({wanted[0]: [wanted[1]]}))


def belonging(terms: Json, values: ValueSet | None) -> Json:
    """The items of a slice, just as `slices.belongs` tells them."""
    if "ext" in terms:
        return _under("url", terms["ext"])
    path, wanted = terms["by"]
    if wanted == "in":
        excused = {"required": ["extension"], "not": one_of("coding", "code")}
        return either(bound(values), excused) if values else {"not": {}}
    return _under(path, wanted) if path else holding(wanted)


def _under(name: str, wanted: Any) -> Json:
    return {"type": "object", **given(name, holding(wanted))}
