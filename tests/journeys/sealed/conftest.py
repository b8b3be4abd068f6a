"""One live office, a sender with a shell token, and people who open links in a real Chromium."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from tests.journeys.sealed.sending import Link, Sender, shell_token
from tests.support import axe
from tests.support.chromium import chromium
from tests.support.inside import Inside, inside
from tests.support.live import Live, environment, running

ARTIFACTS = Path(__file__).resolve().parents[3] / "test-artifacts"
NO_PICKERS = "delete window.showSaveFilePicker; delete window.showDirectoryPicker;"
"""Pickers are windows of the system, which no test can press; without them the browser's own download is next."""
NO_SERVICE_WORKER = "Object.defineProperty(Navigator.prototype, 'serviceWorker', {get() { return undefined }});" + (
    "delete Navigator.prototype.serviceWorker;"
)
NO_ROOM = "if (navigator.storage) navigator.storage.estimate = async () => ({quota: 0, usage: 1});"


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """A demo office in processes of its own."""
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def home(live: Live) -> Iterator[Inside]:
    """Python in the home of that office."""
    with inside(environment(live.home, urlsplit(live.url).port)) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless, which trusts the demo's certificate: without that it runs no service workers."""
    with chromium("--ignore-certificate-errors", "--disable-quic", "--disable-background-networking") as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def no_counts(home: Inside) -> None:
    """All tests come from one address: none inherits what earlier modules used up of its share of tries."""
    home.run("from django.core.cache import cache; cache.clear()")


@pytest.fixture(scope="session")
def sender(live: Live, home: Inside) -> Sender:
    """Somebody who sends."""
    return Sender(live, shell_token(home))


@dataclass
class Reader:
    """Somebody who was given a link."""

    live: Live
    context: BrowserContext
    page: Page

    def go(self, link: Link | str) -> Page:
        """Open a link."""
        self.page.goto("about:blank")
        self.page.goto(self.live.url + (link if isinstance(link, str) else link.path))
        return self.page

    def type_password(self, password: str) -> None:
        """Type a password and press the button."""
        self.page.locator("#password").fill(password)
        self.page.locator("[data-open]").click()

    def open(self, link: Link) -> Page:
        """Open a link with its password and wait for the files."""
        self.go(link)
        self.type_password(link.password)
        expect(self.page.locator("[data-step=open]")).to_be_visible()
        return self.page

    def download(self, press: str) -> Download:
        """Press a button that leads to a download."""
        with self.page.expect_download() as found:
            self.page.locator(press).first.click()
        return found.value

    def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    def axe(self) -> list[str]:
        """What axe finds."""
        return axe.violations(self.page)


class Readers:
    """Opens browsers for people and closes them all; notes every complaint of the browser about the policy."""

    def __init__(self, live: Live, browser: Browser) -> None:
        self._live, self._browser = live, browser
        self._open: list[BrowserContext] = []
        self.complaints: list[str] = []

    def new(self, script: str = NO_PICKERS, width: int = 1280, language: str = "en-US", dark: bool = False) -> Reader:
        """A fresh browser profile, with `script` run before the page's own."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            locale=language,
            color_scheme="dark" if dark else "light",
            ignore_https_errors=True,
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        if script:
            context.add_init_script(script)
        self._open.append(context)
        page = context.new_page()
        page.on("console", lambda said: self._note(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return Reader(self._live, context, page)

    def close(self) -> None:
        """Close every profile."""
        for context in self._open:
            context.close()

    def _note(self, text: str) -> None:
        if any(word in text for word in ("Content Security Policy", "Trusted", "integrity", "Refused")):
            self.complaints.append(text)


@pytest.fixture
def readers(live: Live, browser: Browser) -> Iterator[Readers]:
    """People with browsers; afterwards no page may have broken its own policy."""
    found = Readers(live, browser)
    yield found
    found.close()
    assert found.complaints == [], json.dumps(found.complaints, indent=1)
