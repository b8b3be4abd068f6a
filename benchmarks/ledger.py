"""What the ledger costs: reads with an entry against reads without, and entries sequenced a second.

    python benchmarks/ledger.py [--seconds 2] [--rounds 7]

Two reads, each alone and with one entry in the spool while another process sequences: one item of a record through
the records room, the leanest read the program serves (the bar of 75 % is for this one; exit code 1 below it), and a
bare point read of a 2 KB body on a raw encrypted connection, so short that it shows the bare cost of an entry.
Rounds alternate, so a busy machine slows both sides; speeds are per second of this process's CPU time.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

BAR = 0.75
BODIES, BODY_BYTES = 30_000, 2048
ITEMS = 3000
SEQUENCED = 50_000


def main() -> int:
    """Print the figures; returns 1 when reads with the ledger are below the bar."""
    parser = argparse.ArgumentParser(description="What the ledger costs.")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sequence", action="store_true", help="only sequence; what the other process does")
    options = parser.parse_args()
    if options.sequence:
        return _sequence()
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ["CHARTPOST_HOME"] = home
        _start()
        cases = (("one item of a record", _item()), ("bare point read", _point(Path(home) / "chartpost.db")))
        ratios = [_reads(name, read, options.seconds, options.rounds) for name, read in cases]
        _throughput()
        _check()
    detail = f"one item of a record, with an entry against without; a bare point read {ratios[1]:.0%}"
    print(json.dumps({"name": "ledger_reads", "ratio": round(ratios[0], 2), "goal": BAR, "detail": detail}))
    return 0 if ratios[0] >= BAR else 1


def _start() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _item() -> Callable[[], object]:
    """A read of one of some thousand observations of a person, as a page does it."""
    from chartpost.identity.types import SYSTEM, RowFilter
    from chartpost.records import queries, services
    from chartpost.records.types import Incoming

    code = {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hemoglobin"}
    value = {"value": 13.5, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    observation = {"resourceType": "Observation", "status": "final", "code": code, "valueQuantity": value}
    rows = (Incoming({**observation, "id": f"o{n}"}, f"o{n}", 7) for n in range(ITEMS))
    services.save(rows, services.source_id("bench"), SYSTEM)
    everything, pick = RowFilter(), random.Random(7).randrange
    return lambda: queries.item(7, "Observation", f"o{pick(ITEMS)}", everything)


def _point(database: Path) -> Callable[[], object]:
    """A read of one body by its key, outside Django."""
    from chartpost.kernel.db import connect
    from chartpost.kernel.keys import database_key

    raw = connect(database, database_key())
    raw.execute("CREATE TABLE bench_body (rid integer PRIMARY KEY, body blob NOT NULL)")
    raw.execute("BEGIN IMMEDIATE")
    rows = ((rid, os.urandom(BODY_BYTES)) for rid in range(BODIES))
    raw.executemany("INSERT INTO bench_body VALUES (?, ?)", rows)
    raw.execute("COMMIT")
    pick = random.Random(7).randrange
    return lambda: raw.execute("SELECT body FROM bench_body WHERE rid = ?", (pick(BODIES),)).fetchone()


def _with_entry(read: Callable[[], object]) -> Callable[[], object]:
    """The same read with its entry in the spool."""
    from chartpost.ledger import services
    from chartpost.ledger.types import Event

    def ledgered() -> None:
        read()
        services.note_read(
            Event("staff:01bench", "Ana Ruiz", "staff", "record.read", 7, "person:01bench", "treatment", "10.0.0.9")
        )

    return ledgered


def _reads(case: str, plain: Callable[[], object], seconds: float, rounds: int) -> float:
    """Measure both sides in turns; returns the median ratio."""
    ledgered = _with_entry(plain)
    ratios, speeds = [], []
    sequencer = subprocess.Popen([sys.executable, __file__, "--sequence"])
    try:
        _speed(plain, 2 * seconds)
        for _ in range(rounds):
            without, with_ledger = _speed(plain, seconds), _speed(ledgered, seconds)
            ratios.append(with_ledger / without)
            speeds.append((without, with_ledger))
    finally:
        sequencer.terminate()
        sequencer.wait()
    without, with_ledger = (statistics.median(side) for side in zip(*speeds, strict=True))
    ratio = statistics.median(ratios)
    print(case)
    print(f"reads without a ledger entry   {without:>9,.0f} /s")
    print(f"reads with a ledger entry      {with_ledger:>9,.0f} /s")
    print(f"ratio                          {ratio:>9.0%}   ({min(ratios):.0%} to {max(ratios):.0%})")
    return ratio


def _speed(read: Callable[[], object], seconds: float) -> float:
    """Calls a second of this process's CPU time, so that other programs on the machine do not count."""
    count, began, until = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until:
        for _ in range(50):
            read()
        count += 50
    return count / (time.process_time() - began)


def _throughput() -> None:
    """Sequence a full spool and print entries a second."""
    from chartpost.ledger import services, spool
    from chartpost.ledger.types import Event

    services.sequence()
    event = Event("staff:01bench", "Ana Ruiz", "staff", "record.read", 7, "person:01bench", "treatment", "10.0.0.9")
    for _ in range(SEQUENCED):
        services.note_read(event)
    spool.writer().close()
    began = time.monotonic()
    added = services.sequence()
    print(f"entries filed and sequenced    {added / (time.monotonic() - began):>9,.0f} /s")


def _check() -> None:
    from chartpost.ledger.verify import verify

    began = time.monotonic()
    report = verify()
    if not report.ok:
        sys.exit(f"the ledger is not whole: {report.first}")
    print(f"entries verified               {report.size / (time.monotonic() - began):>9,.0f} /s")


def _sequence() -> int:
    """The other process: sequence until told to stop."""
    _start()
    from chartpost.ledger.services import run_sequencer

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_sequencer(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
