"""A whole demo office, served over TLS by real processes, and a real Chromium."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

READY_SECONDS = 120
ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"


@dataclass
class Demo:
    """A running demo: where, and who can sign in with what."""

    home: Path
    url: str
    passwords: dict[str, str] = field(default_factory=dict)

    def chartpost(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program on this home."""
        return subprocess.run(
            [sys.executable, "-m", "chartpost", *words],
            env=environment(self.home),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def environment(home: Path) -> dict[str, str]:
    """The environment of a demo process: ours, without settings of other tests."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CHARTPOST_", "DJANGO_"))}
    return {**clean, "CHARTPOST_HOME": str(home), "CHARTPOST_DEMO": "1"}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """`chartpost demo` in a home of its own, until `/readyz` says yes."""
    home = Path(tempfile.mkdtemp(prefix="chartpost-demo-"))
    port = free_port()
    output = home.with_suffix(".log")
    with output.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chartpost", "demo", "--home", str(home), "--port", str(port)],
            env=environment(home),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        found = Demo(home, f"https://localhost:{port}")
        _wait(found, process, output)
        found.passwords = _accounts(output.read_text())
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)
        output.unlink(missing_ok=True)


def _wait(demo: Demo, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"the demo stopped:\n{output.read_text()[-3000:]}")
        try:
            trust = ssl.create_default_context(cafile=str(demo.home / "tls" / "ca.pem"))
            with urllib.request.urlopen(f"{demo.url}/readyz", context=trust, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the demo was not ready in {READY_SECONDS} s:\n{output.read_text()[-3000:]}")


def _accounts(printed: str) -> dict[str, str]:
    return dict(re.findall(r"(\S+@\S+\.example\.org)\s+([A-Z0-9-]{12,})", printed))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """Somebody at a browser of their own."""

    demo: Demo
    context: BrowserContext
    page: Page

    def go(self, path: str) -> Page:
        """Open a page of the demo."""
        self.page.goto(self.demo.url + path)
        return self.page

    def sign_in(self, email: str) -> "Visitor":
        """Sign in with e-mail address and password."""
        self.go("/account/login/")
        self.page.get_by_label("Email", exact=False).first.fill(email)
        self.page.get_by_label("Password").first.fill(self.demo.passwords[email])
        self.page.get_by_role("button", name="Sign in", exact=False).first.click()
        self.page.wait_for_url(lambda url: "/account/login" not in url)
        return self

    def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


class Visitors:
    """Opens browsers for people and closes them all."""

    def __init__(self, demo: Demo, browser: Browser) -> None:
        self._demo, self._browser = demo, browser
        self._open: list[BrowserContext] = []

    def new(self, width: int = 1280, height: int = 900, dark: bool = False, language: str = "en-US") -> Visitor:
        """A fresh browser profile."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            ignore_https_errors=True,
            accept_downloads=True,
        )
        context.set_default_timeout(15_000)
        self._open.append(context)
        return Visitor(self._demo, context, context.new_page())

    def close(self) -> None:
        """Close every profile."""
        for context in self._open:
            context.close()


@pytest.fixture
def visitors(demo: Demo, browser: Browser) -> Iterator[Visitors]:
    """People with browsers, closed after the test."""
    found = Visitors(demo, browser)
    yield found
    found.close()
