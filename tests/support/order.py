"""The order of the suite: what takes long begins first, so that no process is left alone with it at the end.

Each file is the work of one process (`--dist loadfile`), and files are handed out in this order (`scripts/test`).
"""

from collections import Counter
from math import inf
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKES_THE_DEMO = "tests/demo/test_command.py"
"""Goes before all: many others copy the office it makes, and wait for it if it is not there yet."""
SECONDS = {
    "tests/house/test_postgres.py": 90,
    "tests/journeys/test_every_page.py": 50,
    "tests/access/test_matrix.py": 45,
    "tests/journeys/test_release.py": 45,
    "tests/journeys/sealed/test_between.py": 60,
    "tests/formats/ccda/test_demo_people.py": 40,
    "tests/interop/test_bulk_clients.py": 35,
    "tests/interop/test_hl7_validator.py": 20,
    "tests/frontend/test_browser.py": 25,
    "tests/gateways/sealed/test_cli_resume.py": 25,
    "tests/gateways/sealed/test_backup_shares.py": 25,
    "tests/gateways/sealed/test_stalled.py": 35,
    "tests/formats/pdf/test_bad_input.py": 25,
    "tests/formats/fhirjson/test_xml_interop.py": 20,
    "tests/gateways/sealed/test_cli_drop.py": 18,
    "tests/house/test_start.py": 18,
    "tests/house/test_up.py": 25,
    "tests/interop/test_checklist.py": 20,
}
"""What the longest files take, to sort by: exact figures are of no use."""


def sort(items: list[pytest.Item]) -> None:
    """Put the tests of long files first, then those of files with many; a file stays together, in the order it has."""
    many = Counter(item.path for item in items)
    place = {path: number for number, path in enumerate(many)}
    items.sort(key=lambda item: (-_seconds(item.path), -many[item.path], place[item.path]))


def _seconds(path: Path) -> float:
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
    return inf if name == MAKES_THE_DEMO else SECONDS.get(name, 0)
