"""Homes filled with replicated people, made once and kept while the code that fills them stays the same.

They lie under BENCH_CACHE (default: a folder `chartpost-bench` among the temporary files). A home's name holds how many
resources were asked for and a digest of the code that writes them.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HUNDRED = 100
GROUP = "everyone"
"""The Group of the first hundred people of a home."""
_WRITERS = (
    *(f"records/{name}.py" for name in ("store", "postings", "preparing", "text")),
    *(f"formats/fhirjson/{name}.py" for name in ("canonical", "classify", "dates", "index", "paths", "values")),
)


def cache() -> Path:
    """Where homes are kept between runs."""
    return Path(os.environ.get("BENCH_CACHE") or Path(tempfile.gettempdir()) / "chartpost-bench")


def people(number: int = HUNDRED) -> Path:
    """A home with so many people."""
    return _kept(f"people-{number}", ["--people", str(number)])


def resources(number: int) -> Path:
    """A home with at least so many resources."""
    return _kept(f"resources-{number}", ["--resources", str(number)])


def copy(home: Path) -> tempfile.TemporaryDirectory[str]:
    """A copy of a home that may be written to and is thrown away."""
    folder = tempfile.TemporaryDirectory(prefix="chartpost-bench-", dir=cache())
    shutil.copytree(home, folder.name, dirs_exist_ok=True)
    return folder


def facts(home: Path) -> dict[str, Any]:
    """What a home holds: resources, people, persons (id, Patient id, group)."""
    found: dict[str, Any] = json.loads((home / "facts.json").read_text(encoding="utf-8"))
    return found


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process that works on a home."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith("CHARTPOST_") or k == "CHARTPOST_SHARED_DATA"}
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT / "benchmarks"), str(ROOT)))
    known = {"CHARTPOST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "chartpost.settings", "PYTHONPATH": path}
    return {**keep, **known, **{f"CHARTPOST_{name}": value for name, value in settings.items()}}


def run(home: Path, module: str, *words: str) -> str:
    """Run a module of this package on a home in a process of its own; returns what it printed."""
    command = [sys.executable, "-m", f"support.{module}", *words]
    done = subprocess.run(command, env=environment(home), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _kept(name: str, words: list[str]) -> Path:
    """The home of this name, filled by one process while others wait, under a name of its own until it is whole."""
    home = cache() / f"{name}-{_digest()}"
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / "facts.json").exists():
            run(home, "fill")  # brings its tables to the present shape
            return home
        for old in cache().glob(f"{name}-*"):
            shutil.rmtree(old)
        print(f"filling a home: {name}", file=sys.stderr, flush=True)
        unborn = home.with_name(f"{home.name}.new")
        unborn.mkdir()
        run(unborn, "fill", *words)
        unborn.rename(home)
    return home


def _digest() -> str:
    digest = hashlib.sha256()
    source = ROOT / "src" / "chartpost"
    own = [Path(__file__).with_name(name) for name in ("fill.py", "people.py")]
    for path in sorted([*own, *(p for pattern in _WRITERS for p in source.glob(pattern))]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
