"""Fire fuzzed requests at a live FHIR door over TLS: none may yield a 5xx or a row out of the token's scope.

    scripts/soak_fhir.py [--requests 50000] [--seed N] [--threads 4]

Requests are made from the server's own CapabilityStatement (fhir_fuzz.grammar) and sent by several people's apps, an
app with granular scopes, staff, backend clients and nobody, in turn. Each fault is printed with the request that made
it; the same seed makes the same requests. Prints one line at its end.
"""

import argparse
import http.client
import json
import random
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks"), str(ROOT / "scripts")]

from fhir_fuzz import judge  # noqa: E402 - found through the line above
from fhir_fuzz.grammar import Ask, Grammar  # noqa: E402
from fhir_fuzz.judge import Who  # noqa: E402
from support.server import Server, chartpost  # noqa: E402

from support import home, people  # noqa: E402

PEOPLE = 13
ONE, OTHER = 10, 11
MOST_SHOWN = 20
NARROW = (
    "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
    "patient/Condition.rs",
)


@dataclass
class Tally:
    """What came of the requests so far."""

    statuses: Counter[int] = field(default_factory=Counter)
    by_name: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, who: Who, ask: Ask, status: int, found: list[str]) -> None:
        """Count an answer and keep what was wrong with it."""
        with self.lock:
            self.statuses[status] += 1
            self.by_name[who.name] += 1
            for fault in found:
                self.faults.append(fault)
                if len(self.faults) <= MOST_SHOWN:
                    body = (ask.body or b"")[:600]
                    print(f"{fault}: as {who.name}: {ask.method} {ask.path[:600]} {ask.headers} {body!r}", flush=True)


def main() -> int:
    """Fire, and print what came of it; 1 when something was wrong."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--requests", type=int, default=50_000)
    given.add_argument("--threads", type=int, default=4)
    given.add_argument("--seed", type=int, default=random.randrange(2**32))
    wanted = given.parse_args()
    tally, began = Tally(), time.monotonic()
    with home.copy(home.people(PEOPLE)) as where:
        everyone = askers(Path(where))
        with chartpost(Path(where), TLS="own-ca") as server:
            fire(server, Path(where), everyone, wanted, tally)
    took = time.monotonic() - began
    wrong = Counter(fault.partition(" of ")[0] for fault in tally.faults)
    print(f"statuses {dict(sorted(tally.statuses.items()))}, asked by {dict(tally.by_name)}")
    bad = sum(count for status, count in tally.statuses.items() if status >= 500)
    beyond = sum("beyond" in fault or "another person" in fault for fault in tally.faults)
    print(
        f"{tally.statuses.total():,} requests over TLS in {took:.0f} s, seed {wanted.seed}: {bad} answers of 5xx,"
        f" {beyond} rows out of scope, {len(tally.faults) - bad - beyond} other faults {dict(wrong) or ''}".rstrip()
    )
    return 1 if tally.faults or tally.statuses.total() < wanted.requests // wanted.threads * wanted.threads else 0


def askers(where: Path) -> list[Who]:
    """Everyone who asks, with a token each."""
    tokens: dict[str, str] = json.loads(home.run(where, "mint_kinds", str(ONE), str(OTHER), *NARROW))
    narrow = {"types": frozenset({"Observation", "Condition"}), "categories": frozenset({"laboratory"})}
    return [
        Who("a person's app", tokens["person"], people=frozenset({ONE})),
        Who("another person's app", tokens["other"], people=frozenset({OTHER})),
        Who("an app with granular scopes", tokens["narrow"], people=frozenset({OTHER}), **narrow),
        Who("an app that may read one type", tokens["reader"], people=frozenset({ONE}), types=frozenset({"Patient"})),
        Who("staff", tokens["staff"]),
        Who("a backend client", tokens["system"]),
        Who("a backend client that searches one type", tokens["patients"], types=frozenset({"Patient"})),
        Who("nobody", "", people=frozenset(), types=frozenset()),
        Who("a stranger", "not-a-token", people=frozenset(), types=frozenset()),
    ]


def fire(server: Server, where: Path, everyone: list[Who], wanted: argparse.Namespace, tally: Tally) -> None:
    """Send all requests over several connections at once."""
    trust = ssl.create_default_context(cafile=str(where / "tls" / "ca.pem"))
    status, _, body = Client(server.port, trust).send(Ask("GET", "/fhir/metadata"), "")
    if status != 200:
        raise SystemExit(f"metadata gave {status}")
    capability = json.loads(body)
    resources = [r for number in (ONE, OTHER, 5, 12) for r in people.replica(number)] + people.shared()[:5]

    def work(number: int) -> None:
        chance = random.Random(wanted.seed * 1000 + number)
        grammar, client = Grammar(capability, resources, chance), Client(server.port, trust)
        for _ in range(wanted.requests // wanted.threads):
            one(grammar, client, chance.choice(everyone), tally)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(wanted.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one(grammar: Grammar, client: "Client", who: Who, tally: Tally) -> None:
    """One request and what is to be said of its answer."""
    ask = grammar.ask(min(who.people) if who.people else None)
    try:
        status, kind, body = client.send(ask, who.token)
    except (OSError, http.client.HTTPException) as error:
        tally.add(who, ask, 599, [f"no answer ({type(error).__name__})"])
        return
    grammar.cursors = [*grammar.cursors[-20:], *judge.cursors(body)[:1]]
    tally.add(who, ask, status, list(judge.faults(who, ask.method, ask.path, status, kind, body)))


class Client:
    """One connection kept open."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        self._port, self._trust = port, trust
        self._connection: http.client.HTTPSConnection | None = None

    def send(self, ask: Ask, token: str) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer."""
        headers = {**ask.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        held = self._connection is not None
        try:
            return self._send(ask, headers)
        except (OSError, http.client.HTTPException):
            self._connection = None
            if not held:
                raise
            return self._send(ask, headers)  # a connection kept open may have been closed in between

    def _send(self, ask: Ask, headers: dict[str, str]) -> tuple[int, str, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection("localhost", self._port, timeout=60, context=self._trust)
        connection: Any = self._connection
        connection._validate_path = bool  # odd addresses are what is tried
        connection.request(ask.method, ask.path, ask.body, headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.will_close:
            connection.close()
        return answer.status, answer.headers.get("Content-Type", ""), body


if __name__ == "__main__":
    sys.exit(main())
