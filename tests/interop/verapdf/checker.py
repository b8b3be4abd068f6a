"""veraPDF as Maven Central carries it, run over files: which rules of PDF/UA-1 and PDF/A they break."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "verapdf"
SECONDS = 540


class Finding(NamedTuple):
    """One broken rule: the file, the standard, the clause, where first, in the checker's words."""

    file: str
    standard: str
    rule: str
    place: str
    words: str


def classpath() -> str | None:
    """The checker's classes, from the local Maven store or Maven Central; None where they cannot be had."""
    if not shutil.which("java") or not shutil.which("mvn"):
        return None
    pom = HERE / "pom.xml"
    kept = CACHE / f"classpath-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}.txt"
    if not kept.exists() or not all(Path(jar).exists() for jar in kept.read_text().split(os.pathsep)):
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["mvn", "-q", "-B", "-f", pom, "dependency:build-classpath", f"-Dmdep.outputFile={kept}"]
        tries = ([*command[:3], "-o", *command[3:]], command)
        if not any(subprocess.run(t, capture_output=True, timeout=SECONDS, check=False).returncode == 0 for t in tries):
            return None
    return kept.read_text().strip()


def check(files: dict[Path, str], classes: str) -> list[Finding]:
    """Every rule the files break, all in one run; each has its standards, by veraPDF's names (ua1, 2a, 3a)."""
    pairs = [word for file, standards in files.items() for word in (standards, str(file))]
    done = subprocess.run(
        ["java", "-Xmx1500m", "-XX:TieredStopAtLevel=1", "-cp", classes, str(HERE / "Check.java"), *pairs],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    finished = [line for line in lines if line[2] == "done" and int(line[3]) > 0]
    wanted = sum(len(standards.split(",")) for standards in files.values())
    assert len(finished) == wanted, done.stderr[-3000:]
    return [Finding(*line[:5]) for line in lines if line[2] != "done"]
