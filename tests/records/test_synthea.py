"""Real third-party bundles come in whole and read back equal as JSON values."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from chartpost.identity import queries as identity
from chartpost.identity.types import SYSTEM
from chartpost.records import models
from chartpost.records.ingest import import_path
from chartpost.records.types import kind_of
from tests.support.shared import shared_data

DATA = shared_data()
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.shared_data,
    pytest.mark.skipif(DATA is None, reason="the folder of third-party files is absent"),
]
BUNDLES = sorted((DATA or Path()).glob("fhir/synthea*.json.gz"))


def stored(resource: dict[str, Any]) -> dict[str, Any]:
    row = models.Resource.objects.get(kind=kind_of(resource["resourceType"]), fhir_id=resource["id"])
    found: dict[str, Any] = orjson.loads(bytes(row.body))
    return found


def comparable(value: Any, fullurls: dict[str, str]) -> Any:
    """The value with the bundle's own references resolved, and conditional ones to nothing as logical ones."""
    if isinstance(value, dict):
        found = {k: comparable(v, fullurls) for k, v in value.items()}
        text = found.get("reference")
        kind, conditional, number = text.partition("?identifier=") if isinstance(text, str) else ("", "", "")
        if conditional:
            del found["reference"]
            system, _, value = number.rpartition("|")
            return {"type": kind, "identifier": {"system": system, "value": value}, **found}
        return {**found, "reference": fullurls.get(text, text)} if isinstance(text, str) else found
    return [comparable(v, fullurls) for v in value] if isinstance(value, list) else value


def unstamped(resource: dict[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in {"versionId", "lastUpdated"}}
    return {**{k: v for k, v in resource.items() if k != "meta"}, **({"meta": meta} if meta else {})}


@pytest.mark.parametrize("path", BUNDLES, ids=lambda p: p.name[:45])
def test_every_resource_reads_back_equal(path: Path) -> None:
    bundle = orjson.loads(gzip.decompress(path.read_bytes()))
    resources = [entry["resource"] for entry in bundle["entry"]]
    report = import_path(path, SYSTEM)
    assert report.refused == []
    assert report.inbox == 0
    own = {e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
    for resource in resources:
        assert unstamped(stored(resource)) == unstamped(comparable(resource, own))
    carried = any(r["resourceType"] == "Provenance" for r in resources)
    assert report.created == len(resources) + (0 if carried else 1)


def test_a_whole_folder_twice_is_once(tmp_path: Path) -> None:
    for path in BUNDLES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    first = import_path(tmp_path, SYSTEM)
    rows = models.Resource.objects.count()
    again = import_path(tmp_path, SYSTEM)
    assert first.refused == again.refused == []
    assert (again.created, again.updated, models.Resource.objects.count()) == (0, 0, rows)
    assert len(first.persons) == len(BUNDLES)
    assert all(identity.person_by_id(p).sources for p in first.persons)
