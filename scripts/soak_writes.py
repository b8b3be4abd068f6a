"""Kill the web part with signal 9 while many clients write: what was answered is there, and no half of anything else.

    scripts/soak_writes.py [--kills 12] [--seed N]

Sixteen clients create resources and send transactions of three. Writes that come together share a commit, so each kill
may fall between any two steps of one. Half-way one process of the server is killed, which may be the one that writes
for all: the others go on, and nobody hears of anything but that what became of a request is not known. Then all are
killed. After it a new server must give every resource that was answered, each transaction whole or not at all, and as
many entries of the ledger as there are changes. Prints one line at its end.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from support.server import Server, chartpost, family  # noqa: E402 - found through the line above

from support import home  # noqa: E402 - same

CLIENTS, PEOPLE, THREE = 16, 13, 3
COUNTS = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM records_resource WHERE fhir_id LIKE 'whole-%'")
    print(cursor.fetchone()[0], end=" ")
    cursor.execute("SELECT count(*) FROM ledger_entry WHERE action = 'record.create' AND object LIKE 'Basic/%'")
    print(cursor.fetchone()[0], end=" ")
    cursor.execute("SELECT count(*) FROM records_resource r WHERE fhir_id NOT LIKE 'whole-%' AND kind ="
                   " (SELECT kind FROM records_resource WHERE fhir_id = 'first')")
    print(cursor.fetchone()[0])
"""


@dataclass
class Trial:
    """What clients were answered."""

    token: str
    made: list[str] = field(default_factory=list)
    unknown: int = 0
    refused: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def write(self, server: Server, number: int) -> None:
        """Create and send transactions until the server is gone."""
        count = 0
        while not self.over.is_set():
            count += 1
            try:
                self._create(server) if count % 4 else self._transaction(server, f"{server.port}-{number}-{count}")
            except (OSError, HTTPException):
                time.sleep(0.02)

    def _create(self, server: Server) -> None:
        status, body = server.ask("POST", "/fhir/Basic", self.token, _basic())
        if status == 500 and b"Look whether it was stored" in body:
            self.unknown += 1
        else:
            self._keep(status, 201, [f"Basic/{json.loads(body).get('id')}"])

    def _transaction(self, server: Server, name: str) -> None:
        names = [f"whole-{name}-{part}" for part in range(THREE)]
        entries = [
            {"resource": json.loads(_basic(one)), "request": {"method": "PUT", "url": f"Basic/{one}"}} for one in names
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        status, _ = server.ask("POST", "/fhir", self.token, json.dumps(bundle).encode())
        self._keep(status, 200, [f"Basic/{one}" for one in names])

    def _keep(self, status: int, wanted: int, made: list[str]) -> None:
        if status == wanted:
            self.made += made
        else:
            self.refused.append(str(status))


def _basic(name: str = "") -> bytes:
    value = {"resourceType": "Basic", "code": {"text": "soak"}}
    return json.dumps({**value, "id": name} if name else value).encode()


def main() -> int:
    """Run; returns 1 when something was lost, halved or refused."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--kills", type=int, default=12)
    given.add_argument("--seed", type=int, default=random.randrange(2**32))
    wanted = given.parse_args()
    chance = random.Random(wanted.seed)
    with home.copy(home.people(PEOPLE)) as where:
        trial = Trial(json.loads(home.run(Path(where), "mint", "0"))["system"])
        with chartpost(Path(where)) as server:
            server.ask("PUT", "/fhir/Basic/first", trial.token, _basic("first"))
        for _ in range(wanted.kills):
            _killed(Path(where), trial, chance)
        with chartpost(Path(where)) as server:
            lost = [each for each in trial.made if server.get(f"/fhir/{each}", trial.token)[0] != 200]
        whole, entries, alone = (int(x) for x in _counted(Path(where)).split())
    good = not lost and not trial.refused and whole % THREE == 0 and entries == alone
    print(
        f"{wanted.kills} kills of one process, {wanted.kills} of all, {len(trial.made):,} resources answered:"
        f" {len(lost)} lost, {len(trial.refused)} refused, {whole % THREE} of a transaction cut,"
        f" {alone - entries} changes without an entry, {trial.unknown} told that nobody knows; seed {wanted.seed}"
    )
    return 0 if good and trial.made else 1


def _killed(where: Path, trial: Trial, chance: random.Random) -> None:
    """Write for some seconds, kill one process that serves, write on, then kill every process of the server."""
    trial.over.clear()
    with chartpost(where) as server:
        threads = [threading.Thread(target=trial.write, args=(server, number)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.3, 3))
        os.kill(chance.choice(family(server.pid)[1:]), signal.SIGKILL)
        before = len(trial.made)
        time.sleep(chance.uniform(0.3, 3))
        stopped = len(trial.made) == before
        for pid in family(server.pid):
            os.kill(pid, signal.SIGKILL)
        trial.over.set()
        for thread in threads:
            thread.join()
    if stopped:
        trial.refused.append("all, once one process was gone")


def _counted(where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", COUNTS], env=home.environment(where), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
