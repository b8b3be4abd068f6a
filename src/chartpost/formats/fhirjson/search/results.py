"""Parameters that shape the result: order, page, what comes along, how much is said.

https://hl7.org/fhir/R4/search.html#return
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.errors import SearchError
from chartpost.formats.fhirjson.search.definitions import Definition, by_url, definitions
from chartpost.formats.fhirjson.tables import resource_types

SORTS_AT_MOST = 5
INCLUDES_AT_MOST = 40
ELEMENTS_AT_MOST = 100
SUMMARIES = frozenset({"true", "text", "data", "count", "false"})
TOTALS = frozenset({"none", "estimate", "accurate"})
RESULT = frozenset(
    {"_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_contained", "_containedType"}
)
_ELEMENT = re.compile(r"\w{1,64}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


class Include(NamedTuple):
    """One `_include` or `_revinclude`: of type `source` (`*`: any) what `parameter` (`*`: any) refers to.

    `target` limits the types ('': none); `iterate` also follows what was included.
    """

    source: str
    parameter: str
    target: str
    iterate: bool


@dataclass(frozen=True)
class Results:
    """How the result is to look; None and empty where nothing was asked."""

    sort: tuple[tuple[Definition, bool], ...] = ()
    count: int | None = None
    include: tuple[Include, ...] = ()
    revinclude: tuple[Include, ...] = ()
    summary: str | None = None
    elements: tuple[str, ...] = ()
    total: str | None = None
    contained: str | None = None


def result(found: dict[str, Any], name: str, value: str, known: Mapping[str, Definition]) -> None:
    """Add one parameter to the fields of `Results`. Raises SearchError."""
    base, _, modifier = name.partition(":")
    if base in ("_include", "_revinclude"):
        field = base[1:]
        some = (*found.get(field, ()), _include(base, modifier, value))
        if len(some) > INCLUDES_AT_MOST:
            raise SearchError(f"too many {base}", f"at most {INCLUDES_AT_MOST}", "ask for less", "too-costly")
        found[field] = some
        return
    if modifier:
        raise SearchError(f"a modifier on {base}", "none", "leave it out")
    if base == "_containedType":
        raise SearchError("_containedType", "no search of contained resources", "leave it out", "not-supported")
    field, given = base[1:], _ONE[base](value, known)
    if base == "_elements":
        given = tuple(dict.fromkeys((*found.get(field, ()), *given)))
    elif field in found:
        raise SearchError(f"{base} more than once", "each once", f"say in one {base} what is wanted")
    found[field] = given


def _sort(value: str, known: Mapping[str, Definition]) -> tuple[tuple[Definition, bool], ...]:
    keys: list[tuple[Definition, bool]] = []
    for text in value.split(",")[: SORTS_AT_MOST + 1]:
        one = known.get(text.removeprefix("-"))
        if one is None or one.type in ("composite", "special"):
            raise SearchError(
                "a _sort by an unknown parameter", "parameters of the type", "see the CapabilityStatement"
            )
        keys.append((one, text.startswith("-")))
    if len(keys) > SORTS_AT_MOST:
        raise SearchError("a _sort by many parameters", f"at most {SORTS_AT_MOST}", "sort by fewer", "too-costly")
    return tuple(keys)


def _count(value: str, _known: Mapping[str, Definition]) -> int:
    if not _COUNT.fullmatch(value):
        raise SearchError("a _count that is no number", "a whole number from 0 on", "mend the value")
    return int(value)


def _elements(value: str, _known: Mapping[str, Definition]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if not names or len(names) > ELEMENTS_AT_MOST or not all(_ELEMENT.fullmatch(name) for name in names):
        raise SearchError("_elements of another form", "names of elements joined by commas", "mend the value")
    return names


def _summary(value: str, _known: Mapping[str, Definition]) -> str:
    return _one_of("_summary", value, SUMMARIES)


def _total(value: str, _known: Mapping[str, Definition]) -> str:
    return _one_of("_total", value, TOTALS)


def _contained(value: str, _known: Mapping[str, Definition]) -> str:
    if value in ("true", "both"):
        raise SearchError("a search of contained resources", "_contained=false", "leave it out", "not-supported")
    return _one_of("_contained", value, frozenset({"false"}))


_ONE: dict[str, Callable[[str, Mapping[str, Definition]], Any]] = {
    "_sort": _sort,
    "_count": _count,
    "_elements": _elements,
    "_summary": _summary,
    "_total": _total,
    "_contained": _contained,
}


def _one_of(name: str, value: str, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise SearchError(f"a value of {name} of another form", ", ".join(sorted(allowed)), "use one of these")
    return value


def leads(resource_type: str, parameter: str, what: str) -> None:
    """Raise SearchError for a parameter that names canonical urls, which nothing is found behind."""
    if parameter in definitions(resource_type) and by_url(resource_type, parameter):
        raise SearchError(
            f"{what} through {parameter}, which names resources by their canonical url",
            "a parameter that refers to them by type and id",
            "search their type by url",
            "not-supported",
        )


def _include(name: str, modifier: str, value: str) -> Include:
    if modifier not in ("", "iterate"):
        raise SearchError(f"a modifier on {name}", ":iterate or none", "leave it out", "not-supported")
    if value == "*" and name == "_include":
        return Include("*", "*", "", bool(modifier))
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    types = resource_types()
    if source not in types or (target and target not in types):
        raise SearchError(f"a {name} of another form", "Type:parameter or Type:parameter:Target", "mend the value")
    known = definitions(source).get(parameter)
    if parameter != "*" and (known is None or known.type != "reference"):
        raise SearchError(f"a {name} through no reference", f"a reference parameter of {source}", "mend the value")
    leads(source, parameter, f"a {name}")
    if known is not None and target and known.targets and target not in known.targets:
        raise SearchError(f"a {name} of a type it cannot refer to", ", ".join(known.targets), "name one of these")
    return Include(source, parameter, target, bool(modifier))
