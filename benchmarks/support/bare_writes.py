"""What a transaction bundle costs at least: python -m support.bare_writes FOLDER, in a home.

For each line read, every bundle of the folder is parsed with orjson, each resource validated with the R4 schema by
jsonschema-rs, and its bytes inserted into a table without an index in the same encrypted database, one transaction a
bundle. Prints the seconds of processor time it took.
"""

import sys
import time
from pathlib import Path

import orjson


def main() -> int:
    """Answer each line with one pass."""
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bare (id integer PRIMARY KEY, kind text, body blob)")
    bundles = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
    for _ in sys.stdin:
        began = time.process_time()
        for data in bundles:
            _write(data)
        print(time.process_time() - began, flush=True)
    return 0


def _write(data: bytes) -> None:
    from django.db import connection, transaction

    from chartpost.formats.fhirjson.validate import validate

    rows = []
    for entry in orjson.loads(data)["entry"]:
        resource = entry["resource"]
        if validate(resource["resourceType"], resource):
            raise SystemExit("a bundle is not FHIR R4")
        rows.append((resource["resourceType"], orjson.dumps(resource)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO bare (kind, body) VALUES (%s, %s)", rows)


if __name__ == "__main__":
    sys.exit(main())
