"""One real demo office in processes of its own, over TLS, for tests that speak to it as other people's programs do."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support import this_run

READY_SECONDS = 600
FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Answer:
    """What the server said; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass
class Live:
    """A running demo office: where it is, what it trusts, and who can sign in with what."""

    home: Path
    url: str
    passwords: dict[str, str] = field(default_factory=dict)
    day: date = field(default_factory=lambda: datetime.now().date())
    """The day it was made, for which its people were written: a run may go on past midnight."""

    @property
    def base(self) -> str:
        """The FHIR base."""
        return f"{self.url}/fhir"

    @property
    def ca(self) -> Path:
        """The certificate authority of the demo."""
        return self.home / "tls" / "ca.pem"

    def trust(self) -> ssl.SSLContext:
        """A TLS context that trusts the demo's own certificate authority."""
        return ssl.create_default_context(cafile=str(self.ca))

    def connect(self, address: str = "") -> HTTPSConnection:
        """A connection for one request after another."""
        parts = urlsplit(address or self.url)
        return HTTPSConnection(str(parts.hostname), parts.port, context=self.trust(), timeout=60)

    def send(
        self,
        method: str,
        address: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        line: HTTPSConnection | None = None,
    ) -> Answer:
        """One request, without following redirects; `address` is absolute or begins at the root.

        Goes over `line` where there is one, which stays open, else over a connection of its own.
        """
        whole = address if "://" in address else self.url + address
        parts = urlsplit(whole)
        connection = line or self.connect(whole)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body=body, headers=dict(headers or {}))
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            if line is None:
                connection.close()

    def form(self, address: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """POST a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self.send("POST", address, urlencode(values).encode(), kind | dict(headers or {}))

    def fhir(self, path: str, token: str = "", method: str = "GET", **query: str | list[str]) -> Answer:
        """A request below the FHIR base with a bearer token; list values repeat a parameter."""
        address = path if "://" in path else f"{self.base}/{path}"
        if query:
            address += ("&" if "?" in address else "?") + urlencode(query, doseq=True)
        headers = {"Accept": FHIR_JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.send(method, address, None, headers)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the program on this home, however it ends."""
        return subprocess.run(
            [sys.executable, "-m", "chartpost", *words],
            env=environment(self.home, urlsplit(self.url).port),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def chartpost(self, *words: str) -> str:
        """Run a command of the program on this home, which must end well; returns what it printed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def app(self, name: str, kind: str, *more: str) -> tuple[str, str]:
        """Register an app from the shell: its client id, and its secret if it has one."""
        printed = self.chartpost("app", "add", name, "--kind", kind, *more)
        client = re.search(r"Client id: (\S+)", printed)
        secret = re.search(r"Secret, shown once: (\S+)", printed)
        assert client, printed
        return client[1], secret[1] if secret else ""


def environment(home: Path, port: int | None) -> dict[str, str]:
    """The environment of a demo process: ours, without settings of other tests."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CHARTPOST_", "DJANGO_"))}
    return clean | {"CHARTPOST_HOME": str(home), "CHARTPOST_DEMO": "1", "CHARTPOST_PORT": str(port)}


@dataclass(frozen=True)
class Made:
    """A demo office that was made from nothing, was ready, and was stopped: its home, what it printed, its end."""

    home: Path
    printed: str
    code: int

    @property
    def passwords(self) -> dict[str, str]:
        """Who can sign in with what."""
        return dict(re.findall(r"(\S+@\S+\.example\.org)\s+([A-Z0-9-]{12,})", self.printed))


def made() -> Made:
    """The demo office of this run of the suite, made by `chartpost demo` once; never started again, only copied."""
    folder = this_run.folder()
    home, said = folder / "demo", folder / "demo.json"
    with this_run.alone("demo"):
        if not said.exists():
            shutil.rmtree(home, ignore_errors=True)
            with started(home) as first:
                _settle(first.live)
            said.write_text(json.dumps({"printed": first.printed(), "code": first.process.returncode}))
    return Made(home, **json.loads(said.read_text()))


def _settle(live: Live) -> None:
    """Wait until each entry of the ledger has its place, so that no copy begins with a queue of old ones."""
    until = time.monotonic() + READY_SECONDS
    while "Waiting for their place: 0" not in (said := live.run("ledger", "verify").stdout):
        assert time.monotonic() < until, said


@dataclass
class Started:
    """`chartpost demo` at work, and the file it prints to."""

    live: Live
    process: "subprocess.Popen[bytes]"
    output: Path

    def printed(self) -> str:
        """What it printed until now."""
        return self.output.read_text()


@contextmanager
def started(home: Path) -> Iterator[Started]:
    """`chartpost demo` in this home, from `/readyz` saying yes until the end of the block."""
    port = this_run.free_port()
    output = home.with_suffix(".log")
    with output.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chartpost", "demo", "--home", str(home), "--port", str(port)],
            env=environment(home, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    found = Started(Live(home, f"https://localhost:{port}"), process, output)
    try:
        _wait(found)
        yield found
    finally:
        _stop(process)


@contextmanager
def running() -> Iterator[Live]:
    """A demo office in a home of its own, until the end of the block: a copy of the one this run made."""
    office = made()
    folder = Path(tempfile.mkdtemp(prefix="chartpost-live-", dir=this_run.folder()))
    try:
        shutil.copytree(office.home, folder / "home")
        with started(folder / "home") as found:
            found.live.passwords = office.passwords
            yield found.live
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=60)
        raise


def _wait(started: Started) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if started.process.poll() is not None:
            raise AssertionError(f"the demo stopped:\n{started.printed()[-3000:]}")
        try:
            if started.live.ca.exists() and started.live.send("GET", "/readyz").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the demo was not ready in {READY_SECONDS} s:\n{started.printed()[-3000:]}")
