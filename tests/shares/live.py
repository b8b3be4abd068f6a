"""A real office in processes of its own, with one sender, that tests may stall, kill and start again."""

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.shares.door import Answer
from tests.shares.sealing import Link, Sealed, digest_header
from tests.support import this_run
from tests.support.this_run import free_port

SENDER, PASSWORD = "sender@office.example.org", "correct horse battery staple"
_PREPARE = f"""
import sys
from chartpost.kernel.config import config
from chartpost.kernel.start import prepare
list(prepare(config()))
from chartpost.identity import queries, services
from chartpost.shares import services as shares
account = services.add_account("{SENDER}", "Sam Sender", "{PASSWORD}", staff=True)
services.give_role(account, "clerk", services.system_actor())
print("TOKEN", shares.make_token(queries.actor_of(account)))
"""


@dataclass
class Office:
    """A home, its port and its sender's shell token; `process` is the web part while it runs."""

    home: Path
    port: int
    token: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    more: dict[str, str] = field(default_factory=dict)
    """Other variables of its environment."""
    others: list[int] = field(default_factory=list)
    """Processes of it beside the web part."""

    @property
    def log(self) -> Path:
        return self.home.with_suffix(".log")

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHARTPOST_", "DJANGO_", "PYTEST_"))}
        own = {
            "CHARTPOST_HOME": str(self.home),
            "CHARTPOST_PORT": str(self.port),
            "CHARTPOST_TLS": "proxy",
            "CHARTPOST_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        return kept | own | self.more | {f"CHARTPOST_{name}": value for name, value in self.settings.items()}

    def run(self, code: str) -> str:
        """Run a piece of Python in the office's environment; returns what it prints."""
        start = "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'chartpost.settings'\n"
        command = [sys.executable, "-c", start + code]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def prepare(self) -> None:
        """Tables, the account of the sender and a token of theirs: those this run of the suite made once, copied."""
        made = this_run.folder() / "office"
        token = made / "token"
        with this_run.alone("office"):
            if not token.exists():
                shutil.rmtree(made, ignore_errors=True)
                printed = Office(made / "home", self.port).run(_PREPARE)
                token.write_text(printed.partition("TOKEN ")[2].strip())
        shutil.copytree(made / "home", self.home)
        self.token = token.read_text()

    def start(self) -> None:
        with self.log.open("ab") as log:
            words = [sys.executable, "-m", "chartpost", "web"]
            self.process = subprocess.Popen(
                words, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 180
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                if self.ask("GET", "/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the office did not start:\n" + self.log.read_text()[-3000:])

    def kill(self) -> None:
        """End every process of the web part at once, as a power switch would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.process = None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def pids(self) -> list[int]:
        """The processes of the web part, and those beside it."""
        assert self.process is not None
        found = [self.process.pid, *self.others]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def connect(self) -> http.client.HTTPConnection:
        if self.settings.get("TLS") == "own-ca":
            context = ssl.create_default_context(cafile=str(self.home / "tls" / "ca.pem"))
            return http.client.HTTPSConnection("localhost", self.port, context=context, timeout=60)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self, method: str, path: str, body: Any = None, token: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        connection = self.connect()
        try:
            connection.request(method, path, data, sent | dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def make(self, sealed: Sealed, *links: Link) -> str:
        """Make and announce a share; returns its upload token."""
        asked = {"share": sealed.share, "recipients": [link.asked(sealed) for link in links]}
        answer = self.ask("POST", "/s/api/shares", asked, self.token)
        assert answer.status == 201, answer.body
        upload = str(answer.json["upload_token"])
        for index, (name, data) in enumerate(sealed.objects.items()):
            asked = {"object": name, "index": index, "size": len(data)}
            assert self.ask("POST", f"/s/api/shares/{sealed.share}/objects", asked, upload).status == 201
        return upload

    def put(self, sealed: Sealed, name: str, number: int, part: bytes, upload: str) -> Answer:
        path = f"/s/api/shares/{sealed.share}/objects/{name}/parts/{number}"
        return self.ask("PUT", path, part, upload, {"Content-Digest": digest_header(part)})


@contextmanager
def office(folder: Path, **settings: str) -> Iterator[Office]:
    """A running office in `folder`."""
    found = Office(folder / "home", free_port(), settings=settings)
    found.prepare()
    found.start()
    try:
        yield found
    finally:
        found.stop()
