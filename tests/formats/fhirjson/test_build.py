"""The build of the FHIR tables: small, repeatable, and clear when its source is missing."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from chartpost.formats.fhirjson.tables import display, table

ROOT = Path(__file__).resolve().parents[3]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_fhir", ROOT / "scripts/build_fhir.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_small() -> None:
    data = ROOT / "src/chartpost/formats/fhirjson/data"
    assert 0 < sum(path.stat().st_size for path in data.iterdir()) < 500_000


def test_foreign_types_stay_out() -> None:
    definitions = table("schema")["definitions"]
    assert "Observation" in definitions
    assert not {"Bot", "Project", "Login"} & definitions.keys()
    assert "resource" not in definitions["Reference"]["properties"]
    assert "description" not in json.dumps(definitions["Period"])


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    definitions = table("schema")["definitions"]
    assert script().references(definitions) <= definitions.keys()


def test_displays_come_from_hl7() -> None:
    assert display("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB") == "ambulatory"
    assert display("http://example.org", "AMB") == ""


def test_a_missing_source_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no fhir\.schema\.json"):
        script().main(tmp_path)


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    build = script()
    if not (build.SOURCE / "fhir.schema.json").exists():
        pytest.skip("the definitions package is not installed")
    built = []
    for name in ("one", "two"):
        build.TARGET = tmp_path / name
        build.main(build.SOURCE)
        built.append({path.name: path.read_bytes() for path in build.TARGET.iterdir()})
    assert built[0] == built[1]
    assert len(built[0]) == 5
