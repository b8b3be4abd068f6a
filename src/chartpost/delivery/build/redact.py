"""Pointers to entries outside a package are taken out: neither their ids nor their names may leave with it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chartpost.formats.fhirjson.validate import validate

ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
"""What stands where FHIR demands a reference (https://hl7.org/fhir/R4/extension-data-absent-reason.html)."""
_POINTERS = ("reference", "url", "uri", "valueUri", "valueUrl", "valueCanonical")
_GONE = object()


def keys_of(resource: Any) -> Iterator[str]:
    """Every Type/id that a resource points to, whatever form the address has."""
    waiting = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name in _POINTERS:
                key = _key(value.get(name))
                if key:
                    yield key
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def point_anew(resource: Any, instead: Mapping[str, str]) -> None:
    """Have a resource point to other entries than it does, in place; `instead` maps Type/id to Type/id."""
    waiting = [resource]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            aimed = value.get("reference")
            if isinstance(aimed, str) and aimed in instead:
                value["reference"] = instead[aimed]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def without(resource: dict[str, Any], gone: Iterable[str]) -> dict[str, Any] | None:
    """A copy that points to none of the keys in `gone`; None when nothing of its purpose is left (a Provenance)."""
    names = frozenset(gone)
    copy: dict[str, Any] = _cut(resource, names, drop=True)
    if resource.get("resourceType") == "Provenance" and not copy.get("target"):
        return None
    kind = str(resource.get("resourceType"))
    if not validate(kind, copy):
        return copy
    marked: dict[str, Any] = _cut(resource, names, drop=False)
    return marked


def _cut(value: Any, gone: frozenset[str], *, drop: bool) -> Any:
    if isinstance(value, list):
        kept = [item for item in (_cut(item, gone, drop=drop) for item in value) if item is not _GONE]
        return kept or (_GONE if value else kept)
    if not isinstance(value, dict):
        return value
    if _key(value.get("reference")) in gone:
        return _GONE if drop else ABSENT
    plain = {name: inner for name, inner in value.items() if name not in _POINTERS or _key(inner) not in gone}
    copy = {name: _cut(inner, gone, drop=drop) for name, inner in plain.items()}
    kept_fields = {name: inner for name, inner in copy.items() if inner is not _GONE}
    return kept_fields if kept_fields or not value else _GONE


def _key(address: object) -> str:
    """`Type/id` of `Type/id`, `https://x/Type/id/_history/2`; '' for anything else."""
    if not isinstance(address, str) or "/" not in address:
        return ""
    parts = address.partition("/_history/")[0].partition("#")[0].split("/")
    return "/".join(parts[-2:]) if parts[-2:][0][:1].isupper() else ""
