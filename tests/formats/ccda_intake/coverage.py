"""Holding what a conversion made against the second count of what the document states."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree
from tests.formats.ccda_intake.census import NS, Statement, codes, is_bare, section_of, statements

from chartpost.formats.ccda import parse
from chartpost.formats.ccda.intake import Converted

Made = dict[etree._Element, list[dict[str, Any]]]


NOTHING = "nothing-stated"
"""The issue that an entry is told with whose every part is null, or says in words that there is nothing."""


class Rest(NamedTuple):
    """A statement that no resource holds: its kind, the section it stands in, why."""

    kind: str
    section: str
    reason: str
    bare: bool


class Coverage(NamedTuple):
    """How many statements have a resource of their own, share one, or have none."""

    found: Counter[str]
    own: Counter[str]
    shared: Counter[str]
    rest: list[Rest]

    @property
    def lost(self) -> list[Rest]:
        """What is left without those entries that themselves state nothing."""
        return [one for one in self.rest if one.reason != NOTHING]

    @property
    def share(self) -> float:
        """The part of the statements that a resource holds; 1 where there are none."""
        total = self.found.total() - len(self.rest) + len(self.lost)
        return 1 - len(self.lost) / total if total else 1.0


def coverage(data: bytes, found: Converted) -> Coverage:
    """Look for the resource of each statement of a document."""
    root = parse(data)
    made, told = _made(root, found), _told(root, found)
    result = Coverage(Counter(), Counter(), Counter(), [])
    for statement in statements(root):
        name = statement.kind.name
        result.found[name] += 1
        if told.get(statement.node) != NOTHING and _own(statement, made):
            result.own[name] += 1
        elif _shared(statement, made):
            result.shared[name] += 1
        else:
            reason = next((told[node] for node in _around(statement.node) if node in told), "no reason given")
            result.rest.append(Rest(name, section_of(statement.node), reason, is_bare(statement.node)))
    return result


def at(root: etree._Element, path: str) -> etree._Element:
    """The element at a path of the converter; exactly one stands there."""
    found = root.getroottree().xpath(path, namespaces=NS)
    assert isinstance(found, list) and len(found) == 1, path
    assert isinstance(found[0], etree._Element)
    return found[0]


def _made(root: etree._Element, found: Converted) -> Made:
    held = {f"{one['resourceType']}/{one['id']}": one for one in found.resources}
    made: Made = {}
    for name, source in found.sources.items():
        made.setdefault(at(root, source.path), []).append(held[name])
    return made


def _told(root: etree._Element, found: Converted) -> dict[etree._Element, str]:
    return {at(root, issue.path): issue.code for issue in reversed(found.issues) if issue.path}


def _own(statement: Statement, made: Made) -> bool:
    """Whether a resource of the right type was made of this very element."""
    return any(one["resourceType"] in statement.makes for one in made.get(statement.node, ()))


def _shared(statement: Statement, made: Made) -> bool:
    """Whether a resource of an element around or inside this one holds its code and number, or one has its id."""
    inner = [one for node in statement.node.iter() for one in made.get(node, ()) if _fits(statement, one)]
    if inner and statement.kind.name in _HOLDERS:
        return True
    wanted, number = codes(statement.node), _number(statement.node)
    for one in _near(statement, made):
        if wanted & set(_texts(one)) and (number is None or number in _figures(one)):
            return True
    numbers = _numbers(statement.node)
    every = [one for held in made.values() for one in held if one["resourceType"] in statement.makes]
    return any(numbers & {i.get("value") for i in one.get("identifier") or ()} for one in every)


def _near(statement: Statement, made: Made) -> Iterator[dict[str, Any]]:
    """Resources of elements around a statement, of its neighbours in an organizer, and the Patient."""
    group = next(statement.node.iterancestors("{*}organizer"), None)
    places = [*_around(statement.node), *(group.iter() if group is not None else ())]
    yield from (one for node in places for one in made.get(node, ()) if _fits(statement, one))
    yield from (one for held in made.values() for one in held if one["resourceType"] == "Patient")


def _number(node: etree._Element) -> float | None:
    value = node.find("v3:value", NS)
    try:
        return float(value.get("value", "")) if value is not None else None
    except ValueError:
        return None


_HOLDERS = frozenset({"health concern", "intervention", "equipment", "vital signs", "functional status"})
"""Kinds that may do nothing but hold other statements."""


def _fits(statement: Statement, one: dict[str, Any]) -> bool:
    return one["resourceType"] in statement.makes or one["resourceType"] == "Patient"


def _numbers(node: etree._Element) -> set[str]:
    held = node.findall("v3:id", NS)
    return {i.get("extension") or f"urn:oid:{i.get('root')}" for i in held if i.get("root")}


def _around(node: etree._Element) -> Iterator[etree._Element]:
    yield node
    yield from node.iterancestors()


def _texts(value: Any) -> Iterator[str]:
    """Every code in a resource."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("code", "valueCode") and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _figures(value: Any) -> set[float]:
    """Every number in a resource."""
    if isinstance(value, dict):
        return set().union(*map(_figures, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_figures, value)) if value else set()
    return {float(value)} if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else set()
