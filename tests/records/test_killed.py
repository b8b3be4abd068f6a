"""An import killed in the middle and run again ends complete, with nothing twice (a real process, a real kill -9)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.records.builders import bundle, condition, patient
from tests.support.homes import environment, migrated

ENTRIES = 1500
COUNT = """
import json, django
django.setup()
from django.db import connection
from chartpost.records import models
def one(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
print(json.dumps({
    "resources": models.Resource.objects.count(),
    "conditions": models.Resource.objects.filter(category=1).count(),
    "counted": sum(models.Tally.objects.values_list("count", flat=True)),
    "versions": models.Version.objects.count(),
    "texts": one("SELECT count(*) FROM records_text"),
    "posted": one("SELECT count(DISTINCT rid) FROM records_posting"),
    "findable": one("SELECT count(*) FROM records_terms"),
    "people": one("SELECT count(*) FROM identity_person"),
    "files": list(models.ImportFile.objects.values_list("state", flat=True)),
}))
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return environment(migrated(tmp_path / "home"))


def _python(words: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _state(environment: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_python(["-c", COUNT], environment))
    return found


def _start(path: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "chartpost", "import", str(path)]
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.skipif("CHARTPOST_TEST_DATABASE_URL" in os.environ, reason="makes homes of its own on SQLite")
def test_killed_in_the_middle_then_run_again(home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(bundle(patient(), *(condition(f"c{n}") for n in range(ENTRIES))))
    seen_half = False
    for wait in (0.02, 0.05, 0.1, 0.15, 0.2):
        running = _start(path, home)
        _wait_for_rows(home, running, wait)
        os.kill(running.pid, signal.SIGKILL) if running.poll() is None else None
        running.wait()
        half = _state(home)
        seen_half = seen_half or 0 < half["conditions"] < ENTRIES
        assert half["resources"] == half["counted"] == half["texts"] == half["posted"]
        if seen_half:
            break
    assert seen_half, "no kill hit the middle; make the file larger"
    _python(["-m", "chartpost", "import", str(path)], home)
    whole = _state(home)
    assert (whole["conditions"], whole["people"], whole["versions"]) == (ENTRIES, 1, 0)
    assert whole["resources"] == whole["counted"] == whole["texts"] == whole["posted"] == ENTRIES + 3
    assert whole["files"] == ["done"]


def _wait_for_rows(environment: dict[str, str], running: "subprocess.Popen[bytes]", wait: float) -> None:
    """Until the first step is written, then a little longer."""
    log = Path(environment["CHARTPOST_HOME"]) / "chartpost.db-wal"
    start = log.stat().st_size if log.exists() else 0
    limit = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < limit:
        if log.exists() and log.stat().st_size > start + 400_000:
            break
        time.sleep(0.002)
    time.sleep(wait)
