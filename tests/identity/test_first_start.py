"""A new home from the first start to the desk, in a real browser: the printed link, the wizard, a passkey."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.chromium import chromium
from tests.support.this_run import free_port

CHROMIUM = shutil.which("chromium") or ""
ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src" / "chartpost" / "static" / "built" / "chartpost.css"
PICTURES = ROOT / "test-artifacts" / "setup"
READY_SECONDS = 300
PASSWORD = "four plain words together"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium"),
    pytest.mark.skipif(not BUILT.exists(), reason="needs the built frontend (make setup)"),
]


@pytest.fixture
def link() -> Iterator[str]:
    """`chartpost up` in an empty home; the set-up link it printed."""
    folder = Path(tempfile.mkdtemp(prefix="chartpost-first-"))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CHARTPOST_", "DJANGO_"))}
    environment = {**clean, "CHARTPOST_HOME": str(folder / "home"), "CHARTPOST_PORT": str(free_port())}
    printed = folder / "printed"
    with printed.open("w") as log:
        command = [sys.executable, "-m", "chartpost", "up"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield _printed_link(process, printed)
        assert PASSWORD not in printed.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _printed_link(process: subprocess.Popen[bytes], printed: Path) -> str:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"https://localhost:\d+/setup/\S+", printed.read_text())
        if found:
            address = re.sub(r"/setup/.*", "", found.group(0)).removeprefix("https://")
            host, _, port = address.partition(":")
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    return found.group(0)
        time.sleep(0.3)
    raise AssertionError(f"no link was printed:\n{printed.read_text()[-2000:]}")


@pytest.fixture
def context() -> Iterator[BrowserContext]:
    """Chromium that takes the certificate of the new home as a good one; passkeys need that."""
    with chromium("--disable-quic", "--ignore-certificate-errors") as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        yield context


class Visitor:
    """Somebody who sets up an office."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self._shots = 0
        PICTURES.mkdir(parents=True, exist_ok=True)

    def shot(self) -> None:
        """Keep pictures of the page: desktop, phone, dark."""
        self._shots += 1
        name = f"{self._shots:02d}"
        self.page.screenshot(path=PICTURES / f"{name}-desktop.png", full_page=True)
        self.page.set_viewport_size({"width": 375, "height": 812})
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} pixels"
        self.page.emulate_media(color_scheme="dark")
        self.page.screenshot(path=PICTURES / f"{name}-phone-dark.png", full_page=True)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def fill(self, **values: str) -> None:
        """Fill boxes and lists by name."""
        for name, value in values.items():
            box = self.page.locator(f"[name={name}]")
            if box.evaluate("e => e.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)

    def press(self, label: str) -> None:
        """Keep a picture, then press a button or a link that looks like one."""
        self.shot()
        self.page.locator(f"main >> :is(button, a):has-text('{label}')").first.click()


def authenticator(context: BrowserContext, page: Page) -> None:
    """A passkey device that always says yes (WebAuthn's virtual authenticator)."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def answer_the_wizard(visitor: Visitor) -> None:
    """Every page of the set-up, as an office would answer it."""
    page = visitor.page
    visitor.press("Start")
    visitor.fill(name="Lakeside Clinic", address="1 Main Street", phone="510-555-0100", email="a@lakeside.example")
    visitor.press("Continue")
    visitor.fill(name="Main Street", state="CA", zone="America/Los_Angeles")
    visitor.press("Add this place")
    visitor.press("Continue")
    visitor.fill(complaint_name="Privacy officer", complaint_phone="510-555-0101")
    visitor.press("Continue")
    visitor.press("Continue")
    page.get_by_label("No", exact=True).check()
    visitor.press("Continue")
    visitor.press("Send test e-mail")
    visitor.press("Continue")
    visitor.press("Show the recovery key")
    groups = page.locator(".recovery-key code").all_inner_texts()
    assert len(groups) == 8
    label = page.locator("label[for=id_group]").inner_text()
    number = re.search(r"group (\d)", label)
    assert number is not None
    page.get_by_label("I printed the recovery key").check()
    visitor.fill(group=groups[int(number.group(1)) - 1])
    visitor.press("Continue")
    expect(page.locator("h1")).to_have_text("Check your answers")
    visitor.press("Continue")
    visitor.fill(name="Kim Admin", email="kim@lakeside.example", password=PASSWORD, again=PASSWORD)
    page.get_by_label("Records clerk").check()
    visitor.press("Make account and finish")


def test_from_the_first_start_to_the_desk(link: str, context: BrowserContext) -> None:
    visitor = Visitor(context)
    page, home = visitor.page, re.sub(r"/setup/.*", "", link)
    authenticator(context, page)
    page.goto(link)
    answer_the_wizard(visitor)
    expect(page).to_have_url(f"{home}/account/2fa/")
    visitor.shot()
    page.goto(f"{home}/desk/")
    expect(page).to_have_url(f"{home}/account/2fa/")
    page.goto(f"{home}/account/2fa/webauthn/add/")
    page.locator("[name=name]").fill("my laptop")
    page.locator("[name=passwordless]").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto(f"{home}/desk/")
    expect(page).to_have_url(f"{home}/desk/")
    page.goto(link)
    expect(page.locator("h1")).to_have_text("This office is already set up")
    visitor.shot()
    page.goto(f"{home}/account/logout/")
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{home}/account/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{home}/desk/")
