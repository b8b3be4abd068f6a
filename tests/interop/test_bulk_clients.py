"""smart-fetch, a client of other people, gets a Group by bulk export and by crawling searches."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.checklist.bulk import export
from tests.interop.checklist.office import Office

VERSION = "1.0.3"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / f"smart-fetch-{VERSION}"
KINDS = ("Patient", "Condition", "Device", "Encounter")


def program() -> Path | None:
    """smart-fetch in an environment of its own (it needs older libraries than we do); None where it cannot be had."""
    found = CACHE / "bin" / "smart-fetch"
    if not found.exists():
        steps = (
            [sys.executable, "-m", "venv", "--clear", str(CACHE)],
            [str(CACHE / "bin" / "pip"), "install", "-q", f"smart-fetch=={VERSION}"],
        )
        for step in steps:
            if subprocess.run(step, capture_output=True, check=False, timeout=300).returncode:
                return None
    return found


@pytest.mark.parametrize("way", ["bulk", "crawl"])
def test_smart_fetch_gets_the_group(office: Office, tmp_path: Path, way: str) -> None:
    command = program()
    if command is None:
        pytest.skip("smart-fetch cannot be installed here")
    keys = tmp_path / "keys.jwks"
    private = office.keys.as_dict(private=True)
    for key in private["keys"]:
        key |= {"alg": "ES384", "key_ops": ["sign"]}
    keys.write_text(json.dumps(private))
    group = next(one["id"] for one in office.system().search("Group"))
    words = [way, "--fhir-url", office.live.base, "--smart-client-id", office.client("backend").client_id,
             "--smart-key", str(keys), "--group", group, "--type", ",".join(KINDS), str(tmp_path / "out")]  # fmt: skip
    trust = {"SSL_CERT_FILE": str(office.live.ca), "REQUESTS_CA_BUNDLE": str(office.live.ca)}
    done = subprocess.run(
        [str(command), *words], env=os.environ | trust, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    _, wanted = export(office, _type=",".join(KINDS))
    for kind in KINDS:
        assert ids(tmp_path / "out", kind) == {one["id"] for one in wanted[kind]} != set()


def ids(folder: Path, kind: str) -> set[str]:
    """The ids of the resources of a type in the files written."""
    found = set()
    for file in folder.glob(f"{kind}*.ndjson*"):
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        found |= {json.loads(line)["id"] for line in data.splitlines()}
    return found
