"""HAPI FHIR reads the XML we write and tells the same resource, where Java and its Maven artefacts are at hand."""

import base64
import copy
import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.support.shared import shared_data

from chartpost.formats.fhirjson.canonical import parse, read_ndjson, split_bundle
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.xml import to_xml

HERE = Path(__file__).parent / "xml_interop"
FOLDER = shared_data()
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
REASON = {"url": "http://example.org/why", "valueCode": "unknown"}
OWN: list[Json] = [
    {
        "resourceType": "Patient",
        "id": "own",
        "text": {"status": "generated", "div": f"{DIV}<p>a &lt; b<br/>c&#160;d</p></div>"},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "A & B <c> \"d\" 'e'"}],
        "extension": [{"url": "http://example.org/x", "extension": [{"url": "y", "valueDecimal": 1}]}],
        "name": [{"given": ["A", "B"], "_given": [None, {"id": "g", "extension": [REASON]}]}],
        "_gender": {"extension": [REASON]},
        "birthDate": "1970-01",
        "_birthDate": {"id": "b"},
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#o"},
    },
    {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "a", "part": [{"name": "b", "valueBoolean": False}]},
            {"name": "c", "resource": {"resourceType": "Basic", "id": "1", "code": {"text": "line\nbreak\ttab"}}},
        ],
    },
]


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Java needs, out of the local Maven repository; the tests are skipped where it does not hold it."""
    mvn, java = shutil.which("mvn"), shutil.which("java")
    if not mvn or not java:
        pytest.skip("no Java or no Maven here")
    target = tmp_path_factory.mktemp("hapi") / "classpath"
    command = [
        mvn,
        "-q",
        "-o",
        "-f",
        str(HERE / "pom.xml"),
        "dependency:build-classpath",
        f"-Dmdep.outputFile={target}",
    ]
    done = subprocess.run(command, check=False, capture_output=True, timeout=300)
    if done.returncode:
        pytest.skip(f"run once: mvn -f {HERE / 'pom.xml'} dependency:resolve dependency:build-classpath")
    return target.read_text()


def round_trip(resources: list[Json], classpath: str) -> list[Json]:
    lines = b"".join(base64.b64encode(to_xml(resource)) + b"\n" for resource in resources)
    command = ["java", "-Xmx1g", "-cp", classpath, str(HERE / "XmlToJson.java")]
    done = subprocess.run(command, input=lines, check=True, capture_output=True, timeout=600)
    read = done.stdout.splitlines()
    assert len(read) == len(resources)
    return [parse(line) for line in read]


def plain(value: Any, key: str = "") -> Any:
    """A resource in a form to compare: numbers by value, narratives by text.

    HAPI's JSON writer forgets the id of a primitive without extensions, so such ids are left out.
    """
    if isinstance(value, dict):
        kept = {
            k: v for k, v in value.items() if not (k.startswith("_") and isinstance(v, dict) and v.keys() == {"id"})
        }
        return {k: plain(v, k) for k, v in kept.items()}
    if isinstance(value, list):
        return [plain(item, key) for item in value]
    if key == "div" and isinstance(value, str):
        text = "".join(etree.fromstring(value.replace("&nbsp;", "&#160;")).itertext())
        return re.sub(r"\s+", " ", text).strip()
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return float(value)


def compare(resources: list[Json], classpath: str) -> None:
    for before, after in zip(copy.deepcopy(resources), round_trip(resources, classpath), strict=True):
        assert plain(after) == plain(before), before.get("id")


def test_own_samples(classpath: str) -> None:
    compare(OWN, classpath)


@pytest.mark.shared_data
@pytest.mark.skipif(FOLDER is None, reason="no third-party files here")
def test_examples_of_the_guide(classpath: str) -> None:
    assert FOLDER
    data = gzip.decompress((FOLDER / "fhir/us-core-6.1.0-examples.ndjson.gz").read_bytes())
    compare(list(read_ndjson(data.splitlines())), classpath)


@pytest.mark.shared_data
@pytest.mark.skipif(FOLDER is None, reason="no third-party files here")
def test_bundles_of_synthea(classpath: str) -> None:
    assert FOLDER
    paths = sorted((FOLDER / "fhir").glob("synthea*.json.gz"), key=lambda path: path.stat().st_size)
    bundles = [parse(gzip.decompress(path.read_bytes())) for path in paths[:3]]
    compare(bundles, classpath)
    kinds: dict[str, Json] = {}
    for path in paths:
        for entry in split_bundle(gzip.decompress(path.read_bytes())):
            kinds.setdefault(json.dumps(sorted(entry.resource))[:200], entry.resource)
    assert len(kinds) > 40
    compare(list(kinds.values()), classpath)
