"""HAPI FHIR's JPA server as a peer: built from Maven Central when it is measured, filled with the same people.

Its parts keep their defaults; it has an H2 database, unencrypted, no access tokens and no ledger. The build and the
filled database are kept under BENCH_CACHE.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import bundles, people
from support import home as homes
from support.server import Server, free_port, process

HERE = Path(__file__).with_name("hapi")
VERSION = "8.8.0"
AT_ONCE = 200


@contextmanager
def hapi(number: int) -> Iterator[Server]:
    """HAPI with so many people; filled the first time."""
    jars = _built()
    kept = homes.cache() / f"hapi-{VERSION}-people-{number}"
    if not (kept / "done").exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        print("filling HAPI", file=sys.stderr, flush=True)
        with _running(jars, kept / "peer") as server:
            _fill(server, number)
        (kept / "done").touch()
    folder = homes.cache() / "hapi-working"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder)
    with _running(jars, folder / "peer") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def _built() -> Path:
    """The folder with the peer's classes and all it needs."""
    target = homes.cache() / f"hapi-{VERSION}-build"
    if (target / "done").exists():
        return target
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not here. Expected Java 17 and Maven. Install: apt-get install maven")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(HERE, target)
    print("building HAPI from Maven Central", file=sys.stderr, flush=True)
    goals = ["compile", "dependency:copy-dependencies", f"-DoutputDirectory={target / 'lib'}"]
    subprocess.run(["mvn", "-B", "-q", *goals], cwd=target, check=True, stdout=sys.stderr)
    (target / "done").touch()
    return target


@contextmanager
def _running(jars: Path, database: Path) -> Iterator[Server]:
    port = free_port()
    path = f"{jars / 'target' / 'classes'}:{jars / 'lib'}/*"
    words = ["java", "-Xmx4g", "-cp", path, "Peer", str(port), str(database)]
    log = homes.cache() / "hapi.log"
    with process(words, port, homes.environment(database), seconds=180, log=log) as server:
        yield server


def _fill(server: Server, number: int) -> None:
    _put(server, people.shared())
    for at in range(number):
        _put(server, people.replica(at))


def _put(server: Server, resources: list[dict[str, Any]]) -> None:
    for start in range(0, len(resources), AT_ONCE):
        status, body = server.ask("POST", "/fhir", body=bundles.putting(resources[start : start + AT_ONCE]))
        if status != 200:
            raise SystemExit(f"HAPI answered {status}: {body[:500]!r}")
