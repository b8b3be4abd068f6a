"""The sample programs of the developer page, run as they are against a live office."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitors
from tests.support.live import Live

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "developers" / "samples"
RUN = {
    "standalone.py": [sys.executable],
    "standalone.mjs": ["node"],
    "standalone.sh": ["bash"],
}
END_SECONDS = 180


@contextmanager
def running(demo: Live, name: str) -> Iterator[subprocess.Popen[str]]:
    """A sample at work, trusting the demo's own authority."""
    ca = str(demo.home / "tls" / "ca.pem")
    trust = {"SSL_CERT_FILE": ca, "NODE_EXTRA_CA_CERTS": ca, "CURL_CA_BUNDLE": ca}
    process = subprocess.Popen(
        [*RUN[name], str(SAMPLES / name), demo.url],
        env={**os.environ, **trust},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def authorize_address(process: subprocess.Popen[str]) -> str:
    """The address the sample prints for the browser."""
    assert process.stdout is not None
    until = time.monotonic() + END_SECONDS
    seen = ""
    while time.monotonic() < until:
        line = process.stdout.readline()
        seen += line
        if "/oauth/authorize?" in line:
            return line.strip()
        assert line, seen
    raise AssertionError(seen)


@pytest.mark.parametrize("name", sorted(RUN))
def test_a_sample_reads_lab_results(demo: Live, visitors: Visitors, name: str) -> None:
    visitor = visitors.new().sign_in("terrence-boyd@people.example.org")
    with running(demo, name) as process:
        visitor.page.goto(authorize_address(process))
        visitor.page.wait_for_url("**/oauth/consent/**")
        expect(visitor.page.locator("main")).to_contain_text("has not looked at this app", use_inner_text=True)
        back: list[str] = []
        visitor.page.on("request", lambda r: back.append(r.url) if r.url.startswith("http://127.0.0.1") else None)
        visitor.page.get_by_role("button", name="Allow", exact=True).click(no_wait_after=True)
        until = time.monotonic() + END_SECONDS
        while not back and time.monotonic() < until:
            visitor.page.wait_for_timeout(50)
        typed = f"{back[0]}\n" if name.endswith(".sh") else None
        printed, _ = process.communicate(typed, timeout=END_SECONDS)
    assert process.returncode == 0, printed
    assert "Granted: " in printed
    assert "patient/Observation.rs" in printed
    assert "Boyd" in printed
    assert "Lab:" in printed
