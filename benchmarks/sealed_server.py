"""Compare the sealed API with nginx: the same bytes over the same TLS, four requests at a time.

Down: ranges of 8,396,800 bytes of one object, picked at random. Up: parts of that size, each once; Chartpost checks the
SHA-256 of each and has it on disk when it answers, nginx writes a file. What counts is bytes per second; the processor
time of each server stands in the detail.

    python benchmarks/sealed_server.py [--rounds N] [--parts N]

Prints JSON lines {"name", "ratio", "goal", "detail"}; the median of interleaved rounds counts.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import re
import secrets
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.nginx import nginx
from support.server import Server, free_port, process

from support import figures, home

PART = 8_396_800
CONNECTIONS = 4
SECONDS = 4
_GOALS = {"sealed download against nginx": 0.7, "sealed upload against nginx": 0.5}
_SCRIPT = """
function init(args)
  path, token, parts, part = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  math.randomseed(tonumber(args[5]))
end
function request()
  local start = math.random(0, parts - 1) * part
  local headers = {["Host"] = "localhost", ["Range"] = "bytes=" .. start .. "-" .. (start + part - 1)}
  if token ~= "" then headers["Authorization"] = "Bearer " .. token end
  return wrk.format("GET", path, headers)
end
"""


@dataclass(frozen=True)
class Rate:
    """Bytes, seconds, and seconds of the server's processor time."""

    size: int
    seconds: float
    cpu: float

    @property
    def speed(self) -> float:
        """Megabytes per second."""
        return self.size / self.seconds / 1e6


def main() -> int:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--parts", type=int, default=40)
    wanted = given.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="chartpost-bench-") as folder,
        office(Path(folder) / "home") as (ours, token),
    ):
        tls = Path(folder) / "home" / "tls"
        cert, key = tls / "server.pem", tls / "server.key"
        with nginx(Path(folder) / "nginx", cert, key, workers=2) as theirs:
            yard = Yard(ours, theirs, token, Path(folder), tls / "ca.pem", wanted.parts)
            found = [yard.compare(name, wanted.rounds) for name in _GOALS]
    return figures.say(found)


class Yard:
    """Both servers and the bytes that go to and from them."""

    def __init__(self, ours: Server, theirs: Server, token: str, folder: Path, ca: Path, parts: int) -> None:
        self.ours, self.theirs, self.token, self.folder, self.parts = ours, theirs, token, folder, parts
        self.trust = ssl.create_default_context(cafile=str(ca))
        self.part = os.urandom(PART)
        self.number = 0
        self.grant, self.path = self._object_to_read()

    def compare(self, name: str, rounds: int) -> dict[str, Any]:
        """The median ratio of interleaved rounds."""
        sides = self._down() if "download" in name else self._up()
        ratios, kept = [], []
        for _ in range(rounds):
            one, other = sides[0](), sides[1]()
            kept.append((one, other))
            ratios.append(one.speed / other.speed)
        mean = [statistics.mean(side.speed for side in column) for column in zip(*kept, strict=True)]
        cpu = [sum(s.cpu for s in column) / sum(s.size for s in column) * 1e9 for column in zip(*kept, strict=True)]
        detail = (
            f"{mean[0]:,.0f} MB/s against {mean[1]:,.0f}; processor seconds a gigabyte {cpu[0]:.2f} and {cpu[1]:.2f}"
        )
        return figures.figure(name, statistics.median(ratios), _GOALS[name], detail)

    def _down(self) -> tuple[Callable[[], Rate], Callable[[], Rate]]:
        file = "/object"
        return (
            lambda: self._read(self.ours, self.path, self.grant),
            lambda: self._read(self.theirs, file, ""),
        )

    def _read(self, server: Server, path: str, token: str) -> Rate:
        script = self.folder / "down.lua"
        script.write_text(_SCRIPT, encoding="utf-8")
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout=30s", "-s", str(script)]
        words += [f"https://localhost:{server.port}", "--", path, token, str(self.parts), str(PART), "7"]
        before = server.cpu()
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        spent = server.cpu() - before
        total = re.search(r"(\d+) requests in ([\d.]+)s", text)
        if total is None or "Non-2xx" in text or "Socket errors" in text:
            raise SystemExit(f"wrk said something unexpected: {text}")
        return Rate(int(total[1]) * PART, float(total[2]), spent)

    def _up(self) -> tuple[Callable[[], Rate], Callable[[], Rate]]:
        return self._send_ours, self._send_theirs

    def _send_ours(self) -> Rate:
        share, upload, name = self._announce(self.parts)
        digest = base64.b64encode(hashlib.sha256(self.part).digest()).decode()
        headers = {"Authorization": f"Bearer {upload}", "Content-Digest": f"sha-256=:{digest}:"}
        paths = [f"/s/api/shares/{share}/objects/{name}/parts/{n}" for n in range(self.parts)]
        rate = self._send(self.ours, paths, headers)
        self._ask("DELETE", f"/s/api/shares/{share}", upload)
        return rate

    def _send_theirs(self) -> Rate:
        self.number += 1
        rate = self._send(self.theirs, [f"/up{self.number}/{n}" for n in range(self.parts)], {})
        shutil.rmtree(self.folder / "nginx" / "root" / f"up{self.number}")
        return rate

    def _send(self, server: Server, paths: list[str], headers: dict[str, str]) -> Rate:
        left, wrong = list(paths), []

        def side() -> None:
            connection = http.client.HTTPSConnection("localhost", server.port, context=self.trust, timeout=60)
            while left:
                connection.request("PUT", left.pop(), self.part, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status not in {201, 204}:
                    wrong.append(answer.status)
            connection.close()

        sides = [threading.Thread(target=side) for _ in range(CONNECTIONS)]
        before, begun = server.cpu(), time.perf_counter()
        for one in sides:
            one.start()
        for one in sides:
            one.join()
        seconds = time.perf_counter() - begun
        if wrong:
            raise SystemExit(f"an upload gave {wrong[0]}")
        return Rate(len(paths) * PART, seconds, server.cpu() - before)

    def _object_to_read(self) -> tuple[str, str]:
        """A complete share of one large object and a grant on it; nginx gets a file of the same length."""
        root = self.folder / "nginx" / "root"
        with (root / "object").open("wb") as file:
            for _ in range(self.parts):
                file.write(self.part)
        share, upload, name = self._announce(self.parts)
        digest = base64.b64encode(hashlib.sha256(self.part).digest()).decode()
        headers = {"Content-Digest": f"sha-256=:{digest}:"}
        for number in range(self.parts):
            self._ask("PUT", f"/s/api/shares/{share}/objects/{name}/parts/{number}", upload, self.part, headers)
        manifest, small = _id(), os.urandom(72)
        body = {"object": manifest, "index": 0, "size": len(small)}
        self._ask("POST", f"/s/api/shares/{share}/objects", upload, json.dumps(body).encode())
        digest = base64.b64encode(hashlib.sha256(small).digest()).decode()
        headers = {"Content-Digest": f"sha-256=:{digest}:"}
        self._ask("PUT", f"/s/api/shares/{share}/objects/{manifest}/parts/0", upload, small, headers)
        link, auth = _id(), secrets.token_bytes(32)
        body = {
            "recipient": link,
            "params": "1.1000000",
            "salt": _text(bytes(16)),
            "verifier": _text(hashlib.sha256(auth).digest()),
            "wrapped": _text(bytes(60)),
            "receipt_check": _text(bytes(32)),
        }
        self._ask("POST", f"/s/api/shares/{share}/recipients", upload, json.dumps(body).encode())
        self._ask("POST", f"/s/api/shares/{share}/complete", upload, b"{}")
        opened = self._ask("POST", f"/s/api/open/{link}", "", json.dumps({"auth": _text(auth)}).encode())
        return opened["grant"], f"/s/api/open/{link}/objects/{name}"

    def _announce(self, parts: int) -> tuple[str, str, str]:
        share, name = _id(), _id()
        made = self._ask("POST", "/s/api/shares", self.token, json.dumps({"share": share}).encode())
        body = {"object": name, "index": 1, "size": parts * PART}
        self._ask("POST", f"/s/api/shares/{share}/objects", made["upload_token"], json.dumps(body).encode())
        return share, made["upload_token"], name

    def _ask(
        self, method: str, path: str, token: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        connection = http.client.HTTPSConnection("localhost", self.ours.port, context=self.trust, timeout=60)
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, body, sent | (headers or {}))
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} gave {answer.status}: {data!r}")
        found: dict[str, Any] = json.loads(data or b"{}")
        return found


@contextmanager
def office(folder: Path) -> Iterator[tuple[Server, str]]:
    """Chartpost's web part on a fresh home, with TLS of its own, and a sender's token."""
    port = free_port()
    settings = {"PORT": str(port), "BASE_URL": f"https://localhost:{port}"}
    environment = home.environment(folder, **settings)
    words = [sys.executable, "-m", "support.sealed_home"]
    done = subprocess.run(words, env=environment, cwd=home.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    with process([sys.executable, "-m", "chartpost", "web"], port, environment) as server:
        yield server, done.stdout.split()[-1]


def _id() -> str:
    return _text(secrets.token_bytes(16))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.exit(main())
