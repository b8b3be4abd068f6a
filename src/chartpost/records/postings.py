"""The posting index: one row per indexed value, in page order, keyed (person, hash, clinical date, row).

A hash is 64 bits of BLAKE2b keyed with a secret of this home, over resource type, parameter, variant and value,
so that the index tells nothing without the key. Every search a US Core server must answer is one range scan.

What is somebody's is posted under that person; what is nobody's under person 0. Searches across persons find by
person 0 too: there every resource has its type, its code and identifiers, and those of directory types have all.
Of a token only the code alone is posted there; its system is seen by the posting under the person. References to the
patient are not posted: the person is the beginning of the key.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.index import IndexValue
from chartpost.kernel import keys

OPEN_PARAMETERS = frozenset({"identifier", "code"})
"""Parameters by which any type can be searched across persons."""
DIRECTORY = frozenset(
    {"Patient", "Person", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Location"}
    | {"HealthcareService", "Medication", "Device", "Endpoint", "Group", "SearchParameter", "Subscription"}
    | {"ValueSet", "CodeSystem", "Questionnaire", "StructureDefinition"}
)
"""Types of which every parameter can be searched across persons."""
_PATIENT = frozenset({"patient", "subject"})


class Hashes(NamedTuple):
    """What a resource is found by: `own` under whom it is filed, `everyone` across persons."""

    own: frozenset[int]
    everyone: frozenset[int]


@lru_cache(maxsize=1)
def _key() -> bytes:
    return keys.derive("posting", 32)


def posting_hash(resource_type: str, parameter: str, variant: str, value: str) -> int:
    """A signed 64-bit keyed hash of one indexed value."""
    text = "\x1f".join((resource_type, parameter, variant, value)).encode()
    return int.from_bytes(blake2b(text, digest_size=8, key=_key()).digest(), "big", signed=True)


@lru_cache(maxsize=1024)
def type_hash(resource_type: str) -> int:
    """The hash every resource of a type has."""
    return posting_hash(resource_type, "", "type", "")


def across(resource_type: str, parameter: str) -> bool:
    """Whether a parameter of a type is posted across persons."""
    return parameter in OPEN_PARAMETERS or resource_type in DIRECTORY


def hashes(resource_type: str, values: Iterable[IndexValue]) -> Hashes:
    """Every hash a resource is found by: its type, and each value's variants."""
    own = {type_hash(resource_type)}
    everyone = set(own)
    for value in values:
        found = _of_value(resource_type, value)
        own.update(found)
        if across(resource_type, value.param):
            everyone.update(found[:1] if value.kind == "token" else found)
    return Hashes(frozenset(own), frozenset(everyone))


@lru_cache(maxsize=16384)
def _of_value(resource_type: str, value: IndexValue) -> tuple[int, ...]:
    return tuple(posting_hash(resource_type, value.param, variant, text) for variant, text in variants(value))


def variants(value: IndexValue) -> list[tuple[str, str]]:
    """The forms under which a value may be asked for: token forms, reference, folded string and its beginnings."""
    if value.kind == "token":
        return [("token", form) for form in index.variants(value)] if value.param != "_id" else []
    if value.kind == "string":
        return [("string", value.value), *(("prefix", each) for each in index.prefixes(value.value) if each)]
    if value.kind == "date" or (value.param in _PATIENT and value.value.startswith("Patient/")):
        return []
    return [(value.kind, value.value)]
