"""The posting index: one row per indexed value, in page order, keyed (person, hash, clinical date, row).

A hash is 64 bits of BLAKE2b keyed with a secret of this home, over resource type, parameter, variant and value,
so that the index tells nothing without the key. Every search a US Core server must answer is one range scan.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.index import IndexValue
from chartpost.kernel import keys

STRING_PREFIX = 3


@lru_cache(maxsize=1)
def _key() -> bytes:
    return keys.derive("posting", 32)


def posting_hash(resource_type: str, parameter: str, variant: str, value: str) -> int:
    """A signed 64-bit keyed hash of one indexed value."""
    text = "\x1f".join((resource_type, parameter, variant, value)).encode()
    return int.from_bytes(blake2b(text, digest_size=8, key=_key()).digest(), "big", signed=True)


def hashes(resource_type: str, values: Iterable[IndexValue]) -> frozenset[int]:
    """Every hash a resource is found by: its type, and each value's variants."""
    found = {_of_all(resource_type, "", "type")}
    for value in values:
        if value.kind == "date":
            found.add(_of_all(resource_type, value.param, "present"))
        else:
            found.update(_of_value(resource_type, value))
    return frozenset(found)


@lru_cache(maxsize=4096)
def _of_all(resource_type: str, parameter: str, variant: str) -> int:
    return posting_hash(resource_type, parameter, variant, "")


@lru_cache(maxsize=16384)
def _of_value(resource_type: str, value: IndexValue) -> tuple[int, ...]:
    return tuple(posting_hash(resource_type, value.param, variant, text) for variant, text in variants(value))


def variants(value: IndexValue) -> list[tuple[str, str]]:
    """The forms under which a value may be asked for: token forms, reference, folded string and its prefix."""
    if value.kind == "token":
        forms = [("token", form) for form in index.variants(value)]
        return [*forms, ("system", value.system)] if value.system else forms
    if value.kind == "string":
        return [("string", value.value), ("prefix", value.value[:STRING_PREFIX])] if value.value else []
    if value.kind == "date":
        return [("present", "")]
    return [(value.kind, value.value)]
