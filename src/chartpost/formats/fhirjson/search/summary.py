"""Parts of a resource: the summary, chosen elements, the narrative or all but it.

Each is marked with the tag SUBSETTED (https://hl7.org/fhir/R4/search.html#summary), so that nobody takes it for
the whole.
"""

from collections.abc import Collection, Sequence
from typing import Any

from chartpost.formats.fhirjson.tables import Json, table

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


def summary(resource: Json) -> Json:
    """The elements R4 marks as summary, inside the resource's own structures too."""
    kind = str(resource.get("resourceType"))
    return _marked(_summarised(resource, kind))


def select_elements(resource: Json, names: Sequence[str]) -> Json:
    """The named top-level elements and those the type must have."""
    return _marked(_kept(resource, {*names, *_mandatory(resource)}))


def text_only(resource: Json) -> Json:
    """The narrative and the elements the type must have."""
    return _marked(_kept(resource, {"text", *_mandatory(resource)}))


def data_only(resource: Json) -> Json:
    """All but the narrative."""
    return _marked({key: value for key, value in resource.items() if key not in ("text", "_text")})


def _summarised(value: Json, path: str) -> Json:
    rows = table("summary").get(path)
    if rows is None:
        return value
    wanted = _ALWAYS.union(rows[0])
    return {k: _inner(v, f"{path}.{k}") for k, v in value.items() if _element(k) in wanted}


def _inner(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return _summarised(value, path)
    if isinstance(value, list):
        return [_summarised(item, path) if isinstance(item, dict) else item for item in value]
    return value


def _element(key: str) -> str:
    """The element a key belongs to: `_status` holds the extensions of `status`."""
    return key[1:] if key.startswith("_") else key


def _mandatory(resource: Json) -> list[str]:
    rows = table("summary").get(str(resource.get("resourceType")))
    return rows[1] if rows else []


def _kept(resource: Json, names: Collection[str]) -> Json:
    return {k: v for k, v in resource.items() if _element(k) in names or k in _ALWAYS}


def _marked(resource: Json) -> Json:
    found = resource.get("meta")
    meta = found if isinstance(found, dict) else {}
    tags = meta.get("tag")
    tags = tags if isinstance(tags, list) else []
    if SUBSETTED not in tags:
        meta = {**meta, "tag": [*tags, SUBSETTED]}
    head: Json = {key: resource[key] for key in ("resourceType", "id") if key in resource}
    return {**head, "meta": meta, **{k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}}
