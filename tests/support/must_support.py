"""US Core's must-support elements: read the list, and say which of them a set of entries never shows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("us_core_must_support.txt")
PROFILE = "http://hl7.org/fhir/us/core/StructureDefinition/"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_STEP = re.compile(r"(?P<name>\w+)(?P<choice>\[x])?(?:\{(?P<filter>[^}]*)\})?(?:\.|$)")

Json = dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """One profile and the paths it marks."""

    resource_type: str
    name: str
    paths: tuple[str, ...]


def profiles() -> list[Profile]:
    """Every profile of the list, in its order."""
    blocks: list[tuple[str, str, list[str]]] = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            blocks[-1][2].append(line.strip())
        elif line and not line.startswith("#"):
            resource_type, name = line.split()
            blocks.append((resource_type, name, []))
    return [Profile(kind, name, tuple(paths)) for kind, name, paths in blocks]


def of_profile(entries: Iterable[Json], name: str) -> list[Json]:
    """The entries that claim a profile."""
    return [one for one in entries if PROFILE + name in one.get("meta", {}).get("profile", ())]


def missing(profile: Profile, entries: list[Json], targets: dict[str, Json]) -> list[str]:
    """The paths of a profile no entry claiming it shows; ``targets`` maps Type/id to what references may point at."""
    found = of_profile(entries, profile.name)
    return [path for path in profile.paths if not _seen(path, found, targets)]


def _seen(path: str, entries: list[Json], targets: dict[str, Json]) -> bool:
    if "->" in path:
        steps, _, names = path.partition("->")
        pointed = [targets.get(str(r.get("reference"))) for one in entries for r in walk(one, steps)]
        return all(of_profile([t for t in pointed if t], name) for name in names.split(","))
    steps, _, wanted = path.partition("=")
    values = [value for one in entries for value in walk(one, steps) if not _absent(value, steps)]
    return wanted in map(str, values) if wanted else bool(values)


def _absent(value: Any, steps: str) -> bool:
    if not isinstance(value, dict) or steps.endswith("dataAbsentReason"):
        return False
    return any(c.get("system") == ABSENT_SYSTEM for c in value.get("coding", ()))


def walk(value: Any, path: str) -> Iterator[Any]:
    """Every value at a path of the list."""
    step = _STEP.match(path)
    if step is None:
        yield value
        return
    for item in _items(value, step["name"], bool(step["choice"])):
        if _matches(item, step["filter"]):
            yield from walk(item, path[step.end() :])


def _items(value: Any, name: str, choice: bool) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    names = [key for key in value if re.fullmatch(f"{name}[A-Z]\\w*", key)] if choice else [name]
    for key in names:
        found = value.get(key)
        yield from found if isinstance(found, list) else [] if found is None else [found]


def _matches(item: Any, wanted: str | None) -> bool:
    if wanted is None:
        return True
    if wanted.startswith(("url:", "system:")):
        key, _, value = wanted.partition(":")
        return isinstance(item, dict) and item.get(key) == value
    below, _, codes = wanted.rpartition(":")
    for concept in walk(item, below) if below else [item]:
        if isinstance(concept, dict) and {c.get("code") for c in concept.get("coding", ())} & set(codes.split(",")):
            return True
    return False
