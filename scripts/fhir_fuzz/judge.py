"""Whether an answer was right: no 5xx, errors told as OperationOutcome, nothing beyond the token's reach."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_PERSON = re.compile(r"0000([0-9a-f]{4})-")
_SUBJECTS = ("subject", "patient", "beneficiary")
_ALWAYS = frozenset({"OperationOutcome", "Bundle", "CapabilityStatement", "Parameters", "AuditEvent"})


@dataclass(frozen=True)
class Who:
    """Somebody who asks: a token and what it reaches; None stands for everything."""

    name: str
    token: str
    people: frozenset[int] | None = None
    types: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    """Category codes an Observation must have one of."""


def faults(who: Who, method: str, path: str, status: int, kind: str, body: bytes) -> Iterator[str]:
    """What is wrong with an answer; nothing when it is right."""
    if status >= 500:
        yield f"status {status}"
    if not path.startswith("/fhir") or method == "HEAD" or "json" not in kind or not body:
        return
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        if "ndjson" not in kind:
            yield "not JSON"
        return
    if status >= 400 and not (isinstance(found, dict) and found.get("resourceType") == "OperationOutcome"):
        yield f"status {status} without an OperationOutcome"
    for resource in _shown(found):
        yield from _beyond(who, resource)


def cursors(body: bytes) -> list[str]:
    """The cursors of page links in an answer."""
    return re.findall(r"_cursor=([^\"&]+)", body.decode("utf-8", "replace")) if b"_cursor=" in body else []


def person_number(fhir_id: str) -> int | None:
    """The number of the replica an id belongs to, None when it is nobody's."""
    match = _PERSON.match(fhir_id)
    return int(match[1], 16) if match else None


def _shown(value: Any) -> Iterator[dict[str, Any]]:
    """The resources an answer shows, those in entries of bundles as well."""
    if not isinstance(value, dict):
        return
    if value.get("resourceType") == "Bundle":
        for entry in value.get("entry") or ():
            yield from _shown(entry.get("resource"))
            yield from _shown(entry.get("response", {}).get("outcome"))
    elif value.get("resourceType"):
        yield value


def _beyond(who: Who, resource: dict[str, Any]) -> Iterator[str]:
    kind, fhir_id = resource["resourceType"], str(resource.get("id", ""))
    if kind in _ALWAYS:
        return
    if who.types is not None and kind not in who.types:
        yield f"a {kind} beyond the scopes"
    if who.people is not None:
        about = [str((resource.get(name) or {}).get("reference", "")).rpartition("/")[2] for name in _SUBJECTS]
        for number in map(person_number, [fhir_id, *about]):
            if number is not None and number not in who.people:
                yield f"a {kind} of another person"
    if who.categories is not None and kind == "Observation" and not _cut(resource):
        codes = {c.get("code") for concept in resource.get("category") or () for c in concept.get("coding") or ()}
        if not codes & who.categories:
            yield "an Observation beyond the granted categories"


def _cut(resource: dict[str, Any]) -> bool:
    """Whether only some elements are shown, as _summary and _elements ask."""
    return any(tag.get("code") == "SUBSETTED" for tag in resource.get("meta", {}).get("tag") or ())
