"""The build of the element, binding and US Core tables: what it reads, and that the package holds its result."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from chartpost.formats.fhirjson.tables import resource_types, table

ROOT = Path(__file__).resolve().parents[4]
US = "http://hl7.org/fhir/us/core/"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_profiles", ROOT / "scripts/build_profiles.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_built_rules_are_those_of_the_text() -> None:
    lines = (ROOT / "third_party/us-core-6.1.0/rules.txt").read_text().splitlines()
    profiles, values = script().build_rules(lines)
    assert json.loads(json.dumps(profiles)) == table("uscore")
    assert values.items() <= table("bindings").items()


def test_notation() -> None:
    profiles, values = script().build_rules(
        """
        system s http://s
        values us/v
          s *
        values us/w
          s b a
        profile one Observation !vs-2
          code 1.. S =s#a
          category:x 0..1 by=type=s#b in=us/v
        # a remark
        profile two Observation < one !vs-1
          code to=Patient|Group
          subject 2..3 U as=string
        """.splitlines()
    )
    assert values == {f"{US}ValueSet/v": {"http://s": None}, f"{US}ValueSet/w": {"http://s": ["a", "b"]}}
    two = profiles[f"{US}StructureDefinition/two"]
    assert two["invariants"] == ["vs-2", "vs-1"]
    assert two["elements"] == {
        "code": {"card": [1, None], "must": "S", "is": ["http://s", "a"], "to": ["Patient", "Group"]},
        "category:x": {"card": [0, 1], "by": ["type", ["http://s", "b"]], "in": f"{US}ValueSet/v"},
        "subject": {"card": [2, 3], "must": "U", "as": ["string"]},
    }
    assert profiles[f"{US}StructureDefinition/one"]["elements"]["code"].keys() == {"card", "must", "is"}


def test_every_type_has_its_elements_in_order() -> None:
    elements = table("elements")
    assert resource_types() <= elements.keys()
    assert list(elements["Period"]) == ["id", "extension", "start", "end"]
    names = list(elements["Observation"])
    assert names.index("valueQuantity") < names.index("valuePeriod") < names.index("dataAbsentReason")
    for rows in elements.values():
        for kind, _, _, _, _ in rows.values():
            assert kind in elements or kind[0].islower() or kind in ("Resource", "Element")


def test_value_sets_are_expanded_through_their_systems() -> None:
    bindings = table("bindings")
    gender = bindings["http://hl7.org/fhir/ValueSet/administrative-gender"]
    assert gender == {"http://hl7.org/fhir/administrative-gender": ["female", "male", "other", "unknown"]}
    status = bindings["http://hl7.org/fhir/ValueSet/condition-clinical"]
    assert "remission" in status["http://terminology.hl7.org/CodeSystem/condition-clinical"]  # a child of inactive


def test_codes_below_a_concept() -> None:
    tree = [
        {"code": "a", "concept": [{"code": "b"}]},
        {"code": "c", "property": [{"code": "subsumedBy", "valueCode": "b"}]},
    ]
    system = {"concept": tree, "content": "complete"}
    rule = {"property": "concept", "op": "is-a", "value": "a"}
    below = script().is_a
    assert below([rule], "s", system) == {"s": {"a", "b", "c"}}
    assert below([rule | {"op": "descendent-of"}], "s", system) == {"s": {"b", "c"}}
    assert below([rule | {"op": "regex"}], "s", system) is None


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="npm install"):
        script().main(tmp_path)
