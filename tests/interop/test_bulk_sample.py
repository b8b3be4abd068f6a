"""The bulk sample of the developer page, run as it is against a live office."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.interop.checklist.office import Office

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "chartpost" / "gateways" / "smart" / "samples" / "bulk.py"


def test_the_bulk_sample_downloads_every_file(office: Office, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps(office.keys.keys[0].as_dict(private=True)), encoding="utf-8")
    folder = tmp_path / "out"
    command = [sys.executable, str(SAMPLE), office.live.url, office.client("backend").client_id, str(key), str(folder)]
    trust = {**os.environ, "SSL_CERT_FILE": str(office.live.ca)}
    done = subprocess.run(command, env=trust, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [line for line in done.stdout.splitlines() if line.endswith(" resources")]
    kept = {file.name: file.read_text(encoding="utf-8").splitlines() for file in folder.iterdir()}
    assert sorted(kept) == sorted(line.partition(":")[0] for line in told)
    for name, lines in kept.items():
        assert {json.loads(line)["resourceType"] for line in lines} == {name.partition("-")[0]}
    patients = {json.loads(line)["id"] for name, lines in kept.items() if name.startswith("Patient-") for line in lines}
    assert office.session("grace").patient in patients
