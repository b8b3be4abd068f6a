"""What resources are found by: the terms of each, and postings across persons; both in page order.

A term is 64 bits of BLAKE2b keyed with a secret of this home, over resource type, parameter, variant and value, so that
the index tells nothing without the key. Every search a US Core server must answer is one range scan.

`records_terms` has one row for each current resource, (person, type, clinical date, row), with all its terms side by
side: a search bound to a person goes through that person's rows of the type and looks in them. A row for each term
would be found a little quicker, and cost a write ten pages at random places where this costs one.

`records_posting` is for searches across persons: (term, clinical date, row). There every resource has its type, its
code and identifiers, and those of directory types and those that are nobody's have all. Of a token of somebody's only
the code alone is posted; its system is seen by the row's terms. References to the patient are no terms: the person is
the beginning of the key. The few rows a person has for another reason than being their patient begin with a term that
says so, and a search by patient passes over them.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from struct import pack, unpack
from typing import NamedTuple

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.index import IndexValue
from chartpost.kernel import keys
from chartpost.kernel.config import config

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
    """What a resource is found by: its `terms`, eight bytes each, and what it is posted by across persons."""

    terms: bytes
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


@lru_cache(maxsize=2)
def day_hash(value: IndexValue) -> int:
    """The hash of a resource of any type whose day is another than that of its moment in UTC."""
    return posting_hash("", value.param, value.kind, value.value)


def across(resource_type: str, parameter: str) -> bool:
    """Whether a parameter of a type is posted across persons."""
    return parameter in OPEN_PARAMETERS or resource_type in DIRECTORY


def hashes(resource_type: str, values: Iterable[IndexValue]) -> Hashes:
    """All a resource is found by: each value's variants, and across persons its type."""
    terms = []
    everyone = {type_hash(resource_type)}
    for value in values:
        found, posted = _of_value(resource_type, value)
        terms.append(found)
        everyone.update(posted)
    return Hashes(b"".join(terms), frozenset(everyone))


@lru_cache(maxsize=16384)
def _of_value(resource_type: str, value: IndexValue) -> tuple[bytes, tuple[int, ...]]:
    """The terms of a value, and what of it is posted across persons."""
    if value.kind == "day":
        return term(day_hash(value)), ()
    found = [posting_hash(resource_type, value.param, variant, text) for variant, text in variants(value)]
    posted = found[: 1 if value.kind == "token" else None] if across(resource_type, value.param) else []
    return b"".join(map(term, found)), tuple(posted)


def term(posting: int) -> bytes:
    """A hash as it stands among the terms of a row."""
    return pack(">q", posting)


def split(terms: bytes) -> tuple[int, ...]:
    """The hashes among the terms of a row."""
    return unpack(f">{len(terms) // 8}q", terms)


@lru_cache(maxsize=1024)
def beside(resource_type: str) -> bytes:
    """The term, the first of its row, of a resource of a type that is filed with a Patient who is not its patient."""
    return term(posting_hash(resource_type, index.BESIDE.param, index.BESIDE.kind, index.BESIDE.value))


def having(row: str, postings: Collection[int]) -> tuple[str, list[bytes]]:
    """SQL with `?` for values: the row of `records_terms` by this name has one of these hashes among its terms.

    What is looked for may be found across two terms that stand side by side, once in 2**64 places.
    """
    within = "position({} in {}.terms) > 0" if config().database_url else "instr({1}.terms, {0}) > 0"
    wanted = [term(one) for one in postings]
    if len(wanted) == 1:
        return within.format("?", row), wanted
    some = ",".join(["(?)"] * len(wanted))
    return f"EXISTS (SELECT 1 FROM (VALUES {some}) AS v WHERE {within.format('v.column1', row)})", wanted  # noqa: S608


def variants(value: IndexValue) -> list[tuple[str, str]]:
    """The forms under which a value may be asked for: token forms, reference, folded string and its beginnings."""
    if value.kind == "token":
        return [("token", form) for form in index.variants(value)] if value.param != "_id" else []
    if value.kind == "string":
        return [("string", value.value), *(("prefix", each) for each in index.prefixes(value.value) if each)]
    if value.kind == "date" or (value.param in _PATIENT and value.value.startswith("Patient/")):
        return []
    return [(value.kind, value.value)]
