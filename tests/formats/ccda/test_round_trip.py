"""C-CDA to FHIR to C-CDA to FHIR: what the first reading understood, the second understands again."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.formats.ccda.builders import document
from tests.formats.ccda.facts import facts, lost
from tests.formats.ccda.test_properties import FULL
from tests.support import schematron as oracle
from tests.support.shared import shared_data

from chartpost.formats.ccda import CcdaError, check_document, convert

pytestmark = pytest.mark.shared_data
DATA = shared_data()
BROKEN = "onc-negative__NT_BadXml_r11_v2.xml"


def vendors() -> list[Path]:
    folder = DATA / "ccda" if DATA else Path("/nonexistent")
    return [p for p in sorted([*folder.glob("*.xml"), *folder.glob("*.ccd")]) if p.name != BROKEN]


def bundles() -> list[Path]:
    return sorted((DATA / "fhir").glob("*.json.gz")) if DATA else []


def written(resources: list[dict[str, Any]], kind: str = "ccd") -> bytes:
    who = next(r for r in resources if r["resourceType"] == "Patient")
    return document(kind, *resources, who=who)


def read(data: bytes) -> list[dict[str, Any]]:
    return convert(data).resources


@pytest.mark.parametrize("path", vendors(), ids=lambda p: p.name[:40])
def test_what_was_read_of_a_vendors_file_is_written_and_read_again(path: Path) -> None:
    first = read(path.read_bytes())
    data = written(first)
    assert check_document(data) == []
    assert lost(first, read(data)) == []


@pytest.mark.parametrize("path", bundles(), ids=lambda p: p.name[:40])
def test_what_was_read_of_our_own_file_is_written_and_read_again(path: Path) -> None:
    bundle = [entry["resource"] for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]]
    first = read(written(bundle))
    assert lost(first, read(written(first))) == []
    assert lost(_covered(bundle), first) == []


def _covered(bundle: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Kinds whose every statement C-CDA has a place for."""
    kinds = {"Condition", "AllergyIntolerance", "Immunization", "Procedure", "Encounter", "Observation", "Coverage"}
    return [resource for resource in bundle if resource["resourceType"] in kinds]


@pytest.mark.parametrize("kind", ["ccd", "referral", "discharge", "transfer"])
def test_every_kind_of_document_carries_the_whole_record(kind: str) -> None:
    person = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Moss", "given": ["Ida"]}]}
    first = read(document("ccd", *FULL, who=person))
    assert sum(1 for r in first for _ in facts(r)) > 15
    assert lost(first, read(written(first, kind))) == []


@pytest.mark.skipif(oracle.folder() is None, reason="no C-CDA Schematron: see third_party/hl7-cda-r2")
@pytest.mark.parametrize("path", vendors(), ids=lambda p: p.name[:40])
def test_a_vendors_file_written_anew_breaks_no_rule(path: Path) -> None:
    try:
        first = read(path.read_bytes())
    except CcdaError:
        pytest.skip("refused")
    for kind in ("ccd", "referral", "discharge", "transfer"):
        assert [str(finding) for finding in oracle.schematron()(written(first, kind))] == [], kind


def test_a_loss_is_noticed() -> None:
    first = read(document("ccd", *FULL))
    assert lost(first, [r for r in first if r["resourceType"] != "Immunization"])
