"""Holding what a conversion made against the second count of what the document states."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree
from tests.formats.ccda_intake.census import NS, Statement, codes, section_of, statements

from chartpost.formats.ccda import parse
from chartpost.formats.ccda.intake import Converted

Made = dict[etree._Element, list[dict[str, Any]]]


class Rest(NamedTuple):
    """A statement that no resource holds: its kind, the section it stands in, why."""

    kind: str
    section: str
    reason: str


class Coverage(NamedTuple):
    """How many statements have a resource of their own, share one, or have none."""

    found: Counter[str]
    own: Counter[str]
    shared: Counter[str]
    rest: list[Rest]

    @property
    def share(self) -> float:
        """The part of the statements that a resource holds; 1 where nothing is stated."""
        total = self.found.total()
        return (self.own.total() + self.shared.total()) / total if total else 1.0


def coverage(data: bytes, found: Converted) -> Coverage:
    """Look for the resource of each statement of a document."""
    root = parse(data)
    made, told = _made(root, found), _told(root, found)
    result = Coverage(Counter(), Counter(), Counter(), [])
    for statement in statements(root):
        name = statement.kind.name
        result.found[name] += 1
        if _own(statement, made):
            result.own[name] += 1
        elif _shared(statement, made):
            result.shared[name] += 1
        else:
            reason = next((told[node] for node in _around(statement.node) if node in told), "no reason given")
            result.rest.append(Rest(name, section_of(statement.node), reason))
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
    return any(one["resourceType"] in statement.kind.makes for one in made.get(statement.node, ()))


def _shared(statement: Statement, made: Made) -> bool:
    """Whether a resource of an element around or inside this one holds its code, or one has its id."""
    wanted, numbers = codes(statement.node), _numbers(statement.node)
    near = [one for node in _around(statement.node) for one in made.get(node, ()) if _fits(statement, one)]
    inner = [one for node in statement.node.iter() for one in made.get(node, ()) if _fits(statement, one)]
    if any(wanted & set(_codes(one)) for one in near) or (inner and statement.kind.name in _HOLDERS):
        return True
    every = [one for held in made.values() for one in held if one["resourceType"] in statement.kind.makes]
    return any(numbers & {i.get("value") for i in one.get("identifier") or ()} for one in every)


_HOLDERS = frozenset({"health concern", "intervention", "equipment", "vital signs", "functional status"})
"""Kinds that may do nothing but hold other statements."""


def _fits(statement: Statement, one: dict[str, Any]) -> bool:
    return one["resourceType"] in statement.kind.makes or one["resourceType"] == "Patient"


def _numbers(node: etree._Element) -> set[str]:
    held = node.findall("v3:id", NS)
    return {i.get("extension") or f"urn:oid:{i.get('root')}" for i in held if i.get("root")}


def _around(node: etree._Element) -> Iterator[etree._Element]:
    yield node
    yield from node.iterancestors()


def _codes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("code", "valueCode") and isinstance(inner, str):
                yield inner
            else:
                yield from _codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _codes(inner)
