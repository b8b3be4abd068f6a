"""The rules of third_party/us-core-6.1.0 against the definitions of the real package, where it is present.

`US_CORE_PACKAGE` names the .tgz of hl7.fhir.us.core 6.1.0.
"""

import json
import os
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chartpost.formats.fhirjson.profiles import check, must_supports, profiles_for
from chartpost.formats.fhirjson.tables import table

PACKAGE = Path(os.environ.get("US_CORE_PACKAGE", "/nonexistent"))
OURS = table("uscore")
VITALS = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
USCDI = "http://hl7.org/fhir/us/core/StructureDefinition/uscdi-requirement"
NAMED = ("us-core-", "pd-1", "provenance-1", "sdcqr-2", "vs-")
# Invariants on values and on slices of agent repeat those of the element that holds them.
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not PACKAGE.exists(), reason="US_CORE_PACKAGE names no file"),
]


@cache
def resources(kind: str, folder: str = "package") -> list[dict[str, Any]]:
    found = []
    with tarfile.open(PACKAGE) as archive:
        for member in archive:
            if re.fullmatch(rf"{folder}/{kind}-[^/]*\.json", member.name):
                content = archive.extractfile(member)
                assert content
                found.append(json.loads(content.read()))
    return found


def definitions() -> list[Any]:
    return [pytest.param(d, id=d["id"]) for d in resources("StructureDefinition")] if PACKAGE.exists() else []


def elements(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The elements of a snapshot by path, without the type; `valueQuantity` where a choice is that alone."""
    found = {}
    only: dict[str, str] = {}
    extension = definition["type"] == "Extension"
    for element in definition["snapshot"]["element"][1:]:
        path = re.sub(r"\w+\[x\]:(\w+)", r"\1", element["id"].partition(".")[2])
        for choice, chosen in only.items():
            path = path.replace(choice, chosen)
        types = [t["code"] for t in element.get("type", ())]
        if path.endswith("[x]") and len(types) == 1 and not extension:
            only[path] = path = path.removesuffix("[x]") + types[0][0].upper() + types[0][1:]
        found[path] = element
    return found


def test_every_definition_is_known() -> None:
    assert {d["url"] for d in resources("StructureDefinition")} == OURS.keys() - {VITALS}
    for definition in resources("StructureDefinition"):
        assert OURS[definition["url"]]["type"] == definition["type"]
        assert definition["url"] in profiles_for(definition["type"])


@pytest.mark.parametrize("definition", definitions())
def test_must_support(definition: dict[str, Any]) -> None:
    wanted = {
        f"{definition['type']}.{path}"
        for path, e in elements(definition).items()
        if e.get("mustSupport") or any(x["url"] == USCDI for x in e.get("extension", ()))
    }
    assert set(must_supports(definition["url"])) == wanted


@pytest.mark.parametrize("definition", definitions())
def test_cardinality(definition: dict[str, Any]) -> None:
    wanted: dict[str, tuple[int, int | None]] = {}
    for path, e in elements(definition).items():
        base = e["base"]
        if e["min"] > base["min"] or e["max"] != base["max"]:
            high = None if e["max"] == base["max"] or e["max"] == "*" else int(e["max"])
            wanted[path] = (e["min"], high)
    ours = {path: terms["card"] for path, terms in OURS[definition["url"]]["elements"].items() if "card" in terms}
    for path, (low, high) in wanted.items():
        if inherent(path, elements(definition)) or (path.endswith("[x]") and (low, high) in chosen(path, ours)):
            continue
        assert path in ours, path
        assert ours[path][0] == low, path
        assert high is None or ours[path][1] == high, path
    for path, (low, high) in ours.items():
        e = elements(definition)[path]
        assert low == e["min"], path
        assert high is None or str(high) == e["max"], path


def chosen(path: str, ours: dict[str, Any]) -> list[tuple[int, int | None]]:
    """The cardinalities of the single types of a choice (one that is required makes the choice required)."""
    start = path.removesuffix("[x]")
    return [(card[0], card[1]) for name, card in ours.items() if name.startswith(start) and name.isalnum()]


def inherent(path: str, known: dict[str, dict[str, Any]]) -> bool:
    """Whether a rule follows from what makes the item belong to its slice, or from the type itself."""
    parent, _, leaf = path.rpartition(".")
    if leaf == "url" or "code" in known[path].get("representation", ()):
        return True
    return ":" in parent.rpartition(".")[2] and any(k.startswith(("pattern", "fixed")) for k in known[path])


@pytest.mark.parametrize("definition", definitions())
def test_patterns(definition: dict[str, Any]) -> None:
    wanted = {}
    for path, e in elements(definition).items():
        for key, value in e.items():
            if key.startswith(("pattern", "fixed")):
                wanted[path] = plain(value)
    ours = {}
    for path, terms in OURS[definition["url"]]["elements"].items():
        if "is" in terms:
            ours[path] = terms["is"]
        if "by" in terms and terms["by"][1] != "in":
            inner, value = terms["by"]
            ours[f"{path}.{inner}".rstrip(".")] = value
    wanted = {path.removesuffix(".system") if "NPI" in path else path: value for path, value in wanted.items()}
    identifiers = {p: v for p, v in ours.items() if re.search(r"identifier:(NPI|CLIA|NAIC)", p)}
    ours = {p.removesuffix(".system") if p in identifiers else p: v for p, v in ours.items()}
    if "category:VSCat" in ours:
        assert wanted.keys() >= {"category:VSCat.coding.system", "category:VSCat.coding.code"}
        del ours["category:VSCat"]
    assert ours == wanted


def plain(value: Any) -> Any:
    """A pattern as the table writes it: a text, or system and code."""
    if isinstance(value, str):
        return value
    coding = value["coding"][0] if "coding" in value else value
    return [coding["system"], coding["code"]] if "code" in coding else coding["system"]


@pytest.mark.parametrize("definition", definitions())
def test_bindings(definition: dict[str, Any]) -> None:
    required = {
        path: e["binding"]["valueSet"].partition("|")[0]
        for path, e in elements(definition).items()
        if e.get("binding", {}).get("strength") == "required"
    }
    ours = {path: t["in"] for path, t in OURS[definition["url"]]["elements"].items() if "in" in t}
    assert ours.items() <= required.items() | {
        ("category:us-core", u) for u in ours.values() if definition["id"] == "us-core-observation-lab"
    }
    guide = {path: url for path, url in required.items() if "/us/core/" in url or "ucum-body" in url}
    assert guide.items() <= ours.items()


@pytest.mark.parametrize("definition", definitions())
def test_references(definition: dict[str, Any]) -> None:
    kind = definition["type"]
    types = {d["url"]: d["type"] for d in resources("StructureDefinition")}
    ours = OURS[definition["url"]]["elements"]
    for path, e in elements(definition).items():
        profiles = [p for t in e.get("type", ()) if t["code"] == "Reference" for p in t.get("targetProfile", ())]
        known = {types.get(p, p.rpartition("/")[2]) for p in profiles}
        known = {"Observation" if k == "vitalsigns" else k for k in known}
        if "to" in ours.get(path, {}):
            assert set(ours[path]["to"]) == known, path
        elif known and path.isalpha() and "Resource" not in known:
            assert set(table("elements")[kind][path][4]) == known, path


@pytest.mark.parametrize("definition", definitions())
def test_invariants(definition: dict[str, Any]) -> None:
    rules = OURS[definition["url"]]
    ours = {("", short(name)) for name in rules["invariants"]}
    for path, terms in rules["elements"].items():
        ours |= {(path, short(t[1:])) for t in terms if t.startswith("!")}
    wanted = {("", c["key"]) for c in definition["snapshot"]["element"][0].get("constraint", ())}
    for path, e in elements(definition).items():
        wanted |= {(path, c["key"]) for c in e.get("constraint", ())}
    wanted = {(path, key) for path, key in wanted if key.startswith(NAMED)}
    assert ours <= wanted
    whole = {(re.sub(r":[\w-]+", "", path), key) for path, key in ours}
    assert {(re.sub(r":[\w-]+", "", path), key) for path, key in wanted} == whole


def short(name: str) -> str:
    found = re.match(r"us-core-\d+", name)
    return found[0] if found else name


def test_the_guide_s_own_examples_pass() -> None:
    examples = resources("[A-Za-z]+", "package/example")
    assert len(examples) > 150
    for example in examples:
        assert [i for i in check(example) if i.severity == "error"] == [], example["id"]
