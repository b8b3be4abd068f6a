"""One condition of a search: a parameter, its modifier and the values of which one must fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.search.definitions import Definition, definition
from chartpost.formats.fhirjson.search.extract import composites, values
from chartpost.formats.fhirjson.search.values import MissingValue, ReferenceValue, StringValue, TokenValue
from chartpost.formats.fhirjson.tables import Json, resource_types

if TYPE_CHECKING:
    from chartpost.formats.fhirjson.search.query import Query

Probe = tuple[str, str, str]
_SUBJECT = frozenset({"patient", "subject"})


@dataclass(frozen=True)
class Criterion:
    """A condition on a resource of one type.

    `values` are of the class of the parameter's type, of which one must fit; `chain` the searches, one for each
    possible target type, of whose matches one must be referred to (None: no chain, and then `values` count).
    """

    definition: Definition
    modifier: str = ""
    values: tuple[Any, ...] = ()
    chain: "tuple[Query, ...] | None" = None

    def matches(self, resource: Json) -> bool:
        """Whether a resource fits; False for chains, whose ends must be looked up first (`to_references`)."""
        if self.chain is not None:
            return False
        if self.modifier == "missing":
            return self._missing(resource)
        if self.definition.type == "composite":
            found = list(composites(resource, self.definition))
            return any(value.holds(each) for each in found for value in self.values)
        raws = values(resource, self.definition)
        fits = any(value.test(raw, self.modifier) for raw in raws for value in self.values)
        return not fits if self.modifier in ("not", "not-in") else fits

    @property
    def exact(self) -> bool:
        """Whether the probes alone decide, so that a resource found by them need not be looked at."""
        if self.chain is not None or (self.modifier and self.modifier not in resource_types()):
            return False
        if self.definition.extract is not None:
            return False  # postings of an earlier expression may still stand
        if self.definition.type == "token":
            return all(value.code and "|" not in value.code for value in self.values)
        return self.definition.type == "reference" and not any(value.version for value in self.values)

    def probes(self, resource_type: str) -> tuple[Probe, ...] | None:
        """Keys (parameter, variant, value) of postings: every resource that fits is posted by one of them.

        None when postings cannot narrow the search.
        """
        name = self.definition.name
        if self.chain is not None:
            return None
        own = index.posted(resource_type, name) and definition(resource_type, name) is self.definition
        if not own and not self.definition.posted:
            return None
        found: list[Probe] = []
        for value in self.values:
            some = _probes(name, self.modifier, value)
            if not some:
                return None
            found += some
        return tuple(dict.fromkeys(found))

    def to_references(self, references: Iterable[str]) -> "Criterion":
        """The same parameter asking for these references `Type/id`: a chain followed to its end."""
        return replace(self, modifier="", chain=None, values=tuple(ReferenceValue(text) for text in references))

    def _missing(self, resource: Json) -> bool:
        if self.definition.type == "composite":
            present = any(all(each) for each in composites(resource, self.definition))
        else:
            present = any(raw not in ("", [], {}) for raw in values(resource, self.definition))
        return any(isinstance(value, MissingValue) and value.missing != present for value in self.values)


def _probes(name: str, modifier: str, value: Any) -> list[Probe]:
    if isinstance(value, TokenValue):
        return _token(name, modifier, value)
    if isinstance(value, StringValue):
        if modifier == "exact":
            return [(name, "string", value.folded)]
        long_enough = [size for size in index.PREFIXES if len(value.folded) >= size]
        return [(name, "prefix", value.folded[: max(long_enough)])] if long_enough and not modifier else []
    if isinstance(value, ReferenceValue) and (not modifier or modifier in resource_types()):
        return _reference(name, value)
    return []


def _token(name: str, modifier: str, value: TokenValue) -> list[Probe]:
    if modifier or not value.code:
        return []
    return [(name, "token", value.code if value.system is None else f"{value.system}|{value.code}")]


def _reference(name: str, value: ReferenceValue) -> list[Probe]:
    if "/" in value.reference or ":" in value.reference:
        kind = value.reference.partition("/")[0]
        return [] if name in _SUBJECT and kind == "Patient" else [(name, "reference", value.reference)]
    if not value.kinds or (name in _SUBJECT and "Patient" in value.kinds):
        return []
    return [(name, "reference", f"{kind}/{value.reference}") for kind in value.kinds]
