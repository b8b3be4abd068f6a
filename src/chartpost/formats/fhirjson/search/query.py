"""From the parameters of a search to a query: what must fit, in which order, what comes along, how much is said.

https://hl7.org/fhir/R4/search.html. Escapes are undone, values read by the type of their parameter; what cannot be
understood is refused, except that a lenient search leaves unknown parameters out and says so in `ignored`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.errors import SearchError
from chartpost.formats.fhirjson.search.criterion import Criterion
from chartpost.formats.fhirjson.search.definitions import Definition, definitions
from chartpost.formats.fhirjson.search.reading import Setting, ValueSets, check_modifier, known_value_set, read
from chartpost.formats.fhirjson.search.results import RESULT, Results, leads, result
from chartpost.formats.fhirjson.search.text import split
from chartpost.formats.fhirjson.tables import resource_types

VALUES_AT_MOST = 200
CRITERIA_AT_MOST = 40
HOPS_AT_MOST = 5
TYPES_AT_MOST = 30
"""Over how many types a chain may go that does not name one; parameters that may refer to anything go over all."""
BRANCHES_AT_MOST = 400
"""How many searches the chains of one query may open into, over all possible target types."""
_PASSED = frozenset({"_format", "_pretty", "_cursor"})


@dataclass(frozen=True)
class Query(Results):
    """A search of one resource type.

    `criteria` and `has` must all hold. `ignored` are the pairs a lenient search left out, `applied` those honoured.
    The other fields are those of `Results`.
    """

    resource_type: str = ""
    criteria: tuple[Criterion, ...] = ()
    has: tuple["Has", ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    applied: tuple[tuple[str, str], ...] = ()


class Has(NamedTuple):
    """A reverse chain: resources that some match of `query` points at with its reference parameter `definition`."""

    definition: Definition
    query: Query


@dataclass
class _Reader:
    """Reads the parameters of one search and keeps count of what its chains open into."""

    setting: Setting
    custom: Mapping[str, Definition]
    resource_type: str
    branches: int = 0
    criteria: list[Criterion] = field(default_factory=list)
    has: list[Has] = field(default_factory=list)

    def known(self, resource_type: str) -> Mapping[str, Definition]:
        """The parameters of a type, those of this home included for the type searched."""
        found = definitions(resource_type)
        return {**found, **self.custom} if self.custom and resource_type == self.resource_type else found

    def condition(self, resource_type: str, name: str, value: str, hops: int = 0) -> Criterion | Has:
        """One parameter: plain, chained, or `_has`."""
        self.branches += 1
        if hops > HOPS_AT_MOST or self.branches > BRANCHES_AT_MOST:
            raise SearchError(
                "a chain of too many hops or types", "a shorter chain", "name the type in each hop", "too-costly"
            )
        if name.startswith("_has:"):
            return self.reverse(resource_type, name, value, hops)
        head, dot, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        known = self.known(resource_type).get(code)
        if known is None:
            raise UnknownParameter(resource_type, code)
        if dot:
            leads(resource_type, code, "a chain")
            return self.chained(known, modifier, rest, value, hops)
        check_modifier(known, modifier)
        texts = split(value, ",")
        if len(texts) > VALUES_AT_MOST:
            raise SearchError(
                f"{len(texts)} values of {known.name}", f"at most {VALUES_AT_MOST}", "ask in parts", "too-costly"
            )
        return Criterion(known, modifier, tuple(read(known, modifier, text, self.setting) for text in texts))

    def chained(self, known: Definition, kind: str, rest: str, value: str, hops: int) -> Criterion:
        """`subject:Patient.name=...`; without the type, a search of each type the reference may name."""
        if known.type != "reference":
            raise SearchError(f"a chain through {known.name}", "a reference parameter before the dot", "mend the name")
        if kind and kind not in (known.targets or resource_types()):
            raise SearchError(f"a type {known.name} does not refer to", ", ".join(known.targets), "name one of these")
        if not kind and not 0 < len(known.targets) <= TYPES_AT_MOST:
            raise SearchError(
                f"a chain through {known.name}, which may be nearly anything",
                "its type",
                f"write {known.name}:Type and go on after the dot",
                "too-costly",
            )
        found: list[Query] = []
        failed: SearchError | None = None
        for target in (kind,) if kind else known.targets:
            try:
                found.append(query_of(target, self.condition(target, rest, value, hops + 1)))
            except SearchError as error:
                if error.code == "too-costly":
                    raise
                failed = error
        if not found:
            raise failed or UnknownParameter(kind, rest)
        return Criterion(known, "", (), tuple(found))

    def reverse(self, resource_type: str, name: str, value: str, hops: int) -> Has:
        """`_has:Observation:patient:code=...`, nested or chained at will."""
        parts = name.split(":", 3)
        if len(parts) < 4 or not parts[3] or parts[1] not in resource_types():
            raise SearchError("a _has of another form", "_has:Type:reference:parameter", "mend the name")
        _, source, reference, rest = parts
        known = self.known(source).get(reference)
        if known is None or known.type != "reference" or (known.targets and resource_type not in known.targets):
            raise SearchError(
                f"a _has through a parameter that does not refer from {source} to {resource_type}",
                "a reference parameter of that type",
                "mend the name",
            )
        leads(source, reference, "a _has")
        return Has(known, query_of(source, self.condition(source, rest, value, hops + 1)))

    def take(self, name: str, value: str) -> None:
        """Add one condition."""
        found = self.condition(self.resource_type, name, value)
        if isinstance(found, Has):
            self.has.append(found)
        else:
            self.criteria.append(found)
        if len(self.criteria) + len(self.has) > CRITERIA_AT_MOST:
            raise SearchError("too many parameters", f"at most {CRITERIA_AT_MOST}", "ask for less", "too-costly")


class UnknownParameter(SearchError):
    """A parameter the resource type does not have; a lenient search leaves it out."""

    def __init__(self, resource_type: str, name: str) -> None:
        """Name the parameter as far as it is a name."""
        shown = name[:40] if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else ""
        super().__init__(
            f"an unknown search parameter {shown}".rstrip(),
            f"a search parameter of {resource_type}",
            "see the CapabilityStatement, or send Prefer: handling=lenient",
            "not-supported",
        )


def parse(
    resource_type: str,
    pairs: Sequence[tuple[str, str]],
    *,
    lenient: bool = False,
    custom: Mapping[str, Definition] | None = None,
    base_url: str = "",
    value_sets: ValueSets = known_value_set,
) -> Query:
    """The query that the parameters of a search make. Raises SearchError.

    `pairs` are decoded names and values in order; `custom` this home's own parameters of the type, by name;
    references beginning with `base_url` count as relative; `value_sets` gives the (system, code) of a value set.
    """
    if resource_type not in resource_types():
        raise SearchError("a search of an unknown resource type", "a resource type of FHIR R4", "mend the address")
    reader = _Reader(Setting(base_url, value_sets), custom or {}, resource_type)
    results: dict[str, Any] = {}
    ignored: list[tuple[str, str]] = []
    applied: list[tuple[str, str]] = []
    for name, value in pairs:
        if name == "_cursor":
            continue
        try:
            if name.partition(":")[0] in RESULT:
                result(results, name, value, reader.known(resource_type))
            elif name not in _PASSED:
                _not_empty(name, value)
                reader.take(name, value)
        except UnknownParameter:
            if not lenient:
                raise
            ignored.append((name, value))
        else:
            applied.append((name, value))
    return Query(
        **results,
        resource_type=resource_type,
        criteria=tuple(reader.criteria),
        has=tuple(reader.has),
        ignored=tuple(ignored),
        applied=tuple(applied),
    )


def query_of(resource_type: str, condition: Criterion | Has) -> Query:
    """A query of one condition."""
    if isinstance(condition, Has):
        return Query(resource_type=resource_type, has=(condition,))
    return Query(resource_type=resource_type, criteria=(condition,))


def _not_empty(name: str, value: str) -> None:
    if not name or not value:
        raise SearchError("a search parameter without a value", "name=value", "give a value or leave it out")
