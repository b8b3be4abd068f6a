"""The HL7 validator as Maven Central carries it, run without a terminology server over resources line by line."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "hl7"
SECONDS = 540


class Finding(NamedTuple):
    """One error: which line, where in it, the validator's name for it, its words."""

    line: int
    place: str
    name: str
    words: str


def us_core() -> Path | None:
    """The package of US Core 6.1.0 (hl7.fhir.us.core, .tgz): where US_CORE_PACKAGE says, else in .cache; or None.

    No package registry of Python, Node or Maven carries it; it can be fetched from packages.fhir.org.
    """
    named = os.environ.get("US_CORE_PACKAGE")
    file = Path(named) if named else CACHE.parent / "us-core-6.1.0.tgz"
    return file if file.exists() else None


def classpath() -> str | None:
    """The validator's classes, from the local Maven store or Maven Central; None where they cannot be had."""
    if not shutil.which("java") or not shutil.which("mvn"):
        return None
    pom = HERE / "pom.xml"
    kept = CACHE / f"classpath-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}.txt"
    if not kept.exists() or not all(Path(jar).exists() for jar in kept.read_text().split(os.pathsep)):
        CACHE.mkdir(parents=True, exist_ok=True)
        for more in (["-o"], []):
            done = subprocess.run(
                ["mvn", "-q", "-B", *more, "-f", pom, "dependency:build-classpath", f"-Dmdep.outputFile={kept}"],
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
            if done.returncode == 0:
                break
        else:
            return None
    return kept.read_text().strip()


def validate(resources: list[dict[str, Any]], classes: str, package: Path | None) -> list[Finding]:
    """Every error the validator finds; without the US Core package profiles are left unchecked."""
    checked = resources if package else [_without_profiles(one) for one in resources]
    guides = [str(package), str(HERE / "valuesets.ndjson")] if package else []
    done = subprocess.run(
        ["java", "-Xmx2g", "-XX:TieredStopAtLevel=1", "-cp", classes, str(HERE / "Validate.java"), *guides],
        input="".join(json.dumps(one) + "\n" for one in checked),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    seen = [line for line in lines if line[-1] == "done"]
    assert len(seen) == len(resources), done.stderr[-3000:]
    return [Finding(int(line[0]), line[2], line[3], line[4]) for line in lines if line[-1] != "done"]


def _without_profiles(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_profiles(part) for key, part in value.items() if key != "meta"}
        meta = {key: part for key, part in value.get("meta", {}).items() if key != "profile"}
        return kept | ({"meta": meta} if meta else {})
    return [_without_profiles(part) for part in value] if isinstance(value, list) else value
