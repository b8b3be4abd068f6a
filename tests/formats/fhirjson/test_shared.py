"""Real Synthea bundles and US Core examples, where they are present: all validate, index and show."""

import gzip
import json
from pathlib import Path

import pytest
from tests.formats.fhirjson.test_fuzz import exercise
from tests.support.shared import shared_data

from chartpost.formats.fhirjson.attachments import attachments
from chartpost.formats.fhirjson.canonical import dump, parse, read_ndjson, split_bundle
from chartpost.formats.fhirjson.index import clinical_date, postings
from chartpost.formats.fhirjson.references import subject_of
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.validate import validate
from chartpost.formats.fhirjson.views import view

FOLDER = shared_data()
FILES = sorted((FOLDER / "fhir").glob("*.gz")) if FOLDER else []
NOT_A_PERSONS = {
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Location",
    "Medication",
    "Bundle",
    "Questionnaire",
}
pytestmark = pytest.mark.shared_data


def resources(path: Path) -> list[Json]:
    data = gzip.decompress(path.read_bytes())
    if ".ndjson" in path.name:
        return list(read_ndjson(data.splitlines()))
    return [entry.resource for entry in split_bundle(data)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name[:40])
def test_real_files_pass_whole(path: Path) -> None:
    found = resources(path)
    assert found
    for resource in found:
        kind = resource["resourceType"]
        assert validate(kind, resource) == []
        seen = exercise(resource)
        assert seen.title and not seen.title.startswith(("{", "http"))
        assert postings(resource)
        assert subject_of(resource) or kind in NOT_A_PERSONS


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name[:40])
def test_real_files_read_back_equal(path: Path) -> None:
    for resource in resources(path):
        written = dump(resource)
        assert parse(written) == resource
        assert json.loads(written, parse_float=str) == json.loads(dump(parse(written)), parse_float=str)


@pytest.mark.skipif(not FILES, reason="no third-party files here")
def test_notes_of_synthea_open() -> None:
    notes = [
        a for path in FILES for r in resources(path) for a in attachments(r) if r["resourceType"] == "DocumentReference"
    ]
    assert sum(bool(note.data) for note in notes) > 100
    assert all(note.content_type for note in notes)
    dated = [r for path in FILES for r in resources(path) if r["resourceType"] == "Observation"]
    assert all(clinical_date(r) for r in dated)
    assert Category.VITALS.bit == 32
    assert any(view(r).value for r in dated)
