"""Load by wrk (https://github.com/wg/wrk) and what a server spent on it.

A plan is a list of requests; wrk sends one of them at random, again and again, over so many connections.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from support.server import Server

CONNECTIONS = 16
SECONDS = 3
_SCRIPT = """
local requests = {}
function init(args)
  math.randomseed(tonumber(args[2]))
  for line in io.lines(args[1]) do
    local method, path, token, file = line:match("^(%S+)\\t(%S*)\\t(%S*)\\t(%S*)$")
    local headers = {["Host"] = "127.0.0.1"}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    local body = nil
    if file ~= "" then
      local handle = io.open(file, "rb")
      body = handle:read("*a")
      handle:close()
      headers["Content-Type"] = "application/fhir+json"
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
function request() return requests[math.random(#requests)] end
"""


@dataclass(frozen=True)
class Ask:
    """One request of a plan."""

    path: str
    token: str = ""
    method: str = "GET"
    body: Path | None = None

    def with_token(self, token: str) -> "Ask":
        """The same request with another token."""
        return replace(self, token=token)


@dataclass(frozen=True)
class Run:
    """What a round found: answers, seconds of the server's processor time, milliseconds to answer by share."""

    requests: int
    cpu: float
    seconds: float
    failed: int
    milliseconds: Mapping[int, float]

    @property
    def per_cpu_second(self) -> float:
        """Requests for each second of the server's processor time."""
        return self.requests / self.cpu


def fire(
    server: Server, plan: Sequence[Ask], seconds: int = SECONDS, connections: int = CONNECTIONS, seed: int = 1
) -> Run:
    """Send requests of the plan for some seconds; raises SystemExit when an answer was no success."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not here. Expected the load generator wrk. Install it: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="chartpost-load-") as folder:
        script, lines = Path(folder) / "plan.lua", Path(folder) / "plan"
        script.write_text(_SCRIPT, encoding="utf-8")
        lines.write_text("".join(f"{a.method}\t{a.path}\t{a.token}\t{a.body or ''}\n" for a in plan), encoding="utf-8")
        words = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "--latency", "-s", str(script)]
        before = server.cpu()
        done = subprocess.run(
            [*words, f"http://127.0.0.1:{server.port}", "--", str(lines), str(seed)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        spent = server.cpu() - before
    return _read(done.stdout, spent)


def _read(text: str, spent: float) -> Run:
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    if total is None:
        raise SystemExit(f"wrk said something unexpected: {text}")
    shares = {int(p): float(v) * _UNITS[u] for p, v, u in re.findall(r"(50|75|90|99)%\s+([\d.]+)(us|ms|s|m)", text)}
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    bad = int(failed[1]) if failed else 0
    bad += sum(int(n) for n in broken.groups()) if broken else 0
    seconds = float(total[2]) * _UNITS[total[3]] / 1000
    return Run(int(total[1]), spent, seconds, bad, shares)


_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
