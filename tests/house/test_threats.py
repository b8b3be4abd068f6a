"""The table of threats names tests that are there, for every row."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = 13
"""Rows of the table of threats the sealed format was designed against."""


def test_every_threat_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "sealed-threats.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= ROWS
    missing = []
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for path, name in named:
            file = ROOT / "tests" / path
            if not file.exists() or f"def {name}(" not in file.read_text(encoding="utf-8"):
                missing.append(f"{path}::{name}")
    assert missing == []
