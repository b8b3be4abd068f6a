"""`chartpost up` for real: a new home on a free port, over TLS, killed and healed, stopped, its memory weighed."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.this_run import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
PROCESSES = 2  # the default of CHARTPOST_WEB_PROCESSES
MEMORY_LIMIT = 400 * 1024 * 1024
openssl, curl = shutil.which("openssl"), shutil.which("curl")


class Office:
    """A running `chartpost up`."""

    def __init__(self, folder: Path) -> None:
        self.home, self.port, self.log = folder / "home", free_port(), folder / "log"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("CHARTPOST_")}
        environ |= {"CHARTPOST_HOME": str(self.home), "CHARTPOST_PORT": str(self.port)}
        command = [sys.executable, "-m", "chartpost", "up"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body of a page, with only our own authority trusted."""
        trust = ssl.create_default_context(cafile=str(self.home / "tls" / "ca.pem"))
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust), NoRedirect())
        try:
            with opener.open(self.address + path, timeout=60) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, {k.lower(): v for k, v in answer.headers.items()}, answer.read()

    def ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def wait_for(self, condition: Callable[[], Any], seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until and self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)

    def pid(self, part: str) -> int:
        return int(re.findall(rf"{part} started as process (\d+)", self.log.read_text())[-1])


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Answers with the redirect itself."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One running office for this file."""
    made = Office(tmp_path_factory.mktemp("up"))
    try:
        made.wait_for(made.ready)
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in tree(int(child)))]


def memory(pid: int) -> int:
    """Bytes this process alone stands for: its own pages, and its share of those it shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+) kB", text, re.M)[0]) * 1024


def test_it_is_ready_over_tls_with_its_own_authority(office: Office) -> None:
    status, headers, body = office.get("/readyz")
    assert (status, json.loads(body)) == (200, {"database": True, "migrations": True, "disk": True, "worker": True})
    assert headers["content-type"] == "application/json"
    assert "strict-transport-security" not in headers
    assert office.get("/healthz")[0] == 200


def test_a_client_that_does_not_trust_the_authority_is_not_served(office: Office) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(office.address + "/healthz", timeout=60)


def test_the_first_start_says_where_to_go(office: Office) -> None:
    said = office.log.read_text()
    assert f"Chartpost is starting at {office.address}" in said
    assert f"{office.home}/tls/ca.pem" in said
    assert f"{office.address}/trust" in said


def test_static_files_are_served_fingerprinted_and_cached(office: Office) -> None:
    manifest = json.loads((office.home / "static" / "staticfiles.json").read_text())
    name = next(v for k, v in manifest["paths"].items() if k.endswith(".css"))
    status, headers, body = office.get(f"/static/{name}")
    assert (status, "immutable" in headers["cache-control"], len(body) > 100) == (200, True, True)
    assert "content-security-policy" in headers


@pytest.mark.skipif(curl is None, reason="needs curl")
@pytest.mark.parametrize("option", ["--http2", "--http2-prior-knowledge", "--http1.1"])
def test_http_1_is_spoken_and_never_2(office: Office, option: str) -> None:
    """A broken connection of HTTP/2 would keep a thread of the server turning for ever."""
    command = [str(curl), "-s", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", option]
    command += ["--cacert", str(office.home / "tls" / "ca.pem"), office.address + "/healthz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = option == "--http2-prior-knowledge" and done.returncode != 0
    assert refused or done.stdout == "1.1 200"


@pytest.mark.skipif(openssl is None, reason="needs openssl")
@pytest.mark.parametrize(("option", "welcome"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_old_tls_is_refused(office: Office, option: str, welcome: bool) -> None:
    command = [str(openssl), "s_client", "-connect", f"localhost:{office.port}", "-brief", option]
    command += ["-cipher", "DEFAULT@SECLEVEL=0", "-CAfile", str(office.home / "tls" / "ca.pem"), "-verify_return_error"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == welcome, done.stderr
    assert ("CONNECTION ESTABLISHED" in done.stderr) == welcome


def test_web_and_worker_weigh_less_than_400_mb(office: Office) -> None:
    assert office.get("/account/login/")[0] == 200
    weights = {part: sum(memory(p) for p in tree(office.pid(part))) for part in ("web", "worker")}
    print({part: f"{weight / 2**20:.0f} MB" for part, weight in weights.items()})
    assert sum(weights.values()) < MEMORY_LIMIT, weights


def test_the_log_is_one_stream_of_json_lines_without_query_strings(office: Office) -> None:
    office.get("/none/?name=Zebulon")
    lines = [line for line in office.log.read_text().splitlines() if line.startswith("{")]
    assert {"supervisor"} <= {json.loads(line)["part"] for line in lines} <= {"supervisor", "web", "worker"}
    assert "Zebulon" not in office.log.read_text()


def test_a_killed_web_server_heals(office: Office) -> None:
    before = office.pid("web")
    old = tree(before)
    os.kill(before, signal.SIGKILL)
    office.wait_for(lambda: office.pid("web") != before)
    office.wait_for(office.ready)
    office.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in old))


def test_a_killed_web_child_heals(office: Office) -> None:
    server = office.pid("web")
    whole = 1 + PROCESSES
    office.wait_for(lambda: len(tree(server)) == whole)
    child = tree(server)[1]
    os.kill(child, signal.SIGKILL)
    office.wait_for(lambda: len(tree(office.pid("web"))) == whole and child not in tree(office.pid("web")))
    office.wait_for(office.ready)


def test_sigterm_ends_everything_with_code_0(office: Office) -> None:
    everyone = tree(office.process.pid)
    began = time.monotonic()
    office.process.terminate()
    assert office.process.wait(timeout=20) == 0
    assert time.monotonic() - began < 15
    assert not any(Path(f"/proc/{pid}").exists() for pid in everyone)
    with pytest.raises(OSError, match="refused"):
        office.get("/healthz")
