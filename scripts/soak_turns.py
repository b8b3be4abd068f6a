"""Read, search and write through the whole WSGI program at once: no answer may be old, or of another resource.

    scripts/soak_turns.py [--seconds 40]

Turns lend their database connections to one thread after the other. Two dozen threads of one process read people's
resources and look for them by id, write resources whose bodies stall (their turns go to others meanwhile), send
transactions that are undone, and read back what they and others wrote. A connection lent twice, a snapshot left open or
a transaction handed on would show as a 404, an old version or another resource. Prints one line at its end.
"""

import argparse
import io
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks"), str(ROOT / "scripts")]

from support import home  # noqa: E402 - found through the line above

PEOPLE = 13
UNDONE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "resource": {"resourceType": "Basic", "code": {"text": "gone"}},
            "request": {"method": "POST", "url": "Basic"},
        },
        {"resource": {"resourceType": "Basic"}, "request": {"method": "PUT", "url": "Basic/wrong"}},
    ],
}


class Stalling(io.BytesIO):
    """A body that often keeps its reader waiting."""

    def read(self, size: int | None = -1) -> bytes:
        """Some of it, later."""
        if random.random() < 0.5:
            time.sleep(random.random() * 0.02)
        return super().read(size)


@dataclass
class Trial:
    """What is asked, by whom, and what was wrong."""

    application: Callable[..., Any]
    rows: list[tuple[str, str]]
    system: str
    until: float
    latest: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, token: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        data = b"" if body is None else json.dumps(body).encode()
        place, _, query = path.partition("?")
        environ = {"REQUEST_METHOD": method, "PATH_INFO": place, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1"}
        environ |= {"HTTP_HOST": "localhost:8443", "HTTP_AUTHORIZATION": f"Bearer {token}", "SCRIPT_NAME": ""}
        environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "8443", "wsgi.url_scheme": "https"}
        if data:
            environ |= {"CONTENT_LENGTH": str(len(data)), "CONTENT_TYPE": "application/fhir+json"}
        got: list[str] = []
        pieces = self.application({**environ, "wsgi.input": Stalling(data)}, lambda status, _: got.append(status))
        self.asked[method] += 1
        return int(got[0][:3]), json.loads(b"".join(pieces) or b"null")

    def expect(self, right: bool, what: str) -> None:
        """Keep what was wrong."""
        if not right:
            self.faults.append(what)

    def read(self, chance: random.Random) -> None:
        """A resource of somebody, by its id and by a search for it."""
        path, token = chance.choice(self.rows)
        status, found = self.ask("GET", path, token)
        self.expect(status == 200 and path.endswith(found["id"]), f"{path} gave {status}")
        kind, _, name = path.rpartition("/")
        status, found = self.ask("GET", f"{kind}?_id={name}&_total=accurate", token)
        self.expect(status == 200 and found["total"] == 1, f"a search for {path} gave {status}")

    def write(self, chance: random.Random) -> None:
        """A new version, read back at once; only one thread writes each resource."""
        name = f"{threading.current_thread().name}-{chance.randrange(3)}"
        number = self.latest.get(name, 0) + 1
        status, _ = self.ask("PUT", f"/fhir/Basic/{name}", self.system, _basic(name, number))
        self.expect(status in (200, 201), f"a write gave {status}")
        self.latest[name] = number
        self.look(name, number)

    def watch(self, chance: random.Random) -> None:
        """What another thread wrote, at least as new as it said."""
        if self.latest:
            name, number = chance.choice(list(self.latest.items()))
            self.look(name, number)

    def look(self, name: str, least: int) -> None:
        """A resource is there, in this version or a later one."""
        status, found = self.ask("GET", f"/fhir/Basic/{name}", self.system)
        self.expect(status == 200 and int(found["code"]["text"]) >= least, f"Basic/{name} gave {status}, or is old")

    def undo(self, _chance: random.Random) -> None:
        """A transaction that is refused in its middle."""
        status, _ = self.ask("POST", "/fhir", self.system, UNDONE)
        self.expect(status in (400, 422), f"a wrong transaction gave {status}")

    def run(self, work: Callable[[random.Random], None], seed: int) -> None:
        """Do it until time is over."""
        chance = random.Random(seed)
        while time.monotonic() < self.until:
            work(chance)


def _basic(name: str, number: int) -> dict[str, Any]:
    return {"resourceType": "Basic", "id": name, "code": {"text": str(number)}}


def main() -> int:
    """Run; returns 1 when an answer was wrong."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seconds", type=float, default=40)
    seconds = given.parse_args().seconds
    with home.copy(home.people(PEOPLE)) as where:
        tokens = json.loads(home.run(Path(where), "mint", str(PEOPLE)))
        os.environ.update(home.environment(Path(where)))
        trial = _trial(tokens, seconds)
        works = [trial.read] * 12 + [trial.write] * 6 + [trial.watch] * 4 + [trial.undo] * 2
        threads = [threading.Thread(target=trial.run, args=(work, n), name=f"t{n}") for n, work in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for fault in trial.faults[:20]:
        print(fault)
    told = ", ".join(f"{number:,} {method}" for method, number in sorted(trial.asked.items()))
    print(f"{told} in {seconds:.0f} s by {len(works)} threads: {len(trial.faults)} wrong answers")
    return 1 if trial.faults or not trial.latest else 0


def _trial(tokens: dict[str, Any], seconds: float) -> Trial:
    from support import people

    rows = [
        (f"/fhir/{one['resourceType']}/{one['id']}", token)
        for number, (_, _, token) in enumerate(tokens["people"])
        for one in people.replica(number)[::5]
    ]
    from chartpost.wsgi import application

    return Trial(application, rows, tokens["system"], time.monotonic() + seconds)


if __name__ == "__main__":
    sys.exit(main())
