"""A whole demo office, served over TLS by real processes, and a real Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.chromium import chromium
from tests.support.live import Live, running

ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"


@pytest.fixture(scope="session")
def demo() -> Iterator[Live]:
    """A demo office in a home of its own."""
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with chromium("--disable-quic", "--disable-background-networking", "--disable-component-update") as found:
        yield found


@dataclass
class Visitor:
    """Somebody at a browser of their own."""

    demo: Live
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

    def __init__(self, demo: Live, browser: Browser) -> None:
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
        context.set_default_timeout(60_000)
        self._open.append(context)
        return Visitor(self._demo, context, context.new_page())

    def close(self) -> None:
        """Close every profile."""
        for context in self._open:
            context.close()


@pytest.fixture
def visitors(demo: Live, browser: Browser) -> Iterator[Visitors]:
    """People with browsers, closed after the test."""
    found = Visitors(demo, browser)
    yield found
    found.close()
