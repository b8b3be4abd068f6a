"""A home in use for a test that starts processes of its own: its tables are made once a run, and copied."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import this_run

ROOT = Path(__file__).resolve().parents[2]
MAKE = "import django; django.setup()\nfrom chartpost.kernel.start import migrate\nmigrate()"


def environment(home: Path) -> dict[str, str]:
    """The environment of a process that works on a home by the code and the tests of this folder alone."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHARTPOST_")}
    return clean | {
        "CHARTPOST_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "chartpost.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }


def migrated(home: Path) -> Path:
    """Make a folder a home with all tables and nobody in it, on SQLite; returns the folder."""
    kept = this_run.folder() / "home"
    with this_run.alone("home"):
        if not kept.exists():
            made = this_run.folder() / "home-in-the-making"
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(mode=0o700)
            subprocess.run([sys.executable, "-c", MAKE], env=environment(made), check=True, timeout=300)
            made.rename(kept)
    shutil.copytree(kept, home, dirs_exist_ok=True)
    return home
