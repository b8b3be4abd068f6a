"""The rooms that keep data pass their own tests on PostgreSQL too."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "tests/records",
    "tests/ledger",
    "tests/rights",
    "tests/shares",
    "tests/gateways/shl",
    "tests/gateways/smart/test_races.py",
    "tests/identity/test_apps_grants.py",
)
SERVER = "tests/house/test_database.py"

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(postgres.programs() is None, reason="needs the PostgreSQL server programs"),
]


@dataclass
class Outcome:
    """What the tests of a room came to: how many passed, and what the others said."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)


def environment(address: str) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "CHARTPOST_", "DJANGO_"))}
    return {**keep, "CHARTPOST_TEST_DATABASE_URL": address}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All rooms in one run on one server, for the tables are made once a run."""
    pytest.importorskip("psycopg")
    report: Path = tmp_path_factory.mktemp("postgres") / "report.xml"
    command = [sys.executable, "-m", "pytest", *ROOMS, SERVER, "-q", "-p", "no:cacheprovider", "-m", "not browser"]
    command += ["-p", "tests.support.database_only", f"--junitxml={report}"]
    with postgres.cluster() as address:
        done = subprocess.run(command, cwd=ROOT, env=environment(address), capture_output=True, text=True, check=False)
    assert done.returncode in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}, (
        done.stdout[-8000:] + done.stderr[-2000:]
    )
    found = {room: Outcome() for room in (*ROOMS, SERVER)}
    for name, problem in _results(report):
        room = next(room for room in found if name.startswith(room.removesuffix(".py").replace("/", ".") + "."))
        found[room].passed += problem == ""
        found[room].failed += [f"{name}\n{problem}"] if problem else []
    return found


def _results(report: Path) -> Iterator[tuple[str, str]]:
    """Each test that was run, by its dotted name, and what went wrong with it; those skipped are left out."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        problems = [child.text or child.get("message", "") for child in case if child.tag in {"failure", "error"}]
        if problems or case.find("skipped") is None:
            yield f"{case.get('classname')}.{case.get('name')}", "\n".join(problems)


@pytest.mark.parametrize("room", [SERVER, *ROOMS])
def test_a_room_works_on_postgresql(outcomes: dict[str, Outcome], room: str) -> None:
    assert not outcomes[room].failed, "\n\n".join(outcomes[room].failed)[-8000:]
    assert outcomes[room].passed > 0, f"no test of {room} was run"
