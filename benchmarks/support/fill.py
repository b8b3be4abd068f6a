"""Fill the home of CHARTPOST_HOME with replicated people: python -m support.fill [--people N | --resources N].

Without either the home's tables are brought to the present shape, and nothing else happens.

Everything goes through the rooms' own services; records through the store's own write function, in large transactions
without waiting for the disk.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support import people
from support.home import GROUP, HUNDRED

AT_ONCE = 5000


def main() -> int:
    """Make the home and write facts.json into it."""
    given = argparse.ArgumentParser()
    given.add_argument("--people", type=int, default=0)
    given.add_argument("--resources", type=int, default=0)
    wanted = given.parse_args()
    from chartpost.kernel.config import config
    from chartpost.kernel.start import prepare

    for _ in prepare(config()):
        pass
    if not wanted.people and not wanted.resources:
        return 0
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -2000000")
            cursor.execute("PRAGMA secure_delete = OFF")
            cursor.execute("PRAGMA wal_autocheckpoint = 100000")
    facts = _fill(wanted.people, wanted.resources)
    with connection.cursor() as cursor:  # no statistics on SQLite: no office has them, and with them it plans anew
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)" if connection.vendor == "sqlite" else "ANALYZE")
    connection.close()
    (Path(config().home) / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return 0


def _fill(number: int, most: int) -> dict[str, Any]:
    from chartpost.records import services as records
    from chartpost.records.types import Incoming

    began = time.monotonic()
    source = records.source_id("bench", "Benchmark")
    directory = [Incoming(r, r["id"], 0) for r in people.shared()]
    _write(directory, source)
    persons: list[tuple[int, str]] = []
    count, waiting = len(directory), []
    for person_id, resources in _added(number, most, count):
        persons.append((person_id, resources[0]["id"]))
        waiting += [Incoming(r, r["id"], person_id) for r in resources]
        count += len(resources)
        if len(waiting) >= AT_ONCE:
            _write(waiting, source)
            waiting = []
            print(f"{count} resources, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    _write([*waiting, _group(persons)], source)
    return {"resources": count + 1, "people": len(persons), "persons": persons}


def _added(number: int, most: int, count: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Persons one after the other with their resources, until there are enough."""
    from chartpost.demo.people import fields_of, identifiers_of
    from chartpost.identity import services
    from chartpost.identity.types import SYSTEM

    at = 0
    while (at < number) if number else (count < most):
        resources = people.replica(at)
        patient = resources[0]
        person = services.add_person(fields_of(patient), identifiers_of(patient), SYSTEM)
        services.add_source(person.id, "bench", patient["id"], [])
        yield person.id, resources
        at, count = at + 1, count + len(resources)


def _group(persons: list[tuple[int, str]]) -> Any:
    from chartpost.records.types import Incoming

    members = [{"entity": {"reference": f"Patient/{patient_id}"}} for _, patient_id in persons[:HUNDRED]]
    group = {"resourceType": "Group", "id": GROUP, "type": "person", "actual": True, "member": members}
    return Incoming(group, GROUP, 0)


def _write(incoming: list[Any], source: int) -> None:
    from django.db import transaction

    from chartpost.records import preparing, store

    with transaction.atomic():
        store.write(preparing.prepare(incoming), source)


if __name__ == "__main__":
    sys.exit(main())
