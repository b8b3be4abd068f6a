"""A worker asked to stop, once or often, ends the job at hand: nothing asked for is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import time
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from chartpost.kernel import jobs, worker
from chartpost.kernel.config import config
def slow():
    (config().home / "begun").touch()
    time.sleep(3)
    (config().home / "done").touch()
jobs.register("house.slow", slow)
jobs.enqueue("house.slow")
raise SystemExit(worker.run())
"""


def test_two_signals_do_not_cut_a_job_off(tmp_path: Path) -> None:
    """As a service manager sends them: one to each process, one by way of the supervisor."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHARTPOST_")}
    environment |= {"CHARTPOST_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "chartpost.settings"}
    environment["PYTHONPATH"] = str(ROOT)
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 180
        while not (tmp_path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        for _ in range(2):
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert worker.wait(timeout=60) == 0
        assert (tmp_path / "done").exists()
    finally:
        worker.kill()
        worker.communicate()
