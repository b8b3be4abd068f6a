"""The rooms that keep data pass their own tests on PostgreSQL too."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("tests/records", "tests/ledger", "tests/rights", "tests/shares", "tests/gateways/shl")

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(postgres.programs() is None, reason="needs the PostgreSQL server programs"),
]


def environment(address: str) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CHARTPOST_", "DJANGO_"))}
    return {**keep, "CHARTPOST_TEST_DATABASE_URL": address}


def test_the_suite_of_a_room_meets_the_server_it_is_given(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    probe = tmp_path / "test_probe.py"
    probe.write_text(
        "from django.db import connection\n"
        "def test_vendor(db):\n"
        "    assert connection.vendor == 'postgresql'\n"
        "    assert connection.pg_version >= 130000\n"
    )
    with postgres.cluster() as address:
        command = [sys.executable, "-m", "pytest", probe, "-q", "-p", "tests.conftest", "--rootdir", ROOT]
        command += ["-c", ROOT / "pyproject.toml", "-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=ROOT, env=environment(address), capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_works_on_postgresql(room: str) -> None:
    pytest.importorskip("psycopg")
    with postgres.cluster() as address:
        command = [sys.executable, "-m", "pytest", room, "-q", "-p", "no:cacheprovider", "-m", "not browser"]
        done = subprocess.run(command, cwd=ROOT, env=environment(address), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 0, done.stdout[-2000:]
