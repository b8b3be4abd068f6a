"""Long trials: imports and backups killed with signal 9 at random moments, the FHIR door fuzzed over TLS, a large
sealed share cut at random points, then fuzzing of the rest until the time is up; C-CDA documents are spoiled and read
beside all of them.

    scripts/soak_run.py [--minutes 60] [--kills 40] [--requests 50000] [--gigabytes 20] [--seed N]

Each trial ends with proof: the killed home holds what an untouched one holds, its ledger verifies, the same import
again adds nothing, every backup that exists opens. The figures go under the table of benchmarks/RESULTS.md.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
HEADING = "\n## Soak\n"
FUZZ = [f"tests/{room}" for room in ("formats", "house", "identity", "kernel", "law", "ledger", "records", "rights")]
COUNT = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT kind, deleted, count(*) FROM records_resource GROUP BY kind, deleted ORDER BY kind, deleted")
    print(cursor.fetchall())
"""
PREPARE = """
from chartpost.kernel.config import config
from chartpost.kernel.start import prepare
list(prepare(config()))
from chartpost.kernel.keys import recovery_key_new
print(recovery_key_new())
"""


def main() -> int:
    """Run the trials; returns 1 when one found something."""
    parser = argparse.ArgumentParser(description="Long trials.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--kills", type=int, default=40, help="how often each program is killed")
    parser.add_argument("--requests", type=int, default=50_000, help="how many the FHIR door is sent")
    parser.add_argument("--gigabytes", type=float, default=20, help="size of the sealed share")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    until = time.monotonic() + given.minutes * 60
    chance = random.Random(given.seed)
    print(f"seed {given.seed}", flush=True)
    documents = fuzzed_documents(given.minutes, given.seed)
    with tempfile.TemporaryDirectory(prefix="chartpost-soak-") as folder:
        lines = [killed_imports(Path(folder), given.kills, chance), killed_backups(Path(folder), given.kills, chance)]
    lines.append(fuzzed_door(given.requests, given.seed))
    lines.append(lent_turns())
    lines.append(killed_writes(given.kills, given.seed))
    lines.append(cut_share(given.gigabytes, given.seed))
    lines.append(folder_between_browsers(given.seed))
    lines.append(fuzz(until))
    lines.append(ended(documents))
    _write(lines, given.seed)
    print("\n".join(lines))
    return 1 if any("FAILED" in line for line in lines) else 0


def killed_imports(folder: Path, kills: int, chance: random.Random) -> str:
    """Kill the import of a folder of bundles until it has been killed `kills` times, then let it end."""
    files = folder / "files"
    _bundles(files)
    calm, rough = folder / "calm", folder / "rough"
    for home in (calm, rough):
        _python(home, PREPARE)
    began = time.monotonic()
    assert _chartpost(calm, "import", str(files)).returncode == 0
    whole = time.monotonic() - began
    killed = sum(_kill_after(rough, chance.uniform(0, whole), "import", str(files)) for _ in range(kills))
    _chartpost(rough, "import", str(files))
    same = _python(rough, COUNT) == _python(calm, COUNT)
    before = _python(rough, COUNT)
    _chartpost(rough, "import", str(files))
    again = _python(rough, COUNT) == before
    ledger = _chartpost(rough, "ledger", "verify").returncode == 0
    good = same and again and ledger
    found = f"{killed} kills, same as untouched {same}, twice is once {again}, ledger whole {ledger}"
    return _line("import killed", good, found)


def killed_backups(folder: Path, kills: int, chance: random.Random) -> str:
    """Kill `backup create` at random moments; whatever stands under the backup's name must open."""
    home, target = folder / "rough", folder / "backups" / "soak.backup"
    began = time.monotonic()
    assert _chartpost(home, "backup", "create", str(target)).returncode == 0
    whole = time.monotonic() - began
    killed = bad = 0
    for _ in range(kills):
        killed += _kill_after(home, chance.uniform(0, whole), "backup", "create", str(target))
        bad += _chartpost(home, "backup", "verify", str(target)).returncode != 0
    bad += _chartpost(home, "backup", "create", str(target)).returncode != 0
    left = [p.name for p in target.parent.iterdir() if p != target]
    ledger = _chartpost(home, "ledger", "verify").returncode == 0
    found = f"{killed} kills, {bad} bad backups, {len(left)} left-overs, ledger whole {ledger}"
    return _line("backup killed", not bad and not left and ledger, found)


def fuzzed_door(requests: int, seed: int) -> str:
    """Fire fuzzed requests at the FHIR door over TLS; see soak_fhir.py."""
    words = [sys.executable, str(ROOT / "scripts" / "soak_fhir.py"), "--requests", str(requests), "--seed", str(seed)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    return _line("FHIR door fuzzed", done.returncode == 0, (done.stdout.splitlines() or ["it did not run"])[-1])


def lent_turns() -> str:
    """Read and write through the whole program at once; see soak_turns.py."""
    words = [sys.executable, str(ROOT / "scripts" / "soak_turns.py")]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    return _line("turns lent", done.returncode == 0, (done.stdout.splitlines() or ["it did not run"])[-1])


def killed_writes(kills: int, seed: int) -> str:
    """Kill the web part while many clients write; see soak_writes.py."""
    words = [sys.executable, str(ROOT / "scripts" / "soak_writes.py"), "--kills", str(kills), "--seed", str(seed)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    return _line("writes killed", done.returncode == 0, (done.stdout.splitlines() or ["it did not run"])[-1])


def cut_share(gigabytes: float, seed: int) -> str:
    """Send and open a large sealed share, cut at random points; see soak_share.py."""
    words = [
        sys.executable,
        str(ROOT / "scripts" / "soak_share.py"),
        "--gigabytes",
        f"{gigabytes:g}",
        "--seed",
        str(seed),
    ]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    return (done.stdout.splitlines() or [_line("sealed share cut", False, "it did not run")])[-1].strip()


def folder_between_browsers(seed: int) -> str:
    """A folder of a gigabyte from one browser to another, cut on both ways; see soak_browser.py."""
    words = [sys.executable, str(ROOT / "scripts" / "soak_browser.py"), "--seed", str(seed)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.splitlines() or [_line("sealed folder between browsers", False, "it did not run")]
    return lines[-1].strip()


def fuzzed_documents(minutes: float, seed: int) -> subprocess.Popen[str]:
    """Begin to spoil and read C-CDA documents, beside the other trials, for the whole time; see soak_ccda.py."""
    words = ["scripts/soak_ccda.py", "--minutes", str(minutes), "--seed", str(seed)]
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def ended(documents: subprocess.Popen[str]) -> str:
    """What came of the spoiled documents."""
    said, _ = documents.communicate()
    print(said, flush=True)
    return _line("C-CDA fuzzed", documents.returncode == 0, (said.splitlines() or ["it did not run"])[-1])


def fuzz(until: float) -> str:
    """Run the property tests with new seeds until the time is up, at least once."""
    rounds = 0
    while True:
        seed = str(random.randrange(2**32))
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            f"--hypothesis-seed={seed}",
            *FUZZ,
        ]
        done = subprocess.run([*words, "-m", "hypothesis"], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-6000:])
            return _line("fuzz", False, f"seed {seed}, round {rounds + 1}")
        rounds += 1
        if time.monotonic() > until:
            return _line("fuzz", True, f"{rounds} rounds with new seeds")


def _bundles(folder: Path) -> None:
    """The synthetic people as one FHIR bundle each."""
    folder.mkdir()
    sys.path.insert(0, str(ROOT / "src"))
    from chartpost.demo.generator import generate

    for person in generate(7, date(2026, 11, 21)):
        (folder / f"{person.key}.json").write_text(json.dumps(person.bundle), encoding="utf-8")


def _kill_after(home: Path, seconds: float, *words: str) -> int:
    with subprocess.Popen([sys.executable, "-m", "chartpost", *words], env=_env(home), **_quiet()) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return 1
    return 0


def _chartpost(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chartpost", *words]
    return subprocess.run(command, env=_env(home), capture_output=True, text=True, check=False)


def _python(home: Path, code: str) -> str:
    words = [sys.executable, "-c", code]
    return subprocess.run(words, env=_env(home), capture_output=True, text=True, check=True).stdout


def _env(home: Path) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith("CHARTPOST_")}
    return {**keep, "CHARTPOST_HOME": str(home), "DJANGO_SETTINGS_MODULE": "chartpost.settings"}


def _quiet() -> dict[str, int]:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _line(name: str, good: bool, detail: str) -> str:
    today = datetime.now(UTC).date().isoformat()
    return f"- {name}: {'passed' if good else 'FAILED'} ({detail}; {today})"


def _write(lines: list[str], seed: int) -> None:
    table = RESULTS.read_text(encoding="utf-8").partition(HEADING)[0] if RESULTS.exists() else "# Figures\n"
    machine = re.sub(r"\s+", " ", f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, seed {seed}")
    RESULTS.write_text(table + HEADING + f"\n{machine}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
