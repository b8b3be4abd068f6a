"""Readers of other people understand our C-CDA: Blue Button in a browser, @medplum/ccda in node."""

import gzip
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.formats.ccda.builders import document
from tests.formats.ccda.test_properties import FULL
from tests.support.chromium import chromium
from tests.support.shared import shared_data

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "frontend" / "node_modules"
READERS = Path(__file__).with_name("ccda_readers")
DATA = shared_data()
SECTIONS = {
    "Condition": "problems", "AllergyIntolerance": "allergies", "MedicationRequest": "medications",
    "Immunization": "immunizations", "Procedure": "procedures", "Encounter": "encounters",
}  # fmt: skip
"""Kinds of entries that Blue Button counts one by one, and its names for them."""
Reader = Callable[[bytes], dict[str, Any]]


def installed(name: str) -> pytest.MarkDecorator:
    there = (PACKAGES / name).is_dir()
    return pytest.mark.skipif(not there, reason=f"{name} is not installed: run make setup")


@cache
def people() -> dict[str, list[dict[str, Any]]]:
    """Records by name: one with an entry of each kind, and the synthetic people where they are present."""
    found: dict[str, list[dict[str, Any]]] = {"full": FULL}
    for path in sorted((DATA / "fhir").glob("*.json.gz")) if DATA else ():
        bundle = json.loads(gzip.decompress(path.read_bytes()))
        found[path.name[:30]] = [entry["resource"] for entry in bundle["entry"]]
    return found


def written(resources: list[dict[str, Any]], kind: str = "ccd") -> bytes:
    who = next((r for r in resources if r["resourceType"] == "Patient"), None)
    return document(kind, *resources, who=who)


@pytest.fixture(scope="module")
def blue_button(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The reader, bundled for a page of its own."""
    script = tmp_path_factory.mktemp("reader") / "blue-button.js"
    stand_ins = [f"--alias:{name}={READERS / 'stand_ins.cjs'}" for name in ("assert", "util", "winston")]
    words = [PACKAGES / ".bin" / "esbuild", READERS / "blue_button.cjs", "--bundle", "--log-level=error", *stand_ins]
    env = {**os.environ, "NODE_PATH": str(PACKAGES)}
    subprocess.run([*map(str, words), f"--outfile={script}"], check=True, env=env)
    with chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(path=script)
        yield lambda data: page.evaluate("text => readRecord(text)", data.decode())


@pytest.mark.browser
@installed("@amida-tech/blue-button")
@pytest.mark.parametrize("name", people())
def test_blue_button_counts_what_we_wrote(name: str, blue_button: Reader) -> None:
    resources = people()[name]
    counted = Counter(r["resourceType"] for r in resources)
    read = blue_button(written(resources))
    assert {kind: len(read.get(section, ())) for kind, section in SECTIONS.items()} == {k: counted[k] for k in SECTIONS}
    assert read["demographics"]["name"]["last"]


@installed("@medplum/ccda")
def test_medplum_counts_what_we_wrote(tmp_path: Path) -> None:
    files = []
    for number, resources in enumerate(people().values()):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(written(resources))
    for resources, bundle in zip(people().values(), medplum(files), strict=True):
        counted = Counter(r["resourceType"] for r in resources)
        read = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
        assert {k: read[k] for k in SECTIONS if k != "Condition"} == {
            k: counted[k] for k in SECTIONS if k != "Condition"
        }
        assert read["Condition"] >= counted["Condition"]


@installed("@medplum/ccda")
def test_medplum_reads_every_kind_of_document(tmp_path: Path) -> None:
    files = [tmp_path / f"{kind}.xml" for kind in ("ccd", "referral", "discharge", "transfer")]
    for file in files:
        file.write_bytes(written(FULL, file.stem))
    for bundle in medplum(files):
        read = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
        assert all(read[kind] for kind in SECTIONS)


def medplum(files: list[Path]) -> list[dict[str, Any]]:
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    words = [node, str(READERS / "medplum.mjs"), str(PACKAGES.parent / "package.json"), *map(str, files)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
