"""Time `chartpost import` against a bare loop over the same bundles.

The bare loop parses each bundle with orjson, validates every resource with the same R4 schema and inserts its bytes
into a table of the same encrypted database, in steps of the same size. The import also matches persons, keeps the
original, resolves references, versions, indexes, counts, makes text searchable and writes the ledger.

    python benchmarks/import_speed.py [--files FOLDER] [--rounds N]

Without a folder of third-party bundles, bundles are made from the synthetic people of the demo.
Prints one JSON line: {"name", "ratio", "goal", "detail"}; the median of the rounds counts.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 0.20
STEP = 200


def main() -> int:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=Path, default=None)
    arguments.add_argument("--rounds", type=int, default=9)
    given = arguments.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ |= {"CHARTPOST_HOME": home, "DJANGO_SETTINGS_MODULE": "chartpost.settings"}
        os.environ.pop("CHARTPOST_DATABASE_URL", None)
        bundles = read_bundles(given.files or default_files())
        result = measure(bundles, given.rounds)
    print(json.dumps(result))
    return 0 if result["ratio"] >= GOAL else 1


def default_files() -> Path:
    """Where third-party bundles lie, when they are there."""
    return Path(os.environ.get("CHARTPOST_SHARED_DATA", ROOT.parent / "shared" / "data")) / "fhir"


def read_bundles(folder: Path) -> list[bytes]:
    """The bundles as plain JSON bytes."""
    packed = sorted(folder.glob("synthea*.json.gz")) if folder.is_dir() else []
    if packed:
        return [gzip.decompress(path.read_bytes()) for path in packed]
    plain = [path.read_bytes() for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return plain or synthetic()


def synthetic() -> list[bytes]:
    """The bundles of the synthetic people whose names and birth dates are their own."""
    from datetime import date

    import orjson

    from chartpost.demo.generator import generate

    people = [p for p in generate(7, date(2026, 11, 21)) if "two_same_name" not in p.traits]
    return [orjson.dumps(p.bundle) for p in people]


def measure(bundles: list[bytes], rounds: int) -> dict[str, object]:
    """Both ways, in turn, on the same database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.cursor().execute("CREATE TABLE bare (id integer PRIMARY KEY, kind text, fhir_id text, body blob)")
    resources = bare(bundles)  # the first round also loads the schemas
    full(renewed(bundles, "warm"))
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        theirs.append(timed(bare, bundles))
        ours.append(timed(full, renewed(bundles, str(number))))
    if not resources:
        raise SystemExit("no resources to measure with")
    ratio = statistics.median(theirs) / statistics.median(ours)
    per_second = round(resources / statistics.median(ours))
    bare_second = round(resources / statistics.median(theirs))
    detail = f"{resources} resources: {per_second}/s imported, {bare_second}/s bare loop"
    return {"name": "import_speed", "ratio": round(ratio, 3), "goal": GOAL, "detail": detail}


def timed(work: Callable[[list[bytes]], object], bundles: list[bytes]) -> float:
    """Seconds a pass over the bundles takes."""
    start = time.perf_counter()
    work(bundles)
    return time.perf_counter() - start


def bare(bundles: list[bytes]) -> int:
    """Parse, validate, insert; nothing else."""
    import orjson
    from django.db import connection, transaction

    from chartpost.formats.fhirjson.validate import validate

    count = 0
    for data in bundles:
        rows = []
        for entry in orjson.loads(data)["entry"]:
            resource = entry["resource"]
            if validate(resource["resourceType"], resource):
                raise SystemExit("a bundle is not FHIR R4")
            rows.append((resource["resourceType"], resource.get("id", ""), orjson.dumps(resource)))
        for start in range(0, len(rows), STEP):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO bare (kind, fhir_id, body) VALUES (%s, %s, %s)", rows[start : start + STEP]
                )
        count += len(rows)
    return count


def full(bundles: list[bytes]) -> None:
    """Import each bundle."""
    from chartpost.identity.types import SYSTEM
    from chartpost.records.ingest import import_stream

    for number, data in enumerate(bundles):
        report = import_stream(io.BytesIO(data), f"{number}.json", SYSTEM)
        if report.refused or report.inbox or not report.created:
            raise SystemExit(f"the import did not go through: {report}")


def renewed(bundles: list[bytes], mark: str) -> list[bytes]:
    """The same bundles about other people: ids, identifiers, names and addresses are others."""
    return [
        _renewed(data, hashlib.sha256(f"{mark}-{n}".encode()).hexdigest()[:4].encode())
        for n, data in enumerate(bundles)
    ]


def _renewed(data: bytes, seed: bytes) -> bytes:
    found = re.sub(rb"\b[0-9a-f]{4}(?=[0-9a-f]{4}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", seed, data)
    found = re.sub(rb'("value": ?")(999-\d\d-|S999|X\d|LFH-)', rb"\g<1>" + seed + rb"\g<2>", found)
    return re.sub(rb'("(?:family": ?|(?:given|line)": ?\[\s*)")[^"]*', rb"\g<1>" + seed[::-1] * 2, found)


if __name__ == "__main__":
    sys.exit(main())
