"""An office's own search parameters: SearchParameter resources, by their FHIRPath expression.

https://hl7.org/fhir/R4/searchparameter.html. A parameter counts as soon as it is stored: until the worker has posted
its values for the rows already there, searches by it look at each resource, so that none is answered in part.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from chartpost.formats.fhirjson.index import IndexValue
from chartpost.formats.fhirjson.search import Definition, definition, index_values
from chartpost.formats.fhirjson.tables import Json, resource_types
from chartpost.kernel.db import raw
from chartpost.records.search import expressions
from chartpost.records.types import kind_of

TYPES = frozenset({"token", "string", "reference", "date", "quantity", "number", "uri"})
POSTED = frozenset({"token", "string", "reference"})
"""Types whose values can be posted; others are always looked at in the resource."""
MOST = 200
FACT = "search-parameter-"
"""Facts of this beginning, with the SearchParameter's row and version, say that its values are posted."""
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Custom:
    """One parameter of one resource type; `key` names its SearchParameter and version, `id` is that of the first."""

    resource_type: str
    definition: Definition
    key: str
    id: str = ""


Parameters = Mapping[str, Mapping[str, Custom]]
"""Type -> name -> parameter."""
_kept: tuple[float, tuple[Any, ...], Parameters] | None = None


def custom(db: raw.Db) -> Parameters:
    """The parameters as of at most half a second ago."""
    global _kept  # noqa: PLW0603 - one cache per process
    kept, at = _kept, time.monotonic()
    if kept is not None and at - kept[0] < _LOOK_SECONDS:
        return kept[2]
    state = _state(db)
    found = kept[2] if kept is not None and kept[1] == state else _load(db)
    _kept = (at, state, found)
    return found


def current(db: raw.Db) -> Parameters:
    """The parameters as they stand now: what a transaction that writes must index by."""
    kept = _kept
    return kept[2] if kept is not None and kept[1] == _state(db) else _load(db)


def taken(resource: Json, db: raw.Db) -> bool:
    """Whether another active SearchParameter has the code of this one for a type of its own.

    Names are unique in a type (https://hl7.org/fhir/R4/capabilitystatement.html, cpb-12).
    """
    there, bases = _load(db), resource.get("base")
    names = [base for base in bases if isinstance(base, str)] if isinstance(bases, list) else []
    some = (there.get(base, {}).get(str(resource.get("code"))) for base in names)
    return any(one is not None and one.id != resource.get("id") for one in some)


def definitions(resource_type: str, db: raw.Db) -> dict[str, Definition]:
    """The parameters of a type, by name."""
    return {name: one.definition for name, one in custom(db).get(resource_type, {}).items()}


def values(resource: Json, own: Mapping[str, Custom]) -> list[IndexValue]:
    """What a resource is posted by for the parameters of its type."""
    some = (one.definition for one in own.values() if one.definition.type in POSTED)
    return [value for each in some for value in index_values(resource, each)]


def forget() -> None:
    """Look again before the next search: for the process that stored one."""
    global _kept  # noqa: PLW0603 - one cache per process
    _kept = None


def problems(resource: Json) -> list[tuple[str, str]]:
    """What keeps a SearchParameter from being used, as (FHIRPath, words); empty when nothing does."""
    found: list[tuple[str, str]] = []
    kind = resource.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        found.append(("SearchParameter.type", f"is not one of {', '.join(sorted(TYPES))}"))
    bases = resource.get("base")
    bases = [b for b in bases if isinstance(b, str)] if isinstance(bases, list) else []
    if not bases or not set(bases) <= resource_types():
        found.append(("SearchParameter.base", "is not a list of R4 resource types"))
    code = resource.get("code")
    if not isinstance(code, str) or not code.replace("-", "").isalnum() or not code.isascii() or len(code) > 64:
        found.append(("SearchParameter.code", "is not a name of letters, digits and hyphens"))
    elif any(definition(base, code) for base in bases):
        found.append(("SearchParameter.code", "is the name of a parameter R4 or US Core has already"))
    expression = resource.get("expression")
    if not isinstance(expression, str) or not 0 < len(expression) <= expressions.LONGEST:
        found.append(("SearchParameter.expression", f"is not a FHIRPath of at most {expressions.LONGEST} characters"))
    elif not expressions.alternatives(expression) or _try(expression, bases) is None:
        found.append(("SearchParameter.expression", "is not a FHIRPath this server can evaluate"))
    return found


@lru_cache(maxsize=512)
def evaluator(expression: str) -> Callable[[Json], list[Any]]:
    """A function that gives the values of an expression in a resource; nothing where it cannot be evaluated."""
    parts = [_compiled(part) for part in expressions.alternatives(expression)]

    def values(resource: Json) -> list[Any]:
        try:
            return [value for run in parts for value in run(resource) if value is not None]
        except Exception:  # noqa: BLE001 - the library raises bare Exception for what a resource does not fit
            return []

    return values


def _try(expression: str, bases: Sequence[str]) -> list[Any] | None:
    try:
        parts = [_compiled(part) for part in expressions.alternatives(expression)]
        return [run({"resourceType": base, "id": "x"}) for base in bases or ("Patient",) for run in parts]
    except Exception:  # noqa: BLE001 - same
        return None


def _compiled(expression: str) -> Any:
    import fhirpathpy
    from fhirpathpy.models import models

    return fhirpathpy.compile(expression, models["r4"])


def _state(db: raw.Db) -> tuple[Any, ...]:
    """What is another whenever a parameter is, or its values have been posted."""
    state = db.one(
        "SELECT count(*), max(updated_ms), sum(version),"
        " (SELECT count(*) FROM kernel_setting WHERE name LIKE ?) FROM records_resource WHERE kind = ?",
        [FACT + "%", kind_of("SearchParameter")],
    )
    return state or ()


def _load(db: raw.Db) -> Parameters:
    rows = db.all(
        "SELECT rid, version, body, fhir_id FROM records_resource WHERE kind = ? AND deleted = ? ORDER BY rid LIMIT ?",
        [kind_of("SearchParameter"), False, MOST],
    )
    built = {name for (name,) in db.all("SELECT name FROM kernel_setting WHERE name LIKE ?", [FACT + "%"])}
    found: dict[str, dict[str, Custom]] = {}
    for rid, version, body, fhir_id in rows:
        resource: Json = orjson.loads(body)
        if resource.get("status") != "active" or problems(resource):
            continue
        key = f"{FACT}{rid}-{version}"
        code, kind = resource["code"], resource["type"]
        one = Definition(
            code, kind, targets=tuple(resource.get("target", ())), extract=evaluator(resource["expression"])
        )
        one = replace(one, posted=kind in POSTED and key in built)
        for base in resource["base"]:
            found.setdefault(base, {}).setdefault(code, Custom(base, one, key, str(fhir_id)))
    return found
