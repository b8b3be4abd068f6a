"""The whole check of one resource: structure, bindings, references, invariants and the profiles it claims."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chartpost.formats.fhirjson.profiles import fitting
from chartpost.formats.fhirjson.profiles.invariants import items
from chartpost.formats.fhirjson.profiles.issues import Findings, Issue, Where
from chartpost.formats.fhirjson.profiles.rules import apply
from chartpost.formats.fhirjson.profiles.rules import profile as known
from chartpost.formats.fhirjson.profiles.walk import plan, visit
from chartpost.formats.fhirjson.tables import Json, resource_types, table
from chartpost.formats.fhirjson.validate import carried, too_deep, validate

US_CORE_VERSION = "6.1.0"
_BASE = "http://hl7.org/fhir/StructureDefinition/"
_US = "http://hl7.org/fhir/us/core/StructureDefinition/"
_LIMIT = 100  # issues told per resource; more help nobody


def check(resource: object, profile: str | None = None, *, shallow: bool = False) -> list[Issue]:
    """All issues of one resource, bundled and contained ones included; an empty list means it is fine.

    Profiles are those of meta.profile, and `profile` when given; unknown ones and versions other than 6.1.0 yield
    a warning. Extensions are checked where US Core defines them. Terminology is checked as far as value sets are
    required and listed. Never raises for any JSON value; at most 100 issues are told. With `shallow` the caller vouches
    that the resource is not nested deeply.
    """
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(kind, str):
        return [Issue("error", "structure", "Resource", "structure", "must be a JSON object with a resourceType")]
    if not shallow and too_deep(resource):
        return [Issue("error", "too-costly", "Resource", "structure", "is nested too deeply to be checked")]
    problems = [Issue("error", "structure", p.path, "structure", p.message) for p in validate(kind, resource)]
    if kind not in resource_types():
        return problems
    found = list(_resource(kind, resource, kind, profile))
    told = {issue.path for issue in found if issue.rule.startswith("binding:")}
    kept = [p for p in problems if p.path not in told or "codes allowed" not in p.message]
    return list(dict.fromkeys(kept + found))[:_LIMIT]


def fits(resource: object) -> bool:
    """Whether a resource surely breaks no rule: `check` tells no error of it. In doubt it says no. Never raises."""
    if type(resource) is not dict:
        return False
    kind = resource.get("resourceType")
    claimed = (url.partition("|") for url in _claimed(resource, None))
    counted = [url for url, _, version in claimed if not url.startswith(_US) or version in ("", US_CORE_VERSION)]
    return type(kind) is str and fitting.fits(kind, resource, counted)


def profiles_for(resource_type: str) -> list[str]:
    """Addresses of the US Core 6.1.0 profiles of a resource type, in the order of the guide; maybe none."""
    return [url for url, rules in table("uscore").items() if url.startswith(_US) and rules["type"] == resource_type]


def must_supports(profile: str) -> list[str]:
    """Paths of the must-support elements of a profile, USCDI requirements included.

    Slices stand after a colon (`Observation.component:systolic.valueQuantity`), choices as `Goal.start[x]`;
    an unknown profile has none. `profile` is an address with or without version.
    """
    rules = known(profile.partition("|")[0])
    return list(rules.must) if rules else []


def _resource(kind: str, resource: Json, where: str, wanted: str | None) -> Iterator[Issue]:
    """The issues of a resource and of those inside a bundle, each with its own profiles."""
    found = Findings(_contained(resource))
    visit(plan(kind), resource, where, found)
    _domain(resource, where, found)
    for url in _claimed(resource, wanted):
        _profile(url, kind, resource, where, found)
    yield from found.issues
    for path, inner in carried(kind, resource) if kind in ("Bundle", "Parameters") else ():
        name = inner.get("resourceType") if isinstance(inner, dict) else None
        if isinstance(inner, dict) and isinstance(name, str) and name in resource_types():
            yield from _resource(name, inner, path.replace(kind, where, 1), None)


def _contained(resource: Json) -> dict[str, Json]:
    return {one["id"]: one for one in items(resource.get("contained")) if isinstance(one.get("id"), str)}


def _claimed(resource: Json, wanted: str | None) -> list[str]:
    meta = resource.get("meta")
    claimed: Any = meta.get("profile") if type(meta) is dict else None
    urls = [url for url in claimed if type(url) is str] if type(claimed) is list else []
    if wanted is not None and wanted not in urls:
        urls.append(wanted)
    return urls


def _profile(url: str, kind: str, resource: Json, where: Where, found: Findings) -> None:
    address, _, version = url.partition("|")
    rules = known(address)
    if rules is None:
        if address != _BASE + kind:
            _doubt("a profile that is not known here was not checked", where, found)
    elif address.startswith(_US) and version not in ("", US_CORE_VERSION):
        _doubt(f"a profile was not checked: only version {US_CORE_VERSION} is known here", where, found)
    elif rules.type != kind:
        found.add("structure", where, "profile", f"claims a profile for {rules.type}")
    else:
        apply(rules, resource, where, found)


def _doubt(message: str, where: Where, found: Findings) -> None:
    found.add("not-supported", (where, "meta", None), "profile", message, "warning")


def _domain(resource: Json, where: Where, found: Findings) -> None:
    """The rules on contained resources (https://hl7.org/fhir/R4/domainresource.html#invs)."""
    inside = list(items(resource.get("contained")))
    pointing = _pointing(resource) if inside else frozenset()
    ids = Counter(inner["id"] for inner in inside if isinstance(inner.get("id"), str))
    for index, inner in enumerate(inside):
        place = (where, "contained", index)
        meta, id = inner.get("meta"), inner.get("id")
        if isinstance(id, str) and ids[id] > 1:
            found.add(
                "duplicate", (place, "id", None), "contained-id", "must differ from that of every other contained one"
            )
        if "contained" in inner:
            found.add("invariant", place, "dom-2", "must not contain resources itself")
        named = isinstance(id, str) and (id in found.pointed or f"#{id}" in pointing)
        if not named and not _mentions(inner, "#"):
            found.add("invariant", place, "dom-3", "must be referred to from somewhere in the resource")
        if isinstance(meta, dict) and ("versionId" in meta or "lastUpdated" in meta):
            found.add("invariant", place, "dom-4", "must have neither versionId nor lastUpdated")
        if isinstance(meta, dict) and "security" in meta:
            found.add("invariant", place, "dom-5", "must have no security label")


def _pointing(value: object) -> frozenset[str]:
    """Every text of a resource that begins with `#`, collected in one walk."""
    found: set[str] = set()
    waiting: list[object] = [value]
    for each in waiting:  # grows while it is read
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str) and each.startswith("#"):
            found.add(each)
    return frozenset(found)


def _mentions(value: object, text: str) -> bool:
    """Whether any text of a resource is just this one (canonicals and uris may point to contained resources too)."""
    if isinstance(value, dict):
        return any(_mentions(item, text) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, text) for item in value)
    return value == text
