"""Walk the compact paths of the search table.

Keys joined by dots; `[key=value]` and `[end of url]` filter, `[0]` takes one of a list, `[@Type]` names the
reference target.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.tables import table

_STEP = re.compile(r"(\w+)(?:\[([^\]]*)\])?")


class Step(NamedTuple):
    """One key of a path with its filter: `name=value` on a child, or `url` ending in `value`."""

    key: str
    name: str = ""
    value: str = ""


class Path(NamedTuple):
    """A search parameter's way into a resource; `target` limits references to one type."""

    parameter: str
    kind: str
    steps: tuple[Step, ...]
    target: str = ""


@cache
def paths(resource_type: str) -> tuple[Path, ...]:
    """All paths of a resource type's R4 and US Core search parameters; none for unknown types."""
    rows = table("search").get(resource_type, {})
    return tuple(
        Path(name, kind, *steps_of(text))
        for name, (kind, texts, _, _) in sorted(rows.items())
        for text in texts
        if kind != "composite"
    )


def walk(value: object, steps: Iterable[Step]) -> list[Any]:
    """All values under a path, lists flattened; nothing where the shape differs."""
    found = [value]
    for step in steps:
        following: list[Any] = []
        for item in found:
            child = item.get(step.key) if isinstance(item, dict) else None
            if isinstance(child, list):
                following.extend(child[int(step.value) :][:1] if step.name == "#" else child)
            elif child is not None:
                following.append(child)
        found = [item for item in following if _matches(item, step)] if step.name > "#" else following
    return found


def _matches(item: object, step: Step) -> bool:
    child = item.get(step.name) if isinstance(item, dict) else None
    if not isinstance(child, str):
        return False
    return child.endswith("/" + step.value) if step.name == "url" else child == step.value


@lru_cache(maxsize=8192)
def steps_of(text: str) -> tuple[tuple[Step, ...], str]:
    """The steps of a compact path, and the reference target it is limited to or ''."""
    steps = []
    target = ""
    for key, condition in _STEP.findall(text):
        name, equals, value = condition.partition("=")
        if condition.startswith("@"):
            target = condition[1:]
            steps.append(Step(key))
        elif condition.isdecimal():
            steps.append(Step(key, "#", condition))
        elif equals:
            steps.append(Step(key, name, value))
        elif condition:
            steps.append(Step(key, "url", condition))
        else:
            steps.append(Step(key))
    return tuple(steps), target
