"""Programs of other people that turn C-CDA into FHIR: installed apart from ours, run on files, timed by CPU.

python-fhir-converter and ccda-to-fhir come from PyPI by a lock with hashes, @medplum/ccda from npm. They stay in
`.setup`, so that none of them can come into use by accident.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SETUP = ROOT / ".setup"
PYTHON_PROGRAMS = ("python-fhir-converter", "python-fhir-converter-kept", "ccda-to-fhir")
MEDPLUM = "@medplum/ccda"
PROGRAMS = (*PYTHON_PROGRAMS, MEDPLUM)


class Read(NamedTuple):
    """What became of one file: `seconds` is the median CPU time of the rounds, None where it was not read."""

    file: str
    ok: bool
    seconds: float | None
    error: str


def run(program: str, files: Sequence[Path], rounds: int = 3, out: Path | None = None) -> dict[str, Read]:
    """Convert files with a program; file name -> what came of it. Bundles go to `out` as <stem>.json when given."""
    tail = [str(rounds), str(out or "-"), *map(str, files)]
    if program == MEDPLUM:
        words = [_node(), str(HERE / "medplum.mjs"), *tail]
        env = {**os.environ, "PEERS": str(_medplum())}
    else:
        words = [str(_python()), str(HERE / "python_peer.py"), program, *tail]
        env = dict(os.environ)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"file"')]
    return {Path(line["file"]).name: _read(line) for line in lines}


def _read(line: dict[str, Any]) -> Read:
    return Read(Path(line["file"]).name, line["ok"], line["seconds"], line["error"])


def _python() -> Path:
    """The interpreter that has the Python programs."""
    lock, folder = HERE / "requirements.lock", SETUP / "ccda-peers-python"
    if _current(folder, lock):
        return folder / "bin" / "python"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=sys.stderr)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True, stdout=sys.stderr)
    return _done(folder, lock) / "bin" / "python"


def _medplum() -> Path:
    """The folder with the Node program."""
    lock, folder = HERE / "package-lock.json", SETUP / "ccda-peers-node"
    if _current(folder, lock):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    npm = shutil.which("npm") or str(ROOT / ".venv" / "bin" / "npm")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True, stdout=sys.stderr)
    return _done(folder, lock)


def _node() -> str:
    return shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")


def _current(folder: Path, lock: Path) -> bool:
    stamp = folder / "lock.sha256"
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _done(folder: Path, lock: Path) -> Path:
    (folder / "lock.sha256").write_text(_digest(lock))
    return folder


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
