"""Bodies of requests: resources of people that are there, spoiled in one or several places."""

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import orjson

from fhir_fuzz.values import EVIL, spoiled

Resource = dict[str, Any]
_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    "",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"resourceType": "Patient"},
)
_KEPT = frozenset({"subject", "patient", "beneficiary", "id", "resourceType"})
"""Members left alone, so that a resource stays one of the same person and what is found out of scope is a fault."""


def body(chance: random.Random, resource: Resource) -> bytes:
    """A resource as it is, spoiled in structure, or spoiled in its bytes."""
    made = _dumped(spoil(resource, chance, chance.choice((0, 1, 1, 2, 5))))
    return _bytes(made, chance) if chance.random() < 0.15 else made


def spoil(resource: Resource, chance: random.Random, times: int) -> Resource:
    """The resource with some values changed; whom it is about stays."""
    made: Resource = orjson.loads(orjson.dumps(resource))
    for _ in range(times):
        places = list(_places(made))
        if places:
            holder, key = chance.choice(places)
            holder[key] = _other(holder[key], chance)
    return made


def patch(chance: random.Random) -> bytes:
    """A JSON Patch (RFC 6902), mostly a sensible one."""
    operations = [
        {
            "op": chance.choice(("add", "replace", "remove", "test", "move", "copy", "spoil")),
            "path": chance.choice(("/status", "/note/-", "/code/text", "/category/0", "", "/", "/~2", "/id", "/meta")),
            "value": deepcopy(chance.choice((*_ODD, "final", {"text": "x"}))),
            "from": chance.choice(("/status", "/nothing", "")),
        }
        for _ in range(chance.choice((0, 1, 1, 2, 30)))
    ]
    return orjson.dumps(chance.choice((operations, {"resourceType": "Parameters"}, operations[:1] or {})))


def bundle(chance: random.Random, resources: Sequence[Resource], address: Callable[[], tuple[str, str]]) -> bytes:
    """A batch or transaction of several requests."""
    entries = []
    for number in range(chance.choice((0, 1, 3, 10, 40))):
        method, url = address()
        entry: Resource = {"request": {"method": method, "url": url}, "fullUrl": f"urn:uuid:{number}"}
        if method in ("POST", "PUT", "PATCH"):
            entry["resource"] = spoil(chance.choice(resources), chance, chance.choice((0, 0, 1)))
        if chance.random() < 0.1:
            entry = _other(entry, chance)
        entries.append(entry)
    kind = chance.choice(("batch", "batch", "transaction", "transaction", "history", "collection", "", None))
    return _dumped({"resourceType": "Bundle", "type": kind, "entry": entries})


def _dumped(value: Any) -> bytes:
    """As JSON; of what is nested too deeply to be written, its front repeated."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b'{"a":' * 300 + b"1" + b"}" * 300


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        pairs = list(one.items()) if isinstance(one, dict) else list(enumerate(one))
        for key, inner in pairs:
            if key not in _KEPT:
                found.append((one, key))
                if isinstance(inner, dict | list):
                    waiting.append(inner)
    return found


def _other(value: Any, chance: random.Random) -> Any:
    kind = chance.randrange(5)
    if kind == 0:
        return deepcopy(chance.choice(_ODD))
    if kind == 1 and isinstance(value, str):
        return spoiled(value, chance).encode("utf-8", "replace").decode()
    if kind == 2:
        deep: Any = value
        for _ in range(chance.choice((3, 20, 60))):
            deep = [deep]
        return deep
    if kind == 3:
        return [value] * (chance.choice((2, 300)) if isinstance(value, str | int | float) else 2)
    return chance.choice(EVIL).encode("utf-8", "replace").decode()


def _bytes(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return chance.choice(
        (
            data[:at],
            data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
            b"\xef\xbb\xbf" + data,
            data.decode().encode("utf-16"),
            b"[" * 50_000,
            b'{"extension":[' * 5000,
            b'{"resourceType":"Patient","resourceType":"Group"}',
            b'{"resourceType":"Observation","valueQuantity":{"value":' + b"9" * 5000 + b"}}",
            b"<Patient xmlns='http://hl7.org/fhir'/>",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]><Patient>&a;</Patient>",
            b"",
            b"null",
            b"NaN",
        )
    )
