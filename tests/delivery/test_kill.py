"""kill -9 in the middle of packaging: a real worker, on a home of its own, in processes of their own."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.homes import ROOT, environment, migrated

START = """
import os, sys, json, signal
import django
django.setup()
"""
SET_UP = """
from tests.delivery import support
from tests.support import world as worlds
print(support.ask(worlds.build("edith-marsh"), "edith-marsh", "fhir", "pdf"))
"""
KILLED_WORKER = """
from chartpost.delivery import packages
from chartpost.kernel import blobs, worker
from chartpost.kernel.blobs import services
put, count = services.put, []
def dies(*given, **named):
    if count:
        os.kill(os.getpid(), signal.SIGKILL)
    count.append(put(*given, **named))
    return count[0]
packages.blobs = type("Dying", (), {"put": staticmethod(dies)})
worker.run()
"""
LOOK = """
from chartpost.delivery import models
from chartpost.kernel.blobs import stores
from chartpost.kernel.models import Blob
row = models.Package.objects.get()
print(json.dumps({
    "state": row.state,
    "parts": list(models.Part.objects.order_by("pk").values_list("name", flat=True)),
    "named": sorted(models.Part.objects.values_list("blob", flat=True)),
    "rows": sorted(Blob.objects.values_list("id", flat=True)),
    "files": sorted(name for name, _ in stores.store().stored()),
}))
"""
NEXT_WORKER = """
from datetime import timedelta
from chartpost.kernel import blobs, jobs
jobs.reap(lease=timedelta(0))
jobs.run_waiting()
blobs.sweep(grace=timedelta(0))
"""


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START + code]
    return subprocess.run(
        command, env=environment(home), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def look(home: Path) -> dict[str, Any]:
    done = run(LOOK, home)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_killed_build_leaves_nothing_and_the_next_worker_makes_one_set(tmp_path: Path) -> None:
    assert run(SET_UP, migrated(tmp_path)).returncode == 0
    assert run(KILLED_WORKER, tmp_path).returncode == -signal.SIGKILL
    killed = look(tmp_path)
    assert (killed["state"], killed["parts"], killed["rows"]) == ("waiting", [], [])
    assert len(killed["files"]) == 1, "the kill came after the first file was written"
    assert run(NEXT_WORKER, tmp_path).returncode == 0
    done = look(tmp_path)
    assert done["state"] == "ready"
    assert [Path(n).suffix for n in done["parts"]] == [".json", ".zip", ".pdf", ".txt"]
    assert done["named"] == done["rows"] == done["files"], "no orphan is left"
    run(NEXT_WORKER, tmp_path)
    assert look(tmp_path) == done, "once more changes nothing"
