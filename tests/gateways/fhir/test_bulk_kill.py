"""kill -9 of a real worker in the middle of a bulk export: the next one goes on, and what comes out is the same."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import ROOT, environment, migrated

START = """
import json, os, signal, threading, time
import django
django.setup()
from chartpost.kernel.db import raw
from chartpost.records import bulk, bulk_files, bulk_spans
bulk_files.LINES_A_FILE, bulk_spans.AT_ONCE = 20, 30
"""
SET_UP = """
from chartpost.identity import tokens
from chartpost.identity.app_models import App, AppGrant
from chartpost.records.bulk_types import Asked, kept
from tests.support import world
world.build(*world.everybody()[:2])
app = App.objects.create(client_id="nightly", name="Nightly", kind="backend")
grant = AppGrant.objects.create(app=app, scopes="system/*.rs")
reached = kept(tokens.access_of_grant(grant.ref, raw.django()))
who = dict(actor="app:nightly", actor_name="Nightly", actor_kind="app", why="operations", where="fhir")
kinds = ("Condition", "Observation", "Patient", "Practitioner")
asked = Asked("https://localhost/fhir/$export", "system", kinds, reached, who, grant.ref)
print(bulk.start(asked, "me"))
"""
WORKER = """
from chartpost.kernel import worker
from chartpost.records.models import BulkExport
def end_when_done():
    while BulkExport.objects.filter(state="running").exists():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_when_done, daemon=True).start()
"""
DYING = """
store, count = bulk_files.File.store, []
def dies(file):
    found = store(file)
    count.append(found)
    if len(count) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
bulk_files.File.store = dies
"""
RUN = "worker.run()\n"
REAPED = """
from datetime import timedelta
from chartpost.kernel import jobs
jobs.reap(lease=timedelta(0))  # as the supervisor's word that the worker died makes it do
"""
AGAIN = """
from chartpost.records.models import BulkExport
first = BulkExport.objects.get()
asked = bulk.Asked.of(first.asked)
print(bulk.start(asked, "me"))
"""
LOOK = """
from chartpost.kernel import blobs
from chartpost.kernel.blobs import stores
from chartpost.kernel.models import Blob
from chartpost.ledger import services
from chartpost.ledger.models import Entry
from chartpost.records.models import BulkExport, BulkFile
found = {}
for export in BulkExport.objects.order_by("pk"):
    files = BulkFile.objects.filter(export=export).order_by("number")
    lines = [f.type + " " + line.decode() for f in files for line in blobs.read(f.blob).splitlines()]
    noted = Entry.objects.filter(action="record.export", object=f"export:{export.ref}").count()
    found[export.ref] = {"state": export.state, "lines": lines, "files": len(files), "noted": noted}
named = sorted(BulkFile.objects.values_list("blob", flat=True))
rows = sorted(Blob.objects.filter(owner__startswith="export:").values_list("id", flat=True))
print(json.dumps({"exports": found, "named": named, "rows": rows}))
"""


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START + code]
    return subprocess.run(
        command, env=environment(home), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def told(code: str, home: Path) -> str:
    done = run(code, home)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def look(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(LOOK, home))
    return found


@pytest.mark.skipif("CHARTPOST_TEST_DATABASE_URL" in os.environ, reason="makes homes of its own on SQLite")
def test_a_killed_export_goes_on_and_ends_equal(tmp_path: Path) -> None:
    ref = told(SET_UP, migrated(tmp_path)).splitlines()[-1]
    assert run(WORKER + DYING + RUN, tmp_path).returncode == -signal.SIGKILL
    half = look(tmp_path)
    assert (half["exports"][ref]["state"], half["exports"][ref]["files"]) == ("running", 3)
    assert half["rows"] == half["named"], "the fourth file was written, not noted, and has no key"
    assert half["exports"][ref]["noted"] == 0, "nothing has left yet"
    told(REAPED + WORKER + RUN, tmp_path)
    assert look(tmp_path)["exports"][ref]["state"] == "done"
    other = told(AGAIN, tmp_path)
    told(WORKER + RUN, tmp_path)
    whole = look(tmp_path)
    killed, calm = whole["exports"][ref], whole["exports"][other]
    assert sorted(killed["lines"]) == sorted(calm["lines"])
    assert len(set(killed["lines"])) == len(killed["lines"]) > 200
    assert killed["files"] > 8
    assert killed["noted"] == calm["noted"] == 2
    assert whole["named"] == whole["rows"], "no file is left that no export names"
